import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RunStep } from '#shared/contract/events.ts';
import type { ItemRow } from '#shared/contract/items.ts';
import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { errorText } from '#shared/errors/messages.ts';
import { alertText, PAUSE_TEXTS } from '#shared/texts/alertText.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { leftText, workersText } from '#shared/texts/forecastText.ts';
import { finalLines, modeFinishedLines, modeProgressLine, modeStartedLines, progressLine, resumeCommand, runMs } from './batchReport.ts';
import type { CliContext, OpenedNightshift, StopSignal } from './context.ts';
import { EXIT, exitCodeOfRun, isAtLimit } from './exitCodes.ts';
import { awaitWhenDone } from './whenDone.ts';
import { createServerNews, isServerOf } from './serverNews.ts';
import { createRunFollower, ENDED_STATUSES, type RunFollower } from './followRun.ts';

/** Between two sentences about what is left. */
const LEFT_INTERVAL_MS = 60_000;

export interface RunReport {
  readonly follower: RunFollower;
  /** What ended us, when it was not the run. */
  readonly signal: StopSignal | null;
  /**
   * Waits for the run's end, prints it and gives the exit code.
   * @param judge says whether a run that got to its end is good enough; when it is not, the exit code is that of a gate
   */
  finish(judge?: (run: RunSummary) => Promise<boolean>): Promise<number>;
  close(): void;
}

export interface RunReportOptions {
  readonly context: CliContext;
  readonly opened: OpenedNightshift;
  readonly progressIntervalSec: number;
  /** The results file as the user wrote it; null: where the run keeps it. */
  readonly outputShown: string | null;
}

