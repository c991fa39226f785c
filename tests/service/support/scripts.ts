// The project's scripts that the suite uses; plain JavaScript, so their types are told here.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const scripts = join(import.meta.dirname, '../../../scripts/service');
const load = <T>(file: string): Promise<T> => import(pathToFileURL(join(scripts, file)).href) as Promise<T>;

export interface Emulator {
  url: string;
  pid: number;
}

export const { HOME_ACCOUNT, startEmulator, stopEmulator } = await load<{
  HOME_ACCOUNT: string;
  startEmulator(options: { folder: string; auth?: boolean }): Promise<Emulator>;
  stopEmulator(pid: number): Promise<void>;
}>('emulator.mjs');

export interface Installation {
  account?: string;
  args?: readonly string[];
}

export const { install, remove, rendered } = await load<{
  install(url: string, options?: Installation): Promise<string>;
  rendered(url: string, folder: string, options?: { stage?: string; args?: readonly string[] }): Promise<string>;
  remove(url: string, options?: Installation): Promise<void>;
}>('local.mjs');

export const { functionPackage } = await load<{
  functionPackage(name: string, handlers: readonly string[]): Promise<Buffer>;
}>('bundle.mjs');

export const { checksPython } = await load<{ checksPython(): string }>('python.mjs');
