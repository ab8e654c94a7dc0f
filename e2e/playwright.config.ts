import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { findChromium } from './chromium.ts';

const executablePath = findChromium();

export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: resolve(import.meta.dirname, '../test-results'),
  // One worker: the servers and the browser share two cores.
  workers: 1,
  timeout: 180_000,
  retries: process.env['CI'] === undefined ? 0 : 1,
  expect: { timeout: 30_000 },
  forbidOnly: process.env['CI'] !== undefined,
  use: {
    trace: 'retain-on-failure',
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      ...(executablePath === undefined ? {} : { executablePath }),
    },
  },
  projects: [
    { name: 'serve', testMatch: 'serve/*.spec.ts' },
    { name: 'electron', testMatch: 'electron/*.spec.ts' },
  ],
});
