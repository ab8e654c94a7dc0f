import { z } from 'zod';
import { DEFAULT_PORTS } from '#shared/domain/mode.ts';
import { PathSchema, PerModeSchema, PortSchema } from './common.ts';

/** Kept in the data folder. Every field has a default, so an older or a partial document still loads. */
export const SettingsSchema = z.object({
  language: z.enum(['auto', 'en', 'ko']).default('auto'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Folder of a model, or null for the sample model that ships with Nightshift. */
  model: PathSchema.nullable().default(null),
  decoder: z.enum(['auto', 'node-av', 'ffmpeg']).default('auto'),
  /** Program to use for the ffmpeg route; null looks on PATH. */
  ffmpegPath: PathSchema.nullable().default(null),
  ports: PerModeSchema(PortSchema).default({ ...DEFAULT_PORTS }),
  /** Where the panel in a browser may browse for folders; empty means the home folder. */
  browseRoots: z.array(PathSchema).max(50).default([]),
});
export type Settings = z.infer<typeof SettingsSchema>;

export const settingsRoutes = {
  'settings.get': { kind: 'query', input: z.object({}), output: SettingsSchema },
  'settings.update': { kind: 'command', input: SettingsSchema.partial(), output: SettingsSchema },
} as const;
