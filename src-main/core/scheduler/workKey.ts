import { createHash } from 'node:crypto';
import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { stableJson } from '#shared/util/stableJson.ts';
import { serverFingerprint } from '../servers/runProfiles.ts';

/** Stands for a model whose files we cannot see: a server that somebody else started. */
export const RUNNING_SERVER_MODEL = 'running server';

/**
 * Mode, model, servers and every parameter that changes what comes out, as one word: a file with the same content and the same work key is
 * not done again. Pacing belongs to it, because latency and throughput are never mixed.
 * @param modelFingerprint names the exact model (`modelFingerprint`), not the folder it lies in.
 */
export function workKey(mode: Mode, modelFingerprint: string, options: RunOptions): string {
  const parameters = {
    mode,
    model: serverFingerprint(options, mode, modelFingerprint),
    language: options.language,
    chunkSec: options.chunkSec,
    windowSec: mode === 'chunked' ? options.windowSec : undefined,
    pacing: options.pacing,
  };
  return `${mode}-${createHash('sha256').update(stableJson(parameters)).digest('hex').slice(0, 24)}`;
}
