import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A command and what stands before the arguments: on the path, where Debian's `sctk` keeps it, or behind Debian's own command. */
const CANDIDATES: readonly (readonly [string, ...string[]])[] = [['sclite'], ['/usr/lib/sctk/bin/sclite'], ['sctk', 'sclite']];
/** Clock ticks of /proc, 100 a second on Linux. */
const TICK_MS = 10;

export interface WordPair {
  readonly id: string;
  readonly reference: readonly string[];
  readonly hypothesis: readonly string[];
}

export interface ScliteFigures {
  /** Start of the program and its reading and writing of files included. */
  readonly wallMs: number;
  /** The same in CPU time; null where the system has no /proc. */
  readonly cpuMs: number | null;
  /** As it reports them; '?' where its output is not understood. */
  readonly errors: string;
}

/** NIST's sclite; null where it is not installed. */
export function findSclite(): readonly [string, ...string[]] | null {
  return (
    CANDIDATES.find(([command, ...first]) => {
      const { error, stdout, stderr } = spawnSync(command, first, { encoding: 'utf8' });
      return error === undefined && /sclite/i.test(`${stdout}${stderr}`) && !/not found/i.test(stderr);
    }) ?? null
  );
}

/** Scores the pairs once, with the settings the vectors were made with. @throws Error when it does not end well */
export async function runSclite(
  [command, ...first]: readonly [string, ...string[]],
  folder: string,
  pairs: readonly WordPair[],
): Promise<ScliteFigures> {
  const trn = (side: 'reference' | 'hypothesis'): string => pairs.map((one) => `${one[side].join(' ')} (${one.id})\n`).join('');
  const reference = join(folder, 'ref.trn');
  const hypothesis = join(folder, 'hyp.trn');
  await writeFile(reference, trn('reference'));
  await writeFile(hypothesis, trn('hypothesis'));
  const cpuBeforeMs = childCpuMs();
  const startMs = performance.now();
  const ended = spawnSync(
    command,
    [...first, '-r', reference, 'trn', '-h', hypothesis, 'trn', '-i', 'rm', '-s', '-e', 'utf-8', '-o', 'rsum', 'stdout'],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const wallMs = performance.now() - startMs;
  const cpuAfterMs = childCpuMs();
  if (ended.error !== undefined || ended.status !== 0) throw new Error(ended.error?.message ?? `sclite ended with ${String(ended.status)}`);
  return {
    wallMs,
    cpuMs: cpuBeforeMs === null || cpuAfterMs === null ? null : cpuAfterMs - cpuBeforeMs,
    errors: /\|\s*Sum\s*\|[^|]*\|([^|]*)\|/.exec(ended.stdout)?.[1]?.trim().split(/\s+/)[4] ?? '?',
  };
}

/** User and system time of ended children; null where there is no /proc. */
function childCpuMs(): number | null {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // Fields 16 and 17 of proc(5), counted from the third.
    return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
  } catch {
    return null;
  }
}
