import { expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { completeProfile } from '#shared/contract/profiles.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { AsrSession } from './adapters/asrAdapter.ts';
import { ServerPlaces } from './serverPlaces.ts';
import type { ServerSupervisor } from './serverSupervisor.ts';

const never = new AbortController().signal;
const profile = completeProfile({ name: 'One', mode: 'original', protocol: 'vosk', capacity: 2 });

/** A ready server of two places that counts a place from the moment it is asked for, as the pool of sessions does. */
function twoPlaces(connections: readonly Promise<void>[]): ServerSupervisor {
  let sessions = 0;
  const waiting = [...connections];
  const open = (): AsrSession => {
    let isOpen = true;
    return {
      hello: { protocol: 'vosk', capacity: 2, model: null, instance: null },
      reusable: true,
      transcribe: () => Promise.reject(new Error('no file in this test')),
      close: async () => {
        if (isOpen) sessions -= 1;
        isOpen = false;
      },
    };
  };
  const supervisor: Pick<ServerSupervisor, 'state' | 'isGone' | 'instance' | 'openSession'> = {
    state: () => ({ sessions, capacity: 2 }) as ServerState,
    isGone: () => false,
    instance: () => null,
    openSession: async () => {
      sessions += 1;
      try {
        await waiting.shift();
        return open();
      } catch (error) {
        sessions -= 1;
        throw error;
      }
    },
  };
  return supervisor as ServerSupervisor;
}

test('a place is taken once, from the moment it is asked for until its session is closed', async () => {
  const second = Promise.withResolvers<void>();
  const places = new ServerPlaces(twoPlaces([Promise.resolve(), second.promise]), new FakeClock(), () => undefined);
  const first = await places.place(profile).open(never);
  const opening = places.place(profile).open(never);
  expect(places.hasFree).toBe(false);
  await first.close();
  await first.close();
  // The other one still waits for its connection, which must not cost a second place.
  expect(places.hasFree).toBe(true);
  const failing = places.place(profile).open(never);
  expect(places.hasFree).toBe(false);
  second.reject(new Error('refused'));
  await expect(opening).rejects.toThrow('refused');
  expect(places.hasFree).toBe(true);
  await (await failing).close();
});
