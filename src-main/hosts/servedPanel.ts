import { fileURLToPath } from 'node:url';

export { createPanelLink } from './serve/serveFiles.ts';
export { startServe } from './serve/startServe.ts';

/** The built panel: source and built code both lie where `out/renderer` is two levels up and beside. */
export function rendererFolder(): string {
  const here = import.meta.url;
  return fileURLToPath(here.endsWith('.ts') ? new URL('../../out/renderer', here) : new URL('../renderer', here));
}
