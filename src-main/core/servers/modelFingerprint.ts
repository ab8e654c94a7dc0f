import { createHash } from 'node:crypto';
import { MODES } from '#shared/domain/mode.ts';
import { stableJson } from '#shared/util/stableJson.ts';
import type { FileStore } from '../ports.ts';
import type { Model } from './models.ts';

/**
 * Names a model by what it is and not by where it lies: name, version, engines, and names and sizes of their files. The files themselves can be
 * gigabytes and are not read, so a file changed without a change of size keeps the name.
 */
export async function modelFingerprint(files: FileStore, model: Model): Promise<string> {
  const engines = await Promise.all(
    MODES.map(async (mode) => {
      const spec = model.engines[mode];
      if (spec === undefined) return null;
      const sizes = await Promise.all(
        Object.entries(spec.files).map(async ([role, path]) => [role, (await files.stat(path))?.sizeBytes ?? null] as const),
      );
      return { kind: spec.kind, sizes: Object.fromEntries(sizes) };
    }),
  );
  const identity = stableJson({ name: model.info.name, version: model.version, engines });
  return `${model.info.name}-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
}
