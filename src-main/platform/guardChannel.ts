/** What an owner and the guard of one server say to each other over the guard's IPC channel. Both are of one build. */
export type ToGuard =
  | {
      readonly type: 'start';
      readonly command: string;
      readonly args: readonly string[];
      readonly cwd: string | null;
      /** The whole environment of the server. */
      readonly env: Readonly<Record<string, string>>;
      /** `NAME=value` of that environment that marks the server and everything below it. */
      readonly mark: string;
    }
  /** Ends the server and its tree, by force after `graceMs`. */
  | { readonly type: 'end'; readonly graceMs: number };

export type FromGuard =
  | { readonly type: 'started'; readonly pid: number }
  /** The command could not be started at all; the guard ends. */
  | { readonly type: 'failed'; readonly detail: string }
  /** The server has ended; what it left behind is being ended, then the guard ends. */
  | { readonly type: 'exited'; readonly code: number | null; readonly signal: string | null };
