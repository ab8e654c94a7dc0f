import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPanelFiles, parseByteRange } from './panelFiles.ts';
import { isPanelUrl } from './panelOrigin.ts';

let folder: string;
let answer: (request: Request) => Promise<Response>;
let nonces = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-panel-'));
  mkdirSync(join(folder, 'renderer/assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer/index.html'), '<!doctype html><html><head></head><body></body></html>');
  writeFileSync(join(folder, 'renderer/assets/main-1.js'), '0123456789');
  writeFileSync(join(folder, 'renderer/assets/한글 이름.svg'), '<svg/>');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  mkdirSync(join(folder, 'renderer-other'));
  writeFileSync(join(folder, 'renderer-other/secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'renderer/link.txt'));
  answer = createPanelFiles(join(folder, 'renderer'), () => `AAAAAAAAAAAAAAAAAAAA${nonces++}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const get = (path: string, init?: RequestInit): Promise<Response> => answer(new Request(`app://nightshift${path}`, init));

describe('createPanelFiles', () => {
  it('gives every load of the page a nonce of its own, the same in page and policy', async () => {
    const loads = [await get('/'), await get('/index.html')];
    const seen = await Promise.all(
      loads.map(async (response) => {
        const inPage = /<meta name="csp-nonce" content="([^"]+)" \/>/.exec(await response.text())?.[1];
        const inPolicy = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
        expect(inPage).toBe(inPolicy);
        return inPage;
      }),
    );
    expect(new Set(seen).size).toBe(2);
    expect(loads[0]?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(loads[0]?.headers.get('cache-control')).toBe('no-store');
  });

  it('serves files with their type', async () => {
    const script = await get('/assets/main-1.js');
    expect(script.status).toBe(200);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await script.text()).toBe('0123456789');
    expect(await (await get(`/assets/${encodeURIComponent('한글 이름.svg')}?v=1#x`)).text()).toBe('<svg/>');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%2frenderer-other/secret.txt',
    '/..%5csecret.txt',
    '/%00',
    '/link.txt',
    '/assets',
    '/assets/',
    '/nothing.js',
    '/%E0%A4%A',
    `/${encodeURIComponent('C:/Windows/win.ini')}`,
    '//etc/passwd',
  ])('finds nothing at %s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it('refuses another host, another method', async () => {
    expect((await answer(new Request('app://elsewhere/index.html'))).status).toBe(403);
    expect((await answer(new Request('https://nightshift/index.html'))).status).toBe(403);
    expect((await get('/', { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('answers byte ranges', async () => {
    const part = await get('/assets/main-1.js', { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    const beyond = await get('/assets/main-1.js', { headers: { range: 'bytes=10-' } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  });

  it('answers HEAD without a body', async () => {
    const response = await get('/assets/main-1.js', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', '']);
  });
});

describe('parseByteRange', () => {
  it.each([
    [null, null],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-30', { first: 0, last: 9 }],
    ['bytes=8-100', { first: 8, last: 9 }],
    ['bytes=-0', false],
    ['bytes=4-3', false],
    ['bytes=10-', false],
    ['bytes=-', null],
    ['bytes=0-1,3-4', null],
    ['chars=0-1', null],
  ] as const)('%s of ten bytes', (header, expected) => {
    expect(parseByteRange(header, 10)).toEqual(expected);
  });
});

describe('isPanelUrl', () => {
  it('knows our page from others', () => {
    expect(['app://nightshift/', 'app://nightshift/index.html#/runs'].map(isPanelUrl)).toEqual([true, true]);
    const others = [
      'app://nightshift.evil/',
      'app://evil/nightshift',
      'app://a:b@nightshift/',
      'app://nightshift:1/',
      'file:///x',
      'about:blank',
      '',
      'apps://nightshift/',
    ];
    expect(others.filter(isPanelUrl)).toEqual([]);
  });
});
