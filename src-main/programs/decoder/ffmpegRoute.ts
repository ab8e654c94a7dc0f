import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type DecodeSummary, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import type { FfmpegPrograms } from '#main/platform/ffmpegLocator.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { BlockBuilder } from './blockBuilder.ts';
import { checkContainer, type ContainerCheck } from './containerCheck.ts';
import { assertIsDecodable, FORMAT_WHITELIST, unreadable } from './mediaRules.ts';
import type { AudioSource, Route, RouteFacts } from './route.ts';

/** Every path is given with its protocol, so a name that starts with a dash or looks like an address stays a file. */
const INPUT_ARGS = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', FORMAT_WHITELIST];
/** A damaged file can print a line per packet; no more than this is kept of one run. */
const MAX_TEXT_BYTES = 1 << 20;
/** Facts kept between an inspection and the decoding that usually follows, so that ffprobe runs once a file. */
const REMEMBERED_FILES = 512;

interface Probe {
  readonly facts: RouteFacts;
  /** FFmpeg has no rule to mix the channels (more than any named layout has). */
  readonly hasUnknownLayout: boolean;
}

/** The ffmpeg program as a route: a process for each file. @returns null when the program does not start */
export async function loadFfmpegRoute(programs: FfmpegPrograms): Promise<Route | null> {
  const banner = await run(programs.ffmpeg, ['-version'], new AbortController().signal);
  const version = /^ffmpeg version (\S+)/.exec(banner.stdout)?.[1];
  if (version === undefined) return null;
  const remembered = new Map<string, Probe>();

  const probe = async (path: string, check: ContainerCheck, signal: AbortSignal): Promise<Probe> => {
    const { size, mtimeMs } = statSync(path);
    const key = `${String(size)}/${String(mtimeMs)}/${path}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const fresh = await (programs.ffprobe === null
      ? probeWithFfmpeg(programs.ffmpeg, path, check, signal)
      : probeWithFfprobe(programs.ffprobe, path, check, signal));
    assertIsDecodable(fresh.facts, check, path);
    remembered.set(key, fresh);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_FILES && oldest !== undefined) remembered.delete(oldest);
    return fresh;
  };

  return {
    info: () => ({ route: 'ffmpeg', version, path: programs.ffmpeg }),
    inspect: async (path, signal) => (await probe(path, checkContainer(path), signal)).facts,
    open: async (path, signal) => {
      const check = checkContainer(path);
      return new FfmpegSource(programs.ffmpeg, path, check, await probe(path, check, signal));
    },
  };
}

interface RunResult {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[], signal: AbortSignal): Promise<RunResult> {
  return await new Promise((resolve) => {
    execFile(program, args, { signal, maxBuffer: 16 * MAX_TEXT_BYTES, windowsHide: true }, (error, stdout, stderr) => {
      resolve({ isOk: error === null, stdout, stderr });
    });
  });
}

const ProbeSchema = z.object({
  format: z.object({ format_name: z.string().default(''), duration: z.string().optional() }).optional(),
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().default(''),
        sample_rate: z.coerce.number().default(0),
        channels: z.number().default(0),
        channel_layout: z.string().optional(),
        duration: z.string().optional(),
        disposition: z.object({ default: z.number().default(0) }).optional(),
      }),
    )
    .default([]),
});

async function probeWithFfprobe(program: string, path: string, check: ContainerCheck, signal: AbortSignal): Promise<Probe> {
  const entries =
    'format=format_name,duration:stream=codec_type,codec_name,sample_rate,channels,channel_layout,duration:stream_disposition=default';
  const args = ['-v', 'warning', ...INPUT_ARGS, '-of', 'json', '-show_entries', entries, '-i', `file:${path}`];
  const { isOk, stdout, stderr } = await run(program, args, signal);
  signal.throwIfAborted();
  // A failed ffprobe prints half an object (channels-zero.wav), so its output counts only when it says it succeeded.
  if (!isOk) throw unreadable(check, path, lastLine(stderr));
  const { format, streams } = ProbeSchema.parse(JSON.parse(stdout));
  const audio = streams.filter((stream) => stream.codec_type === 'audio');
  const [chosen] = audio.toSorted((a, b) => rank(b) - rank(a));
  const container = format?.format_name ?? '';
  if (chosen === undefined) throw withoutAudio(streams.length, check, path, container);
  // FFmpeg fills in a length from size and bit rate where the container has none; only a warning tells.
  const isGuess = stderr.includes('Estimating duration from bitrate');
  // The container's length is that of its longest stream, often the picture.
  const printedSec = Number(chosen.duration ?? (streams.length === 1 ? format?.duration : undefined) ?? Number.NaN);
  return {
    facts: {
      container,
      codec: chosen.codec_name,
      sampleRateHz: chosen.sample_rate,
      channels: chosen.channels,
      audioStreams: audio.length,
      announcedSec: announced(check, isGuess ? null : printedSec),
    },
    hasUnknownLayout: isLayoutUnknown(chosen.channels, chosen.channel_layout),
  };
}

function rank(stream: { channels: number; disposition?: { default: number } | undefined }): number {
  return (stream.disposition?.default === 1 ? 1_000 : 0) + stream.channels;
}

function announced(check: ContainerCheck, printedSec: number | null): number | null {
  if (check.announcedSec !== undefined) return check.announcedSec;
  return printedSec !== null && Number.isFinite(printedSec) && printedSec > 0 ? printedSec : null;
}

/** Up to eight channels FFmpeg assumes the usual layout. */
function isLayoutUnknown(channels: number, layout: string | undefined): boolean {
  return channels > 8 && (layout === undefined || layout === 'unknown' || /^\d+ channels/.test(layout));
}

function withoutAudio(streamCount: number, check: ContainerCheck, path: string, container: string): NightshiftError {
  return streamCount > 0 ? new NightshiftError('MEDIA_NO_AUDIO', { path, detail: container }) : unreadable(check, path, container);
}

const NAMED_LAYOUTS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  downmix: 2,
  quad: 4,
  'quad(side)': 4,
  hexagonal: 6,
  octagonal: 8,
  hexadecagonal: 16,
};

function channelsOf(layout: string): number {
  const counted = /^(\d+) channels/.exec(layout)?.[1];
  if (counted !== undefined) return Number(counted);
  const pointed = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(layout);
  if (pointed !== null) return Number(pointed[1]) + Number(pointed[2]) + Number(pointed[3] ?? 0);
  return NAMED_LAYOUTS[layout] ?? 0;
}

/** Where only ffmpeg lies: what it prints about its input (and then ends, since no output was asked for). */
async function probeWithFfmpeg(program: string, path: string, check: ContainerCheck, signal: AbortSignal): Promise<Probe> {
  const { stderr } = await run(program, ['-nostdin', '-hide_banner', ...INPUT_ARGS, '-i', `file:${path}`], signal);
  signal.throwIfAborted();
  const container = /^Input #0, (.+?), from /m.exec(stderr)?.[1];
  if (container === undefined) throw unreadable(check, path, lastLine(stderr));
  const streams = stderr.match(/^ +Stream #0:.*$/gm) ?? [];
  const audio = streams
    .map((line) => /: Audio: (\w+).*?, (?:(\d+) Hz, )?([^,]+), /.exec(line.endsWith(',') ? line : `${line}, `))
    .filter((match) => match !== null)
    .map(([line, codec = '', rate, layout = '']) => ({
      codec_name: codec,
      sample_rate: Number(rate ?? 0),
      channels: channelsOf(layout),
      layout,
      disposition: { default: line.includes('(default)') ? 1 : 0 },
    }));
  const [chosen] = audio.toSorted((a, b) => rank(b) - rank(a));
  if (chosen === undefined) throw withoutAudio(streams.length, check, path, container);
  const clock = /^ +Duration: (\d+):(\d+):([\d.]+)/m.exec(stderr);
  const isGuess = stderr.includes('Estimating duration from bitrate');
  const printedSec =
    clock === null || isGuess || streams.length > 1 ? null : Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  return {
    facts: {
      container,
      codec: chosen.codec_name,
      sampleRateHz: chosen.sample_rate,
      channels: chosen.channels,
      audioStreams: audio.length,
      announcedSec: announced(check, printedSec),
    },
    hasUnknownLayout: isLayoutUnknown(chosen.channels, chosen.layout),
  };
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 300);
}

/** FFmpeg 4 to 5, and 6 to 8, about a packet that could not be decoded. */
const BAD_PACKET = /Error while decoding stream|Error submitting packet to decoder|Error processing packet in decoder|Decoding error:/;
/** Half a sample at the very end of a PCM file is no lost audio. */
const PCM_REMNANT = /Invalid PCM packet, data has size \d+ but/;

/** Still running; a program that ends must not leave them behind. */
const liveSources = new Set<FfmpegSource>();
process.on('exit', () => {
  for (const source of liveSources) source.close();
});

class FfmpegSource implements AudioSource {
  readonly #path: string;
  readonly #check: ContainerCheck;
  readonly #facts: RouteFacts;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<{ code: number | null; error: Error | null }>;
  readonly #blocks = new BlockBuilder();
  #badPackets: number;
  #remnants = 0;
  #unfinishedLine = '';
  #lastMessage = '';
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(program: string, path: string, check: ContainerCheck, { facts, hasUnknownLayout }: Probe) {
    this.#path = path;
    this.#check = check;
    this.#facts = facts;
    this.#badPackets = check.isCutShort ? 1 : 0;
    const mix = hasUnknownLayout
      ? ['-af', `pan=mono|c0<${Array.from({ length: facts.channels }, (_, index) => `c${String(index)}`).join('+')}`]
      : // Two full channels must not add up to more than one; FFmpeg sees to that for whole numbers only.
        ['-ac', '1', '-rematrix_maxval', '1'];
    const args = [
      '-nostdin',
      ...['-v', 'error'],
      ...(check.isFlac ? ['-err_detect', 'crccheck+explode'] : []),
      ...INPUT_ARGS,
      ...['-i', `file:${path}`],
      ...['-vn', '-sn', '-dn', ...mix, '-ar', String(SAMPLE_RATE_HZ), '-c:a', 'pcm_f32le', '-f', 'f32le', 'pipe:1'],
    ];
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    liveSources.add(this);
    // For good, not only while waiting: when the child exits, Node lets unread output run off where nobody listens.
    const wake = (): void => {
      this.#wake();
    };
    this.#child.stdout.on('readable', wake).on('end', wake).on('close', wake);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#readMessages(text);
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        resolve({ code: null, error });
      });
      this.#child.once('close', (code) => {
        resolve({ code, error: null });
      });
    });
    void this.#closed.then(() => liveSources.delete(this));
  }

  async nextBlock(): Promise<Buffer | null> {
    while (!this.#blocks.hasBlock && !this.#isOver) {
      const chunk = await this.#read();
      if (chunk === null) await this.#finish();
      else this.#blocks.add(chunk);
    }
    return this.#blocks.take();
  }

  summary(): DecodeSummary {
    return {
      decodedSec: this.#blocks.decodedSec,
      announcedSec: this.#facts.announcedSec,
      badPackets: Math.max(0, this.#badPackets - this.#remnants),
      nonFiniteSamples: this.#blocks.nonFiniteSamples,
    };
  }

  close(): void {
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy();
  }

  /** The next piece of output, read only when it is wanted, so that ffmpeg waits for a slow consumer. Null at the end. */
  async #read(): Promise<Buffer | null> {
    const { stdout } = this.#child;
    for (;;) {
      const chunk: unknown = stdout.read();
      if (Buffer.isBuffer(chunk)) return chunk;
      if (stdout.readableEnded || stdout.destroyed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #finish(): Promise<void> {
    const { code, error } = await this.#closed;
    this.#isOver = true;
    if (error !== null) throw new NightshiftError('DECODER_MISSING', { detail: error.message }, { cause: error });
    // A signal is the system's doing (out of memory), not the file's.
    if (code === null) throw new NightshiftError('DECODER_CRASHED', { path: this.#path, detail: this.#lastMessage });
    if (this.#blocks.isEmpty && (code !== 0 || this.summary().badPackets > 0)) {
      throw unreadable(this.#check, this.#path, this.#lastMessage || `ffmpeg ended with ${String(code)}`);
    }
    if (code !== 0) this.#badPackets += 1;
    this.#blocks.finish();
  }

  #readMessages(text: string): void {
    const lines = (this.#unfinishedLine + text).split('\n');
    this.#unfinishedLine = (lines.pop() ?? '').slice(0, MAX_TEXT_BYTES);
    for (const line of lines) {
      if (line.trim() !== '') this.#lastMessage = line.trim().slice(0, 300);
      if (BAD_PACKET.test(line)) this.#badPackets += 1;
      if (PCM_REMNANT.test(line)) this.#remnants += 1;
    }
  }
}
