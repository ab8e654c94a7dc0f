import type { Logger } from '#main/core/ports.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrSession } from './adapters/asrAdapter.ts';
import { bytesOf } from './adapters/shared/samples.ts';
import type { ServerTarget } from './serverSupervisor.ts';

const SILENCE_SEC = 1;
/** Longer than the silence, so that it is one piece. */
const CHUNK_SEC = 30;

/**
 * Lets a server that has just become ready decode a second of silence, so that what it does only once is in no file's time. Its answer does not matter.
 * @throws what the signal was aborted with
 */
export async function warmUp(
  session: AsrSession,
  { profile, windowSec }: ServerTarget,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  const request = { mode: profile.mode, blocks: silence(), language: profile.options.language, chunkSec: CHUNK_SEC, windowSec, signal };
  try {
    await session.transcribe({ ...request, pacing: 'asFast' });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    logger.warn('the warm-up of a server failed', { code: toNightshiftError(error).code });
  }
}

async function* silence(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(bytesOf(SILENCE_SEC));
}
