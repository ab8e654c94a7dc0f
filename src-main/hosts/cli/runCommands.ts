import type { RunSummary } from '#shared/contract/runs.ts';
import type { RunAction } from './commandLine.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { reportRun } from './runReporter.ts';

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
 * `pause`, `resume`, `stop`, `retry`. When another process owns the data folder the request is handed to it; otherwise what it sets in motion
 * runs here, and is followed to its end.
 */
export async function actOnRun(context: CliContext, action: RunAction, runId: number, progressIntervalSec: number): Promise<number> {
  const opened = await context.open();
  const { client } = opened;
  const report = reportRun({ context, opened, progressIntervalSec, outputShown: null });
  try {
    report.follower.follow(await client.request('runs.get', { runId }));
    const changed = await request(action);
    if ((action === 'resume' || action === 'retry') && opened.role === 'owner') {
      report.follower.follow(changed);
      return await report.finish();
    }
    context.output.line(`Run ${runId} is ${changed.status}`);
    context.output.json({ type: 'summary', exitCode: EXIT.done, run: changed });
    return EXIT.done;
  } finally {
    report.close();
    await opened.close();
  }

  function request(wanted: RunAction): Promise<RunSummary> {
    switch (wanted) {
      case 'pause':
        return client.request('runs.pause', { runId });
      case 'resume':
      case 'retry':
        return client.request('runs.resume', { runId });
      case 'stop':
        return client.request('runs.stop', { runId, now: true, keep: false });
    }
  }
}
