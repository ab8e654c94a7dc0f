/** Scheme of our own protocol: the page has an origin, and no file on the disk is part of it (as with file:). */
export const PANEL_SCHEME = 'app';
export const PANEL_HOST = 'nightshift';
export const PANEL_ORIGIN = `${PANEL_SCHEME}://${PANEL_HOST}`;
export const PANEL_URL = `${PANEL_ORIGIN}/`;

/** Whether an address is a page of the panel. Node's URL knows no origin for schemes of our own, so the parts are compared. */
export function isPanelUrl(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && url.protocol === `${PANEL_SCHEME}:` && url.host === PANEL_HOST && url.username === '' && url.password === '';
}
