import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { maskText } from '#shared/util/maskText.ts';
import { OutputLog, ServerLines } from './outputLog.ts';

function logOf(streams: PassThrough[], lines = new ServerLines()): { log: OutputLog; written: string[] } {
  const written: string[] = [];
  const file = { write: (text: string) => void written.push(text), close: () => Promise.resolve() };
  return { log: new OutputLog({ file, lines, streams, mask: (text) => maskText(text, ['open sesame']) }), written };
}

test('lines of both streams arrive whole, without colours, also the last one without an end', async () => {
  const out = new PassThrough();
  const err = new PassThrough();
  const { log, written } = logOf([out, err]);
  out.write('\u001b[31mre');
  out.write('d\u001b[0m\r\nseco');
  err.write('warning\n');
  out.end('nd');
  err.end();
  await log.ended;
  expect(written).toEqual(['red\n', 'warning\n', 'second\n']);
  expect(log.tail(2)).toEqual(['warning', 'second']);
});

test('of a progress bar, what stood there last', async () => {
  const out = new PassThrough();
  const { log, written } = logOf([out]);
  for (let percent = 0; percent <= 100; percent += 1) out.write(`\rloading: ${percent}% ${'#'.repeat(percent)}`);
  out.write('\r\nready\n');
  out.write('1%\r2%\r');
  out.end();
  await log.ended;
  expect(written).toEqual([`loading: 100% ${'#'.repeat(100)}\n`, 'ready\n', '2%\n']);
});

test('memory stays bounded whatever is printed', async () => {
  const out = new PassThrough();
  const all = new ServerLines();
  const { log } = logOf([out], all);
  for (let i = 0; i < 3_000; i += 1) out.write(`${i}\n`);
  out.write('x'.repeat(100_000));
  out.end();
  await log.ended;
  expect(log.tail(10_000)).toHaveLength(50);
  const lines = all.tail(10_000);
  expect(lines).toHaveLength(2_000);
  expect(lines.at(-1)).toHaveLength(4_000);
});

test('secrets are in neither file nor memory, by their value, by their name and in an address', async () => {
  const out = new PassThrough();
  const { log, written } = logOf([out]);
  out.end('I heard open sesame\nAPI_KEY=abc123 started\nfetching https://me:hunter2@example.org/model\n');
  await log.ended;
  expect(log.tail(3)).toEqual(['I heard [masked]', 'API_KEY=[masked] started', 'fetching https://me:[masked]@example.org/model']);
  expect(written.join('')).toBe(`${log.tail(3).join('\n')}\n`);
});

test('who follows hears every further line of every process; the tail of a process is its own', async () => {
  const lines = new ServerLines();
  const [first, second] = [new PassThrough(), new PassThrough()];
  const before = logOf([first], lines);
  first.end('from the first\n');
  await before.log.ended;
  const heard: string[] = [];
  const after = logOf([second], lines);
  {
    using _following = lines.follow((line) => heard.push(line));
    second.write('one\n');
    await new Promise(setImmediate);
  }
  second.end('two\n');
  await after.log.ended;
  expect(heard).toEqual(['one']);
  expect(after.log.tail(10)).toEqual(['one', 'two']);
  expect(lines.tail(10)).toEqual(['from the first', 'one', 'two']);
});
