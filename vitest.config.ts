import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    restoreMocks: true,
    expect: { poll: { timeout: 20_000 } },
    // A noisy machine must not hold up a change; `npm test` names every test that needed its second try.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src-*/**/*.test.{ts,tsx}'], exclude: ['**/*.process.test.ts'], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: ['src-main/**/*.process.test.ts', 'e2e/{cli,servers}/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
