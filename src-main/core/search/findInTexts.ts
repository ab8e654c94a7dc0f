/** Terms of one question; more would not find more. */
const MOST_TERMS = 16;

/** Words of a question; what stands in quotation marks is one. */
export function termsOf(text: string): string[] {
  const terms = [...text.normalize('NFC').matchAll(/"([^"]+)"|([^\s"]+)/g)].map(([, quoted, word]) => (quoted ?? word ?? '').trim());
  return [...new Set(terms.filter((term) => term !== ''))].slice(0, MOST_TERMS);
}

/** Characters of an excerpt before the first match, and in all. */
const LEAD_CHARS = 60;
const EXCERPT_CHARS = 240;

export interface Excerpt {
  readonly excerpt: string;
  readonly matches: [number, number][];
}

/** The part of a text around the first of the terms, and where the terms stand in it. */
export function excerptOf(text: string, terms: readonly string[]): Excerpt {
  const folded = foldCase(text);
  const spans = terms
    .flatMap((term) => spansOf(folded, foldCase(term)))
    .toSorted((left, right) => left[0] - right[0] || right[1] - left[1]);
  const first = spans[0]?.[0] ?? 0;
  const from = first <= LEAD_CHARS ? 0 : wordStart(text, first - LEAD_CHARS);
  const to = Math.min(text.length, from + EXCERPT_CHARS);
  const lead = from === 0 ? '' : '…';
  const matches: [number, number][] = [];
  for (const [start, end] of spans) {
    if (start < from || end > to) continue;
    const shown: [number, number] = [start - from + lead.length, end - from + lead.length];
    const last = matches.at(-1);
    if (last !== undefined && shown[0] <= last[1]) last[1] = Math.max(last[1], shown[1]);
    else matches.push(shown);
  }
  return { excerpt: `${lead}${text.slice(from, to)}${to < text.length ? '…' : ''}`, matches };
}

/** Lower case letter by letter: places in it are places in the text. */
function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function spansOf(text: string, term: string): [number, number][] {
  const spans: [number, number][] = [];
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) spans.push([at, at + term.length]);
  return spans;
}

/** Not in the middle of a word, where one begins nearby. */
function wordStart(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space >= 0 && space < at + LEAD_CHARS / 2 ? space + 1 : at;
}
