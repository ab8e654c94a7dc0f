import { type Settings, SettingsSchema } from '#shared/contract/settings.ts';
import type { EventBus } from './events.ts';
import type { Database } from './persistence/database.ts';

const KEY = 'settings';

/** The user's choices: read once, kept in the data folder, announced when changed. */
export interface SettingsStore {
  readonly current: Settings;
  /** Fields that are not named stay as they are. */
  update(change: Partial<Settings>): Promise<Settings>;
}

/** A stored document from an older version gets the defaults of new fields; one that cannot be read at all gives way to the defaults. */
export async function openSettings(database: Database, events: EventBus): Promise<SettingsStore> {
  const stored = await database.read('setting', { key: KEY });
  const parsed = SettingsSchema.safeParse(stored === null ? {} : JSON.parse(stored));
  let current = parsed.success ? parsed.data : SettingsSchema.parse({});
  return {
    get current() {
      return current;
    },
    async update(change) {
      const next = SettingsSchema.parse({ ...current, ...change });
      await database.write('saveSetting', { key: KEY, value: JSON.stringify(next) });
      current = next;
      events.emit('settings.changed', next);
      return next;
    },
  };
}
