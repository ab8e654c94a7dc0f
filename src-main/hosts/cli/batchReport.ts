import type { RunStep } from '#shared/contract/events.ts';
import type { ItemRow } from '#shared/contract/items.ts';
import type { Advice } from '#shared/contract/log.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { ModeProgress, RunPlan, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { errorText, type MessageLocale } from '#shared/errors/messages.ts';
import { leftText } from '#shared/texts/forecastText.ts';
import { adviceExtent, adviceText } from '#shared/texts/adviceText.ts';

/** The lines of a batch, from events. Their words are those of S0.15–S0.17 and S1.20 in every language, because scripts read them. */

const RULE = '='.repeat(60);
/** Failed files named in the terminal; the results file has all of them. */
const MAX_FAILED_LINES = 100;

type StepOf<Name extends RunStep['step']> = Extract<RunStep, { step: Name }>;

export function modeStartedLines(step: StepOf<'modeStarted'>): string[] {
  const { mode, position, of, url, found, alreadyDone, remaining, datasetName } = step;
  const lines = [
    '',
    RULE,
    `MODE ${position}/${of}: ${mode.toUpperCase()}`,
    RULE,
    `Connecting to: ${url}`,
    `Processing ${found} audio files from ${datasetName} dataset`,
  ];
  if (alreadyDone > 0) {
    lines.push(
      `Found ${alreadyDone} already processed files for ${mode} mode`,
      `Skipping ${alreadyDone} already processed files`,
      `Remaining files to process: ${remaining}`,
    );
  }
  return lines;
}

/** Files with an outcome, now or earlier. */
function processedFiles({ done, skipped, failed }: Pick<ModeProgress, 'done' | 'skipped' | 'failed'>): number {
  return done + skipped + failed;
}

export function modeFinishedLines(
  step: StepOf<'modeFinished'>,
  servers: RunSummary['options']['servers'],
  locale: MessageLocale,
): string[] {
  const { mode, progress, next } = step;
  const name = mode.toUpperCase();
  const lines = ['', RULE, `RESULTS SUMMARY - ${name} MODE`, RULE, `Total files processed: ${processedFiles(progress)}`];
  if (progress.failed > 0) lines.push(`Failed files: ${progress.failed}`);
  if (progress.partial > 0)
    lines.push(`Doubtful results: ${progress.partial} (AUDIO_PARTIAL or TEXT_SUSPICIOUS in the results file says why)`);
  if (progress.skipped > 0) lines.push(`Skipped files (done earlier): ${progress.skipped}`);
  if (progress.werRatio !== null) lines.push(`Overall WER: ${percent(progress.werRatio, 2)}`);
  if (progress.rtf !== null) lines.push(`Real-time factor: ${progress.rtf.toFixed(3)}`);
  if (progress.firstTokenLatencyP50Ms !== null)
    lines.push(`First token latency (median): ${Math.round(progress.firstTokenLatencyP50Ms)} ms`);
  if (progress.error !== null) {
    const { what, advice } = errorText(progress.error, locale);
    lines.push(`${name} mode could not run: ${progress.error.code}: ${what} ${advice}`);
  } else lines.push(`Completed ${name} mode`);
  if (next !== null) {
    const nextName = next.mode.toUpperCase();
    lines.push('', `Next: ${nextName} mode (port ${next.port})`);
    lines.push(
      servers === 'running'
        ? `Make sure the ${nextName} server is running on port ${next.port}`
        : `The ${nextName} server must be running; Nightshift starts it on port ${next.port}`,
    );
    if (next.waitMs > 0) lines.push(`Waiting ${Math.round(next.waitMs / 1_000)} seconds before next mode...`);
  }
  return lines;
}

/** Counts of a progress line, tasks. */
type ProgressCounts = Pick<ModeProgress, 'total' | 'skipped' | 'done' | 'failed' | 'active'>;

/** The modes at work, else the one that comes next. */
function currentModes(run: RunSummary): ModeProgress[] {
  const atWork = run.modes.filter(({ status }) => status === 'running' || status === 'starting' || status === 'pausing');
  return atWork.length > 0 ? atWork : run.modes.filter(({ status }) => status === 'waiting').slice(0, 1);
}

/** S1.20, for the modes at work together. Null when none is. */
export function progressLine(run: RunSummary, sample: Sample | null): string | null {
  const modes = currentModes(run);
  if (modes.length === 0) return null;
  const sum = (key: keyof ProgressCounts): number => modes.reduce((total, mode) => total + mode[key], 0);
  const counts = { total: sum('total'), skipped: sum('skipped'), done: sum('done'), failed: sum('failed'), active: sum('active') };
  return modeProgressLine(counts, sample);
}

