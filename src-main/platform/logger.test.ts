import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { createFileStore } from './fileStore.ts';
import { createLogger } from './logger.ts';

let folder: string;
const files = createFileStore();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-log-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await files.readText(path);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('writes one JSON line per message from its level on, children with their fields', async () => {
  const path = join(folder, 'a.log');
  let terminal = '';
  const logger = createLogger({ path, level: 'info', files, stderr: { write: (text: string) => (terminal += text) } });
  logger.debug('too fine');
  logger.info('started', { port: 8001 });
  logger.child({ run: 7 }).child({ mode: 'streaming' }).warn('slow', { waitedMs: 5 });
  await logger.close();
  logger.error('after the end');
  const fixed = { time: expect.any(Number), pid: process.pid };
  expect(await linesOf(path)).toEqual([
    { ...fixed, level: 'info', msg: 'started', port: 8001 },
    { ...fixed, level: 'warn', msg: 'slow', run: 7, mode: 'streaming', waitedMs: 5 },
  ]);
  expect(terminal.split('\n')[0]).toBe((await files.readText(path)).split('\n')[0]);
});

it('masks secrets in fields, in nested values, in text, in errors and in children', async () => {
  const path = join(folder, 'b.log');
  const logger = createLogger({ path, level: 'debug', files });
  const secret = 'f00dfacecafe4242';
  logger.info(`open http://127.0.0.1:5555/enter#token=${secret}&lang=ko`, {
    token: secret,
    headers: { authorization: `Bearer ${secret}`, cookie: [`a=${secret}`], host: 'x' },
    env: { NIGHTSHIFT_INSTANCE_TOKEN: secret },
    link: `http://user:${secret}@127.0.0.1/`,
    list: [{ apiKey: secret }],
    line: `token: ${secret}`,
    variable: `export MY_API_KEY=${secret}`,
    text: `{"password": "${secret}"}`,
    error: new NightshiftError('SERVER_REFUSED', { detail: `sent Authorization: Bearer ${secret}`, token: secret }),
  });
  logger.child({ password: secret }).info('child');
  await logger.close();
  const text = await files.readText(path);
  expect(text).not.toContain(secret);
  expect(text).toContain('lang=ko');
  expect(text).toContain('"host":"x"');
});

it('keeps figures of the speech domain whose names sound like secrets, and numbers', async () => {
  const path = join(folder, 'c.log');
  const fields = { firstTokenLatencyMs: 120, tokenCount: 4, leaseToken: 9, keyboard: 'ko', monkey: 'yes' };
  const logger = createLogger({ path, level: 'debug', files });
  logger.info('3 tokens: a b c, key: yes', fields);
  await logger.close();
  expect((await linesOf(path))[0]).toMatchObject({ ...fields, msg: '3 tokens: a b c, key: yes' });
});

it('survives values that JSON cannot hold', async () => {
  const path = join(folder, 'd.log');
  const logger = createLogger({ path, level: 'debug', files });
  const circle: Record<string, unknown> = { name: 'circle' };
  circle['self'] = circle;
  logger.info('odd', {
    circle,
    big: 10n,
    bytes: Buffer.alloc(5),
    when: new Date(0),
    cause: new Error('outer', { cause: new Error('inner') }),
  });
  await logger.close();
  expect((await linesOf(path))[0]).toMatchObject({
    big: '10',
    bytes: '[5 bytes]',
    when: '1970-01-01T00:00:00.000Z',
    cause: { type: 'Error', message: 'outer', cause: { message: 'inner' } },
  });
});
