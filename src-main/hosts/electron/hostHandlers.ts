import { type BrowserWindow, dialog, type OpenDialogOptions, shell } from 'electron';
import type { Handlers, HostRouteName } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { placeToOpen } from '#main/platform/fileManager.ts';

const DIALOGS: Readonly<Record<'folder' | 'files', OpenDialogOptions>> = {
  folder: { properties: ['openDirectory', 'multiSelections'] },
  files: { properties: ['openFile', 'multiSelections'] },
};

/** Answers of the desktop: native dialogs and the file manager. */
export function createHostHandlers(
  currentWindow: () => BrowserWindow | null,
  platform: NodeJS.Platform = process.platform,
): Handlers<HostRouteName> {
  return {
    'host.info': async () => ({ host: 'electron', canPickPaths: true, canOpenPath: true, canUpload: false }),
    'host.pickPaths': async ({ what }) => {
      const window = currentWindow();
      const options = DIALOGS[what];
      const { canceled, filePaths } = await (window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options));
      return { paths: canceled ? [] : filePaths };
    },
    'host.openPath': async ({ path: wanted }) => {
      const { path, isOpenable } = await placeToOpen(wanted, platform);
      if (!isOpenable) {
        shell.showItemInFolder(path);
        return {};
      }
      const problem = await shell.openPath(path);
      if (problem !== '') throw new NightshiftError('NOT_AVAILABLE_HERE', { path, detail: problem });
      return {};
    },
  };
}
