import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { windowsSystemTool } from './killTree.ts';
import { parseChildren, parseRssBytes } from './procFiles.ts';

const runFile = promisify(execFile);
/** A process that is inside the kernel may keep whoever reads its environment waiting for as long as it is there. */
const ENVIRONMENT_MS = 500;

/** What the system says about its processes. Ended ones that nobody has collected are left out: they hold nothing. */
interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where the system does not say. */
  readonly sessionId: number;
  /** As `processStartId`; null where it costs more than the row. */
  readonly startId: string | null;
}

/** A process that was seen; the start tells it from a later one with its number. */
export type SeenProcess = Pick<ProcessRow, 'pid' | 'startId'>;

export interface Tree {
  readonly processes: readonly SeenProcess[];
  /** false: the environment of some process could not be read in time, so that it may belong to the tree, too. */
  readonly isWhole: boolean;
}

export interface TreeRoot {
  /** Process that was started in a group and session of its own; null when only the mark is known. */
  readonly pid: number | null;
  /** `NAME=value` in the environment of the root, which everything below it inherits. Seen on Linux only. */
  readonly mark: string | null;
}

/**
 * Processes of a tree: the root, its group and session, what carries its mark, and the descendants of all of these, so that a grandchild
 * with a group of its own is found as long as it kept its environment or its parents live. Never this process. Takes half a second more than
 * the rows at most. Empty on Windows, where `taskkill /T` finds the tree itself.
 * @param procFolder where the system shows its processes (Linux)
 */
export async function findTree({ pid: rootPid, mark }: TreeRoot, procFolder = '/proc'): Promise<Tree> {
  const rows = await processRows(procFolder);
  const found = new Set<number>();
  for (const { pid, groupId, sessionId } of rows) {
    if (rootPid !== null && (pid === rootPid || groupId === rootPid || sessionId === rootPid)) found.add(pid);
  }
  const isWhole = mark === null || process.platform !== 'linux' || (await addMarked(found, rows, mark, procFolder));
  // Rows come in no useful order: repeat until a round finds nobody new.
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parentPid } of rows) if (found.has(parentPid) && parentPid !== process.pid) found.add(pid);
  }
  found.delete(process.pid);
  return { processes: rows.filter(({ pid }) => found.has(pid)), isWhole };
}

/** Those of them that are still there. */
export async function stillRunning(processes: readonly SeenProcess[]): Promise<SeenProcess[]> {
  const running = await Promise.all(
    processes.map(async ({ pid, startId }) => (startId === null ? await isRunning(pid) : (await processStartId(pid)) === startId)),
  );
  return processes.filter((_seen, i) => running[i] === true);
}

/** Whether it is there and has not ended; on Windows and macOS also true for one that nobody has collected. */
export async function isRunning(pid: number): Promise<boolean> {
  if (process.platform === 'linux') return (await linuxRow('/proc', String(pid))) !== null;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Start time as the system writes it: clock ticks since boot on Linux (field 22 of `/proc/PID/stat`, proc(5)), `lstart` of ps on
 * macOS, file time on Windows. Only equality means anything. null when there is no such process.
 */
export async function processStartId(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const fields = await statFields('/proc', String(pid));
    return fields === null || fields[0] === 'Z' ? null : (fields[19] ?? null);
  }
  try {
    const { stdout } =
      process.platform === 'win32'
        ? await runFile(
            windowsSystemTool('WindowsPowerShell', 'v1.0', 'powershell.exe'),
            ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`],
            { windowsHide: true, timeout: 10_000 },
          )
        : await runFile('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' }, timeout: 10_000 });
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}

/** Resident bytes of a process and its descendants; null where the system does not say. */
export async function treeRssBytes(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const own = await readFile(`/proc/${pid}/status`, 'latin1').then(parseRssBytes, () => null);
  if (own === null) return null;
  let total = own;
  for (const child of await childrenOf(pid)) total += (await treeRssBytes(child)) ?? 0;
  return total;
}

/** `oom_kill` of `/proc/vmstat` (Linux 4.13 and later), which counts what the kernel ended for its memory, in a container's limit, too. */
export async function memoryKills(): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const count = /^oom_kill (\d+)$/m.exec(await readFile('/proc/vmstat', 'latin1').catch(() => ''))?.[1];
  return count === undefined ? null : Number(count);
}

async function processRows(procFolder: string): Promise<ProcessRow[]> {
  if (process.platform === 'win32') return [];
  if (process.platform === 'linux') {
    const names = (await readdir(procFolder)).filter((name) => /^\d+$/.test(name));
    const rows = await Promise.all(names.map((name) => linuxRow(procFolder, name)));
    return rows.filter((row) => row !== null);
  }
  const { stdout } = await runFile('/bin/ps', ['-axo', 'pid=,ppid=,pgid=,stat='], { env: { LC_ALL: 'C' }, timeout: 10_000 });
  return stdout.split('\n').flatMap((line) => {
    const [pid, parentPid, groupId, state] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid), groupId: Number(groupId), sessionId: 0, startId: null }];
  });
}

async function linuxRow(procFolder: string, name: string): Promise<ProcessRow | null> {
  const fields = await statFields(procFolder, name);
  const [state, parentPid, groupId, sessionId] = fields ?? [];
  if (state === undefined || state === 'Z' || state === 'X') return null;
  const startId = fields?.[19] ?? null;
  return { pid: Number(name), parentPid: Number(parentPid), groupId: Number(groupId), sessionId: Number(sessionId), startId };
}

/** Fields of `/proc/PID/stat` from the third (state) on: the second, the name, may hold spaces and parentheses. */
async function statFields(procFolder: string, name: string): Promise<string[] | null> {
  try {
    const stat = await readFile(`${procFolder}/${name}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** @returns whether all of them could be looked at */
async function addMarked(found: Set<number>, rows: readonly ProcessRow[], mark: string, procFolder: string): Promise<boolean> {
  // Threads of the kernel belong to no session.
  const candidates = rows.filter(({ pid, sessionId }) => sessionId !== 0 && !found.has(pid));
  let unread = candidates.length;
  const looks = candidates.map(async ({ pid }) => {
    if ((await environmentOf(pid, procFolder)).split('\0').includes(mark)) found.add(pid);
    unread -= 1;
  });
  const read = new AbortController();
  await Promise.race([Promise.all(looks), delay(ENVIRONMENT_MS, undefined, { signal: read.signal }).catch(() => undefined)]);
  read.abort();
  return unread === 0;
}

/** Reads that have not come back. Each holds a thread of Node's pool: a second one of the same process would only hold another. */
const readings = new Map<string, Promise<string>>();

/** Empty for another user's process, which is not ours. */
function environmentOf(pid: number, procFolder: string): Promise<string> {
  const path = `${procFolder}/${pid}/environ`;
  const known = readings.get(path);
  if (known !== undefined) return known;
  const reading = readFile(path, 'latin1')
    .catch(() => '')
    .finally(() => readings.delete(path));
  readings.set(path, reading);
  return reading;
}

/** Every thread has its own list of children; kernels without the list give none. */
async function childrenOf(pid: number): Promise<number[]> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')));
    return lists.flatMap(parseChildren);
  } catch {
    return [];
  }
}
