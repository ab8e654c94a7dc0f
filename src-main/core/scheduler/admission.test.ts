import { expect, test } from 'vitest';
import { idleSample } from '#main/testing/night.ts';
import { Admission } from './admission.ts';

const BYTES_PER_MB = 1024 * 1024;

function admission(capacity: number): Admission {
  const made = new Admission({ cpuLimitPercent: 90, memoryLimitMb: 2_048 });
  made.join('streaming', capacity);
  return made;
}

const hot = idleSample({ cpuPercent: 95 });
const large = idleSample({ ownRssBytes: 3_000 * BYTES_PER_MB });

test('one task fewer for each reading above a limit, never under one, and the reason is named', () => {
  const shared = admission(3);
  expect(shared).toMatchObject({ allowed: 3, reason: null });
  shared.takeSample(hot);
  expect(shared).toMatchObject({ allowed: 2, reason: 'cpuLimit' });
  for (let reading = 0; reading < 5; reading += 1) shared.takeSample(large);
  expect(shared).toMatchObject({ allowed: 1, reason: 'memoryLimit' });
});

test('one task more for each calm reading, never above the capacity; the reason stays until all are back', () => {
  const shared = admission(3);
  shared.takeSample(hot);
  shared.takeSample(hot);
  shared.takeSample(idleSample({ cpuPercent: 90, ownRssBytes: 2_048 * BYTES_PER_MB }));
  expect(shared).toMatchObject({ allowed: 2, reason: 'cpuLimit' });
  shared.takeSample(idleSample());
  shared.takeSample(idleSample());
  expect(shared).toMatchObject({ allowed: 3, reason: null });
});

test('a machine that does not say its CPU use is not throttled for it', () => {
  const shared = admission(2);
  shared.takeSample(idleSample({ cpuPercent: null }));
  expect(shared.allowed).toBe(2);
});

test('modes at once share what is allowed, and another one that joins gets no more while a limit holds', () => {
  const shared = admission(2);
  shared.join('chunked', 2);
  expect(shared.allowed).toBe(4);
  for (let started = 0; started < 4; started += 1) {
    expect(shared.mayStart).toBe(true);
    shared.started();
  }
  expect(shared.mayStart).toBe(false);
  for (let reading = 0; reading < 9; reading += 1) shared.takeSample(hot);
  expect(shared.allowed).toBe(1);
  shared.join('original', 2);
  expect(shared).toMatchObject({ allowed: 1, reason: 'cpuLimit' });
  for (let ended = 0; ended < 4; ended += 1) {
    expect(shared.mayStart).toBe(false);
    shared.ended();
  }
  expect(shared.mayStart).toBe(true);
});

test('with the last mode gone nothing may start, and the next one begins anew', () => {
  const shared = admission(2);
  shared.takeSample(hot);
  shared.leave('streaming');
  expect(shared).toMatchObject({ allowed: 0, reason: null, mayStart: false });
  shared.takeSample(hot);
  expect(shared.allowed).toBe(0);
  shared.join('chunked', 4);
  expect(shared.allowed).toBe(4);
});

test('servers that turn out to take fewer are no limit of the machine', () => {
  const shared = admission(8);
  shared.join('streaming', 2);
  expect(shared).toMatchObject({ allowed: 2, reason: null });
  shared.join('streaming', 3);
  expect(shared.allowed).toBe(3);
});
