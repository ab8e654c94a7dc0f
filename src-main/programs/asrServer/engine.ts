import sherpa, {
  type OfflineRecognizer,
  type OfflineStream,
  type OnlineRecognizer,
  type OnlineResult,
  type OnlineStream,
} from 'sherpa-onnx-node';
import type { Word } from '#main/core/servers/adapters/asrAdapter.ts';
import { type EngineKind, type EngineSpec, isStreamingKind } from '#main/core/servers/models.ts';
import { SAMPLE_RATE_HZ } from '#main/core/servers/adapters/nightshift/protocol.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { quietCut } from './quietCut.ts';
import { SampleQueue } from './sampleQueue.ts';
import { joinWords } from './words.ts';

/** Samples fed to a streaming recogniser at once, 100 ms: the step in which audio arrives live. */
const STREAMING_STEP_SAMPLES = SAMPLE_RATE_HZ / 10;
/**
 * Silence after the last sample of a stream, 1 s: streaming models look ahead, and without it the last word of 7 of 24 clips was
 * wrong or missing (measured with the sample model).
 */
const STREAMING_TAIL_SAMPLES = SAMPLE_RATE_HZ;
/** Shorter pieces are filled up with silence to 0.5 s: some encoders end the process when nothing is left after subsampling. */
const SHORTEST_PIECE_SAMPLES = SAMPLE_RATE_HZ / 2;
/** sherpa's Whisper decodes the first 30 s of a stream and drops the rest (offline-recognizer-whisper-impl.h). */
const LONGEST_WHISPER_SEC = 28;
/** Endpoint rules, seconds: silence before any word, silence after a word, longest segment. sherpa's example values, the second shortened for batches. */
const ENDPOINT = { rule1MinTrailingSilence: 2.4, rule2MinTrailingSilence: 0.8, rule3MinUtteranceLength: 30 };
/**
 * Where in the pause after a segment the next stream begins, seconds after the last token: the last word has ended and the first of the next segment has
 * silence before it. Of 0.3 to 0.8 this gave the fewest errors on the long test files (1.6 and 4.4 %), as many as a stream that is never renewed.
 */
const CUT_AFTER_LAST_SEC = ENDPOINT.rule2MinTrailingSilence / 2;
/** Samples of a millisecond: cuts lie on whole ones, so that times after a cut are the same whether they are counted from it or from the start of the file. */
const MS_SAMPLES = SAMPLE_RATE_HZ / 1_000;
/**
 * Audio kept for the stream after an endpoint, 5 s: it begins before what was fed by the model's look-ahead and chunk, at most about 1.5 s in sherpa's
 * published models.
 */
const KEPT_SAMPLES = 5 * SAMPLE_RATE_HZ;

export interface FileOptions {
  readonly language: string | null;
  readonly chunkSec: number;
  readonly windowSec: number;
}

export interface Spoken {
  readonly isFinal: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly language: string | null;
  readonly words: readonly Word[];
  /**
   * Samples of the file at whose end the recogniser begins anew, as at the start of a file: what follows depends on nothing before. null where its state
   * goes on.
   */
  readonly cutSample: number | null;
}

/** One file while it is decoded. Audio may be pushed faster than it is decoded. */
export interface FileDecoder {
  push(samples: Float32Array): void;
  /** No more audio will come. */
  finish(): void;
  /**
   * Decodes one bounded piece and says what came of it.
   * @returns null when there is nothing to do until more is pushed
   */
  step(): Step | null;
}

export interface Step {
  readonly spoken: readonly Spoken[];
  /** Samples used up; negative when more were put back. */
  readonly samples: number;
  readonly isEnd: boolean;
}

export interface Engine {
  open(options: FileOptions): FileDecoder;
}

export interface EngineOptions {
  readonly spec: EngineSpec;
  readonly mode: Mode;
  /** Reported where the model does not say. */
  readonly language: string | null;
  readonly threads: number;
}

