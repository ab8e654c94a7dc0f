import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SNIFF_BYTES, sniffsAsMedia } from '#shared/domain/mediaKinds.ts';

/** What the bytes of a container say beyond what FFmpeg reports. */
export interface ContainerCheck {
  /** The first bytes are those of a media file. */
  readonly isMedia: boolean;
  /** Frames carry check sums that a decoder only looks at when asked (FLAC). */
  readonly isFlac: boolean;
  /** Length by the header: seconds, null when the header says "not known", undefined when FFmpeg's own reading is as good. */
  readonly announcedSec: number | null | undefined;
  /** The file ends in the middle of a unit although everything before it reads well; counts as one bad packet. */
  readonly isCutShort: boolean;
}

/** Enough for every chunk that recorders write before the audio. */
const HEAD_BYTES = 65_536;
/** Longest possible Ogg page (27 + 255 + 255 × 255 bytes, RFC 3533) and a little. */
const OGG_TAIL_BYTES = 66_000;
/** Recorders that cannot seek back write the largest length they can: 2³¹ or 2³² less some bytes. */
const UNKNOWN_LENGTH_FROM = 0x7fff_0000;
/** PCM, float, A-law, µ-law, extensible: a fixed number of bytes a second (RFC 2361). */
const CONSTANT_RATE_TAGS: ReadonlySet<number> = new Set([1, 3, 6, 7, 0xfffe]);

type ReadAt = (offset: number, bytes: number) => Buffer;

/** Looks at head and tail of a file. @throws the system's error when it cannot be opened or read */
export function checkContainer(path: string): ContainerCheck {
  const handle = openSync(path, 'r');
  try {
    const sizeBytes = fstatSync(handle).size;
    const readAt: ReadAt = (offset, bytes) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, sizeBytes - offset)));
      return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, offset));
    };
    const head = readAt(0, HEAD_BYTES);
    const mark = head.toString('latin1', 0, 4);
    return {
      isMedia: sniffsAsMedia(head.subarray(0, SNIFF_BYTES)),
      isFlac: mark === 'fLaC',
      announcedSec: mark === 'RIFF' ? wavAnnouncedSec(head, sizeBytes, readAt) : undefined,
      isCutShort: mark === 'OggS' && isOggCutShort(readAt(Math.max(0, sizeBytes - OGG_TAIL_BYTES), OGG_TAIL_BYTES)),
    };
  } finally {
    closeSync(handle);
  }
}

interface WavFormat {
  readonly tag: number;
  readonly bytesPerSec: number;
}

/**
 * The length a WAV header stands for. Three kinds of lie: 0 or a huge length (a recorder that could not seek back) is no
 * announcement at all; more than the file holds is one (the file was cut); less, followed by bytes that are no chunk, means
 * that the header was never updated, and the file announces what it holds.
 */
function wavAnnouncedSec(head: Buffer, sizeBytes: number, readAt: ReadAt): number | null | undefined {
  let format: WavFormat | null = null;
  let offset = 12;
  while (offset + 8 <= head.length) {
    const id = head.toString('latin1', offset, offset + 4);
    const length = head.readUInt32LE(offset + 4);
    const start = offset + 8;
    if (id === 'fmt ' && start + 16 <= head.length) {
      format = { tag: head.readUInt16LE(start), bytesPerSec: head.readUInt32LE(start + 4) * head.readUInt16LE(start + 12) };
    }
    if (id === 'data') {
      const presentBytes = sizeBytes - start;
      if (length === 0 ? presentBytes > 0 : length >= UNKNOWN_LENGTH_FROM && length > presentBytes) return null;
      if (format === null || format.bytesPerSec === 0 || !CONSTANT_RATE_TAGS.has(format.tag)) return undefined;
      const end = start + length;
      const hasStrayBytes = end < sizeBytes && !isChunkAt(end, sizeBytes, readAt) && !isChunkAt(end + 1, sizeBytes, readAt);
      return (hasStrayBytes ? presentBytes : length) / format.bytesPerSec;
    }
    offset = start + length + (length % 2);
  }
  return undefined;
}

/** Whether a RIFF chunk (four printable characters, a length that fits) or only a few bytes of filling lie at the offset. */
function isChunkAt(offset: number, sizeBytes: number, readAt: ReadAt): boolean {
  if (sizeBytes - offset < 8) return true;
  const header = readAt(offset, 8);
  return /^[\x20-\x7e]{4}$/.test(header.toString('latin1', 0, 4)) && offset + 8 + header.readUInt32LE(4) <= sizeBytes + 1;
}

/** The last Ogg page says how long it is; a file that ends before that was cut (RFC 3533, section 6). */
function isOggCutShort(tail: Buffer): boolean {
  const page = tail.lastIndexOf('OggS', undefined, 'latin1');
  if (page < 0) return false;
  const segments = tail[page + 26];
  if (segments === undefined) return true;
  const table = tail.subarray(page + 27, page + 27 + segments);
  const bodyBytes = table.reduce((sum, value) => sum + value, 0);
  return table.length < segments || page + 27 + segments + bodyBytes > tail.length;
}
