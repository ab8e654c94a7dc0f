import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import { fromWireError, NightshiftError } from '#shared/errors/nightshiftError.ts';
import { folderProblem } from '#main/platform/folderProblem.ts';
import { makeFolders } from '#main/platform/makeFolders.ts';
import { preflightItemLine, preflightLines } from './batchReport.ts';
import type { BatchCommand } from './commandLine.ts';
import type { CliContext, OpenedNightshift } from './context.ts';
import { EXIT } from './exitCodes.ts';

import { ENDED_STATUSES } from './followRun.ts';
import { judgeRun, readGateFile } from './gateFile.ts';
import { reportRun } from './runReporter.ts';

const LIST_PAGE = 1_000;
const OTHERS_CHECK_MS = 500;
/** Statuses in which a run needs its owner. */
const UNDER_WAY: readonly RunStatus[] = ['preparing', 'queued', 'running', 'pausing', 'stopping'];

/** `batch`: from folders to a results file. @returns the exit code */
export async function runBatch(context: CliContext, command: BatchCommand): Promise<number> {
  const { output, common } = context;
  // Before a night's work, not after it.
  if (!command.isPreflightOnly && typeof command.options.outputPath === 'string') await prepareOutput(command.options.outputPath);
  const gate = command.gateFile === null ? null : await readGateFile(command.gateFile);
  const opened = await context.open();
  const { client } = opened;
  if (opened.role === 'attached') output.notice('Using the Nightshift that is already running on this data folder.');

  const report = reportRun({ context, opened, progressIntervalSec: command.progressIntervalSec, outputShown: command.outputShown });
  const { follower } = report;
  try {
    // 1. Find and probe.
    const options = { ...command.options, modes: [...(command.options.modes ?? [])] };
    const created = await client.request('runs.create', { sources: [...command.sources], options });
    follower.follow(created);
    const prepared = await follower.until((run) => run.status !== 'preparing');
    if (prepared.status === 'failed' && prepared.error !== null) throw fromWireError(prepared.error);
    if (ENDED_STATUSES.includes(prepared.status)) return await report.finish();

    // 2. Say what was found.
    const runId = prepared.id;
    const plan = await client.request('runs.plan', { runId, options });
    output.json({
      type: 'prepared',
      runId,
      itemCount: prepared.itemCount,
      audioSec: prepared.audioSec,
      unusableCount: prepared.unusableCount,
      problems: prepared.problems,
      plan,
    });
    for (const line of preflightLines(prepared, plan, common.locale)) {
      if (!line.startsWith('Warning: ')) output.line(line);
      else if (common.logLevel !== 'ERROR') output.notice(line);
    }
    if (command.isPreflightOnly) {
      await listItems(context, client, prepared);
      await client.request('runs.remove', { runId });
      output.json({ type: 'summary', exitCode: EXIT.done, run: prepared });
      return EXIT.done;
    }

    // 3. Run.
    if (report.signal === null) await client.request('runs.start', { runId, options });
    else await client.request('runs.stop', { runId, now: true, keep: true });
    return await report.finish(gate === null ? undefined : (run) => judgeRun(client, output, run.id, gate));
  } finally {
    report.close();
    if (report.signal === null) await stayForOthers(context, opened);
    await opened.close();
  }
}

/**
 * As owner we carry out the runs of whoever attached to us: leaving would interrupt them. Ctrl-C leaves all the same; their runs
 * stay resumable.
 */
async function stayForOthers({ output, onSignal }: CliContext, { client, role }: OpenedNightshift): Promise<void> {
  if (role !== 'owner') return;
  const left = new AbortController();
  const offSignal = onSignal(() => left.abort());
  try {
    for (let isToldOnce = false; ; isToldOnce = true) {
      const { runs } = await client.request('runs.list', {});
      const others = runs.filter(({ status }) => UNDER_WAY.includes(status)).map(({ id }) => id);
      if (others.length === 0 || left.signal.aborted) return;
      if (!isToldOnce)
        output.notice(`Another command uses this Nightshift: staying until its run (${others.join(', ')}) has ended. Ctrl-C leaves now.`);
      await delay(OTHERS_CHECK_MS, undefined, { signal: left.signal }).catch(() => undefined);
    }
  } finally {
    offSignal();
  }
}

async function listItems({ output, common }: CliContext, client: NightshiftClient, run: RunSummary): Promise<void> {
  for (let afterId = 0; ;) {
    const { items } = await client.request('items.list', { runId: run.id, afterId, count: LIST_PAGE });
    for (const item of items) {
      output.json({ type: 'item', fileId: item.fileId, audioSec: item.audioSec, hasReference: item.hasReference, problem: item.problem });
      output.line(preflightItemLine(item, common.locale));
    }
    const last = items.at(-1);
    if (last === undefined || items.length < LIST_PAGE) return;
    afterId = last.id;
  }
}

/** @throws OUTPUT_UNWRITABLE when the results could not be written there. */
async function prepareOutput(path: string): Promise<void> {
  try {
    await makeFolders(dirname(path));
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new NightshiftError('OUTPUT_UNWRITABLE', { path, ...folderProblem(error) }, { cause: error });
  }
  const info = await stat(path).catch(() => null);
  if (info !== null && !info.isFile()) throw new NightshiftError('OUTPUT_UNWRITABLE', { path, reason: 'notFile' });
}
