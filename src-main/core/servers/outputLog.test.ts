import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { OutputLog } from './outputLog.ts';

function logOf(streams: PassThrough[]): { log: OutputLog; written: string[] } {
  const written: string[] = [];
  return { log: new OutputLog({ write: (text) => written.push(text), close: () => Promise.resolve() }, streams), written };
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

test('memory stays bounded whatever is printed', async () => {
  const out = new PassThrough();
  const { log } = logOf([out]);
  for (let i = 0; i < 1_000; i += 1) out.write(`${i}\n`);
  out.write('x'.repeat(100_000));
  out.end();
  await log.ended;
  const lines = log.tail(10_000);
  expect(lines).toHaveLength(200);
  expect(lines.at(-1)).toHaveLength(4_000);
});
