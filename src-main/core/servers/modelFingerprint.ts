import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { MODES } from '#shared/domain/mode.ts';
import { stableJson } from '#shared/util/stableJson.ts';
import type { FileStore } from '../ports.ts';
import type { Model } from './models.ts';

/**
 * Names a model by what it is and not by where it lies: name, version, engines, and size and time of change of their files. The
 * files themselves can be gigabytes and are not read; a copy that does not keep the times counts as another model, which costs work and
 * never a wrong result.
 */
export async function modelFingerprint(files: FileStore, model: Model): Promise<string> {
  const engines = await Promise.all(
    MODES.map(async (mode) => {
      const spec = model.engines[mode];
      if (spec === undefined) return null;
      const looks = await Promise.all(
        Object.entries(spec.files).map(async ([role, path]) => {
          const info = await files.stat(path);
          return [role, { name: basename(path), sizeBytes: info?.sizeBytes, modifiedMs: info?.modifiedMs }] as const;
        }),
      );
      return { kind: spec.kind, modelType: spec.modelType, files: Object.fromEntries(looks) };
    }),
  );
  const identity = stableJson({ name: model.info.name, version: model.version, engines });
  return `${model.info.name}-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
}
