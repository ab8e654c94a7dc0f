import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, statfs, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createUploadStore, parseUploadPath, type UploadStore } from './uploads.ts';

let dataDir: string;
let store: UploadStore;
let session: { readonly sessionId: string; readonly folder: string };

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nightshift-uploads-'));
  store = createUploadStore({ dataDir, reserveBytes: 0 });
  session = await store.createSession(null);
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

/** Waits for a condition; the limit is only there to end a broken test on a busy machine. */
function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000 });
}

function bodyOf(...parts: (string | Buffer)[]): Readable {
  return Readable.from(parts.map((part) => Buffer.from(part)));
}

/** Listens at once, so that a failure before it is looked at is not an unhandled one. */
function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

async function files(): Promise<string[]> {
  return (await readdir(join(dataDir, 'uploads'), { recursive: true })).filter((path) => path !== session.sessionId).toSorted();
}

describe('parseUploadPath', () => {
  const linux = (path: string): string[] => parseUploadPath(path, 'linux');

  it('returns every name that stays below the session as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }), (names) => {
        const isPlain = names.every(
          // oxlint-disable-next-line no-control-regex -- control characters are what is refused
          (name) => !/[/\\\u0000-\u001f\u007f]/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255,
        );
        const path = names.map(encodeURIComponent).join('/');
        if (isPlain) expect(linux(path)).toEqual(names);
        else expect(() => linux(path)).toThrow(expect.objectContaining({ code: 'UPLOAD_REFUSED' }));
      }),
    );
  });

  it('never gives a path out of its folder, whatever is sent', () => {
    const piece = fc.constantFrom('..', '.', '', '/', '%2e', '%2f', '%5c', '\\', 'a', '%00', '%', 'C:', '~', '%252e');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let segments: string[];
        try {
          segments = linux(pieces.join(''));
        } catch {
          return;
        }
        expect(join('/base', ...segments).startsWith('/base/')).toBe(true);
        expect(segments.includes('..')).toBe(false);
      }),
    );
  });

  it.each(['CON', 'con.wav', 'Aux', 'nul.tar.gz', 'COM1', 'lpt9.txt', 'COM¹', 'a:b', 'a?', 'a.', 'a ', 'x<y', 'CONIN$'])(
    'refuses %j on Windows, where it cannot be stored, and keeps it elsewhere',
    (name) => {
      const path = `ok/${encodeURIComponent(name)}`;
      expect(() => parseUploadPath(path, 'win32')).toThrow(expect.objectContaining({ code: 'UPLOAD_REFUSED' }));
      expect(linux(path)).toEqual(['ok', name]);
    },
  );

  it('limits names, paths and depth', () => {
    expect(linux('x'.repeat(255))).toHaveLength(1);
    for (const path of [
      'x'.repeat(256),
      encodeURIComponent('가'.repeat(86)),
      Array(65).fill('a').join('/'),
      Array(10).fill('x'.repeat(250)).join('/'),
    ]) {
      expect(() => linux(path)).toThrow(expect.objectContaining({ code: 'UPLOAD_REFUSED' }));
    }
  });
});

