import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PagePrinter, Ports, PowerHold } from '../core/ports.ts';
import { createCacheFolder } from './cacheFolder.ts';
import { createChromiumPrinter } from './chromiumPrinter.ts';
import { createClock } from './clock.ts';
import { createDiskSpace } from './diskSpace.ts';
import { createFileStore, toWriteFailure } from './fileStore.ts';
import { createFolderScanner } from './folderScanner.ts';
import { createHttpClient } from './httpClient.ts';
import { createLogger, type FileLogger, type LogLevel } from './logger.ts';
import { createPortProbe } from './portProbe.ts';
import { createPowerActions } from './powerActions.ts';
import { createPowerHold } from './powerHold.ts';
import { createRandom } from './random.ts';
import { createResourceProbe } from './resourceProbe.ts';
import { createSpawner } from './spawner.ts';
import { createStorageFolder } from './storageFolder.ts';

export interface NodePortsOptions {
  /** As `prepareDataDir` returned it. */
  readonly dataDir: string;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
  /** Also receives every line of the log. */
  readonly stderr?: { write(text: string): unknown };
  /** Default: a child process of the system's own tool; Electron has its own. */
  readonly power?: PowerHold;
  /** Default: an installed browser; Electron is one itself. */
  readonly printer?: PagePrinter;
}

/** Ports with a logger that can be closed; the runtime closes `resources` itself. */
export interface NodePorts extends Ports {
  readonly logger: FileLogger;
}

/** Log of the owner and its hosts below the data folder; older ones are `nightshift.log.1` … `.4`. */
export function logPath(dataDir: string): string {
  return join(dataDir, 'logs', 'nightshift.log');
}

/**
 * Every port as Node offers it, the same for all hosts. Starts nothing: timers, children and files begin with their first use.
 * @throws DISK_FULL, OUTPUT_UNWRITABLE when the folder of the logs cannot be created
 */
export function createNodePorts({ dataDir, logLevel = 'info', stderr, power, printer }: NodePortsOptions): NodePorts {
  const logFolder = join(dataDir, 'logs');
  try {
    mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toWriteFailure(logFolder, error);
  }
  const clock = createClock();
  const files = createFileStore();
  const logger = createLogger({ path: logPath(dataDir), level: logLevel, files, ...(stderr === undefined ? {} : { stderr }) });
  return {
    clock,
    random: createRandom(),
    logger,
    spawner: createSpawner(),
    files,
    scanner: createFolderScanner(),
    portProbe: createPortProbe(),
    http: createHttpClient(),
    power: power ?? createPowerHold({ logger }),
    powerActions: createPowerActions(),
    disks: createDiskSpace(),
    resources: createResourceProbe({ dataDir, clock, logger }),
    printer: printer ?? createChromiumPrinter(),
    storage: createStorageFolder(dataDir),
    audioFiles: createCacheFolder(join(dataDir, 'cache', 'audio')),
  };
}
