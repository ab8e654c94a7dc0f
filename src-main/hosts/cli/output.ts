/** A standard stream as far as the command line needs it. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Where a command writes. Lines are for people and for scripts that know their words; with `--json` they go to standard error and
 * standard output has only JSON. A reader that went away (a closed pager or terminal) never ends a run: what is written
 * after that is dropped.
 */
export interface Output {
  line(text: string): void;
  /** On standard error, for what is wrong or worth knowing. */
  notice(text: string): void;
  /** A line that takes the place of the one before on a terminal, and is a plain line elsewhere; null takes it away. */
  status(text: string | null): void;
  /** One JSON object on standard output; nothing without `--json`. */
  json(value: Readonly<Record<string, unknown>>): void;
  /** Resolves when everything is handed to the system. */
  flush(): Promise<void>;
}

/** Terminals that do not know their size say 0. */
const DEFAULT_COLUMNS = 120;
const ERASE_LINE = '\r\u001B[K';

export function createOutput({
  stdout,
  stderr,
  isJson,
}: {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly isJson: boolean;
}): Output {
  const broken = new Set<OutputStream>();
  for (const stream of [stdout, stderr]) stream.on('error', () => broken.add(stream));
  const forPeople = isJson ? stderr : stdout;
  let shownStatus: string | null = null;

  const write = (stream: OutputStream, text: string): void => {
    if (!broken.has(stream)) stream.write(text);
  };
  const clearStatus = (): void => {
    if (shownStatus !== null) write(forPeople, ERASE_LINE);
  };
  const redrawStatus = (): void => {
    if (shownStatus !== null) write(forPeople, shownStatus);
  };
  const writeLine = (stream: OutputStream, text: string): void => {
    clearStatus();
    write(stream, `${printable(text)}\n`);
    redrawStatus();
  };

  return {
    line: (text) => writeLine(forPeople, text),
    notice: (text) => writeLine(stderr, text),
    status(text) {
      if (forPeople.isTTY !== true) {
        if (text !== null) write(forPeople, `${printable(text)}\n`);
        return;
      }
      clearStatus();
      shownStatus = null;
      if (text === null) return;
      shownStatus = printable(text).slice(0, (forPeople.columns || DEFAULT_COLUMNS) - 1);
      redrawStatus();
    },
    json(value) {
      if (isJson) write(stdout, `${JSON.stringify(value)}\n`);
    },
    async flush() {
      if (shownStatus !== null) write(forPeople, '\n');
      shownStatus = null;
      const open = [stdout, stderr].filter((stream) => !broken.has(stream));
      await Promise.all(open.map((stream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))));
    },
  };
}

/** File names may contain anything, and a terminal obeys control characters. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '\uFFFD');
}
