import { expect, test } from 'vitest';
import { completeProfile, PresetSchema } from '#shared/contract/profiles.ts';
import { SERVER_PROTOCOLS } from '#shared/domain/profileDefaults.ts';
import { PRESETS } from './presets.ts';

test.each(PRESETS)('$id is a profile as it stands', (preset) => {
  expect(PresetSchema.parse(preset)).toEqual(preset);
  const { start, protocol, port } = completeProfile(preset.draft);
  // A command that cannot be told its port has it fixed in the program; the S0 scripts do.
  if (start?.kind === 'command' && protocol !== 's0' && protocol !== 'funasr') {
    expect(JSON.stringify(start)).toContain('{port}');
  }
  expect(port).toBeGreaterThan(0);
  expect(preset.hint.ko).toMatch(/[가-힣]/);
});

test('there is a preset for every protocol but our own, and each has its own id', () => {
  expect(new Set(PRESETS.map(({ draft }) => draft.protocol))).toEqual(new Set(SERVER_PROTOCOLS.filter((name) => name !== 'nightshift')));
  expect(new Set(PRESETS.map(({ id }) => id)).size).toBe(PRESETS.length);
});
