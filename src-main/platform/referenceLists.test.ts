import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScanResult } from '#main/core/ports.ts';
import { scanSources } from './scanWalk.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nightshift-lists-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(name: string, content: string | Uint8Array = 'x'): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function scan(...names: string[]): ScanResult {
  return scanSources(
    names.map((name) => join(root, name)),
    () => undefined,
  );
}

function texts({ files }: ScanResult): Record<string, string | null> {
  return Object.fromEntries(files.map(({ fileId, reference }) => [fileId, reference]));
}

function told({ problems }: ScanResult): string[] {
  return problems.map(({ code, detail }) => `${code} ${detail ?? ''}`.trim());
}

test.each([
  ['metadata.csv', 'file_name,transcription,speaker\na.wav,"one, ""two""\nthree",x\nsub/b.wav,four,y\n'],
  ['list.tsv', '\uFEFFpath\tsentence\tage\r\na.wav\tone, "two"\nthree\t\n'.replace('\nthree', ' three') + 'sub/b.wav\tfour\t\n'],
  [
    'train.jsonl',
    '{"audio_filepath":"a.wav","duration":1,"text":"one, \\"two\\" three"}\n\n{"audio_filepath":"./sub/b.wav","text":"four"}',
  ],
  ['nemo_manifest.json', '{"audio_filepath":"a.wav","text":"one, \\"two\\" three"}\n{"audio_filepath":"sub/b.wav","text":"four"}\n'],
  ['metadata.csv', 'a|1, "2" 3|one, "two" three\nsub/b|four|\n'],
  ['text', 'a one, "two" three\nsub/b   four \n'],
])('%s gives recordings their texts', (name, content) => {
  put('a.wav');
  put('sub/b.wav');
  put(name, content);
  const result = scan('.');
  expect(Object.values(texts(result)).map((text) => text?.replaceAll('\n', ' '))).toEqual(['one, "two" three', 'four']);
  expect(result.files.map(({ referencePath }) => referencePath)).toEqual([join(root, name), join(root, name)]);
  expect(told(result)).toEqual([]);
});

test('recordings may lie where corpora keep them, and paths may be absolute', () => {
  put('voice/clips/a.mp3');
  put('voice/dev.tsv', 'client_id\tpath\tsentence\nx\ta.mp3\tof a clip\n');
  put('lj/wavs/b.wav');
  put('lj/metadata.csv', 'b|raw|spoken\n');
  put('far/c.wav');
  put('nemo/m.jsonl', JSON.stringify({ audio_filepath: join(root, 'far', 'c.wav'), text: 'from afar' }));
  expect(texts(scan('.'))).toEqual({ 'voice/clips/a.mp3': 'of a clip', 'lj/wavs/b.wav': 'spoken', 'far/c.wav': 'from afar' });
});

test('Kaldi names files in wav.scp; what stands there as a command is not run', () => {
  put('audio/a.wav');
  put('audio/b.wav');
  put('kaldi/text', 'utt-1 of a\nutt-2 of b\nutt-3 of nothing\n');
  put('kaldi/wav.scp', `utt-1 ../audio/a.wav\nutt-2 touch ${root}/pwned; cat ../audio/b.wav |\n`);
  const result = scan('.');
  expect(texts(result)).toEqual({ 'audio/a.wav': 'of a', 'audio/b.wav': null });
  expect(told(result)).toEqual([
    'TRANSCRIPT_LINE_INVALID line 2: a command in place of a file; it was not run',
    'TRANSCRIPT_LINE_INVALID line 3: wav.scp has no utt-3',
    'REFERENCE_MISSING',
  ]);
  expect(existsSync(join(root, 'pwned'))).toBe(false);
});

test('a list supplies texts and never files', () => {
  put('secret/other.wav');
  put('in/a.wav');
  put('in/list.jsonl', '{"audio_filepath":"../secret/other.wav","text":"no"}\n{"audio_filepath":"/etc/passwd","text":"no"}\n');
  const result = scan('in');
  expect(texts(result)).toEqual({ 'a.wav': null });
  expect(told(result)).toEqual(['TRANSCRIPT_UNUSED_ID ../secret/other.wav', 'TRANSCRIPT_UNUSED_ID /etc/passwd']);
});

test('broken lines are told and the others used', () => {
  for (const name of ['a', 'b', 'c']) put(`${name}.wav`);
  put('1.jsonl', '{"path":"a.wav","text":"of a"}\n{not json\n{"path":"b.wav","text":null}\n[1]\n{"text":"of nobody"}\n');
  put('2.csv', 'path,text\nb.wav,of b\nc.wav\nc.wav,"never closed\n');
  expect(texts(scan('.'))).toEqual({ 'a.wav': 'of a', 'b.wav': 'of b', 'c.wav': null });
  expect(told(scan('.'))).toEqual([
    'TRANSCRIPT_LINE_INVALID line 2: it is no JSON object',
    'TRANSCRIPT_LINE_INVALID line 3: it has no text for b.wav',
    'TRANSCRIPT_LINE_INVALID line 4: it is no JSON object',
    'TRANSCRIPT_LINE_INVALID line 5: it names no file',
    'TRANSCRIPT_LINE_INVALID line 3: expected 2 columns, got 1',
    'TRANSCRIPT_LINE_INVALID line 4: a quote is opened and never closed',
    'REFERENCE_MISSING',
  ]);
});

