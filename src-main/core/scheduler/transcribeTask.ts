import type { RunOptions } from '#shared/contract/runs.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { isPartial } from '../media/isPartial.ts';
import type { ClaimedTask, DoneResult } from '../persistence/operations/tasks.ts';
import { suspicionOf } from '../quality/suspiciousText.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { AsrSession } from '../servers/adapters/asrAdapter.ts';
import type { AudioAhead } from './audioAhead.ts';
import type { TaskProgress } from './taskProgress.ts';

/**
 * One attempt at one file: send its audio from where the last one got, wait for the text. Touches no row but that of its progress.
 * @throws TEXT_SUSPICIOUS the first time that the text is too little for the audio, and whatever the audio or the session throws
 */
export async function transcribeTask(
  task: ClaimedTask,
  options: RunOptions,
  modelName: string,
  audio: AudioAhead,
  session: AsrSession,
  progress: TaskProgress,
  signal: AbortSignal,
): Promise<DoneResult> {
  const rest = await session.transcribe({
    mode: task.mode,
    blocks: blocksFrom(audio, progress),
    language: task.language ?? options.language,
    chunkSec: options.chunkSec,
    windowSec: options.windowSec,
    pacing: options.pacing,
    signal,
    onSettled: (part) => progress.settled(part),
  });
  const transcription = progress.whole(rest);
  const summary = await audio.summary;
  const { text, segments } = transcription;
  const suspicion = suspicionOf({ text, segments, speechSec: (fromSec) => audio.meter.speechSec(fromSec) });
  if (suspicion !== null && mayTryOnceMore(task)) {
    progress.forget();
    throw new NightshiftError('TEXT_SUSPICIOUS', { path: task.path, detail: suspicion });
  }
  return {
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
  };
}

async function* blocksFrom(audio: AudioAhead, progress: TaskProgress): AsyncGenerator<Buffer, void, undefined> {
  progress.startFrom(await audio.start);
  yield* audio.blocks;
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
