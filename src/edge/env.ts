// The only place that reads the process's environment. (The AWS SDK reads its own AWS_* variables besides.)
import { InvalidInput } from '../domain/errors.ts';

export interface Env {
  /** AWS_REGION, else AWS_DEFAULT_REGION, which the SDK for JavaScript does not look at. */
  region: string | undefined;
  /** ASSENT_SANDBOX_SPEED: how much faster than AWS the sandbox is. */
  sandboxSpeed: number;
}

const SANDBOX_SPEED = 20;

/** Throws InvalidInput `environment_invalid` for a value that cannot be meant. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  return {
    region: source['AWS_REGION'] || source['AWS_DEFAULT_REGION'] || undefined,
    sandboxSpeed: positive('ASSENT_SANDBOX_SPEED', source['ASSENT_SANDBOX_SPEED'], SANDBOX_SPEED),
  };
}

/** What the command line may draw. NO_COLOR counts unless empty. <https://no-color.org> */
export function terminalEnvironment(source: NodeJS.ProcessEnv = process.env): { noColour: boolean; dumb: boolean } {
  return { noColour: (source['NO_COLOR'] ?? '') !== '', dumb: source['TERM'] === 'dumb' };
}

function positive(name: string, text: string | undefined, preset: number): number {
  if (text === undefined || text === '') return preset;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidInput('environment_invalid', `${name} is ${text}; it must be a number above 0.`);
}
