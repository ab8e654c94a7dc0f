import { availableParallelism, cpus, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RunOptions, RunPlan } from '#shared/contract/runs.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { AlertService } from './alerts/alertService.ts';
import { DiskWatch } from './alerts/diskWatch.ts';
import { createBackupService } from './backups/backupService.ts';
import { createCompareService } from './compare/compareService.ts';
import { openEventLog } from './eventLog/eventLog.ts';
import { EventBus } from './events.ts';
import { alertHandlers } from './handlers/alertHandlers.ts';
import { backupHandlers } from './handlers/backupHandlers.ts';
import { historyHandlers } from './handlers/historyHandlers.ts';
import { compareHandlers } from './handlers/compareHandlers.ts';
import { itemHandlers } from './handlers/itemHandlers.ts';
import { logHandlers } from './handlers/logHandlers.ts';
import { nightHandlers } from './handlers/nightHandlers.ts';
import { reportHandlers } from './handlers/reportHandlers.ts';
import { rescoringHandlers } from './handlers/rescoringHandlers.ts';
import { retentionHandlers } from './handlers/retentionHandlers.ts';
import { searchHandlers } from './handlers/searchHandlers.ts';
import { resourceHandlers } from './handlers/resourceHandlers.ts';
import { resultHandlers } from './handlers/resultHandlers.ts';
import { runHandlers } from './handlers/runHandlers.ts';
import { queueHandlers } from './handlers/queueHandlers.ts';
import { profileHandlers } from './handlers/profileHandlers.ts';
import { serverHandlers } from './handlers/serverHandlers.ts';
import { systemHandlers } from './handlers/systemHandlers.ts';
import { createInProcessClient } from './inProcessClient.ts';
import { createMediaDecoder } from './media/decoderClient.ts';
import { AudioCache } from './mediaCache/audioCache.ts';
import { cachingDecoder } from './mediaCache/cachingDecoder.ts';
import { createMediaCache } from './mediaCache/mediaCache.ts';
import { NightGuard } from './nightGuard/nightGuard.ts';
import { WhenDoneKeeper } from './nightGuard/whenDone.ts';
import { type Database, openDatabase } from './persistence/database.ts';
import type { Ports } from './ports.ts';
import { QueueDocuments } from './queue/queueDocuments.ts';
import { QueueService } from './queue/queueService.ts';
import { GateKeeper } from './reports/gateKeeper.ts';
import { createReportService } from './reports/reportService.ts';
import { createRetentionService } from './retention/retentionService.ts';
import { createRescoringService } from './rescoring/rescoringService.ts';
import { ResourceMonitor } from './resources/resourceMonitor.ts';
import { readResults as readResultsOf } from './results/readResults.ts';
import type { ResultsInput } from './results/resultsDocument.ts';
import { createResultsWriter } from './results/resultsWriter.ts';
import { createRouter } from './router.ts';
import { RunController } from './scheduler/runController.ts';
import type { ChosenModel } from './scheduler/runLoop.ts';
import { RUNNING_SERVER_MODEL } from './scheduler/workKey.ts';
import { createScorer } from './scoring/scorer.ts';
import { modelFingerprint } from './servers/modelFingerprint.ts';
import { loadModel } from './servers/models.ts';
import { openProfileStore } from './servers/profileStore.ts';
import { needsModel, profilesOf, serverNames, usesRunningServer } from './servers/runProfiles.ts';
import { ServerPool } from './servers/serverPool.ts';
import { openTextSearch } from './search/textSearch.ts';
import { openSettings } from './settings.ts';

/** How long files under way may go on when the owner is closed, before they are given back to the queue. */
const CLOSE_GRACE_MS = 10_000;
const BYTES_PER_MB = 1024 * 1024;

export interface RuntimeOptions {
  /** Exists and is ours alone (`ownerLock.ts`). */
  readonly dataDir: string;
  /** Folder with `samples` and `models`; outside any archive. */
  readonly assetsDir: string;
  readonly version: string;
  /** Which host owns the runtime, for the record. */
  readonly host: 'electron' | 'serve' | 'cli' | 'library';
  /** One lifetime of this owner; stamps claims, so that the next owner knows what was lost. */
  readonly bootId: string;
  /** Checks every answer against the contract; for tests. */
  readonly validateOutput?: boolean;
}

