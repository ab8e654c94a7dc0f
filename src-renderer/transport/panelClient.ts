import type { NightshiftClient } from '#shared/contract/client.ts';

/**
 * connecting: never reached so far · online: events arrive and the owner of the data folder answers · offline: it was tried and did not
 * work, and is tried again · accessLost: the host no longer accepts the token of this page, so only a new link helps.
 */
export type ConnectionState = 'connecting' | 'online' | 'offline' | 'accessLost';

/** One dropped file with its path below the dropped root. */
export interface DroppedFile {
  readonly file: File;
  readonly segments: readonly string[];
}

export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly sentFiles: number;
  readonly totalFiles: number;
}

/** How dropped files reach the runtime: as paths where the page shares its disk (Electron), by upload in a browser. */
export type FileDoor =
  | { readonly kind: 'paths'; pathForFile(file: File): string }
  | {
      readonly kind: 'upload';
      /**
       * Sends all files into one new folder and returns its path on the host.
       * @throws CANCELLED after `signal`, UPLOAD_REFUSED or CONNECTION_LOST when a file does not arrive.
       */
      upload(files: readonly DroppedFile[], signal: AbortSignal, onProgress: (progress: UploadProgress) => void): Promise<string>;
    };

/** The contract's client plus what only a page needs. */
export interface PanelClient extends NightshiftClient {
  readonly files: FileDoor;
  /** Called at once with the present state and then on every change. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
}
