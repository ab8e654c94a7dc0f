import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DecoderReply, DecoderRequest } from '#main/core/media/decoderProtocol.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { Jobs } from './jobs.ts';
import type { AudioSource, Route, RouteFacts } from './route.ts';

const facts: RouteFacts = { container: 'wav', codec: 'pcm_s16le', sampleRateHz: 16_000, channels: 1, audioStreams: 1, announcedSec: 1 };

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  path = join(folder, 'a.wav');
  writeFileSync(path, 'some bytes');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Bench {
  readonly jobs: Jobs;
  readonly replies: DecoderReply[];
  /** The next reply of that kind, now or later. */
  reply(type: DecoderReply['type']): Promise<DecoderReply>;
}

function createBench(route: Partial<Route>): Bench {
  const replies: DecoderReply[] = [];
  const full: Route = {
    info: () => ({ route: 'ffmpeg', version: '1', path: null }),
    inspect: () => Promise.resolve(facts),
    open: () => Promise.reject(new NightshiftError('MEDIA_CORRUPT')),
    ...route,
  };
  let wake: () => void = () => undefined;
  const jobs = new Jobs(Promise.resolve(full), {
    send: (reply) => {
      replies.push(reply);
      wake();
    },
    ready: () => Promise.resolve(),
  });
  const reply = async (type: DecoderReply['type']): Promise<DecoderReply> => {
    for (;;) {
      const found = replies.find((candidate) => candidate.type === type);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { jobs, replies, reply };
}

/** Never ends by itself, like a decoder that waits for its own child. */
function endlessSource(onClose: () => void): AudioSource {
  let stop: (block: null) => void = () => undefined;
  return {
    nextBlock: () =>
      new Promise((resolve) => {
        stop = resolve;
      }),
    summary: () => ({ decodedSec: 0, announcedSec: null, badPackets: 0, nonFiniteSamples: 0 }),
    close: () => {
      onClose();
      stop(null);
    },
  };
}

describe('decoder jobs', () => {
  it('refuses the facts of a file that grew meanwhile', async () => {
    const { jobs, reply } = createBench({
      inspect: () => {
        appendFileSync(path, 'more');
        return Promise.resolve(facts);
      },
    });
    jobs.handle({ type: 'inspect', job: 1, path });
    expect(await reply('error')).toMatchObject({ job: 1, error: { code: 'FILE_CHANGED' } });
  });

  it('says that a file vanished meanwhile', async () => {
    const { jobs, reply } = createBench({
      inspect: () => {
        rmSync(path);
        return Promise.resolve(facts);
      },
    });
    jobs.handle({ type: 'inspect', job: 1, path });
    expect(await reply('error')).toMatchObject({ error: { code: 'FILE_NOT_FOUND', data: { path } } });
  });

  it('shows signs of life while it hashes a large file', async () => {
    writeFileSync(path, Buffer.alloc(40 << 20));
    const { jobs, reply, replies } = createBench({});
    jobs.handle({ type: 'inspect', job: 1, path });
    await reply('facts');
    expect(replies.map(({ type }) => type)).toEqual(['alive', 'alive', 'facts']);
  });

  it.each(['while it waits for credit', 'while it decodes'])('cancels %s and frees the source', async (when) => {
    let closed = 0;
    const { jobs, reply } = createBench({ open: () => Promise.resolve(endlessSource(() => (closed += 1))) });
    const request: DecoderRequest = { type: 'decode', job: 1, path, credit: when === 'while it decodes' ? 1 : 0 };
    jobs.handle(request);
    await new Promise(setImmediate);
    jobs.handle({ type: 'cancel', job: 1 });
    expect(await reply('error')).toMatchObject({ error: { code: 'CANCELLED' } });
    expect(closed).toBeGreaterThan(0);
  });

  it('reports an error of the library without losing the program', async () => {
    const { jobs, reply } = createBench({ open: () => Promise.reject(new TypeError('no such function')) });
    jobs.handle({ type: 'decode', job: 1, path, credit: 1 });
    expect(await reply('error')).toMatchObject({ error: { code: 'INTERNAL', data: { detail: 'no such function' } } });
    jobs.handle({ type: 'inspect', job: 2, path });
    expect(await reply('facts')).toMatchObject({ job: 2, facts: { ...facts, sizeBytes: 10 } });
  });
});