/**
 * Nightshift without a host: queue, servers, decoder and results of one data folder, driven by its client.
 *
 * @example
 * const runtime = await createRuntime(ports, options);
 * const run = await runtime.client.request('runs.create', { sources: ['/speech'], options: { modes: ['streaming'] }, startWhenReady: true });
 * runtime.client.subscribe((event) => { if (event.name === 'run.changed') console.log(event.payload.totals); });
 * await runtime.client.request('runs.pause', { runId: run.id });
 * await runtime.close();
 */
export interface Runtime {
  readonly client: NightshiftClient;
  /** Lets current files finish (10 s), keeps the rest queued, ends our servers and writes everything out. Idempotent. */
  close(): Promise<void>;
}

/**
 * The only place where the parts are put together.
 * @throws DB_FROM_FUTURE, DB_CORRUPT, DB_FAILED, DISK_FULL
 */
export async function createRuntime(ports: Ports, options: RuntimeOptions): Promise<Runtime> {
  const { clock, random, logger, files } = ports;
  const { dataDir, bootId } = options;
  // What was opened last is closed first, and one that cannot be closed does not keep the others open.
  await using opened = new AsyncDisposableStack();
  const databasePath = join(dataDir, 'nightshift.db');
  const database = await openDatabase(databasePath, clock.nowMs());
  opened.defer(() => database.close());
  const events = new EventBus((error) => logger.error('a listener failed', { error: String(error) }));
  await database.write('recordBoot', { bootId, pid: process.pid, host: options.host, nowMs: clock.nowMs() });
  opened.defer(() => database.write('endBoot', { bootId, nowMs: clock.nowMs() }));
  const recovered = await database.write('recoverOtherBoots', { bootId, nowMs: clock.nowMs() });
  if (recovered.requeued + recovered.givenUp > 0) logger.info('tasks of an owner that died are back in the queue', { ...recovered });
  await endLeftServers(database, ports, bootId);

  const settings = await openSettings(database, events);
  const log = openEventLog({ database, clock, logger, events, settings: settings.current });
  opened.defer(() => log.close());
  const sampleFolder = join(options.assetsDir, 'samples');
  const sampleModelPath = join(options.assetsDir, 'models', 'tiny-en');
  const modelFolders = [join(options.assetsDir, 'models'), join(dataDir, 'models')];
  const modelPath = (): string => settings.current.model ?? sampleModelPath;

  const audioCache = new AudioCache({
    files: ports.audioFiles,
    disks: ports.disks,
    logger,
    dataDir,
    maxBytes: () => settings.current.audioCacheMb * BYTES_PER_MB,
  });
  opened.defer(() => audioCache.close());
  events.subscribe(({ name }) => {
    if (name === 'settings.changed') void audioCache.fit();
  });
  const decoder = cachingDecoder({
    decoder: createMediaDecoder({
      spawner: ports.spawner,
      clock,
      logger,
      settings: () => ({ route: settings.current.decoder, ffmpegPath: settings.current.ffmpegPath }),
    }),
    cache: audioCache,
    files,
  });
  opened.defer(() => decoder.close());
  const scorer = createScorer();
  opened.defer(() => scorer.close());
  const profiles = await openProfileStore({
    database,
    clock,
    logger,
    ports: () => settings.current.ports,
    onChange: () => events.emit('profiles.changed', {}),
  });
  const servers = new ServerPool({
    ports,
    dataDir,
    profiles,
    paused: await database.read('pausedServers'),
    serving: (mode) => settings.current.servers[mode],
    ledger: {
      recordStart: (row) => database.write('recordServerStart', { ...row, bootId, nowMs: clock.nowMs() }),
      recordPid: (row) => database.write('recordServerPid', row),
      recordEnd: (row) => database.write('recordServerEnd', { ...row, nowMs: clock.nowMs() }),
    },
    onChange: (state) => {
      // One that is only being tested is nobody's yet.
      if (profiles.find(state.id) !== null) events.emit('server.changed', state);
    },
  });
  opened.defer(() => servers.close());

  const chooseModel = async (choice: RunOptions): Promise<ChosenModel> => {
    const { model, servers: ownership, ports: serverPorts } = choice;
    if (!needsModel(choice)) {
      const name = model ?? (serverNames(choice) || RUNNING_SERVER_MODEL);
      // We cannot see its model; the ports at least tell one set of servers from another.
      const fingerprint = ownership === 'running' ? `${name} at ${Object.values(serverPorts).join(',')}` : name;
      return { name, path: '', fingerprint, vocabularyWords: null };
    }
    const path = await findModelFolder(ports, model, modelPath(), modelFolders);
    const loaded = await loadModel(files, path);
    const { name, vocabularyWords } = loaded.info;
    return { name, path, fingerprint: await modelFingerprint(files, loaded), vocabularyWords };
  };

  const environmentWarnings = async (choice: RunOptions): Promise<RunPlan['warnings']> => {
    const warnings: RunPlan['warnings'] = [];
    if ((await decoder.info()).route === null) warnings.push({ code: 'decoderMissing', data: {} });
    for (const mode of inModeOrder(choice.modes)) {
      if (usesRunningServer(choice, mode)) continue;
      for (const profile of profilesOf(choice, mode).filter(({ start }) => start !== null)) {
        const occupant = await servers.occupantOf(profile);
        if (occupant !== null) warnings.push({ code: 'portInUse', data: { mode, port: profile.port, occupant } });
      }
    }
    return warnings;
  };

  const readResults = (runId: number): Promise<ResultsInput> => readResultsOf(database, runId, clock.nowMs());
  const runs: RunController = new RunController({
    database,
    clock,
    random,
    logger,
    files,
    events,
    decoder,
    scorer,
    servers,
    bootId,
    sampleFolder,
    cpuCount: availableParallelism(),
    scanner: ports.scanner,
    power: ports.power,
    runsFolder: join(dataDir, 'runs'),
    chooseModel,
    environmentWarnings,
    createResultsWriter: (runId, path, onWritten) => createResultsWriter({ files, clock, read: () => readResults(runId), path, onWritten }),
  });
  const disks = new DiskWatch({ disks: ports.disks, clock, dataDir, outputPath: () => guard.outputPath });
  opened.defer(() => disks.close());
  const guard: NightGuard = new NightGuard({
    runs,
    database,
    storage: ports.storage,
    allowCache: (bytes) => audioCache.allow(bytes),
    clock,
    logger,
    events,
    power: ports.power,
    disks: (sample) => disks.readings(sample),
  });
  opened.defer(() => guard.close());
  await guard.open();
  const alerts = new AlertService({
    database,
    clock,
    logger,
    events,
    rules: () => settings.current.alerts,
    goingRun: () => guard.goingRun,
    disks: (sample) => disks.readings(sample),
  });
  opened.defer(() => alerts.close());
  const whenDone = new WhenDoneKeeper({
    runs,
    database,
    clock,
    logger,
    events,
    power: ports.power,
    actions: ports.powerActions,
  });
  opened.defer(() => whenDone.close());
  whenDone.open();
  const resources = new ResourceMonitor({
    probe: ports.resources,
    clock,
    logger,
    events,
    database,
    currentRunId: () => runs.currentRunId,
    servers: () => servers.processes(),
    onSample: (sample) => {
      runs.takeSample(sample);
      audioCache.takeSample(sample);
      guard.takeSample(sample);
      alerts.takeSample(sample);
    },
  });
  resources.start();
  opened.defer(() => resources.close());

  const rescorings = createRescoringService({ database, scorer, clock, logger, events, getRun: (runId) => runs.get(runId) });

  const reports = createReportService({
    database,
    clock,
    files,
    printer: ports.printer,
    runsFolder: join(dataDir, 'runs'),
    getRun: (runId) => runs.get(runId),
    readResults: async (runId, normalizer) => {
      const results = await readResults(runId);
      return normalizer === null ? results : await rescorings.rescoredResults(results, runId, normalizer);
    },
    environment: async () => {
      const { route, version: decoderVersion } = await decoder.info();
      return {
        nightshiftVersion: options.version,
        nodeVersion: process.version,
        platform: `${process.platform} ${process.arch}`,
        cpuModel: cpus()[0]?.model.trim() ?? '',
        cpuCount: availableParallelism(),
        memoryTotalBytes: totalmem(),
        decoder: route === null ? '' : `${route} ${decoderVersion ?? ''}`.trim(),
      };
    },
  });

  const search = openTextSearch({ database, clock, logger, events });
  opened.defer(() => search.close());

  const comparisons = createCompareService(databasePath);
  opened.defer(() => comparisons.close());

  const backups = createBackupService({ databasePath, clock, logger, settings: () => settings.current.backups });
  opened.defer(() => backups.close());
  backups.open();

  const retention = createRetentionService({
    database,
    storage: ports.storage,
    clock,
    logger,
    rules: () => settings.current.retention,
    removeRun: (runId) => runs.remove(runId),
  });
  opened.defer(() => retention.close());
  retention.open();

  const gates = new GateKeeper({ reports, runs, database, events, logger });
  gates.open();
  opened.defer(() => gates.close());

  const queue = new QueueService({ database, clock, logger, events, runs });
  queue.open();
  opened.defer(() => queue.close());

  const requireUnused = async (id: string, wanted: string): Promise<void> => {
    const runId = runs.currentRunId;
    if (runId === null) return;
    const { status, options: choice } = await runs.get(runId);
    const isUsed = choice.modes.some((mode) => profilesOf(choice, mode).some((profile) => profile.id === id));
    if (isUsed) throw new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted });
  };

  const router = createRouter(
    {
      ...runHandlers({ runs, settings, profiles }),
      ...queueHandlers({ queue, documents: new QueueDocuments({ database, clock, runs }) }),
      ...itemHandlers({ database, scorer, runs }),
      ...resultHandlers({ files, clock, runs, readResults }),
      ...reportHandlers({ reports, gates }),
      ...rescoringHandlers({ rescorings }),
      ...compareHandlers({ comparisons }),
      ...historyHandlers({ database }),
      ...backupHandlers({ backups }),
      ...retentionHandlers({ retention, mediaCache: createMediaCache({ audio: audioCache, database }) }),
      ...logHandlers({ log }),
      ...alertHandlers({ alerts }),
      ...nightHandlers({ whenDone }),
      ...resourceHandlers({ database, resources }),
      ...searchHandlers({ search }),
      ...serverHandlers({
        servers,
        profiles,
        settings,
        events,
        clock,
        portProbe: ports.portProbe,
        scanner: ports.scanner,
        decoder,
        sampleFolder,
        modelPath,
        requireUnused,
        database,
        onServerResumed: () => runs.serversChanged(),
      }),
      ...profileHandlers({ profiles, servers, settings, requireUnused }),
      ...systemHandlers({
        version: options.version,
        bootId,
        dataDir,
        sampleFolder,
        modelFolders,
        database,
        decoder,
        files,
        scanner: ports.scanner,
        settings,
        modelPath,
      }),
    },
    { logger, validateOutput: options.validateOutput ?? false },
  );
  const client = createInProcessClient(router, events);

  opened.defer(() => client.close());
  opened.defer(() => runs.close(CLOSE_GRACE_MS));
  await runs.open();
  // A command that only lists something must not begin a night.
  const isHost = options.host === 'electron' || options.host === 'serve';
  if (isHost && settings.current.resumeInterrupted === 'auto') await runs.resumeInterrupted();

  if (isHost) void audioCache.fit();

  const owned = opened.move();
  let closing: Promise<void> | null = null;
  return { client, close: () => (closing ??= owned.disposeAsync()) };
}

