import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { NormalizeCommand } from './scoringFlags.ts';

/** `normalize`: each line of standard input as it is compared; with `--json` the line as it was beside it. */
export async function runNormalize({ common, output }: CliContext, { normalizer }: NormalizeCommand): Promise<number> {
  const { normalize } = normalizerOf(normalizer);
  for await (const lines of linesOf(process.stdin)) {
    if (common.isJson) for (const text of lines) output.json({ text, normalized: normalize(text) });
    // Not lines of a report: what is in the text goes to the next program as it is. Waits for a slow reader, stops for one that left.
    else if (!(await written(lines.map((text) => `${normalize(text)}\n`).join('')))) break;
  }
  return EXIT.done;
}

function written(text: string): Promise<boolean> {
  return new Promise((resolve) => process.stdout.write(text, (error) => resolve(error === null || error === undefined)));
}

/**
 * Lines that end with LF or CR LF, as many as there are at a time; other separators of Unicode belong to the text.
 * @throws INPUT_INVALID for bytes that are no UTF-8
 */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + decoded(decoder, chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map(withoutReturn);
  }
  rest += decoded(decoder, null);
  if (rest !== '') yield [withoutReturn(rest)];
}

function decoded(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new NightshiftError('INPUT_INVALID', { field: 'standard input', detail: 'it is not UTF-8' }, { cause });
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
