import { z } from 'zod';
import { DEFAULT_PORTS } from '#shared/domain/mode.ts';
import { AlertRulesSchema } from './alerts.ts';
import { BackupSettingsSchema } from './backups.ts';
import { PathSchema, PerModeSchema, PortSchema } from './common.ts';
import { ProfileIdSchema } from './profiles.ts';
import { DEFAULT_RETENTION, RetentionRulesSchema } from './retention.ts';

const fields = {
  language: z.enum(['auto', 'en', 'ko']),
  theme: z.enum(['system', 'light', 'dark']),
  /** Folder of a model, or null for the sample model that ships with Nightshift. */
  model: PathSchema.nullable(),
  decoder: z.enum(['auto', 'node-av', 'ffmpeg']),
  /** Program to use for the ffmpeg route; null looks on PATH. */
  ffmpegPath: PathSchema.nullable(),
  ports: PerModeSchema(PortSchema),
  /** Profiles that serve each mode; none: our own server of the mode. Work goes to the fastest that has a free place. */
  servers: PerModeSchema(
    z
      .array(ProfileIdSchema)
      .max(16)
      // One named twice is one server.
      .transform((ids) => [...new Set(ids)]),
  ),
  /** Where the panel in a browser may browse for folders; empty means the home folder. */
  browseRoots: z.array(PathSchema).max(50),
  backups: BackupSettingsSchema,
  retention: RetentionRulesSchema,
  /** Decoded audio that may be kept on disk for later modes of a run, MB (2^20 bytes); 0: none. */
  audioCacheMb: z.int().min(0).max(10_000_000),
  /** Runs left by a quit, a crash or a reboot: offered at the next start, or taken up by it (app and `serve`; not by other commands). */
  resumeInterrupted: z.enum(['ask', 'auto']),
  alerts: AlertRulesSchema,
};

/** Kept in the data folder. Every field has a default, so an older or a partial document still loads. */
export const SettingsSchema = z.object({
  language: fields.language.default('auto'),
  theme: fields.theme.default('system'),
  model: fields.model.default(null),
  decoder: fields.decoder.default('auto'),
  ffmpegPath: fields.ffmpegPath.default(null),
  ports: fields.ports.default({ ...DEFAULT_PORTS }),
  servers: fields.servers.default({ streaming: [], chunked: [], original: [] }),
  browseRoots: fields.browseRoots.default([]),
  backups: fields.backups.default({ isDaily: false, keep: 7 }),
  retention: fields.retention.default(DEFAULT_RETENTION),
  audioCacheMb: fields.audioCacheMb.default(2_048),
  resumeInterrupted: fields.resumeInterrupted.default('ask'),
  alerts: fields.alerts.prefault({}),
});

/** Only the fields to change. Without defaults: in zod 4 an absent optional field with a default would be filled in and reset. */
export const SettingsChangeSchema = z.object(fields).partial();
export type Settings = z.infer<typeof SettingsSchema>;

export const settingsRoutes = {
  'settings.get': { kind: 'query', input: z.object({}), output: SettingsSchema },
  'settings.update': { kind: 'command', input: SettingsChangeSchema, output: SettingsSchema },
} as const;
