import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, statfs, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { createUploadStore, parseUploadPath, type UploadStore, type UploadStoreOptions } from './uploads.ts';

let dataDir: string;
let store: UploadStore;
let session: { readonly sessionId: string; readonly folder: string };
/** What runs read. */
let sources: string[];

function newStore(options: Partial<UploadStoreOptions> = {}): UploadStore {
  return createUploadStore({ dataDir, reserveBytes: 0, listSources: async () => sources, ...options });
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nightshift-uploads-'));
  sources = [];
  store = newStore();
  session = await store.createSession(null);
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

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
  return (await readdir(session.folder, { recursive: true })).toSorted();
}

async function partials(sessionId = session.sessionId): Promise<string[]> {
  return readdir(join(dataDir, 'uploads', sessionId, 'partial'));
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
    expect([await files(), await partials()]).toEqual([['a', 'a/b c.wav'], []]);
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
    expect([await files(), await partials()]).toEqual([[], []]);
  });

  it('keeps nothing of a file whose sender went away', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.from('half'));
    const code = codeOf(store.receive(session.sessionId, 'a.wav', 100, body));
    await eventually(async () => expect(await partials()).toHaveLength(1));
    body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    expect(await code).toBe('CONNECTION_LOST');
    expect([await files(), await partials()]).toEqual([[], []]);
  });

  it.skipIf(!existsSync('/dev/full'))('says DISK_FULL, removes the partial file and lets the rest of the body flow off', async () => {
    const full = newStore({ openFile: () => open('/dev/full', 'w') });
    const body = bodyOf(...Array<string>(50).fill('x'.repeat(1_000)));
    const ended = new Promise((resolve) => body.once('end', resolve));
    await expect(full.receive(session.sessionId, 'a.wav', 50_000, body)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await ended;
    expect([await files(), await partials()]).toEqual([[], []]);
  });

  it('refuses what does not fit beside the reserve and what is still under way', async () => {
    const { bavail, bsize } = await statfs(dataDir);
    const freeBytes = bavail * bsize;
    await expect(store.createSession(freeBytes * 2)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED', data: { reason: 'noSpace' } });
    await expect(store.receive(session.sessionId, 'a.wav', freeBytes * 2, bodyOf('x'))).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
      data: { reason: 'noSpace', neededBytes: freeBytes * 2 },
    });
    const careful = newStore({ reserveBytes: freeBytes * 2 });
    await expect(careful.receive(session.sessionId, 'a.wav', 1, bodyOf('x'))).rejects.toMatchObject({ data: { freeBytes: 0 } });

    // Two thirds of the disk are promised to a slow file, so another two thirds are refused until it is gone.
    const twoThirds = Math.floor((freeBytes * 2) / 3);
    const slow = new Readable({ read: () => undefined });
    const code = codeOf(store.receive(session.sessionId, 'slow.wav', twoThirds, slow));
    await eventually(async () => expect(await partials()).toHaveLength(1));
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
    expect(await partials()).toEqual([]);
  });

  it('counts what has reached the disk once: two files that fit together are both taken', async () => {
    /** A disk of 25 bytes. */
    const freeDiskBytes = async (folder: string): Promise<number> => {
      const sizes = (await readdir(folder, { recursive: true })).map(async (path) => {
        const info = await stat(join(folder, path));
        return info.isFile() ? info.size : 0;
      });
      return 25 - (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    };
    const small = newStore({ freeDiskBytes });
    const slow = new Readable({ read: () => undefined });
    const code = codeOf(small.receive(session.sessionId, 'slow.wav', 10, slow));
    slow.push('123456789');
    const partial = async (): Promise<string> => join(dataDir, 'uploads', session.sessionId, 'partial', (await partials())[0] ?? '');
    await eventually(async () => expect((await stat(await partial())).size).toBe(9));
    await small.receive(session.sessionId, 'b.wav', 10, bodyOf('1234567890'));
    await expect(small.receive(session.sessionId, 'c.wav', 6, bodyOf('123456'))).rejects.toMatchObject({ data: { freeBytes: 5 } });
    slow.push('0');
    slow.push(null);
    expect(await code).toBe('no error');
    expect(await files()).toEqual(['b.wav', 'slow.wav']);
  });

  it('promises the same space to one of two files that ask at the same moment', async () => {
    const { bavail, bsize } = await statfs(dataDir);
    const twoThirds = Math.floor((bavail * bsize * 2) / 3);
    const bodies = [new Readable({ read: () => undefined }), new Readable({ read: () => undefined })];
    const codes = bodies.map((body, index) => codeOf(store.receive(session.sessionId, `${index}.wav`, twoThirds, body)));
    expect(await Promise.race(codes)).toBe('UPLOAD_REFUSED');
    for (const body of bodies) body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    expect((await Promise.all(codes)).toSorted()).toEqual(['CONNECTION_LOST', 'UPLOAD_REFUSED']);
  });
});

