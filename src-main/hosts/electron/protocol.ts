import { randomBytes } from 'node:crypto';
import { protocol, type Session } from 'electron';
import { createPanelFiles } from './panelFiles.ts';
import { PANEL_SCHEME } from './panelOrigin.ts';

/** Must be called before the app is ready. */
export function registerPanelScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PANEL_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

/** Serves the built panel in `folder` to the pages of a session. */
export function servePanel(target: Session, folder: string): void {
  target.protocol.handle(
    PANEL_SCHEME,
    createPanelFiles(folder, () => randomBytes(16).toString('base64')),
  );
}