/**
 * Servers that outlived the owner that started them, because their guard was killed with it. The start time in the ledger tells a server from a
 * stranger with a reused pid; its instance token finds it also when the owner died before it knew the pid.
 */
async function endLeftServers(database: Database, { spawner, logger, clock }: Ports, bootId: string): Promise<void> {
  const left = await database.read('openServerRows', { exceptBootId: bootId });
  await Promise.all(
    left.map(async (row) => {
      const wasThere = await spawner.endLeftServer(row);
      if (wasThere) logger.warn('ended a server that outlived its owner', { mode: row.mode, pid: row.pid });
      await database.write('recordServerEnd', { id: row.id, exit: wasThere ? 'ended by the next owner' : 'gone', nowMs: clock.nowMs() });
    }),
  );
}

/** A folder, or the name of a model in one of the known folders; without a choice the one of the settings. @throws MODEL_MISSING */
async function findModelFolder(ports: Ports, chosen: string | null, usual: string, folders: readonly string[]): Promise<string> {
  if (chosen === null) return usual;
  for (const path of isAbsolute(chosen) ? [chosen] : folders.map((folder) => join(folder, chosen))) {
    if ((await ports.files.stat(path))?.isFolder === true) return path;
  }
  throw new NightshiftError('MODEL_MISSING', { path: chosen });
}
