import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { createTranscriptNaming, type TranscriptPlace } from './transcriptNaming.ts';

const USUAL = '{mode}/{folder}/{name}.{ext}';

function place(fileId: string, changes: Partial<TranscriptPlace> = {}): TranscriptPlace {
  return { fileId, mode: 'streaming', format: 'srt', index: 12, runId: 7, ...changes };
}

test('folders are mirrored', () => {
  const name = createTranscriptNaming(USUAL);
  expect(name(place('1089/134686/1089-134686-0001.flac'))).toBe('streaming/1089/134686/1089-134686-0001.srt');
  expect(name(place('top.wav', { mode: 'original', format: 'transcript-json' }))).toBe('original/top.json');
});

test('every field can be used', () => {
  expect(createTranscriptNaming('run{run}/{index}-{name}-{mode}.{ext}')(place('a/b.c.wav'))).toBe('run7/000012-b.c-streaming.srt');
});

test('two files that would share a name both get one', () => {
  const name = createTranscriptNaming(USUAL);
  expect(['a.wav', 'a.mp3', 'A.flac'].map((fileId) => name(place(fileId)))).toEqual([
    'streaming/a.srt',
    'streaming/a (2).srt',
    'streaming/A (3).srt',
  ]);
});

test.each([
  ['con.wav', 'streaming/_con.srt'],
  ['a:b?.wav', 'streaming/a_b_.srt'],
  ['.hidden', 'streaming/.hidden.srt'],
  ['x/../../y.wav', 'streaming/x/__/__/y.srt'],
  ['dots...wav', 'streaming/dots__.srt'],
  ['a\nb.wav', 'streaming/a_b.srt'],
  [`${'가'.repeat(200)}.wav`, expect.stringMatching(/^streaming\/가{70,80}/u) as string],
])('%s becomes %s', (fileId, path) => {
  expect(createTranscriptNaming(USUAL)(place(fileId))).toEqual(path);
});

test('no file id leads out of the folder or to a name some system refuses', () => {
  const part = fc.string({ unit: fc.constantFrom('.', '..', '/', '\\', ':', ' ', 'a', '한', '\u0000', 'nul', '"') });
  fc.assert(
    fc.property(part, (fileId) => {
      const parts = createTranscriptNaming(USUAL)(place(fileId)).split('/');
      expect(parts[0]).toBe('streaming');
      for (const each of parts) {
        expect(each).not.toBe('');
        expect(each).not.toMatch(/[<>:"|?*\\\p{Cc}]|^\.{1,2}$|[. ]$|^(nul|con)(\.|$)/iu);
        expect(Buffer.byteLength(each)).toBeLessThan(250);
      }
    }),
  );
});

describe('a template', () => {
  test.each([['{mode}/x.{ext}'], ['/{name}'], ['C:{name}'], ['../{name}'], ['a/.. /{name}'], ['{name}{what}']])(
    '%s is refused',
    (template) => {
      expect(() => createTranscriptNaming(template)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error);
    },
  );
});
