import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import type { LogFile } from '../core/ports.ts';

/** Text that may wait for a slow disk, bytes; beyond it lines are dropped and their number is written instead. */
const MAX_WAITING_BYTES = 4 * 1_048_576;

/** Logs to be written out when the process ends; one exit listener serves all of them. */
const openLogs = new Set<RotatingLog>();
let listensForExit = false;

/**
 * Text file of at most `maxBytes`, with up to `maxFiles - 1` older ones beside it (`name.1` is the newest of them). `write` never waits
 * for the disk and never fails: a log that cannot be written loses lines, its program goes on. What still waits when the process exits is
 * written by then.
 */
export class RotatingLog implements LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #droppedLines = 0;
  #handle: FileHandle | null = null;
  #sizeBytes = 0;
  #writing: Promise<void> | null = null;
  /** What was taken from the waiting text but is not known to be in the file. */
  #unconfirmed: Buffer | null = null;
  /** Whether the system already has `#unconfirmed`, so that part of it may lie behind the first `#sizeBytes`. */
  #isAppending = false;
  #isClosed = false;

  constructor(path: string, maxBytes: number, maxFiles: number) {
    this.#path = path;
    this.#maxBytes = Math.max(1, maxBytes);
    this.#maxFiles = Math.max(1, maxFiles);
    openLogs.add(this);
    if (!listensForExit) {
      listensForExit = true;
      process.on('exit', () => {
        for (const log of openLogs) log.flushSync();
      });
    }
  }

  write(text: string): void {
    if (this.#isClosed || text === '') return;
    const bytes = Buffer.from(text);
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#droppedLines += text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
      return;
    }
    this.#push(bytes);
    this.#writing ??= this.#drain();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    openLogs.delete(this);
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(ignore);
  }

  /** Last resort while the process exits: no rotation, so the file may be over its size once. */
  flushSync(): void {
    if (this.#waiting.length === 0 && this.#unconfirmed === null) return;
    try {
      const descriptor = openSync(this.#path, 'a', 0o600);
      try {
        if (this.#unconfirmed !== null) {
          const written = this.#isAppending ? Math.max(0, fstatSync(descriptor).size - this.#sizeBytes) : 0;
          writeSync(descriptor, this.#unconfirmed.subarray(written));
        }
        for (const bytes of this.#waiting) writeSync(descriptor, bytes);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // Nobody is left to tell.
    }
    this.#waiting = [];
    this.#unconfirmed = null;
  }

  #push(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #drain(): Promise<void> {
    // One turn later, so that lines of one moment share a write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      this.#unconfirmed = batch;
      try {
        await this.#append(batch);
      } catch {
        await this.#handle?.close().catch(ignore);
        this.#handle = null;
      }
      this.#unconfirmed = null;
      this.#isAppending = false;
      if (this.#droppedLines > 0 && this.#waiting.length === 0) {
        this.#push(Buffer.from(`… ${this.#droppedLines} lines were dropped because the disk was too slow\n`));
        this.#droppedLines = 0;
      }
    }
    this.#writing = null;
  }

  /** As much as fits into one file; a piece longer than a whole file is cut between two characters. */
  #takeBatch(): Buffer {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (let piece = this.#waiting[0]; piece !== undefined; piece = this.#waiting[0]) {
      if (bytes > 0 && bytes + piece.length > this.#maxBytes) break;
      const length = cutBefore(piece, this.#maxBytes);
      pieces.push(piece.subarray(0, length));
      bytes += length;
      if (length < piece.length) {
        this.#waiting[0] = piece.subarray(length);
        break;
      }
      this.#waiting.shift();
    }
    this.#waitingBytes -= bytes;
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  async #append(bytes: Buffer): Promise<void> {
    let handle = await this.#opened();
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#maxBytes) {
      this.#handle = null;
      await handle.close();
      await this.#rotate();
      handle = await this.#opened();
    }
    this.#isAppending = true;
    await handle.appendFile(bytes);
    this.#sizeBytes += bytes.length;
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle === null) {
      this.#handle = await open(this.#path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
      this.#sizeBytes = (await this.#handle.stat()).size;
    }
    return this.#handle;
  }

  async #rotate(): Promise<void> {
    if (this.#maxFiles === 1) return await unlink(this.#path);
    for (let number = this.#maxFiles - 1; number > 1; number -= 1) {
      await rename(`${this.#path}.${number - 1}`, `${this.#path}.${number}`).catch(ignore);
    }
    await rename(this.#path, `${this.#path}.1`);
  }
}

/** Length of the longest start of `bytes` that is at most `maxBytes` and does not end inside a UTF-8 character. */
function cutBefore(bytes: Buffer, maxBytes: number): number {
  if (bytes.length <= maxBytes) return bytes.length;
  let length = maxBytes;
  while (length > 1 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length -= 1;
  return length;
}

function ignore(): void {
  // A log that cannot be rotated or closed is no reason to stop what is being logged.
}
