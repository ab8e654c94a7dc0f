import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { LogFile } from '#main/core/ports.ts';

/** Lines kept in memory for error messages. */
const MOST_LINES = 200;
/** A line longer than this is cut: output without line ends must not fill memory. */
const LONGEST_LINE = 4_000;

/** Output of one process: into its log file, without terminal colours, and the last lines in memory. */
export class OutputLog {
  readonly #file: LogFile;
  readonly #lines: string[] = [];
  /** Settles when every stream has ended. */
  readonly ended: Promise<unknown>;

  constructor(file: LogFile, streams: readonly Readable[]) {
    this.#file = file;
    this.ended = Promise.all(streams.map((stream) => this.#follow(stream)));
  }

  note(line: string): void {
    this.#file.write(`${line}\n`);
  }

  /** The last lines, oldest first. */
  tail(count: number): string[] {
    return this.#lines.slice(-count);
  }

  #follow(stream: Readable): Promise<void> {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
      for (const line of lines) this.#keep(line);
    });
    return new Promise((resolve) => {
      stream.once('close', () => {
        if (rest !== '') this.#keep(rest);
        resolve();
      });
    });
  }

  #keep(line: string): void {
    const clean = stripVTControlCharacters(line).slice(0, LONGEST_LINE);
    this.#file.write(`${clean}\n`);
    this.#lines.push(clean);
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
  }
}
