import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Logger } from '#main/core/ports.ts';
import type { Connection } from '#main/hosts/connection.ts';
import type { CommonFlags } from './commandLine.ts';
import type { Output } from './output.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A runtime of this process, or a client of one that is already running on the data folder. */
export interface OpenedNightshift {
  readonly client: NightshiftClient;
  readonly role: 'owner' | 'attached';
  readonly connection: Connection;
  readonly logger: Logger;
  close(): Promise<void>;
}

/** What every command works with. */
export interface CliContext {
  readonly common: CommonFlags;
  readonly output: Output;
  /** Absolute. */
  readonly dataDir: string;
  open(): Promise<OpenedNightshift>;
  /** Signals from now on, each once; until the returned function is called they no longer end the program by themselves. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
}
