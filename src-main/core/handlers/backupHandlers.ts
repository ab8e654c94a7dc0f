import type { backupRoutes } from '#shared/contract/backups.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { BackupService } from '../backups/backupService.ts';

export function backupHandlers({ backups }: { readonly backups: BackupService }): Handlers<keyof typeof backupRoutes> {
  return {
    'backups.list': async () => ({ folder: backups.folder, backups: backups.list() }),
    'backups.create': ({ to }) => backups.create(to),
    'backups.check': ({ path }) => backups.check(path),
  };
}
