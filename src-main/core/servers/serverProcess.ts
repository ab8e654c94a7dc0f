import type { ChildExit, ChildProcessHandle, Clock, FileStore, LogFile, Logger, Random, Spawner } from '#main/core/ports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { type ErrorData, NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { maskText } from '#shared/util/maskText.ts';
import { describeExit, exitError } from './exitReason.ts';
import { launchOf } from './launch.ts';
import { OutputLog, type ServerLines } from './outputLog.ts';
import { secretsOf } from './profileSecrets.ts';
import type { ServerTarget } from './serverSupervisor.ts';

/** Time the last lines of an ended process may take to arrive. */
const LAST_LINES_WAIT_MS = 500;
/** Lines that go with an error. */
const LAST_LINES = 12;
const LOG_FILE_BYTES = 10 * 1024 * 1024;
const LOG_FILES = 5;

/** Durable record of processes that were started, so that one that outlives its owner can be found. */
export interface ServerLedger {
  /** Before the process is spawned. @returns the row's id */
  recordStart(start: { readonly mode: Mode; readonly port: number; readonly instance: string; readonly command: string }): Promise<number>;
  recordPid(spawned: { readonly id: number; readonly pid: number; readonly processStartId: string | null }): Promise<void>;
  recordEnd(end: { readonly id: number; readonly exit: string }): Promise<void>;
}

export interface ServerProcessDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly ledger: ServerLedger;
  /** Working folder of commands that name none; logs go to `logs/` below it. */
  readonly dataDir: string;
  readonly logPath: string;
  /** Where its output goes, too. */
  readonly lines: ServerLines;
}

/** The process of one server from its start to its end; ledger and log follow it, whatever its supervisor thinks of it. */
export class ServerProcess {
  readonly instance: string;
  readonly #deps: ServerProcessDeps;
  readonly #child: ChildProcessHandle;
  readonly #output: OutputLog;
  /** Processes that the kernel had ended for their memory before this one began. */
  readonly #memoryKills: number | null;

  private constructor(
    deps: ServerProcessDeps,
    child: ChildProcessHandle,
    parts: { instance: string; output: OutputLog; memoryKills: number | null },
  ) {
    this.#deps = deps;
    this.#child = child;
    this.instance = parts.instance;
    this.#output = parts.output;
    this.#memoryKills = parts.memoryKills;
  }

  /** @throws SERVER_COMMAND_MISSING, SERVER_EXITED, or what the signal was aborted with */
  static async start(deps: ServerProcessDeps, target: ServerTarget, signal: AbortSignal): Promise<ServerProcess> {
    const { mode, port } = target.profile;
    const instance = deps.random.hex(16);
    const launch = launchOf(target, instance, deps.dataDir);
    if (launch === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'nobody starts a server that somebody else runs' });
    const secrets = secretsOf(target.profile);
    const mask = (text: string): string => maskText(text, secrets);
    await deps.files.ensureFolder(`${deps.dataDir}/logs`);
    const file = deps.files.openLog(deps.logPath, LOG_FILE_BYTES, LOG_FILES);
    const program = 'program' in launch.run ? launch.run.program : launch.run.command;
    const ledgerId = await deps.ledger.recordStart({ mode, port, instance, command: mask([program, ...launch.args].join(' ')) });
    try {
      const memoryKills = await deps.spawner.memoryKills();
      const child = await deps.spawner.spawnServer(launch, signal);
      const output = new OutputLog({ file, lines: deps.lines, streams: [child.stdout, child.stderr], mask });
      const started = new ServerProcess(deps, child, { instance, output, memoryKills });
      void started.#recordLife(ledgerId, file);
      return started;
    } catch (error) {
      await Promise.all([file.close(), deps.ledger.recordEnd({ id: ledgerId, exit: 'not started' })]);
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  get exited(): Promise<ChildExit> {
    return this.#child.exited;
  }

  terminate(graceMs: number): Promise<ChildExit> {
    return this.#child.terminate(graceMs);
  }

  /** The last lines it wrote. */
  tail(): string[] {
    return this.#output.tail(LAST_LINES);
  }

  /** Resident bytes of its process tree; null where the system does not say. */
  async rssBytes(): Promise<number | null> {
    return await this.#deps.spawner.treeRssBytes(this.pid).catch(() => null);
  }

  /** What its end means, when its last lines have come. */
  async exitError(where: ErrorData, exit: ChildExit): Promise<NightshiftError> {
    const [memoryKills] = await Promise.all([this.#deps.spawner.memoryKills(), this.#lastLines()]);
    const wasMemoryShort = memoryKills !== null && this.#memoryKills !== null && memoryKills > this.#memoryKills;
    return exitError(where, { exit, lines: this.tail(), wasMemoryShort });
  }

  async #recordLife(id: number, file: LogFile): Promise<void> {
    const { spawner, ledger, logger } = this.#deps;
    try {
      await ledger.recordPid({ id, pid: this.pid, processStartId: await spawner.processStartId(this.pid) });
      const exit = await this.exited;
      await this.#lastLines();
      this.#output.note(`-- process ${this.pid} ended: ${describeExit(exit)}`);
      await ledger.recordEnd({ id, exit: describeExit(exit) });
    } catch (error) {
      logger.error('the server ledger could not be written', { detail: toNightshiftError(error).message });
    } finally {
      await file.close();
    }
  }

  async #lastLines(): Promise<void> {
    await Promise.race([this.#output.ended, this.#deps.clock.sleep(LAST_LINES_WAIT_MS)]);
  }
}
