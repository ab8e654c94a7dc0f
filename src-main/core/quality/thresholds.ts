/** Thresholds of the checks, in one place; docs/reports.md repeats them with their sources. "Ours" is what we chose. */

/** Mean confidence of a segment below which it is doubtful: e⁻¹, the mean log probability of −1 at which Whisper gives a segment up (`transcribe.py`, logprob_threshold). */
export const LOW_CONFIDENCE = Math.exp(-1);
/** Segments of fewer words say too little (ours). */
export const LOW_CONFIDENCE_MIN_WORDS = 3;

/** Words a second that nobody speaks for a whole file (ours): 420 a minute, twice a fast reader. */
export const MAX_WORDS_PER_SEC = 7;
/** Hangul, Han and kana a second: twice the fastest mean syllable rate of a language, 7.8 (Pellegrino, Coupé, Marsico, Language 87, 2011). */
export const MAX_EAST_ASIAN_PER_SEC = 15.7;
/** Texts below this are too short for a rate (ours). */
export const TOO_FAST_MIN_WORDS = 8;

/** Longest repeated unit looked for, in words, or in characters where words are not separated (ours). */
export const LOOP_MAX_UNIT = 12;
/** The unit stands at least this often in a row (ours: people do say a phrase three times). */
export const LOOP_MIN_REPEATS = 4;
/** The whole loop has at least so many words or characters (ours: "no no no no" is speech). */
export const LOOP_MIN_LENGTH = 8;

/** Letters that must be there to judge their script (ours). */
export const SCRIPT_MIN_LETTERS = 10;
/** Share of the letters in a script of the language (ours: names and loan words are normal). */
export const SCRIPT_MIN_SHARE = 0.5;

/** Audio without a single word (ours: a breath or a click can be three seconds long). */
export const EMPTY_MIN_SEC = 5;

/** Audio after the last word: one window of Whisper, which is what a lost window leaves. */
export const END_GAP_SEC = 30;
/** In shorter files: this share of the file and at least so many seconds (ours). */
export const END_GAP_SHARE = 0.25;
export const END_GAP_MIN_SEC = 3;

/** Words from which the same text for two different recordings is no coincidence (ours). */
export const DUPLICATE_MIN_WORDS = 6;

/** Speech without a single word (ours: a cough or a slammed door is shorter, a breath is quieter). */
export const NO_TEXT_MIN_SPEECH_SEC = 2;
/** Words (or syllables) for each second of speech; slow dictation has one (ours). Shorter speech can be a single long word. */
export const LITTLE_TEXT_PER_SEC = 0.2;
export const LITTLE_TEXT_MIN_SPEECH_SEC = 10;
/** Speech after the last word: half of what a lost window of Whisper holds … */
export const LOST_END_SEC = 10;
/** … or so much, when it is this share of all speech (ours). */
export const LOST_END_MIN_SEC = 3;
export const LOST_END_SHARE = 0.25;
