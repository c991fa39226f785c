// What `circle:` of a configuration may say. Every default is the core's own (`CirclePolicy`), so that a file without a
// word means what no file means.
import { z } from 'zod';
import { expertRecords } from '../../core/calls.ts';
import { lineageOf } from '../../domain/circle.ts';

const name = z.string().min(1).max(128);
const unit = z.number().min(0).max(1);
const open = z.number().gt(0).lt(1);
const clear = z.number().gt(0.5).max(1);
const usd = z.number().min(0).max(1_000_000);

const model = z.strictObject({
  provider: z.enum(['openai-compatible', 'bedrock']),
  name: name.describe('As the provider calls it.'),
  baseUrl: z.url().optional().describe('Of an OpenAI-compatible server, with its /v1.'),
  region: name.optional().describe('Of Bedrock.'),
  apiKeyEnv: z
    .string()
    // A configuration may come with a clone: it must not be able to send any variable anywhere.
    .regex(/^ASSENT_KEY_[A-Z0-9_]+$/)
    .optional()
    .describe('Name of the environment variable that holds the key; the key itself belongs in no file.'),
  focus: z.string().max(2_000).optional().describe('What it is to look at.'),
  retries: z.int().min(0).max(5).default(2),
  maxOutputTokens: z.int().min(64).max(32_000).default(1_000),
  inputUsd: usd.default(0).describe('US dollars per million input tokens.'),
  outputUsd: usd.default(0).describe('US dollars per million output tokens.'),
});

const expert = z.strictObject({
  enabled: z.boolean().default(true),
  weight: z.number().gt(0).max(1_000).default(1),
  lineage: name.optional().describe('Experts of one lineage err together; default: their own, or the model.'),
  veto: z.boolean().default(false).describe('Its strong objection refuses; without its answer nothing is approved.'),
  costUsd: usd.default(0).describe('Expected price of an answer.'),
  latencyMs: z.number().min(0).default(0),
  model: model.optional(),
});

const thresholds = {
  approve: clear.describe('Share from which an approval is clear.'),
  refuse: clear.describe('Share from which a refusal is clear.'),
  objection: z.number().gt(0).max(2).describe('Confidence from which one objection asks a person; above 1: none does.'),
  errorRate: open.describe('Share of decisions that may be wrong; a person is asked where past outcomes cannot say.'),
  alwaysAsk: z.boolean().describe('A person decides whatever the circle approves, over deletions too.'),
};

const stop = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('lossless') }),
  z.strictObject({ rule: z.literal('sprt'), wrongApprovals: open, wrongRefusals: open }),
  z.strictObject({ rule: z.literal('evoi'), wrongApprovalUsd: usd, wrongRefusalUsd: usd, askUsd: usd }),
]);

export const circle = z
  .strictObject({
    experts: z.record(name, expert).default({}),
    quorum: z
      .strictObject({
        count: z.int().min(0).max(1_000).default(3),
        fraction: unit.default(0),
        lineages: z.int().min(0).max(1_000).default(0),
      })
      .default({ count: 3, fraction: 0, lineages: 0 }),
    approve: thresholds.approve.default(0.6),
    refuse: thresholds.refuse.default(0.6),
    objection: thresholds.objection.default(0.75),
    errorRate: thresholds.errorRate.optional(),
    alwaysAsk: thresholds.alwaysAsk.default(false),
    stop: stop.default({ rule: 'lossless' }),
    environments: z
      .array(
        z.strictObject({
          stacks: z.array(z.string().min(1).max(2_048)).min(1).describe('Names of stacks; * for anything.'),
          approve: thresholds.approve.optional(),
          refuse: thresholds.refuse.optional(),
          objection: thresholds.objection.optional(),
          errorRate: thresholds.errorRate.optional(),
          alwaysAsk: thresholds.alwaysAsk.optional(),
        }),
      )
      .default([])
      .describe('What differs for some stacks; the first that names the stack holds.'),
    wave: z.int().min(1).max(64).default(4).describe('Experts asked at a time.'),
    timeoutMs: z.int().min(1).max(600_000).default(30_000).describe('An expert has so long.'),
    deadlineMs: z.int().min(1).max(3_600_000).default(120_000).describe('The whole consultation has so long.'),
    rememberMs: z
      .int()
      .min(0)
      .max(30 * 86_400_000)
      .optional()
      .describe("A model's answer is good for the same plan so long (default: a day); 0: it is always asked anew."),
    budget: z.strictObject({ runUsd: usd.optional(), dayUsd: usd.optional() }).default({}),
  })
  .superRefine(({ experts, stop: rule, quorum }, context) => {
    const says = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const builtIn = new Set(expertRecords([]).map(({ expert: one }) => one));
    for (const [one, { model: asked }] of Object.entries(experts)) {
      if (builtIn.has(one) && asked !== undefined)
        says(['experts', one, 'model'], `${one} is built in and has no model`);
      if (!builtIn.has(one) && asked === undefined) {
        says(['experts', one], `${one} is not built in: it needs a model (built in are ${[...builtIn].join(', ')})`);
      }
      if (asked?.provider === 'openai-compatible' && asked.baseUrl === undefined) {
        says(['experts', one, 'model'], 'an openai-compatible model needs its baseUrl');
      }
    }
    if (rule.rule === 'sprt' && rule.wrongApprovals + rule.wrongRefusals >= 1) {
      says(['stop'], 'wrongApprovals and wrongRefusals together must be below 1');
    }
    const roster = [...new Set([...builtIn, ...Object.keys(experts)])].filter((one) => experts[one]?.enabled !== false);
    const { size: lineages } = new Set(
      roster.map((one) => lineageOf(experts[one]) ?? (builtIn.has(one) ? `built-in/${one}` : one)),
    );
    if (quorum.count > roster.length)
      says(['quorum', 'count'], `the circle has ${roster.length} experts, so ${quorum.count} never vote`);
    if (quorum.lineages > lineages)
      says(['quorum', 'lineages'], `the circle has ${lineages} lineages, so ${quorum.lineages} never vote`);
  });
