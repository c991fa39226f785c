// The only reader of the process environment: one function per reader, each naming the variables it looks at. (The AWS
// SDK reads its own AWS_* variables besides.)
import { InvalidInput } from '../domain/errors.ts';

/** What the command line may draw. https://no-color.org: any value of NO_COLOR but the empty one counts. */
export function terminalEnvironment(): { noColour: boolean; dumb: boolean } {
  const { NO_COLOR, TERM } = process.env;
  return { noColour: NO_COLOR !== undefined && NO_COLOR !== '', dumb: TERM === 'dumb' };
}

/** Where to work, as far as no option says it. */
export interface CloudEnvironment {
  /** AWS_REGION, else AWS_DEFAULT_REGION, which the SDK for JavaScript does not look at. */
  region: string | undefined;
  /** ASSENT_SANDBOX_SPEED: how much faster than AWS the sandbox is. */
  sandboxSpeed: number;
}

const SANDBOX_SPEED = 60;

/** Throws InvalidInput `environment_invalid` for a value that cannot be meant. */
export function cloudEnvironment(): CloudEnvironment {
  const { AWS_REGION, AWS_DEFAULT_REGION, ASSENT_SANDBOX_SPEED } = process.env;
  return {
    region: AWS_REGION || AWS_DEFAULT_REGION || undefined,
    sandboxSpeed: positive('ASSENT_SANDBOX_SPEED', ASSENT_SANDBOX_SPEED, SANDBOX_SPEED),
  };
}

function positive(name: string, text: string | undefined, preset: number): number {
  if (text === undefined || text === '') return preset;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidInput('environment_invalid', `${name} is ${text}; it must be a number above 0.`);
}
