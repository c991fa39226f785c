// Before all files of the suite: an emulator with the service in it, which deploys to a sandbox. After them: gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { type SandboxOptions, startSandbox } from '../../../src/sandbox/index.ts';
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

/** A service that is installed, until stopped. */
export interface Installed {
  emulator: string;
  service: string;
  sandbox: string;
  folder: string;
  /** What osls was given: another version is installed with the same. */
  args: readonly string[];
  stop(): Promise<void>;
}

/** Starts an emulator with the service in it, which deploys to a sandbox; `params` are those of the installation. */
export async function startService(
  params: Record<string, unknown> = {},
  cloud: Pick<SandboxOptions, 'rate'> = {},
): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'assent-service-'));
  const { url, pid } = await startEmulator({ folder });
  const sandbox = await startSandbox({ dir: join(folder, 'sandbox'), speed: SPEED, ...cloud });
  const stop = async () => {
    await stopEmulator(pid);
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const target = { targetEndpoint: sandbox.url, targetName: 'sandbox', targetSpeed: SPEED, ...params };
    const args = Object.entries(target).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    return { emulator: url, service: await install(url, { args }), sandbox: sandbox.url, folder, args, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export default async function start(project: TestProject) {
  const { stop, args: _, ...urls } = await startService();
  for (const [name, url] of Object.entries(urls)) project.provide(name as keyof ProvidedContext, url);
  return stop;
}