/**
 * Loads a recogniser; blocks while it does, so it belongs into a thread.
 * @throws Error for a missing file. A damaged one ends the process, which is why models are checked before.
 */
export function loadEngine(options: EngineOptions): Engine {
  const { spec, mode, language } = options;
  const config = {
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    decodingMethod: 'greedy_search',
    modelConfig: {
      numThreads: options.threads,
      provider: 'cpu',
      debug: 0,
      tokens: spec.files['tokens'],
      ...(spec.modelType === '' ? {} : { modelType: spec.modelType }),
      ...slotOf(spec),
    },
  };
  if (isStreamingKind(spec.kind)) {
    const recognizer = new sherpa.OnlineRecognizer({ ...config, enableEndpoint: 1, ...ENDPOINT });
    return { open: (file) => new StreamingDecoder(recognizer, file.language ?? language) };
  }
  const recognizer = new sherpa.OfflineRecognizer(config);
  const longestSec = spec.kind === 'offline-whisper' ? LONGEST_WHISPER_SEC : Infinity;
  return {
    open: (file) =>
      new PieceDecoder(recognizer, {
        pieceSamples: Math.round(Math.min(mode === 'chunked' ? file.windowSec : file.chunkSec, longestSec) * 1_000) * MS_SAMPLES,
        // A window is cut where it ends, whatever is said there: that is what the chunked mode measures.
        isCutAtQuiet: mode === 'original',
        requestedLanguage: file.language,
        language: file.language ?? language,
      }),
  };
}

/** The part of sherpa's configuration that holds the model files. */
function slotOf(spec: EngineSpec): object {
  const { encoder, decoder, joiner, model } = spec.files;
  const SLOTS: Readonly<Record<EngineKind, object>> = {
    'streaming-transducer': { transducer: { encoder, decoder, joiner } },
    'streaming-paraformer': { paraformer: { encoder, decoder } },
    'streaming-zipformer2-ctc': { zipformer2Ctc: { model } },
    'streaming-nemo-ctc': { nemoCtc: { model } },
    'offline-transducer': { transducer: { encoder, decoder, joiner } },
    'offline-paraformer': { paraformer: { model } },
    'offline-zipformer-ctc': { zipformerCtc: { model } },
    'offline-nemo-ctc': { nemoCtc: { model } },
    'offline-sense-voice': { senseVoice: { model, language: 'auto', useInverseTextNormalization: 1 } },
    'offline-whisper': { whisper: { encoder, decoder, task: 'transcribe' } },
  };
  return SLOTS[spec.kind];
}

/**
 * Decodes as audio arrives; a pause ends a segment, and what follows it gets a fresh stream, which begins inside the pause. Every step is as long, whatever
 * the frames it arrived in, so that decoding from a cut repeats decoding from the start.
 */
class StreamingDecoder implements FileDecoder {
  readonly #recognizer: OnlineRecognizer;
  readonly #language: string | null;
  readonly #queue = new SampleQueue();
  #stream: OnlineStream;
  /** Samples of the file before the stream, a whole number of milliseconds. */
  #streamStart = 0;
  /** Samples fed to the stream. */
  #fed = 0;
  /** Of them, those that are surely before the segment under way. */
  #segmentStart = 0;
  /** The last samples fed. */
  #kept: Float32Array[] = [];
  #keptLength = 0;
  #isFinished = false;
  #lastText = '';

  constructor(recognizer: OnlineRecognizer, language: string | null) {
    this.#recognizer = recognizer;
    this.#language = language;
    this.#stream = this.#freshStream();
  }

  push(samples: Float32Array): void {
    this.#queue.push(samples);
  }

  finish(): void {
    this.#isFinished = true;
  }

