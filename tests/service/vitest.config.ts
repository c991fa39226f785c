import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The suite that installs the service: one emulator for all its files, started and ended by support/start.ts.
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['tests/service/**/*.test.ts'],
    globalSetup: ['tests/service/support/start.ts'],
    // osls keeps what it packages in one folder of the clone.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    allowOnly: false,
  },
});
