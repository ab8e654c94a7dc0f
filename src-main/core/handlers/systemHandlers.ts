import { availableParallelism, homedir, totalmem } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { Handlers } from '#shared/contract/routes.ts';
import type { settingsRoutes } from '#shared/contract/settings.ts';
import type { systemRoutes } from '#shared/contract/system.ts';
import { hasMediaExtension } from '#shared/domain/mediaKinds.ts';
import { NightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { FileStore, FolderScanner } from '../ports.ts';
import { checkModel, listModels } from '../servers/models.ts';
import type { SettingsStore } from '../settings.ts';

export interface SystemHandlerDeps {
  readonly version: string;
  readonly bootId: string;
  readonly dataDir: string;
  readonly sampleFolder: string;
  readonly modelFolders: readonly string[];
  readonly database: Database;
  readonly decoder: MediaDecoder;
  readonly files: FileStore;
  readonly scanner: FolderScanner;
  readonly settings: SettingsStore;
  /** Folder of the model in use. */
  modelPath(): string;
}

type SystemRouteName = keyof typeof systemRoutes | keyof typeof settingsRoutes;

export function systemHandlers(deps: SystemHandlerDeps): Handlers<SystemRouteName> {
  const { files, settings } = deps;
  let sample: { dir: string; fileCount: number } | null = null;

  const findSample = async (): Promise<{ dir: string; fileCount: number } | null> => {
    try {
      const { files: found } = await deps.scanner.scan([deps.sampleFolder]);
      return { dir: deps.sampleFolder, fileCount: found.length };
    } catch {
      return null;
    }
  };

  return {
    'system.info': async () => {
      const model = await checkModel(files, deps.modelPath()).then(
        (info) => ({ info, error: null }),
        (error: unknown) => ({ info: null, error: toWireError(error) }),
      );
      sample ??= await findSample();
      return {
        version: deps.version,
        bootId: deps.bootId,
        pid: process.pid,
        dataDir: deps.dataDir,
        nodeVersion: process.version,
        platform: process.platform,
        cpuCount: availableParallelism(),
        memoryTotalBytes: totalmem(),
        decoder: await deps.decoder.info(),
        model: model.info,
        modelError: model.error,
        sample,
        isFirstStart: !(await deps.database.read('hasRuns')),
      };
    },
    'models.list': async () => {
      const chosen = settings.current.model;
      return { models: await listModels(files, chosen === null ? deps.modelFolders : [...deps.modelFolders, chosen]) };
    },
    'models.check': ({ path }) => checkModel(files, path),
    'files.browse': async ({ path }) => {
      const roots = settings.current.browseRoots.length > 0 ? settings.current.browseRoots : [homedir()];
      if (path === null) {
        return { path: null, parent: null, entries: roots.map((root) => ({ name: root, path: root, isFolder: true, isMedia: false })) };
      }
      const real = await allowedPath(files, roots, path);
      const entries = (await files.listFolder(real))
        .filter(({ name, isFolder }) => !name.startsWith('.') && (isFolder || hasMediaExtension(name)))
        .map(({ name, isFolder }) => ({ name, path: join(real, name), isFolder, isMedia: !isFolder }))
        .toSorted((left, right) => Number(right.isFolder) - Number(left.isFolder) || left.name.localeCompare(right.name));
      const isRoot = (await Promise.all(roots.map((root) => realOrSelf(files, root)))).includes(real);
      return { path: real, parent: isRoot ? null : dirname(real), entries };
    },
    'settings.get': async () => settings.current,
    'settings.update': async (change) => {
      if (change.model != null) await checkModel(files, change.model);
      const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      return await settings.update(named);
    },
  };
}

async function realOrSelf(files: FileStore, path: string): Promise<string> {
  return await files.realPath(path).catch(() => resolve(path));
}

/** After links are resolved: a link out of an allowed root leads nowhere. @throws PATH_NOT_ALLOWED, FILE_NOT_FOUND */
async function allowedPath(files: FileStore, roots: readonly string[], path: string): Promise<string> {
  const real = await files.realPath(path);
  for (const root of roots) {
    const realRoot = await realOrSelf(files, root);
    if (real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return real;
  }
  throw new NightshiftError('PATH_NOT_ALLOWED', { path });
}
