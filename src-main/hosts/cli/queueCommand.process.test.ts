import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunSummary } from '#shared/contract/runs.ts';
import { openNightshift } from '#main/hosts/openOwner.ts';
import { parseCommandLine } from './commandLine.ts';
import type { CliContext, OpenedNightshift } from './context.ts';
import { runQueue } from './queueCommand.ts';

const SAMPLES = resolve(import.meta.dirname, '../../../assets/samples');

let folder: string;
let lines: string[];
let notices: string[];
let context: CliContext;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-queue-'));
  lines = [];
  notices = [];
  const dataDir = join(folder, 'data');
  context = {
    common: { dataDir: null, isJson: false, locale: 'en', logLevel: 'INFO' },
    output: {
      line: (text) => void lines.push(text),
      notice: (text) => void notices.push(text),
      status: () => undefined,
      json: () => undefined,
      flush: async () => undefined,
    },
    dataDir,
    open: () => openNightshift({ dataDir, host: 'cli' }),
    onSignal: () => () => undefined,
  };
});

afterEach(() => rm(folder, { recursive: true }));

async function queue(by: CliContext, ...words: string[]): Promise<string[]> {
  expect(await code(by, ...words)).toBe(0);
  return lines;
}

/** @returns the exit code */
async function code(by: CliContext, ...words: string[]): Promise<number> {
  lines.length = 0;
  notices.length = 0;
  const parsed = parseCommandLine(['queue', ...words], { cwd: folder, env: {}, version: '0' });
  if (parsed.kind !== 'command' || parsed.command.command !== 'queue') throw new Error('no queue command');
  return await runQueue(by, parsed.command);
}

async function whenIs(opened: OpenedNightshift, runId: number, status: RunSummary['status']): Promise<void> {
  const { promise, resolve: found } = Promise.withResolvers<void>();
  const off = opened.client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.id === runId && event.payload.status === status) found();
  });
  if ((await opened.client.request('runs.get', { runId })).status !== status) await promise;
  off();
}

test('a queue is imported without an owner, and then listed, changed, taken back and exported beside one', async () => {
  const document = {
    format: 'nightshift-queue',
    version: 1,
    exportedAtMs: 1,
    runs: ['evening', 'morning'].map((name) => ({ name, sources: [SAMPLES], options: {}, items: [] })),
  };
  await writeFile(join(folder, 'in.json'), JSON.stringify(document));
  await queue(context, 'import', 'in.json');
  expect(lines).toEqual(['Run 1: evening', 'Run 2: morning']);
  await queue(context);
  expect(notices).toContain('Interrupted: 2, 1. Let them go on with: nightshift queue resume-interrupted');

  const owner = await context.open();
  const beside: CliContext = { ...context, open: async () => ({ ...owner, role: 'attached', close: async () => undefined }) };
  try {
    await queue(beside, 'resume-interrupted');
    for (const runId of [1, 2]) await whenIs(owner, runId, 'queued');
    const runsInOrder = async (): Promise<(string | undefined)[]> => (await queue(beside)).map((line) => /run (\d+)/.exec(line)?.[1]);
    expect(await runsInOrder()).toEqual(['1', '2']);
    await queue(beside, 'move', '2', '--to', 'before:1');
    expect(await runsInOrder()).toEqual(['2', '1']);
    await queue(beside, 'undo');
    expect(await runsInOrder()).toEqual(['1', '2']);
    await queue(beside, 'priority', '2', '0');
    expect(await runsInOrder()).toEqual(['2', '1']);
    await queue(beside, 'stop-after', '2');
    expect((await queue(beside))[0]).toContain('the queue pauses after it');

    const { items } = await owner.client.request('items.list', { runId: 1, count: 3 });
    const [first = '', second = '', third = ''] = items.map(({ fileId }) => fileId);
    await queue(beside, 'move-files', '1', third, '--to', `before:${first}`);
    await queue(beside, 'hold-files', '1', second);
    await queue(beside, 'edit-files', '1', first, '--priority', '3', '--language', 'ko');
    expect(await queue(beside, 'remove-files', '1', third)).toEqual(['Changed: 1 file']);
    await queue(beside, 'stop-after-file', '1', second);
    const [top = '', next = ''] = await queue(beside, '--run', '1', '--count', '2');
    expect(top).toMatch(/streaming +3 .*\(ko\)$/);
    expect(top).toContain(first);
    expect(next).toMatch(/\(held, the run pauses after it\)$/);
    expect(notices[0]).toMatch(/more files wait for streaming/);

    await queue(beside, 'export', 'out.json');
    const written = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as { runs: { name: string; items: unknown[] }[] };
    expect(written.runs.map(({ name, items: differing }) => [name, differing.length])).toEqual([
      ['morning', 0],
      ['evening', 3],
    ]);
    await expect(queue(beside, 'hold-files', '1', 'no such file')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  } finally {
    await owner.close();
  }
});

test('a run that cannot be prepared is told by the import, and interrupted runs are followed to their end, also while the queue is paused', async () => {
  const runs = [
    { name: 'gone', sources: [join(folder, 'gone')], options: {}, items: [] },
    { name: 'there', sources: [SAMPLES], options: { modes: ['original'], limit: 1 }, items: [] },
  ];
  await writeFile(join(folder, 'in.json'), JSON.stringify({ format: 'nightshift-queue', version: 1, exportedAtMs: 1, runs }));
  expect(await code(context, 'import', 'in.json')).toBe(1);
  expect(notices[0]).toMatch(/^Run 1 \(gone\) cannot be done: SOURCE_NOT_FOUND: /);

  let onQueuePaused = (): void => undefined;
  const owner = await context.open();
  const here: CliContext = {
    ...context,
    open: async () => ({ ...owner, close: async () => undefined }),
    output: {
      ...context.output,
      notice: (text) => void (notices.push(text), text.startsWith('The queue is paused, so this run waits') && onQueuePaused()),
    },
  };
  try {
    const { promise: isTold, resolve: told } = Promise.withResolvers<void>();
    onQueuePaused = told;
    const ended = code(here, 'resume-interrupted');
    await isTold;
    expect(lines[0]).toBe('Going on: #2');
    await owner.client.request('runs.stop', { runId: 2, now: true, keep: false });
    expect(await ended).toBe(130);
  } finally {
    await owner.close();
  }
});

test('a document that is none names what is wrong, and creates nothing', async () => {
  await writeFile(
    join(folder, 'bad.json'),
    JSON.stringify({ format: 'nightshift-queue', version: 1, exportedAtMs: 1, runs: [{ name: 'x' }] }),
  );
  await expect(queue(context, 'import', 'bad.json')).rejects.toMatchObject({ code: 'INPUT_INVALID', data: { field: 'runs.0.sources' } });
  await writeFile(join(folder, 'bad.json'), 'no JSON');
  await expect(queue(context, 'import', 'bad.json')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  await queue(context);
  expect(notices).toContain('Nothing waits.');
});

test.each([['move', '1'], ['frobnicate'], ['priority', '1'], ['edit-files', '1', 'a'], ['hold-files', '1'], ['move', '1', '--to', 'up']])(
  'queue %s %s %s %s is refused',
  (...words) => {
    const given = ['queue', ...words.filter((word) => word !== undefined)];
    expect(() => parseCommandLine(given, { cwd: folder, env: {}, version: '0' })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  },
);
