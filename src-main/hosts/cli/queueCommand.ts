import { readFile, writeFile } from 'node:fs/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { QueueDocumentSchema, type QueuedTask, type QueuePlace, type QueueState } from '#shared/contract/queue.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { priorityBand } from '#shared/domain/run.ts';
import { errorText } from '#shared/errors/messages.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { QUEUE_CHANGE_TEXTS } from '#shared/texts/queueTexts.ts';
import { RUN_STATUS_TEXTS } from '#shared/texts/statusTexts.ts';
import type { CliContext, OpenedNightshift } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { wholeNumber } from './flagValues.ts';
import type { QueueCommand, WantedPlace } from './queueFlags.ts';
import { resumeInterrupted } from './runCommands.ts';

const PAGE = 1_000;
/** Items of one request (`queue.placeItems`). */
const ITEMS_AT_ONCE = 10_000;
const PROGRESS_INTERVAL_SEC = 5;

/** `queue`: what waits, and every change of it. */
export async function runQueue(context: CliContext, command: QueueCommand): Promise<number> {
  if (command.action === 'resume-interrupted') return await resumeInterrupted(context, PROGRESS_INTERVAL_SEC);
  const opened = await context.open();
  try {
    return await act(context, opened, command);
  } finally {
    await opened.close();
  }
}

async function act(
  context: CliContext,
  opened: OpenedNightshift,
  command: Exclude<QueueCommand, { action: 'resume-interrupted' }>,
): Promise<number> {
  const { client } = opened;
  switch (command.action) {
    case 'list':
      return command.runId === null
        ? await listRuns(context, client)
        : await listFiles(context, client, { ...command, runId: command.runId });
    case 'pause':
      return tellState(context, await client.request('queue.pause', {}), 'The queue is paused: no further run starts.');
    case 'resume':
      return tellState(context, await client.request('queue.resume', {}), 'The queue goes on.');
    case 'undo': {
      const { undo } = await client.request('queue.get', {});
      if (undo === null) throw new NightshiftError('QUEUE_CHANGE_GONE');
      const state = await client.request('queue.undo', { changeId: undo.id });
      return tellState(context, state, `Taken back: ${QUEUE_CHANGE_TEXTS.en[undo.change]} (run ${undo.runId}).`);
    }
    case 'move': {
      const place = await placeOf(command.to, (run) => Promise.resolve(wholeNumber('--to', 1, Number.MAX_SAFE_INTEGER)(run)));
      return tellState(context, await client.request('queue.placeRun', { runId: command.runId, place }), `Run ${command.runId} is moved.`);
    }
    case 'priority': {
      const { runId, priority } = command;
      return tellState(context, await client.request('queue.editRun', { runId, priority }), `Run ${runId} has priority ${priority}.`);
    }
    case 'stop-after': {
      const { runId } = command;
      const said = runId === null ? 'The queue does not stop.' : `The queue pauses after run ${runId}.`;
      return tellState(context, await client.request('queue.stopAfterRun', { runId }), said);
    }
    case 'move-files': {
      const { runId, files, to } = command;
      const place = await placeOf(to, async (file) => (await itemIdsOf(client, runId, [file]))[0] ?? 0);
      return await changeFiles(context, client, runId, files, (itemIds) => client.request('queue.placeItems', { runId, itemIds, place }));
    }
    case 'edit-files': {
      const { runId, files, priority, language } = command;
      const change = { ...(priority === undefined ? {} : { priority }), ...(language === undefined ? {} : { language }) };
      return await changeFiles(context, client, runId, files, (itemIds) => client.request('queue.editItems', { runId, itemIds, change }));
    }
    case 'hold-files':
    case 'release-files': {
      const { runId, files, action } = command;
      const isHeld = action === 'hold-files';
      return await changeFiles(context, client, runId, files, (itemIds) => client.request('queue.holdItems', { runId, itemIds, isHeld }));
    }
    case 'remove-files': {
      const { runId, files } = command;
      return await changeFiles(context, client, runId, files, (itemIds) => client.request('queue.removeItems', { runId, itemIds }));
    }
    case 'stop-after-file': {
      const { runId, file } = command;
      const [itemId = null] = file === null ? [] : await itemIdsOf(client, runId, [file]);
      return tellChanged(context, (await client.request('queue.stopAfterItem', { runId, itemId })).changed, 'marker');
    }
    case 'export':
      return await exportTo(context, client, command.path);
    case 'import':
      return await importFrom(context, opened, command.path);
  }
}

