/** The part of sherpa-onnx-node 1.13 that we use (it ships no types of its own). */
declare module 'sherpa-onnx-node' {
  interface Waveform {
    readonly samples: Float32Array;
    readonly sampleRate: number;
  }

  interface RecognizerResult {
    readonly text: string;
    /** A piece that begins a word carries a leading space. */
    readonly tokens: readonly string[];
    /** Seconds, one per token; empty where the model gives none. */
    readonly timestamps: readonly number[];
  }

  export interface OnlineResult extends RecognizerResult {
    /** Natural logarithms, despite the name; one per token or none. */
    readonly ys_probs: readonly number[];
    /** Seconds before the last `reset`. */
    readonly start_time: number;
  }

  export interface OfflineResult extends RecognizerResult {
    readonly lang: string;
    readonly ys_log_probs: readonly number[];
    readonly durations: readonly number[];
  }

  interface Stream {
    acceptWaveform(wave: Waveform): void;
    setOption(key: string, value: string): void;
  }

  export interface OnlineStream extends Stream {
    inputFinished(): void;
  }

  export type OfflineStream = Stream;

  export interface OnlineRecognizer {
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    decode(stream: OnlineStream): void;
    isEndpoint(stream: OnlineStream): boolean;
    reset(stream: OnlineStream): void;
    getResult(stream: OnlineStream): OnlineResult;
  }

  export interface OfflineRecognizer {
    createStream(): OfflineStream;
    decode(stream: OfflineStream): void;
    getResult(stream: OfflineStream): OfflineResult;
  }

  /** CommonJS: only the whole is importable from a module. Constructors throw TypeError for a missing file; a damaged one ends the process. */
  const sherpa: {
    readonly OnlineRecognizer: new (config: object) => OnlineRecognizer;
    readonly OfflineRecognizer: new (config: object) => OfflineRecognizer;
  };
  export default sherpa;
}
