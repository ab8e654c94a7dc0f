const MASK = '[masked]';

const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/((?:^|[?&#;\s"'])(?:\w+_)?(?:token|secret|password|api_?key)["']?\s*[=:]\s*["']?)[^\s&"',;#]+/gi, `$1${MASK}`],
  [/(\b[a-z][\w+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${MASK}@`],
];
/** A shorter value would be found in words that are no secret. */
const SHORTEST_SECRET = 4;

/**
 * Text with tokens in links, authorisation headers and passwords in addresses replaced by `[masked]`.
 * @param known secrets that are replaced wherever they stand
 */
export function maskText(text: string, known: readonly string[] = []): string {
  const withoutKnown = known.reduce((masked, secret) => (secret.length < SHORTEST_SECRET ? masked : masked.replaceAll(secret, MASK)), text);
  return SECRET_TEXT.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), withoutKnown);
}
