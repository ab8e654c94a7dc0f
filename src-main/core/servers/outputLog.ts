import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { LogFile } from '#main/core/ports.ts';

/** Lines kept in memory. */
const MOST_LINES = 2_000;
/** Lines of one process kept for the error that says how it ended. */
const MOST_TAIL_LINES = 50;
/** A line longer than this is cut: output without line ends must not fill memory. */
const LONGEST_LINE = 4_000;

/** The last lines of one server over all of its processes, for whoever looks on. */
export class ServerLines {
  readonly #lines: string[] = [];
  readonly #followers = new Set<(line: string) => void>();

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
    for (const follower of this.#followers) follower(line);
  }

  /** The last lines, oldest first, at most 2,000. */
  tail(count: number): string[] {
    return count <= 0 ? [] : this.#lines.slice(-count);
  }

  /** Every further line, until disposed. A follower must not throw. */
  follow(follower: (line: string) => void): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }
}

/** Output of one process: into its log file and the lines of its server, without terminal colours and secrets. */
export class OutputLog {
  readonly #file: LogFile;
  readonly #lines: ServerLines;
  readonly #mask: (text: string) => string;
  readonly #tail: string[] = [];
  /** Settles when every stream has ended. */
  readonly ended: Promise<unknown>;

  constructor(options: {
    readonly file: LogFile;
    readonly lines: ServerLines;
    readonly streams: readonly Readable[];
    /** Replaces what nobody may read. */
    readonly mask: (text: string) => string;
  }) {
    this.#file = options.file;
    this.#lines = options.lines;
    this.#mask = options.mask;
    this.ended = Promise.all(options.streams.map((stream) => this.#follow(stream)));
  }

  note(line: string): void {
    this.#file.write(`${line}\n`);
    this.#lines.add(line);
  }

  /** The last lines of this process, oldest first, at most 50. */
  tail(count: number): string[] {
    return this.#tail.slice(-count);
  }

  #follow(stream: Readable): Promise<void> {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = asSeen(lines.pop() ?? '').slice(0, LONGEST_LINE);
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
    const clean = this.#mask(asSeen(stripVTControlCharacters(line)).replace(/\r$/, '').slice(0, LONGEST_LINE));
    this.#file.write(`${clean}\n`);
    this.#tail.push(clean);
    if (this.#tail.length > MOST_TAIL_LINES) this.#tail.shift();
    this.#lines.add(clean);
  }
}

/** What a terminal would show of a line that was written over, as progress bars do. One that is about to be written over still counts. */
function asSeen(line: string): string {
  return line.slice(line.lastIndexOf('\r', line.length - 2) + 1);
}
