import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Has an emulator to start: a configuration of its own.
    exclude: ['tests/service/**'],
    // By default a processor is left free, which of two is half. Those that take longest wait most of it: for processes.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    // A test that is left alone in a file by accident would hide the others.
    allowOnly: false,
  },
});