const HOUR_MS = 3_600_000;

/** Makes everything of a session as old as that. */
async function age(sessionId: string, ms: number): Promise<void> {
  const root = join(dataDir, 'uploads', sessionId);
  const then = new Date(Date.now() - ms);
  for (const path of [...(await readdir(root, { recursive: true })), '.']) await utimes(join(root, path), then, then);
}

describe('removeSession', () => {
  it('removes what arrived and cuts off what is under way', async () => {
    await store.receive(session.sessionId, 'a/b.wav', 3, bodyOf('one'));
    const body = new Readable({ read: () => undefined });
    body.push('half');
    const code = codeOf(store.receive(session.sessionId, 'c.wav', 100, body));
    await eventually(async () => expect(await partials()).toHaveLength(1));
    await store.removeSession(session.sessionId);
    expect(await code).toBe('UPLOAD_REFUSED');
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
    await expect(store.receive(session.sessionId, 'd.wav', 1, bodyOf('x'))).rejects.toMatchObject({ data: { reason: 'unknownSession' } });
  });

  it.each([
    ['the folder itself', (folder: string) => folder],
    ['a folder in it', (folder: string) => join(folder, 'a')],
    ['the folder above', (folder: string) => join(folder, '..', '..')],
  ])('keeps what a run reads: %s', async (_, sourceOf) => {
    await store.receive(session.sessionId, 'a/b.wav', 3, bodyOf('one'));
    const link = join(dataDir, 'link');
    await symlink(sourceOf(session.folder), link);
    sources = [link];
    await expect(store.removeSession(session.sessionId)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED', data: { reason: 'inUse' } });
    expect(await files()).toEqual(['a', 'a/b.wav']);
    sources = [join(dataDir, 'uploads', `${session.sessionId}-other`), join(dataDir, 'up')];
    await store.removeSession(session.sessionId);
    expect(existsSync(session.folder)).toBe(false);
  });

  it.each(['..', '', '0'.repeat(32)])('knows no session %j', async (sessionId) => {
    await expect(store.removeSession(sessionId)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED', data: { reason: 'unknownSession' } });
    expect(existsSync(session.folder)).toBe(true);
  });
});

describe('removeAbandoned', () => {
  it('removes sessions older than a day that no run reads, and nothing else', async () => {
    const [old, read, fresh] = [session, await store.createSession(null), await store.createSession(null)];
    for (const { sessionId } of [old, read, fresh]) await store.receive(sessionId, 'a.wav', 3, bodyOf('one'));
    await mkdir(join(dataDir, 'uploads', 'of the user'));
    await age(old.sessionId, 25 * HOUR_MS);
    await age(read.sessionId, 25 * HOUR_MS);
    await age(fresh.sessionId, 23 * HOUR_MS);
    sources = [read.folder];
    expect(await store.removeAbandoned()).toBe(1);
    expect((await readdir(join(dataDir, 'uploads'))).toSorted()).toEqual(['of the user', read.sessionId, fresh.sessionId].toSorted());
    expect(await readFile(join(read.folder, 'a.wav'), 'utf8')).toBe('one');
  });

  it('removes halves of files that a killed process left, but not one that another process is writing', async () => {
    const writing = await store.createSession(null);
    const halfOf = (sessionId: string): string => join(dataDir, 'uploads', sessionId, 'partial', 'ab'.repeat(12));
    await writeFile(halfOf(session.sessionId), 'half');
    await writeFile(halfOf(writing.sessionId), 'half');
    await age(session.sessionId, 25 * HOUR_MS);
    await age(writing.sessionId, 25 * HOUR_MS);
    await utimes(halfOf(writing.sessionId), new Date(), new Date());
    sources = [session.folder];
    expect(await store.removeAbandoned()).toBe(0);
    expect([await partials(), await partials(writing.sessionId)]).toEqual([[], ['ab'.repeat(12)]]);
  });

  it('removes nothing when the runs cannot be asked', async () => {
    await age(session.sessionId, 25 * HOUR_MS);
    const blind = newStore({
      listSources: async () => {
        throw new Error('the owner is gone');
      },
    });
    await expect(blind.removeAbandoned()).rejects.toThrow('the owner is gone');
    expect(existsSync(session.folder)).toBe(true);
  });

  it('has nothing to do where nothing was ever uploaded', async () => {
    await rm(join(dataDir, 'uploads'), { recursive: true });
    expect(await store.removeAbandoned()).toBe(0);
  });
});
