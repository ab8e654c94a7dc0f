import { describe, expect, it, vi } from 'vitest';
import { walkEntries, type WalkedEntry, withDistinctNames } from './dropWalk.ts';

const file = (name: string, bytes = 1): WalkedEntry =>
  ({
    name,
    isFile: true,
    isDirectory: false,
    file: (resolve: (file: File) => void) => resolve(new File([new Uint8Array(bytes)], name)),
  }) as WalkedEntry;

function folder(name: string, children: WalkedEntry[], portion = 2): WalkedEntry {
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader: () => {
      const rest = [...children];
      return { readEntries: (resolve: (entries: WalkedEntry[]) => void) => resolve(rest.splice(0, portion)) };
    },
  } as WalkedEntry;
}

describe('dropped folders', () => {
  it('walks every portion of every folder and keeps the paths', async () => {
    const tree = folder('clips', [
      file('c.wav', 3),
      folder('a', [file('1.wav'), file('2.wav'), file('3.wav')]),
      file('b.wav', 2),
      file('.DS_Store'),
    ]);
    const onProgress = vi.fn();
    const { files, totalBytes, unreadable } = await walkEntries([tree, file('single.mp3', 7)], new AbortController().signal, onProgress);
    expect(files.map(({ segments }) => segments.join('/'))).toEqual([
      'clips/a/1.wav',
      'clips/a/2.wav',
      'clips/a/3.wav',
      'clips/b.wav',
      'clips/c.wav',
      'single.mp3',
    ]);
    expect(totalBytes).toBe(15);
    expect(unreadable).toEqual([]);
    expect(onProgress).toHaveBeenLastCalledWith({ files: 6, bytes: 15 });
  });

  it('names what cannot be read and goes on', async () => {
    const broken = {
      name: 'locked',
      isFile: false,
      isDirectory: true,
      createReader: () => ({ readEntries: (_ok: unknown, reject: (error: unknown) => void) => reject(new Error('no')) }),
    } as WalkedEntry;
    const { files, unreadable } = await walkEntries([folder('x', [broken, file('ok.wav')])], new AbortController().signal, () => undefined);
    expect(files).toHaveLength(1);
    expect(unreadable).toEqual(['x/locked']);
  });

  it('walks a folder with more files than a call takes arguments, and reports ten times a second at most', async () => {
    const children = Array.from({ length: 150_000 }, (_, index) => file(String(index).padStart(6, '0'), 0));
    let nowMs = 0;
    const onProgress = vi.fn();
    const walk = walkEntries([folder('many', children, 1_000_000)], new AbortController().signal, onProgress, () => (nowMs += 1));
    const { files, unreadable } = await walk;
    expect(unreadable).toEqual([]);
    expect(files).toHaveLength(150_000);
    expect(files[1]?.segments).toEqual(['many', '000001']);
    expect(onProgress.mock.calls.length).toBeLessThan(nowMs / 100 + 2);
    expect(onProgress).toHaveBeenLastCalledWith({ files: 150_000, bytes: 0 });
  });

  it('stops when it is cancelled', async () => {
    const cancel = new AbortController();
    const walk = walkEntries([folder('x', [file('1.wav'), file('2.wav')])], cancel.signal, () => cancel.abort());
    await expect(walk).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('files of a dialog', () => {
  it('keeps every one of equal names, also where only the case differs', () => {
    const files = ['a.wav', 'b.wav', 'a.wav', 'A.WAV'].map((name) => new File([], name));
    expect(withDistinctNames(files).map(({ segments }) => segments.join('/'))).toEqual(['a.wav', 'b.wav', '2/a.wav', '3/A.WAV']);
  });
});
