import { vi } from 'vitest';

/** Longest wait of a test for something that is bound to happen; a loaded machine may need most of it. */
const TIMEOUT_MS = 20_000;

/** Tries `check` until it no longer throws. @returns its value @throws what it threw last */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return await vi.waitFor(check, { timeout: TIMEOUT_MS });
}
