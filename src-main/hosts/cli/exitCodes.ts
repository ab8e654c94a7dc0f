import type { RunSummary } from '#shared/contract/runs.ts';
import { LIMIT_CAUSES } from '#shared/domain/run.ts';
import { kindOf, type ErrorCode } from '#shared/errors/errorCodes.ts';

/** What scripts read (product.md): 128 + the number of the signal where one ended the program. */
export const EXIT = { done: 0, someFailed: 1, usage: 2, environment: 3, gate: 4, bug: 70, interrupted: 130, terminated: 143 } as const;

/** Exit code of a command that an error ended. */
export function exitCodeOfError(code: ErrorCode): number {
  const kind = kindOf(code);
  switch (kind) {
    case 'usage':
      return EXIT.usage;
    case 'environment':
    case 'server':
    case 'storage':
    case 'network':
    case 'resource':
      return EXIT.environment;
    case 'data':
      return EXIT.someFailed;
    case 'gate':
      return EXIT.gate;
    case 'cancelled':
      return EXIT.interrupted;
    case 'bug':
      return EXIT.bug;
  }
}

/** A limit of the run ended its night: what is left stays queued. */
export function isAtLimit({ status, pausedBy }: RunSummary): boolean {
  return status === 'paused' && LIMIT_CAUSES.some((cause) => cause === pausedBy);
}

/**
 * Exit code of a batch whose run has ended.
 * @param signal what the user or the system sent us meanwhile; null when nothing did.
 */
export function exitCodeOfRun(run: RunSummary, signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | null): number {
  if (run.error !== null) return exitCodeOfError(run.error.code);
  if (isAtLimit(run)) return EXIT.gate;
  // Whatever was asked meanwhile: a run that got to its end is judged by its result.
  if (run.status !== 'finished') return signal === null || signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  const modeError = run.modes.find((mode) => mode.error !== null)?.error ?? null;
  if (modeError !== null) return exitCodeOfError(modeError.code);
  if (run.resultsError !== null) return exitCodeOfError(run.resultsError.code);
  // A folder that was asked for and gave nothing is not a success, even when the others were done.
  const isSourceMissing = run.problems.some(({ code }) => code.startsWith('SOURCE_'));
  return run.totals.failed > 0 || isSourceMissing ? EXIT.someFailed : EXIT.done;
}
