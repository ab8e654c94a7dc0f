/**
 * Our flags among Chromium's own.
 * @param argv without the program, e.g. `['--no-sandbox', '/path/to/app', '--data-dir', '/x']`
 */
export function parseCommandLine(argv: readonly string[]): { dataDir: string | null } {
  for (const [index, arg] of argv.entries()) {
    if (arg === '--data-dir') return { dataDir: argv[index + 1] ?? null };
    if (arg.startsWith('--data-dir=')) return { dataDir: arg.slice('--data-dir='.length) };
  }
  return { dataDir: null };
}
