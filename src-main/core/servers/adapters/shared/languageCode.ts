let codesByName: Map<string, string> | null = null;

/** `english` → `en`: the servers of Whisper say the language by its English name. A code stays as it is, an unknown name is null. */
export function languageCodeOf(said: string | null | undefined): string | null {
  if (said === null || said === undefined || said === '') return null;
  const name = said.toLowerCase();
  if (/^[a-z]{2,3}(-[a-z0-9]+)*$/.test(name) && !names().has(name)) return said;
  return names().get(name) ?? null;
}

/** What servers of Whisper want of a BCP-47 tag: `en-US` → `en`. */
export function primaryLanguageOf(tag: string): string {
  return tag.split('-')[0]?.toLowerCase() ?? tag;
}

function names(): Map<string, string> {
  if (codesByName !== null) return codesByName;
  // Hawaiian and Cantonese are the only languages of Whisper without a code of two letters.
  const codes = ['haw', 'yue'];
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const first of letters) for (const second of letters) codes.push(first + second);
  const display = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  codesByName = new Map();
  for (const code of codes) {
    const name = display.of(code)?.toLowerCase();
    // Codes that were withdrawn have the name of another one.
    if (name !== undefined && !codesByName.has(name)) codesByName.set(name, code);
  }
  return codesByName;
}
