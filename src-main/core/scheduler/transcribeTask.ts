import type { RunOptions } from '#shared/contract/runs.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { isPartial } from '../media/isPartial.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import { metered, SpeechMeter } from '../media/speechMeter.ts';
import type { ClaimedTask, DoneResult } from '../persistence/operations/tasks.ts';
import type { FileStore } from '../ports.ts';
import { suspicionOf } from '../quality/suspiciousText.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { AsrSession } from '../servers/adapters/asrAdapter.ts';

export interface TranscribeDeps {
  readonly decoder: MediaDecoder;
  readonly files: FileStore;
  readonly scorer: Scorer;
}

export interface Transcribed {
  readonly result: DoneResult;
  readonly counts: WordCounts | null;
}

/**
 * One attempt at one file: decode, send, wait for the text, score. Touches no row.
 * @throws FILE_NOT_FOUND, FILE_CHANGED, TEXT_SUSPICIOUS the first time that the text is too little for the audio, and whatever the decoder or the session throws
 */
export async function transcribeTask(
  deps: TranscribeDeps,
  task: ClaimedTask,
  options: RunOptions,
  modelName: string,
  session: AsrSession,
  signal: AbortSignal,
): Promise<Transcribed> {
  await requireUnchanged(deps.files, task);
  const stream = deps.decoder.decode(task.path, signal);
  // The session reports what the stream throws; without this a failed decode would also be an unhandled rejection.
  stream.summary.catch(() => undefined);
  const meter = new SpeechMeter();
  const transcription = await session.transcribe({
    mode: task.mode,
    blocks: metered(stream.blocks, meter),
    language: options.language,
    chunkSec: options.chunkSec,
    windowSec: options.windowSec,
    pacing: options.pacing,
    signal,
  });
  const summary = await stream.summary;
  const { text, segments } = transcription;
  const suspicion = suspicionOf({ text, segments, speechSec: (fromSec) => meter.speechSec(fromSec) });
  if (suspicion !== null && mayTryOnceMore(task)) throw new NightshiftError('TEXT_SUSPICIOUS', { path: task.path, detail: suspicion });
  const counts = await scoreTask(deps.scorer, task, options, transcription.text);
  return {
    result: {
      hypothesis: transcription.text,
      segments: transcription.segments,
      language: transcription.language,
      model: session.hello.model ?? modelName,
      decodedSec: summary.decodedSec,
      announcedSec: summary.announcedSec,
      processingSec: transcription.processingSec,
      decodeSec: transcription.decodeSec,
      firstTokenLatencyMs: task.mode === 'streaming' ? transcription.firstTokenLatencyMs : null,
      warningCode: isPartial(summary) ? 'AUDIO_PARTIAL' : suspicion === null ? null : 'TEXT_SUSPICIOUS',
    },
    counts,
  };
}

/** A doubtful text is better than none: it never makes a file fail. */
function mayTryOnceMore({ suspiciousAttempts, failedAttempts, maxRetries }: ClaimedTask): boolean {
  return suspiciousAttempts === 0 && failedAttempts < maxRetries;
}

/** Counts of a task against its own reference; null where there is none or scoring is off. Without an answer every word is deleted. */
export async function scoreTask(
  scorer: Scorer,
  task: { readonly reference: string | null },
  options: RunOptions,
  hypothesis: string | null,
): Promise<WordCounts | null> {
  if (!options.calculateWer || task.reference === null) return null;
  return (await scorer.score({ reference: task.reference, hypothesis, normalizer: options.normalizer })).counts;
}

// The result is kept under the hash of what was looked at; another content would be recorded under a wrong name.
async function requireUnchanged(files: FileStore, task: ClaimedTask): Promise<void> {
  const now = await files.stat(task.path);
  if (now === null) throw new NightshiftError('FILE_NOT_FOUND', { path: task.path });
  if (now.sizeBytes !== task.sizeBytes || now.modifiedMs !== task.modifiedMs)
    throw new NightshiftError('FILE_CHANGED', { path: task.path });
}
