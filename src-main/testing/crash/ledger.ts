import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { RunStatus } from '#shared/domain/run.ts';
import type { Mode } from '#shared/domain/mode.ts';

/** What an owner was told or told others, outside its database; one line each, in the order in which it happened. */
export type LedgerLine =
  /** `run.stepped` announced the outcome: it is committed. */
  | { readonly kind: 'outcome'; readonly runId: number; readonly itemId: number; readonly mode: Mode; readonly status: Outcome }
  /** A user asked for something that concerns the run; null: all of them. */
  | { readonly kind: 'asked'; readonly runId: number | null; readonly what: string }
  /** And was answered, with the run's status then. */
  | { readonly kind: 'answered'; readonly runId: number; readonly what: string; readonly status: RunStatus | 'removed' }
  /** An error that no user should see. */
  | { readonly kind: 'surprise'; readonly what: string; readonly detail: string };

export type Outcome = 'done' | 'failed' | 'cancelled';

/** Survives the death of its process as the kernel has it when this returns. */
export function writeLine(path: string, line: LedgerLine): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** Lines from a byte offset on; one that was cut off is left for the next reading. */
export function readLines(path: string, fromByte: number): { readonly lines: readonly LedgerLine[]; readonly toByte: number } {
  if (!existsSync(path)) return { lines: [], toByte: fromByte };
  const bytes = readFileSync(path).subarray(fromByte);
  const end = bytes.lastIndexOf(10) + 1;
  const lines = bytes
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerLine);
  return { lines, toByte: fromByte + end };
}