describe('receive', () => {
  it('stores the bytes and leaves nothing else', async () => {
    const { path } = await store.receive(session.sessionId, 'a/b%20c.wav', 9, bodyOf('one', 'two', '333'));
    expect(path).toBe(join(session.folder, 'a', 'b c.wav'));
    expect(await readFile(path, 'utf8')).toBe('onetwo333');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await files()).toEqual([`${session.sessionId}/a`, `${session.sessionId}/a/b c.wav`]);
  });

  it('stores an empty file', async () => {
    const { path } = await store.receive(session.sessionId, 'empty.wav', 0, bodyOf());
    expect((await stat(path)).size).toBe(0);
  });

  it('replaces the same file when it is sent again', async () => {
    await store.receive(session.sessionId, 'a.wav', 3, bodyOf('one'));
    const { path } = await store.receive(session.sessionId, 'a.wav', 5, bodyOf('later'));
    expect(await readFile(path, 'utf8')).toBe('later');
  });

  it('refuses a file where a folder is and a folder where a file is', async () => {
    await store.receive(session.sessionId, 'a/b.wav', 3, bodyOf('one'));
    await expect(store.receive(session.sessionId, 'a', 3, bodyOf('two'))).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    await expect(store.receive(session.sessionId, 'a/b.wav/c', 3, bodyOf('two'))).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(await readFile(join(session.folder, 'a', 'b.wav'), 'utf8')).toBe('one');
  });

  it('follows no link out of the session', async () => {
    const elsewhere = join(dataDir, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(session.folder, 'link'));
    await expect(store.receive(session.sessionId, 'link/a.wav', 3, bodyOf('one'))).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it.each(['..', '.', '', 'x', '0'.repeat(31), '0'.repeat(32), `${'0'.repeat(31)}/`])('knows no session %j', async (sessionId) => {
    await expect(store.receive(sessionId, 'a.wav', 1, bodyOf('x'))).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
      data: { reason: 'unknownSession' },
    });
  });

  it('keeps nothing of a file whose length is not the declared one', async () => {
    await expect(store.receive(session.sessionId, 'a.wav', 5, bodyOf('one'))).rejects.toMatchObject({ data: { reason: 'sizeMismatch' } });
    expect(await files()).toEqual([]);
  });

  it('keeps nothing of a file whose sender went away', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.from('half'));
    const code = codeOf(store.receive(session.sessionId, 'a.wav', 100, body));
    await eventually(async () => expect((await files()).some((path) => path.includes('.partial/'))).toBe(true));
    body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    expect(await code).toBe('CONNECTION_LOST');
    expect(await files()).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/full'))('says DISK_FULL, removes the partial file and lets the rest of the body flow off', async () => {
    const full = createUploadStore({ dataDir, reserveBytes: 0, openFile: () => open('/dev/full', 'w') });
    const body = bodyOf(...Array<string>(50).fill('x'.repeat(1_000)));
    const ended = new Promise((resolve) => body.once('end', resolve));
    await expect(full.receive(session.sessionId, 'a.wav', 50_000, body)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await ended;
    expect(await files()).toEqual([]);
  });

  it('refuses what does not fit beside the reserve and what is still under way', async () => {
    const { bavail, bsize } = await statfs(dataDir);
    const freeBytes = bavail * bsize;
    await expect(store.createSession(freeBytes * 2)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED', data: { reason: 'noSpace' } });
    await expect(store.receive(session.sessionId, 'a.wav', freeBytes * 2, bodyOf('x'))).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
      data: { reason: 'noSpace', neededBytes: freeBytes * 2 },
    });
    const careful = createUploadStore({ dataDir, reserveBytes: freeBytes * 2 });
    await expect(careful.receive(session.sessionId, 'a.wav', 1, bodyOf('x'))).rejects.toMatchObject({ data: { freeBytes: 0 } });

    // Two thirds of the disk are promised to a slow file, so another two thirds are refused until it is gone.
    const twoThirds = Math.floor((freeBytes * 2) / 3);
    const slow = new Readable({ read: () => undefined });
    const code = codeOf(store.receive(session.sessionId, 'slow.wav', twoThirds, slow));
    await eventually(async () => expect((await files()).some((path) => path.includes('.partial/'))).toBe(true));
    await expect(store.receive(session.sessionId, 'b.wav', twoThirds, bodyOf('x'))).rejects.toMatchObject({ data: { reason: 'noSpace' } });
    slow.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    expect(await code).toBe('CONNECTION_LOST');
    await expect(store.receive(session.sessionId, 'b.wav', twoThirds, bodyOf('x'))).rejects.toMatchObject({
      data: { reason: 'sizeMismatch' },
    });
  });

  it('stores many files at once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `deep/${index % 5}/${index}.wav`);
    await Promise.all(names.map((name) => store.receive(session.sessionId, name, name.length, bodyOf(name))));
    for (const name of names) expect(await readFile(join(session.folder, name), 'utf8')).toBe(name);
    expect((await files()).some((path) => path.includes('.partial'))).toBe(false);
  });
});
