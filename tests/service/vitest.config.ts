import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The suite that installs the service: one emulator for all its files, started and ended by support/start.ts, but where a
// file says why it has one of its own. Most of the time is waiting (leases, workers that start), so that files run together.
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['tests/service/**/*.test.ts'],
    globalSetup: ['tests/service/support/start.ts'],
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    allowOnly: false,
  },
});