  step(): Step | null {
    if (this.#queue.length >= STREAMING_STEP_SAMPLES || (this.#isFinished && this.#queue.length > 0)) {
      const samples = this.#queue.take(STREAMING_STEP_SAMPLES);
      this.#feed(samples);
      const before = this.#queue.length;
      const spoken = this.#decodeReady(true);
      return { spoken, samples: samples.length - (this.#queue.length - before), isEnd: false };
    }
    if (!this.#isFinished) return null;
    this.#feed(new Float32Array(STREAMING_TAIL_SAMPLES));
    this.#stream.inputFinished();
    const spoken = this.#decodeReady(false).filter(({ isFinal }) => isFinal);
    const last = this.#toSpoken(this.#recognizer.getResult(this.#stream), true, null);
    return { spoken: last === null ? spoken : [...spoken, last], samples: 0, isEnd: true };
  }

  #freshStream(): OnlineStream {
    const stream = this.#recognizer.createStream();
    if (this.#language !== null) stream.setOption('language', this.#language);
    return stream;
  }

  #feed(samples: Float32Array): void {
    this.#stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE_HZ });
    this.#fed += samples.length;
    this.#kept.push(samples);
    this.#keptLength += samples.length;
    for (let first = this.#kept[0]; first !== undefined && this.#keptLength - first.length >= KEPT_SAMPLES; first = this.#kept[0]) {
      this.#kept.shift();
      this.#keptLength -= first.length;
    }
  }

  #decodeReady(mayCut: boolean): Spoken[] {
    const spoken: Spoken[] = [];
    while (this.#recognizer.isReady(this.#stream)) {
      this.#recognizer.decode(this.#stream);
      const isEndpoint = this.#recognizer.isEndpoint(this.#stream);
      const result = this.#recognizer.getResult(this.#stream);
      const cut = isEndpoint && mayCut ? this.#cutAfter(result) : null;
      if (isEndpoint || result.text !== this.#lastText) {
        const next = this.#toSpoken(result, isEndpoint, cut);
        if (next !== null) spoken.push(next);
        this.#lastText = result.text;
      }
      if (!isEndpoint) continue;
      this.#lastText = '';
      if (cut !== null) {
        this.#beginAt(cut);
        break;
      }
      this.#recognizer.reset(this.#stream);
      this.#segmentStart = Math.max(0, this.#fed - KEPT_SAMPLES);
    }
    return spoken;
  }

  /**
   * Where a fresh stream may begin after an endpoint. The pause that ended the segment is decoded, so nothing is lost anywhere in it; a segment that ended for
   * its length alone has no such place.
   * @returns samples of the stream
   */
  #cutAfter({ text, tokens, timestamps, start_time }: OnlineResult): number | null {
    const lastSec = timestamps.at(-1);
    if (text.trim() === '' || lastSec === undefined || timestamps.length !== tokens.length) return null;
    if (this.#fed - this.#segmentStart >= ENDPOINT.rule3MinUtteranceLength * SAMPLE_RATE_HZ) return null;
    const cut = Math.round((start_time + lastSec + CUT_AFTER_LAST_SEC) * 1_000) * MS_SAMPLES;
    return cut <= this.#fed && cut > this.#fed - this.#keptLength ? cut : null;
  }

  #beginAt(cut: number): void {
    const again = new Float32Array(this.#fed - cut);
    let end = again.length;
    for (const block of this.#kept.toReversed()) {
      if (end <= 0) break;
      const part = block.subarray(Math.max(0, block.length - end));
      end -= part.length;
      again.set(part, end);
    }
    this.#queue.unshift(again);
    this.#stream = this.#freshStream();
    this.#streamStart += cut;
    this.#fed = 0;
    this.#segmentStart = 0;
    this.#kept = [];
    this.#keptLength = 0;
  }

  #toSpoken(result: OnlineResult, isFinal: boolean, cut: number | null): Spoken | null {
    const text = result.text.trim();
    if (text === '') return null;
    const audioMs = Math.round(((this.#streamStart + this.#fed) / SAMPLE_RATE_HZ) * 1_000);
    const offsetMs = this.#streamStart / MS_SAMPLES + Math.round(result.start_time * 1_000);
    const words = joinWords(
      { texts: result.tokens, startsSec: result.timestamps, lengthsSec: [], logProbs: result.ys_probs },
      offsetMs,
      audioMs,
    );
    return {
      isFinal,
      startMs: words[0]?.startMs ?? Math.min(offsetMs, audioMs),
      endMs: words.at(-1)?.endMs ?? audioMs,
      text,
      language: this.#language,
      words: isFinal ? words : [],
      cutSample: cut === null ? null : this.#streamStart + cut,
    };
  }
}

interface PieceOptions {
  readonly pieceSamples: number;
  readonly isCutAtQuiet: boolean;
  readonly requestedLanguage: string | null;
  readonly language: string | null;
}

/** Decodes piece by piece, each as a recording of its own. */
class PieceDecoder implements FileDecoder {
  readonly #recognizer: OfflineRecognizer;
  readonly #options: PieceOptions;
  readonly #queue = new SampleQueue();
  #isFinished = false;
  /** Samples of the pieces decoded so far. */
  #decoded = 0;

  constructor(recognizer: OfflineRecognizer, options: PieceOptions) {
    this.#recognizer = recognizer;
    this.#options = options;
  }

  push(samples: Float32Array): void {
    this.#queue.push(samples);
  }

  finish(): void {
    this.#isFinished = true;
  }

  step(): Step | null {
    const { pieceSamples, isCutAtQuiet } = this.#options;
    const isLast = this.#queue.length <= pieceSamples;
    // A piece that is exactly full waits until it is known whether it is the last: then it needs no cut.
    if (isLast && !this.#isFinished && (isCutAtQuiet || this.#queue.length < pieceSamples)) return null;
    let piece = this.#queue.take(pieceSamples);
    if (isCutAtQuiet && !isLast) {
      const cut = quietCut(piece);
      this.#queue.unshift(piece.slice(cut));
      piece = piece.slice(0, cut);
    }
    const spoken = piece.length === 0 ? null : this.#decode(piece);
    this.#decoded += piece.length;
    return { spoken: spoken === null ? [] : [spoken], samples: piece.length, isEnd: this.#isFinished && this.#queue.length === 0 };
  }

  #decode(piece: Float32Array): Spoken | null {
    const stream: OfflineStream = this.#recognizer.createStream();
    if (this.#options.requestedLanguage !== null) stream.setOption('language', this.#options.requestedLanguage);
    stream.acceptWaveform({ samples: filledUp(piece), sampleRate: SAMPLE_RATE_HZ });
    this.#recognizer.decode(stream);
    const result = this.#recognizer.getResult(stream);
    const text = result.text.trim();
    if (text === '') return null;
    const offsetMs = Math.round((this.#decoded / SAMPLE_RATE_HZ) * 1_000);
    const endMs = Math.round(((this.#decoded + piece.length) / SAMPLE_RATE_HZ) * 1_000);
    const words = joinWords(
      { texts: result.tokens, startsSec: result.timestamps, lengthsSec: result.durations, logProbs: result.ys_log_probs },
      offsetMs,
      endMs,
    );
    return {
      isFinal: true,
      startMs: words[0]?.startMs ?? offsetMs,
      endMs: words.at(-1)?.endMs ?? endMs,
      text,
      // SenseVoice writes `<|en|>`.
      language: result.lang.replace(/^<\|(.*)\|>$/, '$1') || this.#options.language,
      words,
      cutSample: this.#decoded + piece.length,
    };
  }
}

function filledUp(piece: Float32Array): Float32Array {
  if (piece.length >= SHORTEST_PIECE_SAMPLES) return piece;
  const filled = new Float32Array(SHORTEST_PIECE_SAMPLES);
  filled.set(piece);
  return filled;
}
