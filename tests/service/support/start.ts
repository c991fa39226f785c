// Before all files of the suite: an emulator with the service in it. After them: gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { install, startEmulator, stopEmulator } from './scripts.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the emulator. */
    emulator: string;
    /** Of the service's API. */
    service: string;
  }
}

export default async function start(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'assent-service-'));
  const { url, pid } = await startEmulator({ folder });
  const stop = async () => {
    await stopEmulator(pid);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    project.provide('emulator', url);
    project.provide('service', await install(url));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
