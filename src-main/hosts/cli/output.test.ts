import { expect, test } from 'vitest';
import { createOutput, type OutputStream } from './output.ts';

class FakeStream implements OutputStream {
  text = '';
  readonly columns = 40;
  readonly isTTY: boolean;
  #listeners: ((error: Error) => void)[] = [];

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string, done?: () => void): boolean {
    this.text += text;
    done?.();
    return true;
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    this.#listeners.push(listener);
  }

  fail(): void {
    for (const listener of this.#listeners) listener(new Error('EPIPE'));
  }
}

test('on a terminal the status stays below the lines and is drawn in place', async () => {
  const stdout = new FakeStream(true);
  const output = createOutput({ stdout, stderr: new FakeStream(), isJson: false });
  output.status('one');
  output.status('two');
  output.line('a line');
  output.status(null);
  output.line('last');
  await output.flush();
  const erase = '\r\u001B[K';
  expect(stdout.text).toBe(`one${erase}two${erase}a line\ntwo${erase}last\n`);
});

test('elsewhere the status is a plain line', () => {
  const stdout = new FakeStream();
  const output = createOutput({ stdout, stderr: new FakeStream(), isJson: false });
  output.status('one');
  output.status(null);
  output.status('two');
  expect(stdout.text).toBe('one\ntwo\n');
});

test('with --json standard output has JSON only', () => {
  const stdout = new FakeStream();
  const stderr = new FakeStream();
  const output = createOutput({ stdout, stderr, isJson: true });
  output.line('a line');
  output.status('status');
  output.json({ type: 'summary', path: 'a\nb' });
  expect(stdout.text).toBe('{"type":"summary","path":"a\\nb"}\n');
  expect(stderr.text).toBe('a line\nstatus\n');
});

test('a file name does not steer the terminal', () => {
  const stdout = new FakeStream();
  createOutput({ stdout, stderr: new FakeStream(), isJson: false }).line('a\u001B[2Jb\nc');
  expect(stdout.text).toBe('a\uFFFD[2Jb\uFFFDc\n');
});

test('after the reader went away nothing is written to it, and the rest goes on', async () => {
  const stdout = new FakeStream();
  const stderr = new FakeStream();
  const output = createOutput({ stdout, stderr, isJson: false });
  output.line('before');
  stdout.fail();
  output.line('after');
  output.notice('still here');
  await output.flush();
  expect(stdout.text).toBe('before\n');
  expect(stderr.text).toBe('still here\n');
});