test('the text beside a recording comes first, then the first list; another text is told', () => {
  for (const name of ['a', 'b']) put(`${name}.wav`);
  put('a.txt', 'beside');
  put('1.tsv', 'path\ttext\na.wav\tlisted\nb.wav\tfirst\n');
  put('2.tsv', 'path\ttext\nb.wav\tfirst\n');
  put('3.tsv', 'path\ttext\nb.wav\tother\n');
  const result = scan('.');
  expect(texts(result)).toEqual({ 'a.wav': 'beside', 'b.wav': 'first' });
  expect(told(result)).toEqual(['TRANSCRIPT_DUPLICATE_ID b.wav']);
});

test('tables, logs and texts that are no lists are left alone', () => {
  put('a.wav');
  put('inventory.tsv', 'file\tcodec\na.wav\tpcm\n');
  put('old.csv', Buffer.from('name;caf\xe9\n', 'latin1'));
  put('log.jsonl', '{"level":"info"}\nnot even json\n');
  put('notes.csv', 'x|y\nz|w\n');
  put('text', 'once upon a time\nthere was a file\n');
  const result = scan('.');
  expect(texts(result)).toEqual({ 'a.wav': null });
  expect(told(result)).toEqual([]);
});

test('a long list of what is not there is told as far as people read', () => {
  put('a.wav');
  put('all.tsv', `path\ttext\na.wav\tof a\n${Array.from({ length: 250 }, (_, index) => `${index}.wav\tx\n`).join('')}`);
  const problems = told(scan('.'));
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)).toBe('TRANSCRIPT_UNUSED_ID and 150 more lines');
});

test('a single recording finds the list beside it, which says nothing about others', () => {
  put('a.wav');
  put('b.wav');
  put('list.tsv', 'path\ttext\na.wav\tof a\ngone.wav\tx\n');
  const result = scan('a.wav', 'b.wav');
  expect(texts(result)).toEqual({ 'a.wav': 'of a', 'b.wav': null });
  expect(told(result)).toEqual([]);
});

const speech = resolve('../shared/data/speech');
const hasSpeech = existsSync(speech);

describe.skipIf(!hasSpeech)(`lists of the shared recordings${hasSpeech ? '' : ' (skipped: no shared data)'}`, () => {
  const scanShared = (name: string): ScanResult => scanSources([join(speech, name)], () => undefined);

  test('NeMo, Kaldi and audiofolder lists of the same recordings agree, but for the one with other texts', () => {
    const result = scanShared('manifests');
    expect(Object.values(texts(result))[1]).toBe('he was not an ill disposed young man');
    expect(result.files).toHaveLength(3);
    expect(told(result).map((problem) => problem.split(' ')[0])).toEqual(Array.from({ length: 3 }, () => 'TRANSCRIPT_DUPLICATE_ID'));
    expect(result.problems.every(({ path }) => path.endsWith('metadata_quoted.csv'))).toBe(true);
  });

  test('LJSpeech and Common Voice have every text', () => {
    for (const name of ['ljspeech', 'commonvoice']) {
      const result = scanShared(name);
      expect(result.files.length).toBeGreaterThan(0);
      expect(result.files.filter(({ reference }) => reference === null)).toEqual([]);
      expect(told(result)).toEqual([]);
    }
  });

  test('lists that must not be trusted are told line by line', () => {
    const { problems } = scanShared('bad-transcripts');
    const of = (name: string): string[] =>
      problems.filter(({ path }) => path.startsWith(join(speech, 'bad-transcripts', name))).map(({ code, detail }) => `${code} ${detail}`);
    expect(of('kaldi-pipe')).toEqual(['TRANSCRIPT_LINE_INVALID line 1: a command in place of a file; it was not run']);
    expect(of('nemo-escape')).toEqual([
      'TRANSCRIPT_LINE_INVALID line 2: it is no JSON object',
      'TRANSCRIPT_LINE_INVALID line 4: it has no text for ../crlf/1089/134686/1089-134686-0000.flac',
      'TRANSCRIPT_UNUSED_ID ../../../../../../../../etc/passwd',
    ]);
    expect(existsSync(join(speech, 'bad-transcripts', 'kaldi-pipe', 'pwned-by-wav-scp'))).toBe(false);
  });
});
