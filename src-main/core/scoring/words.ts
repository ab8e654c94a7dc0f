/** Unicode white space: NEL is among it, the byte order mark and U+200B are not. */
const WHITE_SPACE = /\p{White_Space}+/u;

/** Words of a text: what remains between Unicode white space, in order; empty for a text without any. */
export function splitWords(text: string): string[] {
  return text.split(WHITE_SPACE).filter((word) => word !== '');
}