/** S1.20 for one mode; files that were done earlier are not part of it. */
export function modeProgressLine(mode: ProgressCounts, sample: Sample | null): string {
  const total = mode.total - mode.skipped;
  const success = total === 0 ? 0 : mode.done / total;
  const memory = sample === null ? 'n/a' : `${megabytes(sample.ownRssBytes)}MB`;
  const cpu = sample === null || sample.cpuPercent === null ? 'n/a' : `${sample.cpuPercent.toFixed(1)}%`;
  return `Progress: ${mode.done}/${total} (${percent(success, 1)} success) | Active: ${mode.active} | Failed: ${mode.failed} | Memory: ${memory} | CPU: ${cpu}`;
}

/** Highest values seen while a run was followed. */
export interface Peaks {
  readonly memoryMb: number;
  readonly cpuPercent: number;
}

export interface FinalReport {
  readonly run: RunSummary;
  /** The results file as the user wrote it. */
  readonly outputShown: string;
  /** Seen by us; the run has its own, which also cover what happened before we followed it. */
  readonly peaks: Peaks;
  readonly failedItems: readonly ItemRow[];
  readonly failedCount: number;
  /** What went wrong by cause, most frequent first. */
  readonly advice: readonly Advice[];
  /** From the command's start to here, with finding the files and checking the servers. */
  readonly commandMs: number;
  readonly locale: MessageLocale;
  /** As the user gave it; null for the usual one. */
  readonly dataDirFlag: string | null;
}

/** End of a batch: finished (S0.17), or interrupted with what was saved (S0.21) and how to go on. */
export function finalLines(report: FinalReport): string[] {
  const { run, outputShown, locale } = report;
  const lines: string[] = [];
  const isComplete = run.status === 'finished';
  const hasModeError = run.modes.some((mode) => mode.error !== null);
  if (isComplete) lines.push('', RULE, hasModeError ? 'SOME MODES COULD NOT RUN' : 'ALL MODES COMPLETED', RULE);
  else lines.push('');
  for (const mode of run.modes) lines.push(`${mode.mode.toUpperCase()}: ${processedFiles(mode)} files processed${werNote(mode)}`);
  lines.push(...failedLines(report.failedItems, report.failedCount, locale));
  lines.push(...adviceLines(report.advice, locale));
  lines.push('', ...summaryLines(run, report));
  if (run.error !== null) {
    const { what, did, advice } = errorText(run.error, locale);
    lines.push(`${run.error.code}: ${what} ${did} ${advice}`);
  }
  if (run.resultsError !== null) {
    const { what, advice } = errorText(run.resultsError, locale);
    lines.push(`${run.resultsError.code}: ${what} ${advice}`);
  } else if (isComplete) lines.push(`Results saved to: ${outputShown}`);
  else if (run.startedAtMs !== null) lines.push(`Partial results saved to: ${outputShown}`);
  if (!isComplete && run.status !== 'failed') lines.push(howToGoOn(run.id, report.dataDirFlag, locale));
  return lines;
}

function werNote(mode: ModeProgress): string {
  return mode.werRatio === null ? '' : ` (WER ${percent(mode.werRatio, 2)})`;
}

function howToGoOn(runId: number, dataDirFlag: string | null, locale: MessageLocale): string {
  const command = resumeCommand(runId, dataDirFlag);
  return locale === 'ko'
    ? `이어서 하려면 같은 명령을 다시 실행하거나 다음을 실행해 주세요: ${command}`
    : `To go on, run the same command again or: ${command}`;
}

/** As it can be pasted into a shell in the folder of the clone. @param dataDirFlag as the user gave it; null for the usual folder */
export function resumeCommand(runId: number, dataDirFlag: string | null): string {
  return `npm run --silent nightshift -- resume ${runId}${dataDirFlag === null ? '' : ` --data-dir ${quoted(dataDirFlag)}`}`;
}

/** For a POSIX shell; only where it is needed. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Each failed file once, with the modes in which it failed, its code and its sentence. */
function failedLines(items: readonly ItemRow[], count: number, locale: MessageLocale): string[] {
  if (count === 0) return [];
  const lines = ['', `Failed files (${count}):`];
  for (const item of items.slice(0, MAX_FAILED_LINES)) {
    const byCode = new Map<ErrorCode, Mode[]>();
    for (const { mode, status, errorCode } of item.tasks) {
      if (status === 'failed' && errorCode !== null) byCode.set(errorCode, [...(byCode.get(errorCode) ?? []), mode]);
    }
    for (const [code, modes] of byCode)
      lines.push(`  ${item.fileId} [${modes.join(', ')}] ${code}: ${errorText({ code, data: {} }, locale).what}`);
  }
  if (count > MAX_FAILED_LINES) lines.push(`  ... and ${count - MAX_FAILED_LINES} more`);
  return lines;
}

/** What can be done, by cause. */
function adviceLines(advice: readonly Advice[], locale: MessageLocale): string[] {
  if (advice.length === 0) return [];
  const lines = ['', locale === 'ko' ? '할 수 있는 일:' : 'What you can do:'];
  for (const found of advice) {
    const { what, advice: doThis } = adviceText(found.cause, locale);
    const extent = adviceExtent(found, locale);
    lines.push(`  ${what}${extent === '' ? '' : ` (${extent})`} ${doThis}`);
  }
  return lines;
}

