import { type Connection, sql } from '../connection.ts';

export interface StoredProfile {
  readonly id: string;
  /** JSON text. */
  readonly profile: string;
}

export const profileWrites = {
  /** All or none, each in the place of an earlier one with its id. */
  saveProfiles(connection: Connection, { profiles, nowMs }: { profiles: readonly StoredProfile[]; nowMs: number }): void {
    const save = sql(
      connection,
      `INSERT INTO server_profiles (id, profile, updated_at_ms) VALUES (:id, :profile, :nowMs)
       ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, updated_at_ms = excluded.updated_at_ms`,
    );
    for (const { id, profile } of profiles) save.run({ id, profile, nowMs });
  },

  removeProfile(connection: Connection, { id }: { id: string }): void {
    sql(connection, 'DELETE FROM server_profiles WHERE id = :id').run({ id });
    sql(connection, 'DELETE FROM paused_servers WHERE id = :id').run({ id });
  },
};

export const profileReads = {
  serverProfiles(connection: Connection): StoredProfile[] {
    return sql<StoredProfile>(connection, 'SELECT id, profile FROM server_profiles ORDER BY id').all();
  },
};
