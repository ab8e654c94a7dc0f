import { type Settings, SettingsSchema } from '#shared/contract/settings.ts';
import type { EventBus } from './events.ts';
import type { Database } from './persistence/database.ts';

const KEY = 'settings';

/** The user's choices: read once, kept in the data folder, announced when changed. */
export interface SettingsStore {
  readonly current: Settings;
  /** Fields that are not named stay as they are. Changes are applied one after the other. */
  update(change: Partial<Settings>): Promise<Settings>;
}

/** A stored document from an older version gets the defaults of new fields; one that cannot be read at all gives way to the defaults. */
export async function openSettings(database: Database, events: EventBus): Promise<SettingsStore> {
  let current = parseSettings(await database.read('setting', { key: KEY }));
  let last: Promise<unknown> = Promise.resolve();

  const apply = async (change: Partial<Settings>): Promise<Settings> => {
    const next = SettingsSchema.parse({ ...current, ...change });
    await database.write('saveSetting', { key: KEY, value: JSON.stringify(next) });
    current = next;
    events.emit('settings.changed', next);
    return next;
  };

  return {
    get current() {
      return current;
    },
    update(change) {
      const mine = last.then(() => apply(change));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

function parseSettings(stored: string | null): Settings {
  try {
    return SettingsSchema.parse(stored === null ? {} : JSON.parse(stored));
  } catch {
    return SettingsSchema.parse({});
  }
}