/** From the start of a run to its end, as its reports say it; null before it ended. */
export function runMs({ startedAtMs, endedAtMs }: RunSummary): number | null {
  return startedAtMs === null || endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs);
}

function summaryLines(run: RunSummary, { commandMs, peaks }: FinalReport): string[] {
  const { total, done, failed, skipped, cancelled, queued, active } = run.totals;
  const left = queued + active;
  const answered = done + skipped;
  const outcomes = answered + failed;
  const elapsedMs = runMs(run);
  const isPaced = run.options.pacing === 'realTime';
  const rate = isPaced || elapsedMs === null || elapsedMs === 0 ? null : done / (elapsedMs / 3_600_000);
  const counts = [`Total: ${total}`, `Done: ${done}`, `Failed: ${failed}`, `Skipped: ${skipped}`];
  if (cancelled > 0) counts.push(`Cancelled: ${cancelled}`);
  if (left > 0) counts.push(`Not reached: ${left}`);
  const partial = run.modes.reduce((sum, mode) => sum + mode.partial, 0);
  if (partial > 0) counts.push(`Doubtful results: ${partial}`);
  return [
    counts.join(' | '),
    `Success rate: ${outcomes === 0 ? 'n/a' : percent(answered / outcomes, 1)}`,
    `Elapsed: ${elapsedMs === null ? 'n/a' : duration(elapsedMs)} | This command: ${duration(commandMs)}`,
    `Throughput: ${rate === null ? 'n/a' : `${rate.toFixed(0)} results/h`}`,
    `Peaks: memory ${peakText(Math.max(run.memoryPeakMb, peaks.memoryMb), 'MB')} | CPU ${peakText(Math.max(run.cpuPeakPercent, peaks.cpuPercent), '%')}`,
  ];
}

/** A run can be over before the first reading: then nothing is known, which is not 0. */
function peakText(value: number, unit: string): string {
  return value === 0 ? 'n/a' : `${value.toFixed(1)}${unit}`;
}

/** What was found and what would be done, before Start. */
export function preflightLines(run: RunSummary, plan: RunPlan, locale: MessageLocale): string[] {
  const lines = [
    `Found ${run.itemCount} files (${duration(run.audioSec * 1_000)} of audio), ${run.withReferenceCount} with a transcript, ${run.unusableCount} that cannot be read`,
  ];
  for (const { mode, found, alreadyDone, remaining, beyondLimit, audioSec } of plan.modes) {
    const beyond = beyondLimit > 0 ? `, ${beyondLimit} beyond the limit` : '';
    lines.push(
      `${mode.toUpperCase()}: ${found} found, ${alreadyDone} already processed, ${remaining} to process${beyond} (${duration(audioSec * 1_000)} of audio)`,
    );
  }
  const left = leftText(plan, locale);
  if (left !== null) lines.push(locale === 'ko' ? `예상 소요 시간: ${left}` : `Expected: ${left}`);
  for (const warning of plan.warnings) lines.push(`Warning: ${warningText(warning)}`);
  for (const { code, path, detail } of run.problems) {
    const data = { path, ...(detail !== undefined && { detail }) };
    lines.push(`Warning: ${code}: ${errorText({ code, data }, locale).what}`);
  }
  return lines;
}

function warningText({ code, data }: RunPlan['warnings'][number]): string {
  switch (code) {
    case 'sampleModelVocabulary':
      return `the sample model knows only ${data['words'] ?? data['vocabularyWords'] ?? 'a few'} words; choose another with --model`;
    case 'noReferences':
      return 'no file has a transcript, so there will be no word error rate';
    case 'unusableFiles':
      return `${data['count'] ?? 'some'} files cannot be read and will be listed as failed`;
    case 'decoderMissing':
      return 'no audio decoder was found; see "nightshift doctor"';
    case 'portInUse':
      return `port ${data['port'] ?? ''} is in use; choose others with --ports, or use that server with --use-running-servers`;
  }
}

/** One line of the pre-flight list. */
export function preflightItemLine(item: ItemRow, locale: MessageLocale): string {
  const length = item.audioSec === null ? '   ?' : `${item.audioSec.toFixed(1)} s`;
  const note =
    item.problem === null
      ? item.hasReference
        ? ''
        : '  (no transcript)'
      : `  ${item.problem}: ${errorText({ code: item.problem, data: {} }, locale).what}`;
  return `${length.padStart(10)}  ${item.fileId}${note}`;
}

function percent(ratio: number, digits: number): string {
  return `${(ratio * 100).toFixed(digits)}%`;
}

function megabytes(bytes: number): string {
  return (bytes / (1024 * 1024)).toFixed(1);
}

/** 4.2 s, 3 min 20 s, 5 h 24 min. */
export function duration(ms: number): string {
  const sec = ms / 1_000;
  if (sec < 60) return `${sec.toFixed(1)} s`;
  const totalSec = Math.round(sec);
  if (totalSec < 3_600) return `${Math.floor(totalSec / 60)} min ${totalSec % 60} s`;
  const minutes = Math.round(totalSec / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
