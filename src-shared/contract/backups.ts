import { z } from 'zod';
import { AbsolutePathSchema, EpochMsSchema, PathSchema } from './common.ts';

/** Why a backup was made: somebody asked · once a day · a newer Nightshift was about to change the form of the database. */
export const BACKUP_REASONS = ['request', 'daily', 'migration'] as const;
export type BackupReason = (typeof BACKUP_REASONS)[number];

export const BackupSettingsSchema = z.object({
  /** One a day while Nightshift runs. */
  isDaily: z.boolean(),
  /** The newest so many of each reason are kept in the data folder; backups elsewhere are never removed. */
  keep: z.int().min(1).max(1_000),
});

export const BackupSchema = z.object({
  path: PathSchema,
  reason: z.enum(BACKUP_REASONS),
  madeAtMs: EpochMsSchema,
  sizeBytes: z.number(),
});
export type Backup = z.infer<typeof BackupSchema>;

export const DatabaseCheckSchema = z.object({
  path: PathSchema,
  isSound: z.boolean(),
  /** In the words of SQLite, at most 20; empty when it is sound. */
  problems: z.array(z.string()),
  sizeBytes: z.number(),
  /** null where the file cannot be read so far. */
  runs: z.int().nullable(),
  newestRunAtMs: EpochMsSchema.nullable(),
  tookMs: z.number(),
});
export type DatabaseCheck = z.infer<typeof DatabaseCheckSchema>;

export const MadeBackupSchema = BackupSchema.extend({
  runs: z.int(),
  /** All rows of all tables; the copy has the same number in each. */
  rows: z.int(),
  tookMs: z.number(),
  /** Older ones of the same reason that gave way. */
  removed: z.array(PathSchema),
});
export type MadeBackup = z.infer<typeof MadeBackupSchema>;

export const backupRoutes = {
  /** Backups in the data folder, newest first. */
  'backups.list': { kind: 'query', input: z.object({}), output: z.object({ folder: PathSchema, backups: z.array(BackupSchema) }) },
  /** A copy of the database as it is now, checked after writing. `to` is a new file or an existing folder; null: the data folder. */
  'backups.create': {
    kind: 'command',
    input: z.object({ to: AbsolutePathSchema.nullable().default(null) }),
    output: MadeBackupSchema,
  },
  /** Reads a whole database and says whether it is sound; null: the one in use. */
  'backups.check': {
    kind: 'command',
    input: z.object({ path: AbsolutePathSchema.nullable().default(null) }),
    output: DatabaseCheckSchema,
  },
} as const;
