import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '#shared/errors/errorCodes.ts';
import { errorText } from '#shared/errors/messages.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';

type Tree = { readonly [key: string]: string | Tree };

/** Key → the names its text fills in; plural forms of a key are one entry. */
function texts(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value !== 'string') {
      for (const entry of texts(value, `${prefix}${key}.`)) found.set(...entry);
      continue;
    }
    expect(value.trim(), `${prefix}${key}`).not.toBe('');
    const names = [...value.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).toSorted();
    found.set(`${prefix}${key.replace(/_(one|other)$/, '')}`, names.join(' '));
  }
  return found;
}

describe('texts', () => {
  it('exist in both languages and fill in the same values', () => {
    expect(Object.fromEntries(texts(ko))).toEqual(Object.fromEntries(texts(en)));
  });

  it('has a singular for every plural in English', () => {
    const keys = JSON.stringify(en).match(/"\w+_(one|other)"/g) ?? [];
    expect(keys.filter((key) => key.includes('_one')).map((key) => key.replace('_one', ''))).toEqual(
      keys.filter((key) => key.includes('_other')).map((key) => key.replace('_other', '')),
    );
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s has three sentences in both languages', (code) => {
    for (const locale of ['en', 'ko'] as const) {
      const { what, did, advice } = errorText({ code, data: {} }, locale);
      for (const sentence of [what, did, advice]) expect(sentence.length, `${code} ${locale}`).toBeGreaterThan(5);
    }
  });
});
