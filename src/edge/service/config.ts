// The service's configuration: `assent.config.yaml` as it was when the service was installed. Packaged with each function
// as config.json, so that only who installs the service changes it; no request can.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type AccessPolicy, SCOPES } from '../../domain/access.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { circle } from '../config/circle.ts';

const pattern = z.string().min(1).max(2_048);

const time = z.iso.datetime({ precision: 3 });

/** Keys that proofs are verified against (docs/proof.md). */
const audit = z.strictObject({
  keys: z.array(
    z.strictObject({
      publicKey: z.string().min(1).describe('PEM, 32 bytes in Base64, or `name+hash+key`.'),
      validFrom: time.optional(),
      validUntil: time.optional(),
    }),
  ),
});

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
  ownApproval: z.boolean().default(false).describe('Whether whoever submitted a run may approve it.'),
  // A template in a bucket and a started workflow say nothing of who is behind them.
  unattended: z.array(pattern).default([]),
  // Some organizations refuse tags that they do not know.
  ownershipTags: z
    .boolean()
    .default(true)
    .describe('Whether what is created is tagged with `assent:stack` and `assent:logical-id`.'),
  circle: circle.optional(),
  audit: audit.optional(),
});

/** As JSON Schema, for editors and for whoever checks a file before it is used. */
export function configSchema(): object {
  const schema = z.toJSONSchema(config, { io: 'input', target: 'draft-2020-12' });
  return { ...schema, title: 'assent.config.yaml' };
}

export type ServiceConfig = z.output<typeof config>;

/** Where a path of the configuration stands in its file, from 1; 0 where that is not known. */
export type Where = (path: readonly PropertyKey[]) => { line: number; column: number };

/** What a file says, with its defaults. Throws InvalidInput `invalid_config` with every place. */
export function configFrom(value: unknown, file: string, where: Where = () => ({ line: 0, column: 0 })): ServiceConfig {
  const read = config.safeParse(value ?? {});
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ message, path, ...issue }) => {
    // An unknown key stands where it is, not where its object begins.
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    return {
      code: 'invalid_config',
      severity: 'error' as const,
      message,
      ...where([...path, ...keys.slice(0, 1)]),
      help: keys.length > 0 ? 'docs/service.md and docs/consensus.md name every key.' : '',
      path: path.map(String).join('/'),
    };
  });
  const places = problems.map(({ path, message, line, column }) => {
    const place = line > 0 ? `${line}:${column}: ` : '';
    return `${place}${path === '' ? 'the file' : path}: ${message}`;
  });
  throw new InvalidInput('invalid_config', `${file} is no configuration of assent: ${places.join('; ')}.`, {
    problems,
  });
}

/** The policy that a configuration holds. */
export function policyOf({ access, ownApproval, unattended }: ServiceConfig): AccessPolicy {
  const digest = createHash('sha256').update(JSON.stringify({ access, ownApproval, unattended })).digest('hex');
  return { rules: access, ownApproval, unattended, digest };
}

/** The configuration that was packaged with this function. Throws where there is none. */
export function packagedConfig(): ServiceConfig {
  const file = new URL('./config.json', import.meta.url);
  return configFrom(JSON.parse(readFileSync(file, 'utf8')), 'config.json');
}

/** Its access policy: nobody is let in by mistake. */
export function packagedPolicy(): AccessPolicy {
  return policyOf(packagedConfig());
}
