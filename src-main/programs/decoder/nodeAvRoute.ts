import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as NodeAv from 'node-av/lib';
import { type DecodeSummary, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { BlockBuilder } from './blockBuilder.ts';
import { checkContainer, type ContainerCheck } from './containerCheck.ts';
import { assertIsDecodable, FORMAT_WHITELIST, unreadable } from './mediaRules.ts';
import type { AudioSource, Route, RouteFacts } from './route.ts';

type Library = typeof NodeAv;
type ChannelLayout = NodeAv.Frame['channelLayout'];

// Values of FFmpeg's headers (libavutil 60); node-av brands its constants, plain numbers compare the same.
const MEDIA_TYPE_AUDIO = 1;
const NO_PTS = -(2n ** 63n);
const DISPOSITION_DEFAULT = 1;
const DISCARD_ALL = 48;
const LOG_QUIET = -8;
const SAMPLE_FMT_FLT = 3;
const ORDER_NATIVE = 1;
const TIME_BASE_PER_SEC = 1_000_000;
const ERROR_EOF = -541_478_725;
const ERROR_AGAIN = process.platform === 'darwin' ? -35 : -11;
const MONO: ChannelLayout = { nbChannels: 1, order: ORDER_NATIVE as ChannelLayout['order'], mask: 4n };

/** Longest time without a turn of the event loop, in which other jobs and messages wait. */
const TURN_BUDGET_MS = 20;

/** Loads node-av and makes it a route. @returns null where it is not installed or has no binary for this system */
export async function loadNodeAvRoute(): Promise<Route | null> {
  try {
    const av = await import('node-av/lib');
    // FFmpeg would print into our stderr; what matters comes back as return values.
    av.Log.setLevel(LOG_QUIET as Parameters<typeof av.Log.setLevel>[0]);
    const { version } = av.getFFmpegInfo();
    return {
      info: () => ({ route: 'node-av', version: `FFmpeg ${version}`, path: null }),
      inspect: async (path) => {
        using input = new Input(av, path);
        return await Promise.resolve(input.facts);
      },
      open: async (path) => await Promise.resolve(new NodeAvSource(av, path)),
    };
  } catch {
    return null;
  }
}

/** An opened container with its audio stream chosen. */
class Input {
  readonly context: NodeAv.FormatContext;
  readonly stream: NodeAv.Stream;
  readonly facts: RouteFacts;
  readonly check: ContainerCheck;

  constructor(av: Library, path: string) {
    this.check = checkContainer(path);
    const context = new av.FormatContext();
    this.context = context;
    try {
      // Nothing that a file says may lead to the network or to other files.
      const options = av.Dictionary.fromObject({ protocol_whitelist: 'file', format_whitelist: FORMAT_WHITELIST });
      const opened = context.openInputSync(`file:${path}`, null, options);
      options.free();
      if (opened < 0) throw unreadable(this.check, path, describe(av, opened));
      const container = context.iformat?.name ?? '';
      // Before the packets are looked at, only what the header announces is set; afterwards also guesses from the bit rate.
      const headerSec = new Map(context.streams.map((stream) => [stream.index, streamSec(stream)]));
      // The container's length is that of its longest stream, often the picture.
      const containerSec = context.duration > 0n && context.streams.length === 1 ? Number(context.duration) / TIME_BASE_PER_SEC : null;
      context.findStreamInfoSync(null);
      const audio = context.streams.filter((stream) => isAudio(stream));
      const [stream] = audio.toSorted((a, b) => rank(b) - rank(a));
      if (stream === undefined) throw this.#withoutAudio(path, container);
      this.stream = stream;
      const { codecpar } = stream;
      const codec = av.avGetCodecName(codecpar.codecId) ?? '';
      assertIsDecodable({ sampleRateHz: codecpar.sampleRate, channels: codecpar.channels, codec }, this.check, path);
      const announcedSec = this.check.announcedSec === undefined ? (headerSec.get(stream.index) ?? containerSec) : this.check.announcedSec;
      this.facts = {
        container,
        codec,
        sampleRateHz: codecpar.sampleRate,
        channels: codecpar.channels,
        audioStreams: audio.length,
        announcedSec,
      };
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.context.closeInputSync();
  }

  #withoutAudio(path: string, container: string): NightshiftError {
    return this.context.streams.length > 0
      ? new NightshiftError('MEDIA_NO_AUDIO', { path, detail: container })
      : unreadable(this.check, path, container);
  }
}

function isAudio(stream: NodeAv.Stream): boolean {
  return stream.codecpar.codecType === (MEDIA_TYPE_AUDIO as typeof stream.codecpar.codecType);
}

/** The ffmpeg program's choice: a stream marked as default first, then the most channels, then the first. */
function rank(stream: NodeAv.Stream): number {
  return ((stream.disposition & DISPOSITION_DEFAULT) === 0 ? 0 : 1_000) + stream.codecpar.channels;
}

function streamSec({ duration, timeBase }: NodeAv.Stream): number | null {
  return duration === NO_PTS || duration <= 0n || timeBase.den === 0 ? null : (Number(duration) * timeBase.num) / timeBase.den;
}

function describe(av: Library, code: number): string {
  return new av.FFmpegError(code).message;
}

interface ResamplerInput {
  readonly sampleRate: number;
  readonly format: number;
  readonly channels: number;
  readonly assumedLayout: ChannelLayout | null;
}

/** Demultiplexer, decoder and resampler of one file. Every call into the library is synchronous: its thread hops cost more than the work. */
class NodeAvSource implements AudioSource {
  readonly #av: Library;
  readonly #path: string;
  readonly #input: Input;
  readonly #codec: NodeAv.CodecContext;
  readonly #packet: NodeAv.Packet;
  readonly #frame: NodeAv.Frame;
  readonly #converted: NodeAv.Frame;
  readonly #blocks = new BlockBuilder();
  readonly #isPcm: boolean;
  #resampler: NodeAv.SoftwareResampleContext | null = null;
  #resamplerInput: ResamplerInput = { sampleRate: 0, format: -1, channels: 0, assumedLayout: null };
  #badPackets: number;
  #isRead = false;
  #isClosed = false;

  constructor(av: Library, path: string) {
    this.#av = av;
    this.#path = path;
    this.#input = new Input(av, path);
    this.#badPackets = this.#input.check.isCutShort ? 1 : 0;
    this.#isPcm = this.#input.facts.codec.startsWith('pcm_');
    this.#codec = new av.CodecContext();
    this.#packet = new av.Packet();
    this.#frame = new av.Frame();
    this.#converted = new av.Frame();
    try {
      this.#packet.alloc();
      this.#frame.alloc();
      this.#converted.alloc();
      this.#openCodec();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async nextBlock(): Promise<Buffer | null> {
    let turnStartMs = performance.now();
    while (!this.#blocks.hasBlock && !this.#isRead) {
      this.#readPacket();
      if (performance.now() - turnStartMs > TURN_BUDGET_MS) {
        await nextTurn();
        turnStartMs = performance.now();
        if (this.#isClosed) throw new NightshiftError('CANCELLED');
      }
    }
    return this.#blocks.take();
  }

  summary(): DecodeSummary {
    return {
      decodedSec: this.#blocks.decodedSec,
      announcedSec: this.#input.facts.announcedSec,
      badPackets: this.#badPackets,
      nonFiniteSamples: this.#blocks.nonFiniteSamples,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#resampler?.free();
    this.#codec.freeContext();
    this.#packet.free();
    this.#frame.free();
    this.#converted.free();
    this.#input[Symbol.dispose]();
  }

  #openCodec(): void {
    const { stream, context, check } = this.#input;
    const codec = this.#av.Codec.findDecoder(stream.codecpar.codecId);
    if (codec === null) throw unreadable(check, this.#path, `no decoder for ${this.#input.facts.codec}`);
    this.#codec.allocContext3(codec);
    let result = this.#codec.parametersToContext(stream.codecpar);
    this.#codec.pktTimebase = stream.timeBase;
    this.#codec.threadCount = 1;
    // Bit rot in FLAC otherwise comes out as noise without an error. Not a dictionary: this binding frees that twice.
    if (check.isFlac) this.#codec.setOption('err_detect', 'crccheck+explode');
    if (result >= 0) result = this.#codec.open2Sync(codec, null);
    if (result < 0) throw unreadable(check, this.#path, describe(this.#av, result));
    for (const other of context.streams) {
      if (other.index !== stream.index) other.discard = DISCARD_ALL as typeof other.discard;
    }
  }

  #readPacket(): void {
    const packet = this.#packet;
    const result = this.#input.context.readFrameSync(packet);
    if (result < 0) {
      if (result !== ERROR_EOF) this.#badPackets += 1;
      this.#codec.sendPacketSync(null);
      this.#drainCodec();
      this.#flushResampler();
      this.#isRead = true;
      if (this.#blocks.isEmpty && this.#badPackets > 0) throw unreadable(this.#input.check, this.#path, 'no packet could be decoded');
      this.#blocks.finish();
      return;
    }
    if (packet.streamIndex === this.#input.stream.index) {
      const sizeBytes = packet.size;
      const isSent = this.#codec.sendPacketSync(packet) >= 0;
      const isDecoded = this.#drainCodec();
      // Half a sample at the very end of a PCM file is no lost audio.
      const isRemnant = this.#isPcm && sizeBytes % this.#pcmFrameBytes() !== 0;
      if ((!isSent || !isDecoded) && !isRemnant) this.#badPackets += 1;
    }
    packet.unref();
  }

  #pcmFrameBytes(): number {
    const { codecpar } = this.#input.stream;
    return (codecpar.bitsPerCodedSample / 8) * codecpar.channels;
  }

  /** @returns false when the decoder reported damage. */
  #drainCodec(): boolean {
    for (;;) {
      const result = this.#codec.receiveFrameSync(this.#frame);
      if (result < 0) return result === ERROR_AGAIN || result === ERROR_EOF;
      this.#resample(this.#frame);
      this.#frame.unref();
    }
  }

  #resample(frame: NodeAv.Frame): void {
    const { sampleRate, format, channels } = frame;
    const input = this.#resamplerInput;
    const isSameInput =
      this.#resampler !== null && sampleRate === input.sampleRate && format === input.format && channels === input.channels;
    if (!isSameInput) this.#renewResampler(frame);
    let result = this.#convert(frame);
    if (result < 0 && isSameInput) {
      // Other positions of as many channels, which would cost two calls a frame to notice.
      this.#renewResampler(frame);
      result = this.#convert(frame);
    }
    if (result < 0) throw new NightshiftError('MEDIA_CORRUPT', { path: this.#path, detail: describe(this.#av, result) });
  }

  #renewResampler(frame: NodeAv.Frame): void {
    this.#flushResampler();
    const { sampleRate, format, channels, channelLayout } = frame;
    // A layout without known positions would be refused; with the usual one for that number of channels it is mixed as ffmpeg does.
    const assumedLayout = channelLayout.order === MONO.order ? null : this.#av.avChannelLayoutDefault(channels);
    this.#resampler = this.#createResampler(frame, assumedLayout ?? channelLayout);
    this.#resamplerInput = { sampleRate, format, channels, assumedLayout };
  }

  #createResampler(frame: NodeAv.Frame, layout: ChannelLayout): NodeAv.SoftwareResampleContext {
    const resampler = new this.#av.SoftwareResampleContext();
    const format = frame.format as Parameters<typeof resampler.allocSetOpts2>[4];
    let result = resampler.allocSetOpts2(MONO, SAMPLE_FMT_FLT as typeof format, SAMPLE_RATE_HZ, layout, format, frame.sampleRate);
    // Two full channels must not add up to more than one: for float output FFmpeg leaves that to whoever hears it clip.
    if (result >= 0) resampler.setOption('rematrix_maxval', '1');
    // More channels than any named layout has: all alike.
    if (result >= 0 && layout.order !== MONO.order) {
      result = resampler.setMatrix(
        Array.from({ length: layout.nbChannels }, () => 1 / layout.nbChannels),
        layout.nbChannels,
      );
    }
    if (result >= 0) result = resampler.init();
    if (result < 0) {
      resampler.free();
      throw new NightshiftError('MEDIA_CORRUPT', {
        path: this.#path,
        detail: `${String(layout.nbChannels)} channels: ${describe(this.#av, result)}`,
      });
    }
    return resampler;
  }

  #flushResampler(): void {
    if (this.#resampler === null) return;
    this.#convert(null);
    this.#resampler.free();
    this.#resampler = null;
  }

  /** Converts one frame, or with null what the resampler still holds. @returns FFmpeg's error, 0 for none */
  #convert(frame: NodeAv.Frame | null): number {
    if (frame !== null && this.#resamplerInput.assumedLayout !== null) frame.channelLayout = this.#resamplerInput.assumedLayout;
    const out = this.#converted;
    out.unref();
    out.format = SAMPLE_FMT_FLT as typeof out.format;
    out.sampleRate = SAMPLE_RATE_HZ;
    out.channelLayout = MONO;
    const result = this.#resampler?.convertFrame(out, frame) ?? 0;
    if (result < 0) return result;
    const [bytes] = out.nbSamples > 0 ? (out.data ?? []) : [];
    if (bytes !== undefined) this.#blocks.add(bytes.subarray(0, out.nbSamples * Float32Array.BYTES_PER_ELEMENT));
    return 0;
  }
}
