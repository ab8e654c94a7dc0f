import type { EngineOptions, FileOptions, Spoken } from './engine.ts';

/** What the decode thread is started with. */
export type ThreadData = EngineOptions;

/** Files are numbered by the server over its whole life. */
export type ToThread =
  | { readonly type: 'begin'; readonly file: number; readonly options: FileOptions }
  | { readonly type: 'audio'; readonly file: number; readonly samples: Float32Array }
  | { readonly type: 'finish'; readonly file: number }
  /** Nobody waits for it any more. */
  | { readonly type: 'drop'; readonly file: number };

export type FromThread =
  | { readonly type: 'ready'; readonly loadMs: number }
  | { readonly type: 'loadFailed'; readonly message: string }
  | { readonly type: 'spoken'; readonly file: number; readonly spoken: Spoken; readonly decodeMs: number }
  /** Samples were decoded and no longer fill memory; negative when some are to be decoded again. */
  | { readonly type: 'taken'; readonly file: number; readonly samples: number }
  | { readonly type: 'done'; readonly file: number; readonly audioMs: number; readonly decodeMs: number }
  | { readonly type: 'failed'; readonly file: number; readonly code: 'BAD_FRAME' | 'DECODE_FAILED'; readonly message: string };
