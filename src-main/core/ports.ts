import type { Readable, Writable } from 'node:stream';
import type { Sample } from '#shared/contract/resources.ts';
import type { StorageKind } from '#shared/contract/retention.ts';

/** What the runtime needs from the outside, as interfaces only. Node's versions are in `platform/`, fakes in `testing/`. */

export interface Clock {
  /** Milliseconds since 1970; may jump. For showing and storing. */
  nowMs(): number;
  /** Milliseconds that never go back; for measuring and deadlines. */
  monotonicMs(): number;
  /** Runs `fn` once after `delayMs`; disposing cancels. Delays over 2^31 − 1 ms are cut into pieces. */
  setTimer(delayMs: number, fn: () => void): Disposable;
  /** @throws CANCELLED when the signal aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** In [0, 1). */
  ratio(): number;
  /** Lower-case hexadecimal, `bytes` random bytes. */
  hex(bytes: number): string;
}

export interface LogFields {
  readonly [key: string]: unknown;
}

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Our own programs, built side by side as `<name>.js`. */
export type ProgramName = 'asrServer' | 'decoder';

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The guard of a server died, and the server was ended for that reason. */
  readonly isGuardLost?: boolean;
}

export interface ChildProcessHandle {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Polite end of the whole process tree, forced after `graceMs`. Resolves when it is gone. */
  terminate(graceMs: number): Promise<ChildExit>;
}

