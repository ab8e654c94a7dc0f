import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, contentTypeOf, renderPanelPage } from './panelPage.ts';

const NONCE = 'q83vEjRWeJCrze8SNFZ4kA==';

describe('renderPanelPage', () => {
  it('writes the nonce at the top of the head', () => {
    expect(renderPanelPage('<!doctype html><html><head lang="en"><title>N</title></head><body></body></html>', NONCE)).toBe(
      `<!doctype html><html><head lang="en"><meta name="csp-nonce" content="${NONCE}" /><title>N</title></head><body></body></html>`,
    );
  });

  it('does not take <header> for the head', () => {
    expect(() => renderPanelPage('<header></header>', NONCE)).toThrow('no <head>');
  });

  it('refuses a nonce that could leave its attribute', () => {
    expect(() => renderPanelPage('<head></head>', '"><script>alert(1)</script>')).toThrow('nonce');
    expect(() => contentSecurityPolicy("abc'; script-src *")).toThrow('nonce');
  });
});

describe('contentSecurityPolicy', () => {
  it('allows our own files, the nonce and nothing else', () => {
    expect(contentSecurityPolicy(NONCE)).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${NONCE}'; img-src 'self' data:; font-src 'self'; ` +
        `connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  it('adds what the host connects to', () => {
    expect(contentSecurityPolicy(NONCE, { connectSrc: ['ws://127.0.0.1:5555'] })).toContain("connect-src 'self' ws://127.0.0.1:5555;");
  });
});

describe('contentTypeOf', () => {
  it('knows the files of a build and calls the rest bytes', () => {
    expect(['index.html', 'assets/a-1.JS', 'clip.flac', 'x.sh', 'noext'].map(contentTypeOf)).toEqual([
      'text/html; charset=utf-8',
      'text/javascript; charset=utf-8',
      'audio/flac',
      'application/octet-stream',
      'application/octet-stream',
    ]);
  });
});
