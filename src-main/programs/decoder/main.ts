import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { DecoderRequestSchema, encodeFrameHead } from '#main/core/media/decoderProtocol.ts';
import { chooseRoute, type RouteWish } from './chooseRoute.ts';
import { Jobs, type Output } from './jobs.ts';

/** Unsent bytes above which decoding waits for the owner: a few blocks. */
const MAX_UNSENT_BYTES = 512 * 1024;

function routeWish(value: string | undefined): RouteWish {
  return value === 'node-av' || value === 'ffmpeg' ? value : 'auto';
}

let drained: Promise<unknown> | null = null;

/** Frames on stdout and nothing else; each frame leaves in one write call. */
const output: Output = {
  send: (reply, payload) => {
    process.stdout.cork();
    process.stdout.write(encodeFrameHead(reply, payload?.length ?? 0));
    if (payload !== undefined) process.stdout.write(payload);
    process.stdout.uncork();
  },
  ready: async () => {
    while (process.stdout.writableLength > MAX_UNSENT_BYTES) {
      // One listener for all jobs that wait.
      drained ??= once(process.stdout, 'drain').finally(() => {
        drained = null;
      });
      await drained;
    }
  },
};

const { values } = parseArgs({ options: { route: { type: 'string' }, ffmpeg: { type: 'string' } } });
const route = chooseRoute(routeWish(values.route), values.ffmpeg ?? null);
// Every job that needs it reports the error; until then nobody listens.
route.catch(() => undefined);
const jobs = new Jobs(route, output);

// A terminal's Ctrl-C and hang-up are for the owner, who then closes our stdin.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
// The owner is gone: nobody reads what we write.
process.stdout.on('error', () => process.exit(0));

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  if (line !== '') jobs.handle(DecoderRequestSchema.parse(JSON.parse(line)));
});
lines.on('close', () => {
  jobs.cancelAll();
  process.exit(0);
});