async function listRuns({ output }: CliContext, client: NightshiftClient): Promise<number> {
  const state = await client.request('queue.get', {});
  const { currentRunId, runIds, isPaused, stopAfterRunId, interruptedRunIds } = state;
  const shown = currentRunId === null ? runIds : [currentRunId, ...runIds.filter((id) => id !== currentRunId)];
  for (const [index, runId] of shown.entries()) {
    const run = await client.request('runs.get', { runId });
    const place = runId === currentRunId ? 'now' : String(currentRunId === null ? index + 1 : index);
    output.json({ type: 'queuedRun', place: runId === currentRunId ? 0 : Number(place), run });
    output.line(`${runLine(place, run)}${stopAfterRunId === runId ? '  (the queue pauses after it)' : ''}`);
  }
  if (shown.length === 0) output.notice('Nothing waits.');
  if (isPaused) output.notice('The queue is paused: no further run starts. Let it go on with: nightshift queue resume');
  if (interruptedRunIds.length > 0) {
    output.notice(`Interrupted: ${interruptedRunIds.join(', ')}. Let them go on with: nightshift queue resume-interrupted`);
  }
  output.json({ type: 'summary', exitCode: EXIT.done, queue: state });
  return EXIT.done;
}

function runLine(place: string, { id, name, status, options, totals }: RunSummary): string {
  const band = `${priorityBand(options.priority)} (${options.priority})`;
  return `${place.padStart(4)}  run ${String(id).padEnd(5)}  ${band.padEnd(14)}  ${RUN_STATUS_TEXTS.en[status].padEnd(11)}  ${totals.queued} of ${totals.total} wait  ${name}`;
}

async function listFiles(
  { output }: CliContext,
  client: NightshiftClient,
  { runId, mode, count }: Extract<QueueCommand, { action: 'list' }> & { runId: number },
): Promise<number> {
  const { options } = await client.request('runs.get', { runId });
  let total = 0;
  for (const wanted of options.modes.filter((each) => mode === null || each === mode)) {
    let shown = 0;
    let after: string | null = null;
    let waiting = 0;
    do {
      const page: RouteOutput<'queue.tasks'> = await client.request('queue.tasks', {
        runId,
        mode: wanted,
        after,
        count: Math.min(PAGE, count - shown),
      });
      for (const [index, task] of page.tasks.entries()) {
        output.json({ type: 'queuedTask', place: shown + index + 1, task });
        output.line(taskLine(shown + index + 1, task));
      }
      shown += page.tasks.length;
      waiting = page.total;
      after = page.next;
    } while (after !== null && shown < count);
    total += waiting;
    if (waiting > shown) output.notice(`${waiting - shown} more files wait for ${wanted}; see --count.`);
  }
  if (total === 0) output.notice(`No file of run ${runId} waits.`);
  output.json({ type: 'summary', exitCode: EXIT.done, total });
  return EXIT.done;
}

function taskLine(place: number, { mode, priority, fileId, language, isHeld, isStopAfter, notBeforeMs }: QueuedTask): string {
  const notes = [
    language,
    isHeld ? 'held' : null,
    notBeforeMs === null ? null : 'waits for another attempt',
    isStopAfter ? 'the run pauses after it' : null,
  ];
  const said = notes.filter((note) => note !== null).join(', ');
  return `${String(place).padStart(6)}  ${mode.padEnd(9)}  ${String(priority).padStart(4)}  ${fileId}${said === '' ? '' : `  (${said})`}`;
}

async function placeOf(to: WantedPlace, find: (name: string) => Promise<number>): Promise<QueuePlace> {
  return typeof to === 'string' ? to : { beforeId: await find(to.before) };
}

/** @throws INPUT_INVALID for a file that the run does not have */
async function itemIdsOf(client: NightshiftClient, runId: number, files: readonly string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const fileId of new Set(files)) {
    let afterId = 0;
    for (;;) {
      const { items } = await client.request('items.list', { runId, search: fileId, afterId, count: PAGE });
      const found = items.find((item) => item.fileId === fileId);
      if (found !== undefined) {
        ids.push(found.id);
        break;
      }
      if (items.length < PAGE)
        throw new NightshiftError('INPUT_INVALID', { field: 'file', detail: `run ${runId} has no file "${fileId}"` });
      afterId = items.at(-1)?.id ?? afterId;
    }
  }
  return ids;
}

