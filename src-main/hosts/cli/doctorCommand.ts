import { totalmem } from 'node:os';
import { readdir } from 'node:fs/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { MODES } from '#shared/domain/mode.ts';
import { suggestedWorkers } from '#shared/domain/workers.ts';
import { errorLine } from '#shared/errors/messages.ts';
import type { PortOccupant } from '#main/core/ports.ts';
import { createPortProbe } from '#main/platform/portProbe.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { sizeText, timeText } from './storageTexts.ts';

/** Readings come once a second. */
const READINGS = 3;
const MAX_READING_MS = 5_000;

type Finding = 'ok' | 'note' | 'problem';

/** `doctor`: what Nightshift found on this machine, and what would stop a batch. Exit 3 when something would. */
export async function runDoctor(context: CliContext): Promise<number> {
  const { output, common } = context;
  const opened = await context.open();
  const { client } = opened;
  const firstReadings = readMachine(client);
  let problems = 0;
  const tell = (finding: Finding, what: string, text: string, facts: Readonly<Record<string, unknown>>): void => {
    if (finding === 'problem') problems++;
    output.json({ type: 'check', what, finding, ...facts });
    const mark = finding === 'ok' ? 'ok     ' : finding === 'note' ? 'note   ' : 'PROBLEM';
    output.line(`${mark}  ${what.padEnd(12)}  ${text}`);
  };

  try {
    const info = await client.request('system.info', {});
    const settings = await client.request('settings.get', {});
    tell('ok', 'nightshift', `${info.version} (${opened.role === 'owner' ? 'this process' : `attached to process ${info.pid}`})`, {
      version: info.version,
      role: opened.role,
    });
    tell('ok', 'node', `${info.nodeVersion} on ${info.platform}, ${info.cpuCount} processors, ${gibibytes(totalmem())} GiB memory`, {
      nodeVersion: info.nodeVersion,
      platform: info.platform,
      cpuCount: info.cpuCount,
      memoryTotalBytes: info.memoryTotalBytes,
    });
    const workers = suggestedWorkers(info.cpuCount, info.memoryTotalBytes);
    tell('ok', 'workers', `${workers} suggested on this machine (--workers caps what the servers take)`, { workers });
    const entries = await readdir(info.dataDir).catch(() => []);
    tell('ok', 'data folder', `${info.dataDir} (${entries.length} entries)`, { dataDir: info.dataDir });

    const check = await client.request('backups.check', {});
    const { backups } = await client.request('backups.list', {});
    const newest = backups[0] === undefined ? 'no backup yet' : `newest backup of ${timeText(backups[0].madeAtMs)}`;
    const state = check.isSound ? `sound, ${sizeText(check.sizeBytes)}` : `DAMAGED: ${check.problems[0] ?? ''}; see nightshift restore`;
    tell(check.isSound ? 'ok' : 'problem', 'database', `${state}, ${newest}`, { check, backups: backups.length });

    const { route, version, path } = info.decoder;
    if (route === null) tell('problem', 'decoder', errorLine({ code: 'DECODER_MISSING', data: {} }, common.locale), { route });
    else tell('ok', 'decoder', [route, version, path].filter((part) => part !== null).join(' '), { route, version, path });

    if (info.modelError !== null) tell('problem', 'model', errorLine(info.modelError, common.locale), { error: info.modelError });
    else if (info.model === null) tell('problem', 'model', errorLine({ code: 'MODEL_MISSING', data: {} }, common.locale), { model: null });
    else {
      const { name, vocabularyWords, isSample } = info.model;
      const words = vocabularyWords === null || isSample ? '' : `, knows only ${vocabularyWords} words`;
      tell(isSample ? 'note' : 'ok', 'model', `${name}${words} (${info.model.path})`, { model: info.model });
    }
    tell(
      info.sample === null ? 'note' : 'ok',
      'samples',
      info.sample === null ? 'none' : `${info.sample.fileCount} files in ${info.sample.dir}`,
      { sample: info.sample },
    );

    const { servers } = await client.request('servers.list', {});
    const probe = createPortProbe();
    for (const mode of MODES) {
      const port = settings.ports[mode];
      const ours = servers.find((server) => server.mode === mode && server.port === port && server.status !== 'stopped');
      if (ours !== undefined) {
        tell('ok', `port ${port}`, `${mode}: our server, ${ours.status}`, { port, mode, status: ours.status });
        continue;
      }
      const occupant = await probe.inspect(port);
      tell(
        occupant.kind === 'free' ? 'ok' : occupant.kind === 'foreign' ? 'problem' : 'note',
        `port ${port}`,
        `${mode}: ${occupantText(occupant)}`,
        { port, mode, occupant },
      );
    }

    const sample = await firstReadings;
    if (sample === null || sample.gpus.length === 0) tell('ok', 'gpu', 'none found; decoding uses the processor', { gpus: [] });
    else
      for (const gpu of sample.gpus)
        tell('ok', 'gpu', `${gpu.name}${gpu.memoryTotalBytes === null ? '' : `, ${gibibytes(gpu.memoryTotalBytes)} GiB`}`, { gpu });
    const free = sample?.diskFreeBytes ?? null;
    if (free !== null) tell(free < 1024 ** 3 ? 'problem' : 'ok', 'disk', `${gibibytes(free)} GiB free`, { diskFreeBytes: free });

    const exitCode = problems > 0 ? EXIT.environment : EXIT.done;
    output.json({ type: 'summary', exitCode, problems });
    return exitCode;
  } finally {
    await opened.close();
  }
}

/** The tool that reads GPUs needs a moment: the first reading that has one, else the third, else what there is after some seconds. */
function readMachine(client: NightshiftClient): Promise<Sample | null> {
  return new Promise((resolve) => {
    let readings = 0;
    let latest: Sample | null = null;
    const settle = (): void => {
      clearTimeout(deadline);
      unsubscribe();
      resolve(latest);
    };
    const deadline = setTimeout(settle, MAX_READING_MS);
    const unsubscribe = client.subscribe((event) => {
      if (event.name !== 'resources.sampled') return;
      latest = event.payload;
      readings++;
      if (latest.gpus.length > 0 || readings === READINGS) settle();
    });
  });
}

function occupantText(occupant: PortOccupant): string {
  switch (occupant.kind) {
    case 'free':
      return 'free';
    case 'nightshift':
      return `a Nightshift server${occupant.pid === null ? '' : ` (process ${occupant.pid})`}`;
    case 's0':
      return 'a speech server that somebody else started; use it with --use-running-servers';
    case 'foreign': {
      const who = [occupant.program, occupant.pid === null ? null : `process ${occupant.pid}`].filter((part) => part !== null).join(', ');
      return `taken by another program${who === '' ? '' : ` (${who})`}; choose other ports with --ports`;
    }
  }
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
