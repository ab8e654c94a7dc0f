import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import BetterSqlite from 'better-sqlite3';

/**
 * Loaded with `--import` before a program of a test and in each of its threads: gives names to the moments at which a database or a folder is between two
 * states, and ends the process at one of them as a power button would. NIGHTSHIFT_FAULT_JOURNAL: file that gets the name of each point that is
 * passed; NIGHTSHIFT_FAULT_POINT: `name:n`, the n-th passing ends the process.
 */
const journal = process.env['NIGHTSHIFT_FAULT_JOURNAL'] ?? '';
const wanted = process.env['NIGHTSHIFT_FAULT_POINT'] ?? '';
const { appendFileSync, readFileSync } = fs;

/** Writing the journal passes points of its own. */
let isPassing = false;

function pass(name: string): void {
  if (journal === '' || isPassing) return;
  isPassing = true;
  // By the file, because threads count together.
  appendFileSync(journal, `${name}\n`);
  const passed = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line === name).length;
  isPassing = false;
  if (wanted !== `${name}:${passed}`) return;
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function around<T>(name: string, work: () => T): T {
  pass(`${name}.before`);
  const answer = work();
  pass(`${name}.after`);
  return answer;
}

type Method = (this: unknown, ...args: never[]) => unknown;

function replace(target: object, method: string, by: (original: Method) => Method): void {
  const methods = target as Record<string, Method>;
  const original = methods[method];
  if (original === undefined) throw new Error(`there is no ${method}`);
  methods[method] = by(original);
}

const { prototype } = BetterSqlite as unknown as { prototype: object };
replace(
  prototype,
  'exec',
  (exec) =>
    function (this: unknown, ...args: never[]) {
      const text = String(args[0]);
      const name = text === 'COMMIT' ? 'commit' : text.includes('CREATE ') || text.includes('ALTER ') ? 'migration' : null;
      return name === null ? exec.apply(this, args) : around(name, () => exec.apply(this, args));
    },
);
replace(
  prototype,
  'pragma',
  (pragma) =>
    function (this: unknown, ...args: never[]) {
      const isVersion = String(args[0]).startsWith('user_version = ');
      return isVersion ? around('version', () => pragma.apply(this, args)) : pragma.apply(this, args);
    },
);
replace(
  prototype,
  'transaction',
  (transaction) =>
    function (this: unknown, ...args: never[]) {
      const run = transaction.apply(this, args) as Method;
      return (...given: never[]) => around('transaction', () => run(...given));
    },
);
replace(
  prototype,
  'backup',
  (backup) =>
    async function (this: unknown, ...args: never[]) {
      pass('backup.before');
      await backup.apply(this, args);
      pass('backup.after');
    },
);
for (const name of ['renameSync', 'linkSync', 'rmSync', 'writeFileSync', 'fsyncSync'])
  replace(
    fs,
    name,
    (original) =>
      function (this: unknown, ...args: never[]) {
        return around(name, () => original.apply(this, args));
      },
  );
replace(
  fs.promises,
  'rm',
  (original) =>
    async function (this: unknown, ...args: never[]) {
      pass('rm.before');
      await original.apply(this, args);
      pass('rm.after');
    },
);
syncBuiltinESMExports();