async function changeFiles(
  context: CliContext,
  client: NightshiftClient,
  runId: number,
  files: readonly string[],
  request: (itemIds: number[]) => Promise<{ changed: number }>,
): Promise<number> {
  const itemIds = await itemIdsOf(client, runId, files);
  let changed = 0;
  for (let first = 0; first < itemIds.length; first += ITEMS_AT_ONCE) {
    changed += (await request(itemIds.slice(first, first + ITEMS_AT_ONCE))).changed;
  }
  return tellChanged(context, changed, 'file');
}

function tellChanged({ output }: CliContext, changed: number, what: string): number {
  output.line(
    changed === 0 ? 'Nothing changed: it was so already, or had been started.' : `Changed: ${changed} ${what}${changed === 1 ? '' : 's'}`,
  );
  output.json({ type: 'summary', exitCode: EXIT.done, changed });
  return EXIT.done;
}

function tellState({ output }: CliContext, state: QueueState, said: string): number {
  output.line(said);
  output.json({ type: 'summary', exitCode: EXIT.done, queue: state });
  return EXIT.done;
}

async function exportTo({ output }: CliContext, client: NightshiftClient, path: string): Promise<number> {
  const document = await client.request('queue.export', {});
  try {
    await writeFile(path, `${JSON.stringify(document, null, 2)}\n`);
  } catch (error) {
    throw new NightshiftError('OUTPUT_UNWRITABLE', { path, detail: String(error) });
  }
  output.line(`${document.runs.length} runs written to ${path}`);
  output.json({ type: 'summary', exitCode: EXIT.done, path, runs: document.runs.length });
  return EXIT.done;
}

/** Without an owner that goes on, the runs are prepared here and wait for the next one. */
async function importFrom({ output, common }: CliContext, { client, role }: OpenedNightshift, path: string): Promise<number> {
  let exitCode: number = EXIT.done;
  const document = await readDocument(path);
  // Else the first of them would begin in a process that is about to end.
  if (role === 'owner') await client.request('queue.pause', {});
  const { runs } = await client.request('queue.import', { document });
  for (const { id, name } of runs) output.line(`Run ${id}: ${name}`);
  if (role === 'owner') {
    const failed = (await whenPrepared(client, runs)).filter(({ status }) => status === 'failed');
    for (const { id, name, error } of failed) {
      const why = error === null ? '' : `: ${error.code}: ${errorText(error, common.locale).what}`;
      output.notice(`Run ${id} (${name}) cannot be done${why}`);
    }
    if (failed.length > 0) exitCode = EXIT.someFailed;
    if (failed.length < runs.length) {
      output.notice(
        'They wait, and the queue is paused: start Nightshift, then "nightshift queue resume-interrupted" and "nightshift queue resume".',
      );
    }
  }
  output.json({ type: 'summary', exitCode, runIds: runs.map(({ id }) => id) });
  return exitCode;
}

/** @returns the runs as they are then */
async function whenPrepared(client: NightshiftClient, runs: readonly RunSummary[]): Promise<RunSummary[]> {
  const prepared: RunSummary[] = [];
  for (const { id: runId } of runs) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = client.subscribe((event) => {
      if (event.name === 'run.changed' && event.payload.id === runId && event.payload.status !== 'preparing') resolve();
    });
    try {
      if ((await client.request('runs.get', { runId })).status === 'preparing') await promise;
    } finally {
      unsubscribe();
    }
    prepared.push(await client.request('runs.get', { runId }));
  }
  return prepared;
}

/** @throws INPUT_INVALID with the field that is wrong */
async function readDocument(path: string): Promise<ReturnType<typeof QueueDocumentSchema.parse>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new NightshiftError('INPUT_INVALID', { field: path, detail: error instanceof Error ? error.message : String(error) });
  }
  const read = QueueDocumentSchema.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new NightshiftError('INPUT_INVALID', { field: issue?.path.join('.') ?? path, detail: issue?.message ?? 'no queue' });
}
