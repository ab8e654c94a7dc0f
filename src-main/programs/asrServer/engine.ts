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
  /** Samples used up. */
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
        pieceSamples: Math.round(Math.min(mode === 'chunked' ? file.windowSec : file.chunkSec, longestSec) * SAMPLE_RATE_HZ),
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

/** Decodes as audio arrives; a pause ends a segment. */
class StreamingDecoder implements FileDecoder {
  readonly #recognizer: OnlineRecognizer;
  readonly #language: string | null;
  readonly #stream: OnlineStream;
  readonly #queue = new SampleQueue();
  #pushed = 0;
  #isFinished = false;
  #lastText = '';

  constructor(recognizer: OnlineRecognizer, language: string | null) {
    this.#recognizer = recognizer;
    this.#language = language;
    this.#stream = recognizer.createStream();
    if (language !== null) this.#stream.setOption('language', language);
  }

  push(samples: Float32Array): void {
    this.#pushed += samples.length;
    this.#queue.push(samples);
  }

  finish(): void {
    this.#isFinished = true;
  }

  step(): Step | null {
    if (this.#queue.length > 0) {
      const samples = this.#queue.take(STREAMING_STEP_SAMPLES);
      this.#stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE_HZ });
      return { spoken: this.#decodeReady(), samples: samples.length, isEnd: false };
    }
    if (!this.#isFinished) return null;
    this.#stream.acceptWaveform({ samples: new Float32Array(STREAMING_TAIL_SAMPLES), sampleRate: SAMPLE_RATE_HZ });
    this.#stream.inputFinished();
    const spoken = this.#decodeReady().filter(({ isFinal }) => isFinal);
    const last = this.#toSpoken(this.#recognizer.getResult(this.#stream), true);
    return { spoken: last === null ? spoken : [...spoken, last], samples: 0, isEnd: true };
  }

  #decodeReady(): Spoken[] {
    const spoken: Spoken[] = [];
    while (this.#recognizer.isReady(this.#stream)) {
      this.#recognizer.decode(this.#stream);
      const isEndpoint = this.#recognizer.isEndpoint(this.#stream);
      const result = this.#recognizer.getResult(this.#stream);
      if (isEndpoint || result.text !== this.#lastText) {
        const next = this.#toSpoken(result, isEndpoint);
        if (next !== null) spoken.push(next);
        this.#lastText = result.text;
      }
      if (isEndpoint) {
        this.#recognizer.reset(this.#stream);
        this.#lastText = '';
      }
    }
    return spoken;
  }

  #toSpoken(result: OnlineResult, isFinal: boolean): Spoken | null {
    const text = result.text.trim();
    if (text === '') return null;
    const audioMs = Math.round((this.#pushed / SAMPLE_RATE_HZ) * 1_000);
    const offsetMs = Math.round(result.start_time * 1_000);
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
    };
  }
}

function filledUp(piece: Float32Array): Float32Array {
  if (piece.length >= SHORTEST_PIECE_SAMPLES) return piece;
  const filled = new Float32Array(SHORTEST_PIECE_SAMPLES);
  filled.set(piece);
  return filled;
}
