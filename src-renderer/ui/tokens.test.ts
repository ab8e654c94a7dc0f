import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const cwd = join(import.meta.dirname, '..');
const read = (pattern: string): Record<string, string> =>
  Object.fromEntries(globSync(pattern, { cwd }).map((path) => [path, readFileSync(join(cwd, path), 'utf8')]));
const sheets = read('**/*.css');
const sources = read('**/*.tsx');

describe('design tokens', () => {
  it('every token that is used exists, and every one that exists is used', () => {
    const defined = new Set([...(sheets[join('ui', 'tokens.css')] ?? '').matchAll(/^\s+(--[\w-]+):/gm)].map(([, name]) => name));
    const used = new Set<string | undefined>();
    for (const text of [...Object.values(sheets), ...Object.values(sources)])
      // What Radix measures and sets itself is no token of ours.
      for (const [, name] of text.matchAll(/var\((--(?!radix-)[\w-]+)/g)) used.add(name);
    expect(defined.size).toBeGreaterThan(20);
    expect([...used].toSorted()).toEqual([...defined].toSorted());
  });

  it('no colour is written outside the tokens', () => {
    const strays = Object.entries({ ...sheets, ...sources })
      .filter(([path]) => !path.endsWith('tokens.css'))
      .flatMap(([path, text]) =>
        [...text.matchAll(/(?:fill|stroke|color|background):?\s*=?["']?\s*#[0-9a-f]{3,8}/gi)].map(([match]) => `${path}: ${match}`),
      );
    expect(strays).toEqual([]);
  });
});