export interface SpawnOptions {
  readonly args: readonly string[];
  /** Added to the owner's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A speech server: our own program, or a command of the user's, which is started without a shell. */
export interface ServerSpawn extends SpawnOptions {
  readonly run: { readonly program: 'asrServer' } | { readonly command: string };
  /** Token in the environment of the server and of everything it starts, by which they are found when their owner is gone. */
  readonly instance: string;
}

/** What the ledger knows about a server whose owner is gone. */
export interface LeftServer {
  /** null when its owner died before it knew. */
  readonly pid: number | null;
  readonly processStartId: string | null;
  readonly instance: string;
}

export interface Spawner {
  /**
   * Starts one of our programs on the Node that runs us (also inside Electron), in its own process group, without a console
   * window, with all three standard streams as pipes.
   */
  spawnProgram(program: ProgramName, options: SpawnOptions): Promise<ChildProcessHandle>;
  /**
   * Starts a server under a guard process that ends the server's whole tree when this process goes, however it goes. Streams and pid are the
   * server's; `exited` tells the server's end.
   * @param signal ends a start that is under way, with whatever it has started
   * @throws SERVER_COMMAND_MISSING when there is nothing to start, SERVER_EXITED when the guard cannot be started, CANCELLED or the error that is the
   * signal's reason
   */
  spawnServer(options: ServerSpawn, signal?: AbortSignal): Promise<ChildProcessHandle>;
  /** Start time of a process as the system tells it, to recognise a reused pid; null when there is no such process. */
  processStartId(pid: number): Promise<string | null>;
  /** Ends at once what is left of a server that is not our child any more, also its grandchildren. @returns whether there was anything */
  endLeftServer(left: LeftServer): Promise<boolean>;
  /** How many processes of this machine (or container) the kernel has ended for their memory so far; null where the system does not say. */
  memoryKills(): Promise<number | null>;
  /** Resident bytes of a process and its descendants; null where the system does not say. */
  treeRssBytes(pid: number): Promise<number | null>;
}

export interface FileInfo {
  readonly sizeBytes: number;
  /** Whole milliseconds, so that values from different sources can be compared. */
  readonly modifiedMs: number;
  readonly isFile: boolean;
  readonly isFolder: boolean;
}

export interface FileStore {
  /** Follows links. @returns null when there is nothing at the path. */
  stat(path: string): Promise<FileInfo | null>;
  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE */
  readText(path: string): Promise<string>;
  /**
   * Whole new content or the old one, never half: temporary file beside it, sync, rename. A long text comes as its pieces in order, so that
   * encoding it does not hold the caller up. @throws OUTPUT_UNWRITABLE, DISK_FULL
   */
  writeTextAtomic(path: string, text: string | readonly string[]): Promise<void>;
  ensureFolder(path: string): Promise<void>;
  /** Names with kinds; @throws FILE_NOT_FOUND, FOLDER_UNREADABLE */
  listFolder(path: string): Promise<{ readonly name: string; readonly isFolder: boolean }[]>;
  realPath(path: string): Promise<string>;
  /** Last `lines` lines of a text file; empty when it is missing. */
  tailLines(path: string, lines: number): Promise<string[]>;
  /** Rotating log: at most `maxFiles` files of `maxBytes`. */
  openLog(path: string, maxBytes: number, maxFiles: number): LogFile;
}

/** Turns a page into a document, with whatever browser the host has. */
export interface PagePrinter {
  /** Writes a PDF, whole or not at all. @param html needs nothing but itself. @throws PDF_UNAVAILABLE, OUTPUT_UNWRITABLE, DISK_FULL */
  printPdf(html: string, path: string): Promise<void>;
}

export interface LogFile {
  write(text: string): void;
  close(): Promise<void>;
}

/** Something at a TCP port of this machine, as far as it can be told without disturbing it. */
export type PortOccupant =
  | { readonly kind: 'free' }
  /** Answers our health question; `instance` is its token. */
  | { readonly kind: 'nightshift'; readonly instance: string; readonly pid: number | null }
  /** Greets like the servers of S0. */
  | { readonly kind: 's0'; readonly greeting: string }
  | { readonly kind: 'foreign'; readonly pid: number | null; readonly program: string | null };

/** A server that Nightshift started: its process, and the token that stands in the environment of all its tree. */
export interface StartedProcess {
  readonly pid: number;
  readonly instance: string;
}

export interface PortProbe {
  /** Looks on both IP stacks. */
  inspect(port: number, signal?: AbortSignal): Promise<PortOccupant>;
  /** Whether everything that listens there is this process or of its tree; null where the system does not say. Connects to nothing. */
  isHeldBy(port: number, started: StartedProcess): Promise<boolean | null>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent one after the other, with the length of all said before. */
  readonly body?: readonly Buffer[] | null;
  readonly signal: AbortSignal;
  /** The socket took a part of the body, or a part of the answer came. */
  readonly onProgress?: () => void;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Asks other programs over HTTP, without any time limit of its own: how long to wait is the caller's decision. */
export interface HttpClient {
  /** Resolves with whatever status came, when the whole answer is here. @throws SERVER_REFUSED when nothing answers, CONNECTION_LOST, CANCELLED */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** Keeps the machine awake while at least one hold is alive; holds say why. */
export interface PowerHold {
  acquire(reason: string): Disposable;
}

/** A server that Nightshift started, by the process at the root of its tree. */
export interface WatchedServer {
  readonly id: string;
  readonly pid: number;
}

/** What the user may ask to happen to the machine when everything is done. */
export interface PowerActions {
  /** @throws POWER_ACTION_FAILED when the system refuses or has no way to do it */
  sleep(): Promise<void>;
  /** @throws POWER_ACTION_FAILED */
  shutDown(): Promise<void>;
  /**
   * The user's command, without a shell and in the home folder, to its end. It goes on when we end.
   * @returns `code` null when a signal ended it; `output` is the end of what it wrote, both streams together
   * @throws POWER_ACTION_FAILED when it cannot be started
   */
  runCommand(command: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
}

export interface DiskSpace {
  /** Of the disk that holds the path or would hold it; null where the system does not say. */
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number; readonly volume: string } | null>;
}

export interface ResourceProbe {
  /**
   * One reading; must not block the event loop.
   * @param servers whose trees are read, too; they are not part of `ownRssBytes`
   */
  sample(servers?: readonly WatchedServer[]): Promise<Sample>;
  close(): Promise<void>;
}

export interface ScannedFile {
  readonly path: string;
  /** Relative to its root, forward slashes, unique over the scan. */
  readonly fileId: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Words as written in the transcript; null when there is none. Empty text is a reference of no words. */
  readonly reference: string | null;
  readonly referencePath: string | null;
  /** Why it can never be read (not a regular file, dangling link, no permission); null when it may. */
  readonly problemCode: 'FILE_NOT_REGULAR' | 'FILE_NOT_FOUND' | 'FILE_UNREADABLE' | 'FILE_EMPTY' | null;
}

export interface ScanProblem {
  readonly code:
    | 'SOURCE_NOT_FOUND'
    | 'SOURCE_EMPTY'
    | 'SOURCE_HAS_NO_MEDIA'
    | 'FOLDER_UNREADABLE'
    | 'TRANSCRIPT_DUPLICATE_ID'
    | 'TRANSCRIPT_UNUSED_ID'
    | 'TRANSCRIPT_LINE_INVALID'
    | 'TRANSCRIPT_NOT_UTF8'
    | 'TRANSCRIPT_UNREADABLE'
    | 'REFERENCE_MISSING';
  readonly path: string;
  readonly detail?: string;
}

export interface ScanResult {
  readonly files: readonly ScannedFile[];
  readonly problems: readonly ScanProblem[];
}

export interface FolderScanner {
  /**
   * Media files below the sources in a stable order (by fileId, code unit order). A source may be a file (always taken) or a folder.
   * Off the main thread. @throws SOURCE_NOT_FOUND, SOURCE_EMPTY (no files at all), SOURCE_HAS_NO_MEDIA, FOLDER_UNREADABLE (nothing found because
   * a folder stayed closed), CANCELLED
   */
  scan(sources: readonly string[], signal?: AbortSignal): Promise<ScanResult>;
}

/** A part of the data folder that may be removed. */
export type StoredPart =
  | { readonly kind: 'run' | 'report'; readonly runId: number }
  | { readonly kind: 'upload'; readonly session: string }
  | { readonly kind: 'log'; readonly name: string };

/** Sizes in bytes, times of the newest file in each. */
export interface StoredFiles {
  readonly kinds: readonly { readonly kind: StorageKind; readonly bytes: number; readonly count: number }[];
  readonly runs: readonly {
    readonly runId: number;
    readonly bytes: number;
    readonly report: { readonly bytes: number; readonly modifiedMs: number } | null;
  }[];
  readonly uploads: readonly { readonly session: string; readonly folder: string; readonly bytes: number; readonly modifiedMs: number }[];
  readonly logs: readonly { readonly name: string; readonly bytes: number; readonly modifiedMs: number; readonly isOld: boolean }[];
}

/** What Nightshift keeps in its data folder beside the database. */
export interface StorageFolder {
  measure(): Promise<StoredFiles>;
  /** Nothing when it is not there. @throws OUTPUT_UNWRITABLE */
  remove(part: StoredPart): Promise<void>;
}

/** Files in one folder, by plain names, that are made again when they are lost. */
export interface CacheFolder {
  /** Whole files, the one used longest ago first. Removes what a process that died had begun; empty when there is no folder. */
  list(): Promise<{ readonly name: string; readonly bytes: number }[]>;
  /** It has its name only after `keep`. One at a time for a name. @throws OUTPUT_UNWRITABLE, DISK_FULL */
  create(name: string): Promise<CacheWriter>;
  /** Counts as a use. @returns null when it is not there or cannot be read */
  open(name: string): Promise<CacheReader | null>;
  /** Nothing when it is not there. @throws OUTPUT_UNWRITABLE */
  remove(name: string): Promise<void>;
}

export interface CacheWriter {
  /** One after the other. @throws OUTPUT_UNWRITABLE, DISK_FULL */
  write(parts: readonly Buffer[]): Promise<void>;
  /** From here on it is whole. @throws OUTPUT_UNWRITABLE, DISK_FULL */
  keep(): Promise<void>;
  /** Leaves nothing; never rejects. */
  discard(): Promise<void>;
}

export interface CacheReader {
  readonly bytes: number;
  /** A buffer of its own, shorter where the file ends. @throws FILE_UNREADABLE */
  read(position: number, length: number): Promise<Buffer>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Everything `createRuntime` is given. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly spawner: Spawner;
  readonly files: FileStore;
  readonly scanner: FolderScanner;
  readonly portProbe: PortProbe;
  readonly http: HttpClient;
  readonly power: PowerHold;
  readonly powerActions: PowerActions;
  readonly disks: DiskSpace;
  readonly resources: ResourceProbe;
  readonly printer: PagePrinter;
  readonly storage: StorageFolder;
  /** Decoded audio. */
  readonly audioFiles: CacheFolder;
}
