/**
 * How a stand-in treats every file that it is given.
 *
 * normal: hears it · empty: answers in order, without a word · slow: answers late · talks: answers every frame with a long text and reads
 * on only when that was taken · busy: says that it is full, where the protocol can · diesMidFile: gone without a word · closesEarly: an
 * orderly end in the middle · garbage: says what is no message · truncated: half a message, then gone · hangs: stops reading and says
 * nothing more
 */
export type Scenario = 'normal' | 'empty' | 'slow' | 'talks' | 'busy' | 'diesMidFile' | 'closesEarly' | 'garbage' | 'truncated' | 'hangs';

/** A server on loopback that follows a protocol as its project's source has it, and recognises `spokenNumbers` instead of speech. */
export interface AsrStandIn {
  readonly url: string;
  /** What clients said that was no audio, in order: texts, addresses of requests, `name=value` of form fields. */
  readonly heard: string[];
  /** Changes what happens to the next file. */
  scenario: Scenario;
  close(): Promise<void>;
}

/** Frames of a file that are heard before something goes wrong. */
export const FRAMES_BEFORE_FAULT = 2;
export const SLOW_MS = 300;
