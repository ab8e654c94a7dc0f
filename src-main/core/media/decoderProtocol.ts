import { z } from 'zod';
import { WireErrorSchema } from '#shared/contract/common.ts';
import { DecoderInfoSchema } from '#shared/contract/system.ts';

/**
 * What the owner and the decoder process say to each other. Owner to decoder: one JSON object a line on stdin. Decoder to
 * owner: frames on stdout, each two 32-bit little-endian lengths (header, payload), the header as JSON, the payload as bytes.
 * Audio is sent only against credit, so a slow reader of one job never stands in the way of another.
 */

/** Samples in a full block: one second. */
export const BLOCK_SAMPLES = 16_000;

const JobIdSchema = z.int().nonnegative();

export const DecoderRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('info'), job: JobIdSchema }),
  z.object({ type: z.literal('inspect'), job: JobIdSchema, path: z.string() }),
  z.object({ type: z.literal('decode'), job: JobIdSchema, path: z.string(), credit: z.int().nonnegative() }),
  /** `blocks` more may be sent. */
  z.object({ type: z.literal('credit'), job: JobIdSchema, blocks: z.int().positive() }),
  z.object({ type: z.literal('cancel'), job: JobIdSchema }),
]);
export type DecoderRequest = z.infer<typeof DecoderRequestSchema>;

const MediaFactsSchema = z.object({
  sha256: z.string(),
  sizeBytes: z.number(),
  modifiedMs: z.number(),
  container: z.string(),
  codec: z.string(),
  sampleRateHz: z.number(),
  channels: z.number(),
  audioStreams: z.number(),
  announcedSec: z.number().nullable(),
});

const DecodeSummarySchema = z.object({
  decodedSec: z.number(),
  announcedSec: z.number().nullable(),
  badPackets: z.number(),
  nonFiniteSamples: z.number(),
});

export const DecoderReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('info'), job: JobIdSchema, info: DecoderInfoSchema }),
  z.object({ type: z.literal('facts'), job: JobIdSchema, facts: MediaFactsSchema }),
  /** Still reading; keeps a long inspection from looking like a hang. */
  z.object({ type: z.literal('alive'), job: JobIdSchema }),
  /** The payload is audio; uses one credit. */
  z.object({ type: z.literal('block'), job: JobIdSchema }),
  z.object({ type: z.literal('end'), job: JobIdSchema, summary: DecodeSummarySchema }),
  z.object({ type: z.literal('error'), job: JobIdSchema, error: WireErrorSchema }),
]);
export type DecoderReply = z.infer<typeof DecoderReplySchema>;

const LENGTHS_BYTES = 8;
/** More than any frame of ours; anything above is not our protocol (a library that prints on stdout). */
const MAX_PART_BYTES = 1 << 24;

/** Lengths and header of one frame; the payload follows on the wire unchanged. */
export function encodeFrameHead(reply: DecoderReply, payloadBytes: number): Buffer {
  const json = JSON.stringify(reply);
  const headerBytes = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(LENGTHS_BYTES + headerBytes);
  head.writeUInt32LE(headerBytes, 0);
  head.writeUInt32LE(payloadBytes, 4);
  head.write(json, LENGTHS_BYTES);
  return head;
}

/**
 * Cuts a byte stream into frames. Every part is copied once, into memory of its own, so a payload starts at offset 0 of its
 * ArrayBuffer and may be viewed as Float32Array. Throws when the bytes are not our protocol.
 */
export class FrameReader {
  readonly #onFrame: (reply: DecoderReply, payload: Buffer) => void;
  #part: 'lengths' | 'header' | 'payload' = 'lengths';
  #target = Buffer.allocUnsafeSlow(LENGTHS_BYTES);
  #filled = 0;
  #payloadBytes = 0;
  #reply: DecoderReply | null = null;

  constructor(onFrame: (reply: DecoderReply, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      const copied = chunk.copy(this.#target, this.#filled, offset);
      offset += copied;
      this.#filled += copied;
      // An empty payload is complete without a further byte.
      while (this.#filled === this.#target.length) this.#completePart();
    }
  }

  #completePart(): void {
    switch (this.#part) {
      case 'lengths': {
        const headerBytes = this.#target.readUInt32LE(0);
        this.#payloadBytes = this.#target.readUInt32LE(4);
        if (headerBytes === 0 || headerBytes > MAX_PART_BYTES || this.#payloadBytes > MAX_PART_BYTES) {
          throw new Error(`Not a decoder frame: lengths ${String(headerBytes)} and ${String(this.#payloadBytes)}`);
        }
        this.#expect('header', headerBytes);
        break;
      }
      case 'header':
        this.#reply = DecoderReplySchema.parse(JSON.parse(this.#target.toString('utf8')));
        this.#expect('payload', this.#payloadBytes);
        break;
      case 'payload': {
        const reply = this.#reply;
        const payload = this.#target;
        this.#expect('lengths', LENGTHS_BYTES);
        if (reply !== null) this.#onFrame(reply, payload);
        break;
      }
    }
  }

  #expect(part: 'lengths' | 'header' | 'payload', bytes: number): void {
    this.#part = part;
    this.#target = Buffer.allocUnsafeSlow(bytes);
    this.#filled = 0;
  }
}
