import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecoderReply, encodeFrameHead, FrameReader } from './decoderProtocol.ts';

const replies: { reply: DecoderReply; payload: Buffer }[] = [
  { reply: { type: 'alive', job: 1 }, payload: Buffer.alloc(0) },
  { reply: { type: 'block', job: 2 }, payload: Buffer.from(new Float32Array([0.5, -1, 0]).buffer) },
  { reply: { type: 'error', job: 3, error: { code: 'MEDIA_CORRUPT', data: { path: '한국어 "\n' } } }, payload: Buffer.alloc(0) },
  {
    reply: { type: 'end', job: 2, summary: { decodedSec: 1, announcedSec: null, badPackets: 0, nonFiniteSamples: 0 } },
    payload: Buffer.alloc(0),
  },
];
const stream = Buffer.concat(replies.flatMap(({ reply, payload }) => [encodeFrameHead(reply, payload.length), payload]));

function read(chunks: Buffer[]): { reply: DecoderReply; payload: Buffer }[] {
  const seen: { reply: DecoderReply; payload: Buffer }[] = [];
  const reader = new FrameReader((reply, payload) => seen.push({ reply, payload }));
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

describe('FrameReader', () => {
  it('gives the same frames however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
        expect(read(chunks)).toEqual(replies);
      }),
    );
  });

  it('gives payloads that can be viewed as samples', () => {
    const [, block] = read([stream]);
    expect(block?.payload.byteOffset).toBe(0);
    expect([...new Float32Array(block?.payload.buffer ?? new ArrayBuffer(0))]).toEqual([0.5, -1, 0]);
  });

  it('refuses what a library printed on stdout', () => {
    expect(() => read([Buffer.from('libfoo: warning: something happened\n')])).toThrow('Not a decoder frame');
  });

  it('refuses a reply of an unknown kind', () => {
    const json = Buffer.from('{"type":"hello","job":1}');
    const head = Buffer.alloc(8);
    head.writeUInt32LE(json.length, 0);
    expect(() => read([Buffer.concat([head, json])])).toThrow();
  });
});
