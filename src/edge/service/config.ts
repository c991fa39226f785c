// The service's configuration: `assent.config.yaml` as it was when the service was installed. Packaged with each function
// as config.json, so that only who installs the service changes it; no request can.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type AccessPolicy, SCOPES } from '../../domain/access.ts';
import { InvalidInput } from '../../domain/errors.ts';

const pattern = z.string().min(1).max(2_048);

const config = z.strictObject({
  version: z.literal(1).default(1),
  access: z
    .array(
      z.strictObject({
        who: z.array(pattern).min(1),
        may: z.array(z.enum(SCOPES)).min(1),
        stacks: z.array(pattern).min(1).default(['*']),
      }),
    )
    .min(1)
    // Whoever the API lets in may do all but skip the gate.
    .default([{ who: ['*'], may: ['read', 'plan', 'deploy', 'approve'], stacks: ['*'] }]),
  ownApproval: z.boolean().default(false),
  // A template in a bucket and a started workflow say nothing of who is behind them.
  unattended: z.array(pattern).default([]),
});

export type ServiceConfig = z.output<typeof config>;

/** What a file says, with its defaults. Throws InvalidInput `invalid_config` with every place. */
export function configFrom(value: unknown, file: string): ServiceConfig {
  const read = config.safeParse(value ?? {});
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ message, path, code }) => ({
    code: 'invalid_config',
    severity: 'error' as const,
    message,
    line: 0,
    column: 0,
    help: code === 'unrecognized_keys' ? 'docs/service.md names every key.' : '',
    path: path.map(String).join('/'),
  }));
  const places = problems.map(({ path, message }) => `${path === '' ? 'the file' : path}: ${message}`).join('; ');
  throw new InvalidInput('invalid_config', `${file} is no configuration of a service: ${places}.`, { problems });
}

/** The policy that a configuration holds. */
export function policyOf({ access, ownApproval, unattended }: ServiceConfig): AccessPolicy {
  const digest = createHash('sha256').update(JSON.stringify({ access, ownApproval, unattended })).digest('hex');
  return { rules: access, ownApproval, unattended, digest };
}

/** The policy that was packaged with this function. Throws where there is none: nobody is let in by mistake. */
export function packagedPolicy(): AccessPolicy {
  const file = new URL('./config.json', import.meta.url);
  return policyOf(configFrom(JSON.parse(readFileSync(file, 'utf8')), 'config.json'));
}
