import { readFile, stat } from 'node:fs/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Gate } from '#shared/contract/gate.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { parseGate } from '#main/core/quality/gate.ts';
import type { Output } from './output.ts';

/** Nobody writes a gate or notes of that length; another file was meant. */
const MAX_BYTES = 1_000_000;

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_INVALID (not a small file) */
export async function readSmallFile(path: string): Promise<string> {
  try {
    const info = await stat(path);
    if (!info.isFile() || info.size > MAX_BYTES) {
      throw new NightshiftError('INPUT_INVALID', { field: path, detail: `expected a file of at most ${MAX_BYTES} bytes` });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof NightshiftError) throw error;
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    // What a flag names is the caller's to correct, whatever is wrong with it.
    const detail = isMissing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
    throw new NightshiftError('INPUT_INVALID', { field: path, detail }, { cause: error });
  }
}

/** @throws INPUT_INVALID with the place in the file */
export async function readGateFile(path: string): Promise<Gate> {
  return parseGate(await readSmallFile(path), path);
}

/** Judges a run and says how it went. @returns whether it passed */
export async function judgeRun(client: NightshiftClient, output: Output, runId: number, gate: Gate): Promise<boolean> {
  const verdict = await client.request('reports.judge', { runId, gate });
  output.json({ type: 'gate', runId, verdict });
  output.line(`Gate${verdict.name === '' ? '' : ` "${verdict.name}"`}: ${verdict.valid ? 'passed' : 'not passed'}`);
  for (const { name, mode, passed, severity, detail } of verdict.checks) {
    const state = passed ? 'ok' : severity === 'error' ? 'FAILED' : 'warning';
    output.line(`  ${state.padEnd(7)} ${name}${mode === null ? '' : ` [${mode}]`}: ${detail}`);
  }
  return verdict.valid;
}