/** Follows one run on the terminal: banners, progress, what failed, Ctrl-C, and the end. */
export function reportRun({ context, opened, progressIntervalSec, outputShown }: RunReportOptions): RunReport {
  const { output, common } = context;
  const { client } = opened;
  const { logLevel, locale } = common;
  const showsProgress = logLevel === 'DEBUG' || logLevel === 'INFO';
  const startedMs = performance.now();
  let signal: StopSignal | null = null;
  let signalCount = 0;
  let isPauseShown = false;
  let lastWorkers: RunSummary['workersReason'] = null;
  let lastLeftMs = Number.NEGATIVE_INFINITY;

  const handleStep = (step: RunStep, atMs: number): void => {
    const { step: type, ...facts } = step;
    output.json({ type, atMs, ...facts });
    switch (step.step) {
      case 'modeStarted':
        for (const line of modeStartedLines(step)) output.line(line);
        return;
      case 'modeFinished':
        output.status(null);
        if (showsProgress && step.progress.error === null) output.line(modeProgressLine(step.progress, follower.sample));
        for (const line of modeFinishedLines(step, nextServers(step, follower.run), locale)) output.line(line);
        return;
      case 'taskFinished':
        if (step.status === 'failed' && showsProgress && step.error !== null) {
          output.notice(`Failed: ${step.fileId}: ${step.error.code}: ${errorText(step.error, locale).what}`);
        } else if (logLevel === 'DEBUG') {
          output.notice(`${step.status}: ${step.fileId}${step.werRatio === null ? '' : ` (WER ${(step.werRatio * 100).toFixed(2)}%)`}`);
        }
        return;
      case 'taskRetrying':
        if (showsProgress) {
          output.notice(
            `Retrying in ${(step.delayMs / 1_000).toFixed(1)} s: ${step.fileId}: ${step.error.code}: ${errorText(step.error, locale).what}`,
          );
        }
        return;
    }
  };
  /** Never rejects. Who owns the data folder has other runs only when somebody attached. */
  const tellWhyItWaits = async (runId: number): Promise<void> => {
    const { isPaused, runIds } = await client.request('queue.get', {}).catch(() => ({ isPaused: false, runIds: [] as number[] }));
    if (isPaused && runIds.includes(runId))
      output.notice('The queue is paused, so this run waits. Let it go on with: nightshift queue resume');
    else if (opened.role === 'attached') output.notice('Waiting for its turn: another run may be using the servers.');
  };
  let lastStatus = '';
  const handleChange = (run: RunSummary): void => {
    if (run.status === lastStatus) return;
    lastStatus = run.status;
    output.json({ type: 'status', runId: run.id, status: run.status });
    if (logLevel === 'ERROR') return;
    if (run.status === 'queued') void tellWhyItWaits(run.id);
    const why = run.pausedBy === null ? null : PAUSE_TEXTS[locale][run.pausedBy];
    if (run.status === 'paused' && why !== null) output.notice(why.join(' '));
    if (run.status === 'paused' && !isAtLimit(run))
      output.notice(`Run ${run.id} is paused; go on with: ${resumeCommand(run.id, common.dataDir)}`);
  };
  const follower = createRunFollower(client, handleStep, handleChange);
  const serverNews = createServerNews(locale);
  const offServers = client.subscribe((event) => {
    if (event.name !== 'server.changed' || follower.run === null || !isServerOf(follower.run, event.payload)) return;
    const line = serverNews(event.payload);
    if (line === null) return;
    output.json({ type: 'server', server: event.payload });
    if (logLevel !== 'ERROR') output.notice(line);
  });

  let isOwner = opened.role === 'owner';
  // Whoever is attached takes the place of an owner that ends: its runs go on, or wait, in this process from then on.
  const offReconnect = client.onReconnect(() => {
    if (isOwner || opened.role !== 'owner') return;
    isOwner = true;
    output.json({ type: 'owner', pid: process.pid });
    output.notice('The process that owned the data folder has ended; this command carries on in its place.');
    const { run } = follower;
    if (run?.status === 'paused') output.notice(`Run ${run.id} is still paused; go on with: ${resumeCommand(run.id, common.dataDir)}`);
  });

  const told = new Set<string>();
  const offAlerts = client.subscribe((event) => {
    if (event.name !== 'alerts.changed') return;
    for (const alert of event.payload.active) {
      const key = `${alert.kind} ${alert.subject ?? ''} ${alert.raisedAtMs}`;
      if (told.has(key)) continue;
      told.add(key);
      output.json({ type: 'alert', isActive: true, ...alert });
      const { what, advice } = alertText(alert, locale);
      if (logLevel !== 'ERROR') output.notice(`${what} ${advice}`);
    }
  });

  const showProgress = (): void => {
    const { run, sample } = follower;
    if (run === null) return;
    if (run.status === 'preparing') {
      if (showsProgress) output.status(`Looking at the files: ${run.inspectedCount}/${run.itemCount}`);
      return;
    }
    if (ENDED_STATUSES.includes(run.status) || run.status === 'ready') return;
    const line = progressLine(run, sample);
    if (line === null) return;
    output.json({
      type: 'progress',
      runId: run.id,
      status: run.status,
      totals: run.totals,
      etaSec: run.etaSec,
      etaLowSec: run.etaLowSec,
      etaHighSec: run.etaHighSec,
      progressRatio: run.progressRatio,
      audioMinPerMin: run.audioMinPerMin,
      allowedWorkers: run.allowedWorkers,
      workersReason: run.workersReason,
      workersFacts: run.workersFacts,
      ownRssBytes: sample?.ownRssBytes ?? null,
      cpuPercent: sample?.cpuPercent ?? null,
    });
    // A pause may last a night: its figures are told once, not every second.
    if (showsProgress && !(run.status === 'paused' && isPauseShown)) output.status(line);
    if (showsProgress && run.status === 'running') showForecast(run);
    isPauseShown = run.status === 'paused';
  };
  /** What is left now and then, and why fewer files run at once when that changes. */
  const showForecast = (run: RunSummary): void => {
    const workers = run.workersReason === lastWorkers ? null : workersText(run, locale);
    lastWorkers = run.workersReason;
    if (workers !== null) output.notice(workers);
    const left = performance.now() - lastLeftMs < LEFT_INTERVAL_MS ? null : leftText(run, locale);
    if (left === null) return;
    lastLeftMs = performance.now();
    output.notice(left);
  };
  const timer = setInterval(showProgress, progressIntervalSec * 1_000);

  const stopRun = (now: boolean): void => {
    const runId = follower.run?.id;
    if (runId === undefined) return;
    // A run that has just ended cannot be stopped; then its end is what we wait for anyway.
    client
      .request('runs.stop', { runId, now, keep: true })
      .catch((error: unknown) => output.notice(`The run was not stopped: ${toWireError(error).code}`));
  };
  const offSignal = context.onSignal((received) => {
    signal ??= received;
    signalCount++;
    if (received === 'SIGINT' && signalCount === 1) {
      output.line('');
      output.line('Interrupted by user');
      output.notice('Finishing the current files; press Ctrl-C again to stop now.');
      stopRun(follower.run?.status === 'preparing');
    } else if (signalCount <= 2) {
      if (received !== 'SIGINT') output.line(`Ended by ${received}`);
      stopRun(true);
    } else {
      // Everything finished is in the database; the next start takes back what was under way.
      process.exit(130);
    }
  });

  const finish: RunReport['finish'] = async (judge) => {
    const ended = await follower.until((run) => ENDED_STATUSES.includes(run.status) || isAtLimit(run));
    clearInterval(timer);
    output.status(null);
    const { items, total } = await failedItems(client, ended);
    const { advice } = await client.request('log.advice', { runId: ended.id });
    const shown = outputShown ?? ended.resultsPath;
    const lines = finalLines({
      dataDirFlag: common.dataDir,
      run: ended,
      outputShown: shown,
      failedItems: items,
      failedCount: total,
      advice,
      peaks: follower.peaks,
      commandMs: performance.now() - startedMs,
      locale,
    });
    for (const line of lines) output.line(line);
    const ranCode = exitCodeOfRun(ended, signal);
    const isJudged = judge !== undefined && ended.status === 'finished' && (ranCode === EXIT.done || ranCode === EXIT.someFailed);
    const exitCode = isJudged && !(await judge(ended)) ? EXIT.gate : ranCode;
    const elapsedMs = runMs(ended);
    const elapsedSec = elapsedMs === null ? null : elapsedMs / 1_000;
    const commandSec = (performance.now() - startedMs) / 1_000;
    output.json({ type: 'summary', exitCode, elapsedSec, commandSec, output: shown, run: ended, advice });
    if (ended.options.whenDone.action !== 'nothing') {
      // From here on a signal calls off what is about to happen; the run has ended.
      offSignal();
      await awaitWhenDone(context, client, ended, signal !== null);
    }
    return exitCode;
  };

  return {
    follower,
    get signal() {
      return signal;
    },
    finish,
    close() {
      clearInterval(timer);
      offSignal();
      offServers();
      offReconnect();
      offAlerts();
      follower.close();
    },
  };
}

/** The first failed files, and how many there are. */
async function failedItems(client: NightshiftClient, run: RunSummary): Promise<{ items: ItemRow[]; total: number }> {
  if (run.totals.failed === 0) return { items: [], total: 0 };
  const { items, counts } = await client.request('items.list', { runId: run.id, filter: 'failed', count: 200 });
  return { items, total: counts.failed };
}

/** Whether the servers of the mode that comes next are started by Nightshift or have to run. */
function nextServers({ next }: { readonly next: { readonly mode: Mode } | null }, run: RunSummary | null): RunOptions['servers'] {
  if (run === null || next === null) return 'own';
  const profiles = run.options.profiles[next.mode];
  if (profiles === null) return run.options.servers;
  return profiles.some(({ start }) => start !== null) ? 'own' : 'running';
}
