/** Markup that is safe to put into a page as it is: made by `markup`, or from a text of our own that has nothing of others in it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Piece[] | null;

/** Control characters have no meaning in a page, and some of them no place in one. */
const CONTROL = /[^\P{Cc}\t\n]/gu;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for attributes in quotes. */
export function escapeMarkup(text: string): string {
  return text.replaceAll(CONTROL, '\uFFFD').replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** A piece of HTML or SVG: whatever is put in is escaped, unless it is markup already; lists are joined, null is nothing. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.map((text, index) => text + shown(pieces[index] ?? null)).join(''));
}

function shown(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string') return escapeMarkup(piece);
  if (typeof piece === 'number') return String(piece);
  return piece.map(shown).join('');
}
