/** Languages that are offered by name; a server may take others. */
export const LANGUAGES = ['en', 'ko', 'ja', 'zh', 'de', 'fr', 'es'] as const;
