import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { RunCommand } from './runFlags.ts';
import { reportRun, type RunReport } from './runReporter.ts';

type RunActionCommand = Extract<RunCommand, { readonly command: 'runAction' }>;

/** Of commands that show no progress. */
const DEFAULT_INTERVAL_SEC = 5;

/** `runs`: the newest runs, one line each. */
export async function listRuns(context: CliContext, count: number): Promise<number> {
  const opened = await context.open();
  try {
    const { runs, total } = await opened.client.request('runs.list', { count });
    for (const run of runs) {
      context.output.json({ type: 'run', run });
      context.output.line(runLine(run));
    }
    if (total === 0) context.output.notice('There are no runs yet. Start one with: nightshift batch <folder>');
    else if (total > runs.length) context.output.notice(`${total - runs.length} older runs are not shown; see --count.`);
    context.output.json({ type: 'summary', exitCode: EXIT.done, total });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

function runLine({ id, status, name, modes, totals, createdAtMs }: RunSummary): string {
  const date = new Date(createdAtMs).toISOString().slice(0, 16).replace('T', ' ');
  const states = `${totals.done + totals.skipped}/${totals.total} done, ${totals.failed} failed`;
  return `${String(id).padStart(5)}  ${date}Z  ${status.padEnd(11)}  ${modes.map(({ mode }) => mode).join('+')}  ${states}  ${name}`;
}

/**
 * `pause`, `resume`, `stop`, `retry`, `add`. When another process owns the data folder the request is handed to it; otherwise what it sets in motion
 * runs here, and is followed to its end.
 */
export async function actOnRun(context: CliContext, command: RunActionCommand): Promise<number> {
  const { runId } = command;
  const opened = await context.open();
  const { client } = opened;
  const progressIntervalSec = 'progressIntervalSec' in command ? command.progressIntervalSec : DEFAULT_INTERVAL_SEC;
  const report = reportRun({ context, opened, progressIntervalSec, outputShown: null });
  try {
    report.follower.follow(await client.request('runs.get', { runId }));
    const changed = await begun(report, client, await request(client, command));
    const goesOnHere = command.action === 'resume' || command.action === 'retry';
    if (goesOnHere && opened.role === 'owner') {
      report.follower.follow(changed);
      return await report.finish();
    }
    context.output.line(outcomeLine(command, changed, opened.role === 'owner'));
    context.output.json({ type: 'summary', exitCode: EXIT.done, run: changed });
    return EXIT.done;
  } finally {
    report.close();
    await opened.close();
  }
}

/** `resume --interrupted`: one after the other, as `resume` would. @returns the first exit code that is not of success */
export async function resumeInterrupted(context: CliContext, progressIntervalSec: number): Promise<number> {
  const opened = await context.open();
  const { client } = opened;
  const { output } = context;
  try {
    const { interruptedRunIds } = await client.request('queue.get', {});
    const { runIds, currentRunId } = await client.request('queue.resumeInterrupted', {});
    const started = [currentRunId, ...runIds].filter((id) => id !== null && interruptedRunIds.includes(id));
    // As they are done; behind them those whose files are looked at first, and those that could not go on.
    const inOrder = [...new Set([...started.filter((id) => id !== null), ...interruptedRunIds.toReversed()])];
    if (inOrder.length === 0) output.notice('No run was interrupted.');
    else output.line(`Going on: ${inOrder.map((id) => `#${id}`).join(', ')}`);
    let exitCode: number = EXIT.done;
    for (const runId of opened.role === 'owner' ? inOrder : []) {
      const report = reportRun({ context, opened, progressIntervalSec, outputShown: null });
      try {
        report.follower.follow(await begun(report, client, await client.request('runs.get', { runId })));
        const ended = await report.finish();
        if (exitCode === EXIT.done) exitCode = ended;
        if (report.signal !== null) break;
      } finally {
        report.close();
      }
    }
    if (opened.role !== 'owner' || interruptedRunIds.length === 0) output.json({ type: 'summary', exitCode, runIds: started });
    return exitCode;
  } finally {
    await opened.close();
  }
}

/**
 * A preparation that begins again ends before a list that nobody looks at here: who lets a run go on means all of it.
 * @returns the run, behind its preparation
 */
async function begun({ follower }: RunReport, client: NightshiftClient, run: RunSummary): Promise<RunSummary> {
  if (run.status !== 'preparing') return run;
  follower.follow(run);
  const prepared = await follower.until(({ status }) => status !== 'preparing');
  return prepared.status === 'ready' ? await client.request('runs.start', { runId: run.id, options: prepared.options }) : prepared;
}

function request(client: NightshiftClient, command: RunActionCommand): Promise<RunSummary> {
  const { runId } = command;
  switch (command.action) {
    case 'pause': {
      const { now, mode, atMs } = command;
      return atMs === undefined ? client.request('runs.pause', { runId, now, mode }) : client.request('runs.planPause', { runId, atMs });
    }
    case 'resume':
      return client.request('runs.resume', { runId, mode: command.mode });
    case 'retry':
      return client.request('runs.resume', { runId });
    case 'stop':
      return client.request('runs.stop', { runId, now: true, keep: false });
    case 'add':
      return client.request('runs.addFiles', { runId, sources: [...command.sources] });
  }
}

function outcomeLine(command: RunActionCommand, run: RunSummary, isOwner: boolean): string {
  if (command.action === 'add') {
    const isWaiting = isOwner && run.status !== 'ready';
    return isWaiting
      ? `Run ${run.id} takes these files up when it goes on`
      : `Run ${run.id} is ${run.status}; the new files are looked at now`;
  }
  if (command.action === 'pause' && typeof command.atMs === 'number' && run.pauseAtMs !== null)
    return `Run ${run.id} pauses at ${new Date(run.pauseAtMs).toLocaleString()}`;
  if (command.action === 'pause' && command.atMs === null) return `Run ${run.id} is ${run.status}; no pause is planned`;
  if (command.action === 'pause' && command.mode !== null) return `Run ${run.id} is ${run.status}; ${command.mode} is paused`;
  return `Run ${run.id} is ${run.status}`;
}
