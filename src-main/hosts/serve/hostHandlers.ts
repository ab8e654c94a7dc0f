import type { Handlers, HostRouteName } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { hasFileManager, openInFileManager, type FileManagerOptions } from '#main/platform/fileManager.ts';

/** What a panel in a browser may ask of its host: paths can be opened where a display is, never picked, and files come by upload. */
export function createServeHostHandlers(
  fileManager: FileManagerOptions = { platform: process.platform, env: process.env },
): Handlers<HostRouteName> {
  return {
    'host.info': async () => ({ host: 'serve', canPickPaths: false, canOpenPath: hasFileManager(fileManager), canUpload: true }),
    'host.pickPaths': async () => {
      throw new NightshiftError('NOT_AVAILABLE_HERE', { reason: 'noPathsInBrowser' });
    },
    'host.openPath': async ({ path }) => {
      await openInFileManager(path, fileManager);
      return {};
    },
  };
}
