// An attribute that holds a secret cannot be asked for: what reads return of NoEcho values and secrets is dropped, never kept, so
// whoever waited for it would wait in vain.
import type { Plan } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';

/** Rejects attributes that some property of the same name fills with a secret. Throws InvalidInput `secret_attribute`. */
export function refuseSecretAttributes({ resources }: Pick<Plan, 'resources'>): void {
  for (const { logicalId, type, needs, desired } of resources) {
    for (const name of needs) {
      const secret = secretAt(desired, name.split('.'));
      if (secret === undefined) continue;
      throw new InvalidInput(
        'secret_attribute',
        `${logicalId}.${name} is asked for, but ${logicalId} (${type}) is given a secret there (${secret}), and what reads ` +
          'return of secrets is not kept.',
        { help: 'Refer to the parameter itself, or to where the secret is, instead of the attribute.' },
      );
    }
  }
}

/** The first secret in the property at a path. */
function secretAt(desired: unknown, path: readonly string[]): string | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return secretIn(desired);
  if (typeof desired !== 'object' || desired === null || !Object.hasOwn(desired, name)) return undefined;
  return secretAt((desired as Record<string, unknown>)[name], rest);
}

function secretIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === '$secret' && typeof only[1] === 'string') return only[1];
  for (const [, item] of entries) {
    const found = secretIn(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
