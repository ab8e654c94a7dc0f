import { open } from 'node:fs/promises';

const BLOCK_BYTES = 65_536;
/** Most that is read for one answer; a line that is longer than this comes without its start. */
const MAX_BYTES = 4 * 1_048_576;
const NEW_LINE = 0x0a;

/** Last `lines` lines of a UTF-8 file of any size, reading from its end only. Line ends (also CRLF) are left out. */
export async function tailLines(path: string, lines: number): Promise<string[]> {
  if (lines <= 0) return [];
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const blocks: Buffer[] = [];
    let start = size;
    let lineEnds = 0;
    // One more line end than lines: the one before the first line wanted; the file's last byte may be one too.
    while (start > 0 && lineEnds <= lines && size - start < MAX_BYTES) {
      const length = Math.min(BLOCK_BYTES, start);
      const block = Buffer.alloc(length);
      const { bytesRead } = await file.read(block, 0, length, start - length);
      // Shorter than its size said: the file was rotated or cut while being read.
      blocks.unshift(block.subarray(0, bytesRead));
      for (let at = 0; at < bytesRead; at += 1) if (block[at] === NEW_LINE) lineEnds += 1;
      start -= length;
    }
    const bytes = Buffer.concat(blocks);
    const text = bytes.subarray(start === 0 ? 0 : firstCharacter(bytes)).toString('utf8');
    const all = text.split('\n');
    if (all.at(-1) === '') all.pop();
    return all.slice(-lines).map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  } finally {
    await file.close();
  }
}

/** Index of the first byte that does not continue a character whose start was not read. */
function firstCharacter(bytes: Buffer): number {
  let index = 0;
  while (index < 3 && ((bytes[index] ?? 0) & 0xc0) === 0x80) index += 1;
  return index;
}
