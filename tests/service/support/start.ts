// Before all files of the suite: an emulator with the service in it, which deploys to a sandbox. After them: gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { install, startEmulator, stopEmulator } from './scripts.ts';

/** How much faster than AWS operations end. */
const SPEED = 500;

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the emulator. */
    emulator: string;
    /** Of the service's API. */
    service: string;
    /** Of the cloud that it deploys to. */
    sandbox: string;
    /** Where the emulator keeps its files: in the command line of every worker. */
    folder: string;
  }
}

export default async function start(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'assent-service-'));
  const { url, pid } = await startEmulator({ folder });
  const sandbox = await startSandbox({ dir: join(folder, 'sandbox'), speed: SPEED });
  const stop = async () => {
    await stopEmulator(pid);
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    project.provide('emulator', url);
    project.provide('sandbox', sandbox.url);
    project.provide('folder', folder);
    const target = { targetEndpoint: sandbox.url, targetName: 'sandbox', targetSpeed: SPEED };
    const args = Object.entries(target).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    project.provide('service', await install(url, { args }));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
