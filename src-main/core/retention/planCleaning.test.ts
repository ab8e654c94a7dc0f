import { expect, test } from 'vitest';
import { DEFAULT_RETENTION, type RetentionRules } from '#shared/contract/retention.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import type { StoredRunFacts } from '../persistence/operations/retention.ts';
import type { StoredFiles } from '../ports.ts';
import { type CleaningFacts, planCleaning } from './planCleaning.ts';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = 1_000 * DAY_MS;
const GIB = 1024 ** 3;
const NEVER: RetentionRules = { ...DEFAULT_RETENTION, uploadDays: null, logDays: null, diskGib: null };

function run(id: number, agoDays: number, extra: Partial<StoredRunFacts> = {}): StoredRunFacts {
  const atMs = NOW_MS - agoDays * DAY_MS;
  return {
    id,
    name: `run ${id}`,
    status: 'finished',
    createdAtMs: atMs,
    endedAtMs: atMs,
    sources: ['/speech'],
    isPinned: false,
    tasks: 10,
    ...extra,
  };
}

function facts(runs: readonly StoredRunFacts[], files: Partial<StoredFiles> = {}): CleaningFacts {
  return {
    runs,
    database: { fileBytes: 1_000, freeBytes: 0, answers: 10, unusedAnswers: 0 },
    files: { kinds: [], runs: [], uploads: [], logs: [], ...files },
    nowMs: NOW_MS,
  };
}

function keys(given: CleaningFacts, rules: Partial<RetentionRules>): string[] {
  return planCleaning(given, { ...NEVER, ...rules }).entries.map(({ key }) => key);
}

test('by default no run goes, however old', () => {
  expect(planCleaning(facts([run(1, 900)]), DEFAULT_RETENTION).entries).toEqual([]);
});

test('runs go by age and by number, each with its reason', () => {
  const { entries } = planCleaning(facts([run(3, 1), run(2, 2), run(1, 40)]), { ...NEVER, runDays: 30, runCount: 1 });
  expect(entries.map(({ key, rule, limit }) => [key, rule, limit])).toEqual([
    ['run:2', 'runCount', 1],
    ['run:1', 'runDays', 30],
  ]);
});

test('pinned runs and runs that are not over never go, whatever the rule', () => {
  const open: RunStatus[] = ['preparing', 'ready', 'queued', 'running', 'pausing', 'paused', 'stopping', 'interrupted'];
  const runs = [run(50, 400, { isPinned: true }), ...open.map((status, index) => run(index + 1, 400, { status }))];
  expect(keys(facts(runs, { kinds: [{ kind: 'runs', bytes: 9 * GIB, count: 9 }] }), { runDays: 0, runCount: 0, diskGib: 0 })).toEqual([]);
});

test('over the limit the oldest go, just as many as it takes, and what is over still is said', () => {
  const files = {
    kinds: [
      { kind: 'runs' as const, bytes: 4 * GIB, count: 4 },
      { kind: 'models' as const, bytes: 90 * GIB, count: 1 },
    ],
    runs: [1, 2, 3, 4].map((runId) => ({ runId, bytes: GIB, report: null })),
  };
  const given = {
    ...facts([run(4, 1), run(3, 2), run(2, 3), run(1, 4, { isPinned: true })], files),
    database: { fileBytes: 0, freeBytes: 0, answers: 0, unusedAnswers: 0 },
  };
  expect(keys(given, { diskGib: 3 })).toEqual(['run:2']);
  expect(planCleaning(given, { ...NEVER, diskGib: 0.5 }).overLimitBytes).toBe(0.5 * GIB);
});

test('an upload goes with the last run that reads it, or alone when it is old; around and inside count as reading', () => {
  const upload = (session: string, agoDays: number): StoredFiles['uploads'][number] => ({
    session,
    folder: `/data/uploads/${session}`,
    bytes: 5,
    modifiedMs: NOW_MS - agoDays * DAY_MS,
  });
  const files = { uploads: [upload('a', 90), upload('b', 90), upload('c', 90), upload('d', 1)] };
  const runs = [
    run(3, 1, { sources: ['/data/uploads/a/recordings'] }),
    run(2, 50, { sources: ['/data/uploads/a/recordings', '/data/uploads/b/recordings/x.wav'] }),
  ];
  const { entries } = planCleaning(facts(runs, files), { ...NEVER, runDays: 30, uploadDays: 7 });
  expect(entries.map(({ key, rule }) => [key, rule])).toEqual([
    ['run:2', 'runDays'],
    ['upload:b', 'runGoes'],
    ['upload:c', 'uploadDays'],
  ]);
  expect(keys(facts([run(1, 0, { sources: ['/data'] })], files), { uploadDays: 7 })).toEqual([]);
});

test('reports of runs that stay, older parts of logs and unused texts go by their own rules', () => {
  const old = NOW_MS - 50 * DAY_MS;
  const files: Partial<StoredFiles> = {
    runs: [1, 2].map((runId) => ({ runId, bytes: 20, report: { bytes: 7, modifiedMs: old } })),
    logs: [
      { name: 'nightshift.log', bytes: 5, modifiedMs: old, isOld: false },
      { name: 'nightshift.log.1', bytes: 5, modifiedMs: old, isOld: true },
    ],
  };
  const given = facts([run(2, 1), run(1, 99, { isPinned: true })], files);
  expect(keys(given, { reportDays: 30, logDays: 30 })).toEqual(['report:2', 'log:nightshift.log.1']);
  const unused = { ...given, database: { ...given.database, unusedAnswers: 4 } };
  expect(keys(unused, { unusedAnswers: true })).toEqual(['answers']);
  expect(keys(unused, {})).toEqual([]);
});

test('the cache has a limit of its own, and no run goes because of it', () => {
  const kinds = [
    { kind: 'cache' as const, bytes: 30 * GIB, count: 1 },
    { kind: 'runs' as const, bytes: GIB, count: 1 },
  ];
  expect(keys(facts([run(1, 900)], { kinds }), { diskGib: 20 })).toEqual([]);
  expect(keys(facts([run(1, 900)], { kinds }), { diskGib: 0.5 })).toEqual(['run:1']);
});
