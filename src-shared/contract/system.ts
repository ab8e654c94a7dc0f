import { z } from 'zod';
import { ModeSchema, PathSchema, WireErrorSchema } from './common.ts';

export const ModelInfoSchema = z.object({
  name: z.string(),
  path: PathSchema,
  /** Known words when the vocabulary is closed (the sample model: 140), else null. */
  vocabularyWords: z.int().nullable(),
  isSample: z.boolean(),
  modes: z.array(ModeSchema),
});
export type ModelInfo = z.infer<typeof ModelInfoSchema>;

export const DecoderInfoSchema = z.object({
  /** null: neither route is there. */
  route: z.enum(['node-av', 'ffmpeg']).nullable(),
  version: z.string().nullable(),
  path: z.string().nullable(),
});
export type DecoderInfo = z.infer<typeof DecoderInfoSchema>;

export const SystemInfoSchema = z.object({
  version: z.string(),
  bootId: z.string(),
  pid: z.int(),
  dataDir: PathSchema,
  nodeVersion: z.string(),
  platform: z.string(),
  cpuCount: z.int(),
  memoryTotalBytes: z.number(),
  decoder: DecoderInfoSchema,
  model: ModelInfoSchema.nullable(),
  modelError: WireErrorSchema.nullable(),
  sample: z.object({ dir: PathSchema, fileCount: z.int() }).nullable(),
  /** No run was ever created in this data folder. */
  isFirstStart: z.boolean(),
});
export type SystemInfo = z.infer<typeof SystemInfoSchema>;

export const FolderEntrySchema = z.object({ name: z.string(), path: PathSchema, isFolder: z.boolean(), isMedia: z.boolean() });

export const systemRoutes = {
  'system.info': { kind: 'query', input: z.object({}), output: SystemInfoSchema },
  /** Models that could be chosen: the sample, and every model folder below the models folder of the data folder. */
  'models.list': { kind: 'query', input: z.object({}), output: z.object({ models: z.array(ModelInfoSchema) }) },
  /** Checks a folder before it is chosen. */
  'models.check': { kind: 'query', input: z.object({ path: PathSchema }), output: ModelInfoSchema },
  /** Folders below the allowed roots; without a path the roots themselves. */
  'files.browse': {
    kind: 'query',
    input: z.object({ path: PathSchema.nullable().default(null) }),
    output: z.object({ path: PathSchema.nullable(), parent: PathSchema.nullable(), entries: z.array(FolderEntrySchema) }),
  },
} as const;
