import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScannedFile, ScanResult } from '#main/core/ports.ts';
import { wavBytes } from '#main/testing/wavBytes.ts';
import { createFolderScanner } from './folderScanner.ts';

const scanner = createFolderScanner();
const ids = (result: ScanResult): string[] => result.files.map(({ fileId }) => fileId);
const referencesOf = (result: ScanResult): Record<string, string | null> =>
  Object.fromEntries(result.files.map((file) => [file.fileId, file.reference]));

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'scan-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Writes a file below the root, folders included. */
function put(path: string, content: string | Buffer = 'x'): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

describe('folder scanner', () => {
  it('finds media at any depth by name, in code unit order, with sizes and times', async () => {
    for (const path of ['b.wav', 'a/z.FLAC', 'a/Z.mp3', 'a/deep/er/c.opus', 'notes.pdf', 'é.m4a', '한국어/이름.ogg', '.hidden.mp3'])
      put(path, 'content');
    const result = await scanner.scan([root]);
    expect(ids(result)).toEqual(['.hidden.mp3', 'a/Z.mp3', 'a/deep/er/c.opus', 'a/z.FLAC', 'b.wav', 'é.m4a', '한국어/이름.ogg']);
    expect(result.files[4]).toMatchObject({ path: join(root, 'b.wav'), sizeBytes: 7, reference: null, problemCode: null });
    expect(result.files[4]?.modifiedMs).toBeGreaterThan(1.6e12);
    expect(result.problems).toEqual([]);
  });

  it('leaves out junk folders and resource forks, and takes a folder with a media name for a folder', async () => {
    for (const path of ['ok.wav', '._ok.wav', '.git/a.wav', 'node_modules/p/a.wav', '@eaDir/ok.wav', '.Trashes/a.wav', 'song.wav/real.wav'])
      put(path);
    expect(ids(await scanner.scan([root]))).toEqual(['ok.wav', 'song.wav/real.wav']);
  });

  it('names every source that gave nothing beside one that did, and takes overlapping sources once', async () => {
    put('good/a.wav');
    put('papers/notes.pdf');
    mkdirSync(join(root, 'empty'));
    const at = (name: string): string => join(root, name);
    const result = await scanner.scan([at('missing'), at('good'), at('empty'), at('papers'), at('good')]);
    expect(ids(result)).toEqual(['a.wav']);
    expect(result.problems).toEqual([
      { code: 'SOURCE_NOT_FOUND', path: at('missing') },
      { code: 'SOURCE_EMPTY', path: at('empty') },
      { code: 'SOURCE_HAS_NO_MEDIA', path: at('papers') },
    ]);
    await expect(scanner.scan([at('empty'), at('missing')])).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      data: { path: at('missing') },
    });
  });

  it.skipIf(process.platform === 'win32')('a pipe in the place of a transcript is a problem and never waited for', async () => {
    put('a.wav');
    put('b/b.wav');
    execFileSync('mkfifo', [join(root, 'a.txt'), join(root, 'b', 'b.trans.txt')]);
    const result = await scanner.scan([root]);
    expect(referencesOf(result)).toEqual({ 'a.wav': null, 'b/b.wav': null });
    expect(result.problems.map(({ code }) => code)).toEqual(['TRANSCRIPT_UNREADABLE', 'TRANSCRIPT_UNREADABLE']);
  });

  it.runIf(process.platform === 'linux')('a name that is no UTF-8 is said to be unreadable, not gone', async () => {
    put('good.wav');
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff, 0xfe]), Buffer.from('.wav')]), 'x');
    const result = await scanner.scan([root]);
    expect(result.files.map(({ problemCode }) => problemCode).toSorted()).toEqual(['FILE_UNREADABLE', null].toSorted());
  });

  it('looks into files whose name says nothing', async () => {
    put('recording', wavBytes([0, 0.5]));
    put('README', 'RIFF is a format');
    put('Makefile', '');
    expect(ids(await scanner.scan([root]))).toEqual(['recording']);
  });

  it.skipIf(process.platform === 'win32')('keeps names that shells and lists stumble over', async () => {
    const names = ['line\nbreak.wav', 'quote".wav', "it's.wav", 'back\\slash.wav', '-dash.wav', ' space .wav', '$(x).wav', '100%.wav'];
    for (const name of names) put(name);
    expect(ids(await scanner.scan([root])).toSorted()).toEqual(names.toSorted());
  });

  it('takes a file that is given whatever its name', async () => {
    const file = put('voice.bin', 'bytes');
    put('voice.txt', 'what was said');
    const result = await scanner.scan([file]);
    expect(result.files).toMatchObject([{ path: file, fileId: 'voice.bin', reference: 'what was said' }]);
  });

  it('makes ids unique over sources and lists nothing twice', async () => {
    for (const path of ['one/day/a.wav', 'two/day/a.wav', 'two/b.wav']) put(path);
    const result = await scanner.scan(['one', 'two', 'two/b.wav', 'one'].map((name) => join(root, name)));
    expect(ids(result)).toEqual(['b.wav', 'one/day/a.wav', 'two/day/a.wav']);
    const same = await scanner.scan([join(root, 'one/day'), join(root, 'two/day')]);
    expect(ids(same)).toEqual(['day/a.wav', 'day/a.wav (2)']);
    expect(new Set(same.files.map(({ path }) => path)).size).toBe(2);
  });

  it.each([
    ['a missing source', () => join(root, 'missing'), 'SOURCE_NOT_FOUND'],
    ['an empty folder', () => root, 'SOURCE_EMPTY'],
  ])('says that it is %s', async (_name, source, code) => {
    await expect(scanner.scan([source()])).rejects.toMatchObject({ code });
  });

  it('says that a folder has files but no media', async () => {
    put('a.txt');
    await expect(scanner.scan([root])).rejects.toMatchObject({ code: 'SOURCE_HAS_NO_MEDIA', data: { files: 1 } });
  });

  it('stops when asked', async () => {
    put('a.wav');
    await expect(scanner.scan([root], AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    const stop = new AbortController();
    const scan = scanner.scan([root], stop.signal);
    stop.abort();
    await expect(scan).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe.skipIf(process.platform === 'win32')('folder scanner on odd file systems', () => {
  it('brings many files and more problems over in parts, whole and in order', async () => {
    const names = Array.from({ length: 4_001 }, (_, index) => `${String(index).padStart(4, '0')}.wav`);
    mkdirSync(join(root, 'many'));
    for (const name of names) writeFileSync(join(root, 'many', name), 'x');
    const lines = Array.from({ length: 6_500 }, (_, index) => `unused-${index} WORD`);
    put('many/list.trans.txt', lines.join('\n'));
    const result = await scanner.scan([root]);
    expect(ids(result)).toEqual(names.map((name) => `many/${name}`));
    const unused = result.problems.filter(({ code }) => code === 'TRANSCRIPT_UNUSED_ID').map(({ detail }) => detail);
    expect(unused).toEqual(lines.map((line) => line.split(' ')[0]));
    expect(result.problems).toHaveLength(6_500 + names.length);
  });

  it('follows links, ends in loops, and reports dangling ones', async () => {
    put('data/a.wav');
    put('elsewhere/b.wav');
    symlinkSync(root, join(root, 'data/up'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'data/linked'));
    symlinkSync(join(root, 'elsewhere/b.wav'), join(root, 'data/link.wav'));
    symlinkSync(join(root, 'nothing'), join(root, 'data/dangling.wav'));
    symlinkSync('self.wav', join(root, 'data/self.wav'));
    const result = await scanner.scan([join(root, 'data')]);
    expect(result.files.map(({ fileId, problemCode }) => [fileId, problemCode])).toEqual([
      ['a.wav', null],
      ['dangling.wav', 'FILE_NOT_FOUND'],
      ['link.wav', null],
      ['linked/b.wav', null],
      ['self.wav', 'FILE_NOT_FOUND'],
    ]);
  });

  it('never opens what is no regular file', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.wav'), join(root, 'pipe')]);
    put('empty.wav', '');
    const result = await scanner.scan([root]);
    expect(result.files.map(({ fileId, problemCode }) => [fileId, problemCode])).toEqual([
      ['empty.wav', 'FILE_EMPTY'],
      ['pipe.wav', 'FILE_NOT_REGULAR'],
    ]);
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(isRoot)(`goes on where it may not read${isRoot ? ' (skipped: root may read everything)' : ''}`, async () => {
    put('ok.wav');
    chmodSync(put('closed.wav'), 0);
    put('locked/a.wav');
    chmodSync(join(root, 'locked'), 0);
    try {
      const result = await scanner.scan([root]);
      expect(result.files.map(({ fileId, problemCode }) => [fileId, problemCode])).toEqual([
        ['closed.wav', 'FILE_UNREADABLE'],
        ['ok.wav', null],
      ]);
      expect(result.problems).toMatchObject([{ code: 'FOLDER_UNREADABLE', path: join(root, 'locked') }]);
      await expect(scanner.scan([join(root, 'locked')])).rejects.toMatchObject({ code: 'FOLDER_UNREADABLE' });
    } finally {
      chmodSync(join(root, 'locked'), 0o700);
    }
  });
});

describe('references', () => {
  it('reads LibriSpeech transcripts however they were saved', async () => {
    const lines = ['u-1 ONE', 'u-2\tTWO  WORDS \t', '', 'u-3', 'u-4   FOUR'];
    for (const id of [1, 2, 3, 4]) put(`u-${String(id)}.flac`);
    for (const text of [lines.join('\n'), `\ufeff${lines.join('\r\n')}\r\n`, `\n\n${lines.join('\n\n')}\n`]) {
      put('u.trans.txt', text);
      const result = await scanner.scan([root]);
      expect(referencesOf(result)).toEqual({ 'u-1.flac': 'ONE', 'u-2.flac': 'TWO  WORDS', 'u-3.flac': '', 'u-4.flac': 'FOUR' });
      expect(result.problems).toEqual([]);
      expect(result.files[0]?.referencePath).toBe(join(root, 'u.trans.txt'));
    }
  });

  it('prefers a transcript line to a side-car, and a side-car to nothing', async () => {
    for (const name of ['a.wav', 'b.wav', 'c.wav']) put(name);
    put('x.trans.txt', 'a FROM THE LIST\n');
    put('a.txt', 'from the side-car');
    put('b.txt', '\ufeff two\r\nlines \n\n');
    const result = await scanner.scan([root]);
    expect(referencesOf(result)).toEqual({ 'a.wav': 'FROM THE LIST', 'b.wav': 'two lines', 'c.wav': null });
    expect(result.problems).toEqual([{ code: 'REFERENCE_MISSING', path: join(root, 'c.wav'), detail: 'c' }]);
  });

  it('does not miss references where nobody promised any', async () => {
    put('a.wav');
    put('b.wav');
    put('b.txt', 'b');
    expect((await scanner.scan([root])).problems).toEqual([]);
  });

  it('names duplicate and unused ids, and keeps the first of two lines', async () => {
    put('a.wav');
    put('x.trans.txt', 'a FIRST\na SECOND\nzz GONE\n');
    const result = await scanner.scan([root]);
    expect(result.files[0]?.reference).toBe('FIRST');
    expect(result.problems).toEqual([
      { code: 'TRANSCRIPT_DUPLICATE_ID', path: join(root, 'x.trans.txt'), detail: 'a' },
      { code: 'TRANSCRIPT_UNUSED_ID', path: join(root, 'x.trans.txt'), detail: 'zz' },
    ]);
  });

  it('reads other encodings and says so', async () => {
    put('a.wav');
    put('a.txt', Buffer.from('caf\u00e9 \u00fcber', 'latin1'));
    put('b.wav');
    put('b.txt', Buffer.from('\ufeffna\u00efve', 'utf16le'));
    const result = await scanner.scan([root]);
    expect(referencesOf(result)).toEqual({ 'a.wav': 'café über', 'b.wav': 'naïve' });
    expect(result.problems.map(({ code, detail }) => [code, detail])).toEqual([
      ['TRANSCRIPT_NOT_UTF8', 'windows-1252'],
      ['TRANSCRIPT_NOT_UTF8', 'UTF-16'],
    ]);
  });

  it('goes on without a transcript that cannot be read', async () => {
    put('a.wav');
    mkdirSync(join(root, 'x.trans.txt'));
    const result = await scanner.scan([root]);
    expect(result.files).toMatchObject([{ fileId: 'a.wav', reference: null }]);
    expect(result.problems).toMatchObject([{ code: 'TRANSCRIPT_UNREADABLE', path: join(root, 'x.trans.txt') }]);
  });
});

const speech = resolve('../shared/data/speech');
const hasSpeech = existsSync(speech);
const withoutData = hasSpeech ? '' : ' (skipped: no shared data)';

describe.skipIf(!hasSpeech)(`the shared recordings${withoutData}`, () => {
  const inventory = (): string[] =>
    readFileSync(join(speech, 'inventory.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.slice(0, line.indexOf('\t')));

  it('finds exactly the files of the inventory, besides the broken ones and those of bad transcripts', async () => {
    const found = ids(await scanner.scan([speech])).filter((id) => !/^(?:broken|bad-transcripts)\//.test(id));
    expect(found.toSorted()).toEqual(inventory().toSorted());
  });

  it('gives every LibriSpeech utterance its line', async () => {
    const result = await scanner.scan([join(speech, 'librispeech')]);
    expect(result.files.length).toBe(106);
    expect(result.problems).toEqual([]);
    const missing = result.files.filter((file: ScannedFile) => file.reference === null || !/^[A-Z' ]+$/.test(file.reference));
    expect(missing).toEqual([]);
  });

  it('gives every difficult name its side-car', async () => {
    const result = await scanner.scan([join(speech, 'names')]);
    expect(result.files.length).toBe(16);
    expect(new Set(result.files.map(({ reference }) => reference)).size).toBe(1);
    expect(result.files[0]?.reference).not.toBeNull();
    const mixed = await scanner.scan([join(speech, 'mixed')]);
    expect(mixed.files.length).toBe(40);
    expect(mixed.files.find(({ fileId }) => fileId === 'no-extension')).toBeDefined();
  });

  it('reads bad transcripts as far as they can be trusted', async () => {
    const folder = join(speech, 'bad-transcripts');
    const result = await scanner.scan([folder]);
    const byCase = new Map<string, (string | null)[]>();
    for (const { fileId, reference } of result.files) {
      const name = fileId.split('/')[0] ?? '';
      byCase.set(name, [...(byCase.get(name) ?? []), reference]);
    }
    const [first, second] = byCase.get('crlf') ?? [];
    expect(first).toMatch(/^[A-Z' ]+$/);
    for (const name of ['bom', 'blank-lines', 'no-final-newline', 'tab-separated', 'trailing-spaces', 'extra-line']) {
      expect([name, ...(byCase.get(name) ?? [])]).toEqual([name, first, second]);
    }
    expect(byCase.get('duplicate-id')).toHaveLength(2);
    expect(byCase.get('empty-text')).toContain('');
    expect(byCase.get('empty-file')).toEqual([null, null]);
    expect(byCase.get('missing-line')?.filter((reference) => reference === null)).toHaveLength(1);
    expect(byCase.get('latin1')).toEqual(['CAFÉ NAÏVE']);
    const problemsOf = (name: string): string[] =>
      result.problems.filter(({ path }) => path.startsWith(join(folder, name) + '/')).map(({ code }) => code);
    expect(problemsOf('duplicate-id')).toContain('TRANSCRIPT_DUPLICATE_ID');
    expect(problemsOf('extra-line')).toContain('TRANSCRIPT_UNUSED_ID');
    expect(problemsOf('missing-line')).toEqual(['REFERENCE_MISSING']);
    expect(problemsOf('latin1')).toEqual(['TRANSCRIPT_NOT_UTF8']);
    expect(basename(folder)).toBe('bad-transcripts');
  });
});
