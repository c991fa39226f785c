// What a deployment to several targets is asked with, in a file (`--targets`) and over HTTP.
import { z } from 'zod';
import { InvalidInput } from '../domain/errors.ts';
import { DEFAULT_BOUNDS } from '../domain/targets.ts';

const text = z.string().min(1);
const texts = z.record(z.string(), z.string());

/** One target; what it does not say is as for all. */
export const targetFields = {
  stack: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional()
    .describe('Credentials that lead elsewhere are refused.'),
  region: text.optional(),
  roleArn: text.optional().describe('Role to assume there.'),
  externalId: text.optional().describe("What the role's trust asks for."),
  wave: z.int().min(1).max(1_000).optional().describe('Waves come one after the other; default 1.'),
  parameters: texts.optional(),
  tags: texts.optional(),
};

export const boundsFields = {
  maxConcurrency: z.int().min(1).max(1_000).default(DEFAULT_BOUNDS.maxConcurrency).describe('Targets at once.'),
  toleratedFailures: z
    .int()
    .min(0)
    .default(DEFAULT_BOUNDS.toleratedFailures)
    .describe('So many targets may fail, and others are still begun.'),
};

const file = z.strictObject({
  version: z.literal(1).default(1),
  ...boundsFields,
  targets: z
    .array(z.strictObject({ ...targetFields, template: text.optional() }))
    .min(1)
    .max(1_000),
});

export type TargetsFile = z.output<typeof file>;

/** What a file says. Throws InvalidInput `invalid_targets` with every place. */
export function targetsFrom(value: unknown, name: string): TargetsFile {
  const read = file.safeParse(value, { reportInput: true });
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => ({
    code: 'invalid_targets',
    severity: 'error' as const,
    message: isUnquoted(issue) ? `${issue.message}; put it in quotes` : issue.message,
    line: 0,
    column: 0,
    help: '',
    path: issue.path.map(String).join('/'),
  }));
  throw new InvalidInput('invalid_targets', `${name} does not say which targets are meant.`, {
    problems,
    help: 'It holds `targets`, a list of at least {stack}, in YAML or JSON.',
  });
}

/** YAML takes an account for a number, and drops the zeros it begins with. */
function isUnquoted(issue: z.core.$ZodIssue): boolean {
  const { input } = issue;
  return (
    issue.code === 'invalid_type' &&
    issue.expected === 'string' &&
    (typeof input === 'number' || typeof input === 'boolean')
  );
}
