declare global {
  // Read by `get-nonce`, which Radix uses for the style sheets it inserts while a dialog is open.
  var __webpack_nonce__: string | undefined;
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
if (nonce !== undefined && nonce !== '') globalThis.__webpack_nonce__ = nonce;

export {};
