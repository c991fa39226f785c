// Bodies of the HTTP API, in and out: what is accepted, and what docs/openapi.json is made from. Unknown fields are
// refused. Answers are the documents of the command line (`--format json`).
import { z } from 'zod';
import { METHODS } from '../../app/consensus.ts';
import { SEVERITIES } from '../../app/scan.ts';

const text = z.string().min(1);
const probability = z.number().min(0).max(1);
const severity = z.enum(SEVERITIES);

/** `POST /scans`. */
export const scanBody = z
  .strictObject({
    template: text.describe('Text of the template, JSON or YAML.'),
    name: z.string().min(1).max(1_024).default('template').describe('How findings call it.'),
    parameters: z
      .record(z.string(), z.string())
      .default({})
      .describe('Values of parameters; one left out has its default, or is unknown.'),
    context: z
      .strictObject({
        account: z.string().regex(/^\d{12}$/),
        region: text,
        partition: text,
        stackId: text,
      })
      .optional()
      .describe('Where it will be deployed to, if that is known.'),
    baseline: z.array(z.string()).default([]).describe('Fingerprints of findings that are known already.'),
  })
  .meta({ id: 'ScanRequest' });

const finding = z.strictObject({
  ruleId: z.string(),
  category: z.string(),
  severity,
  title: z.string(),
  resource: z.string().describe('Logical id; empty where no resource is concerned.'),
  path: z.string(),
  file: z.string(),
  line: z.int().describe('From 1; 0 where it has no place.'),
  column: z.int(),
  endLine: z.int(),
  message: z.string(),
  help: z.string(),
  fingerprint: z.string().describe('The same after lines moved.'),
  suppressed: z.looseObject({}).optional(),
});

export const scanAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('scan'),
    findings: z.array(finding),
    rules: z.array(
      z.strictObject({ ruleId: z.string(), file: z.string(), status: z.enum(['pass', 'fail', 'skip', 'unknown']) }),
    ),
    summary: z.strictObject({
      critical: z.int(),
      high: z.int(),
      medium: z.int(),
      low: z.int(),
      info: z.int(),
      suppressed: z.int(),
      filesScanned: z.int(),
      elapsedMs: z.number(),
    }),
  })
  .meta({ id: 'Scan' });

const vote = z.strictObject({
  expert: text,
  option: text.optional(),
  confidence: probability.optional(),
  weight: z.number().positive().optional(),
  reliability: probability.optional(),
  lineage: text.optional().describe('Experts of one lineage err together.'),
  status: z.enum(['ok', 'abstained', 'failed']).optional(),
  veto: z.boolean().optional(),
  reasons: z.array(text).optional(),
});

/** `POST /consensus`. */
export const consensusBody = z
  .strictObject({
    question: text.optional(),
    options: z.array(text).optional().describe('The possible answers; default: those voted for.'),
    votes: z.array(vote).min(1),
    roster: z.array(text).optional().describe('Experts that were to be asked; default: those who voted.'),
    quorum: probability.optional(),
    prior: z.record(z.string(), probability).optional(),
    correlation: probability.optional(),
    method: z.enum(METHODS).optional(),
  })
  .meta({ id: 'ConsensusRequest' });

export const consensusAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('consensus'),
    outcome: z.string().describe('The option, `tie`, `no_quorum` or `no_votes`.'),
    posterior: z.record(z.string(), z.number()),
    agreement: z.strictObject({ alpha: z.number().nullable(), entropyBits: z.number() }),
    nEff: z.number(),
    perExpert: z.array(
      z.strictObject({
        expert: z.string(),
        reliability: z.number(),
        weightUsed: z.number(),
        contribution: z.number(),
      }),
    ),
    dissent: z.array(z.string()),
    method: z.enum(METHODS),
    veto: z.string().optional(),
  })
  .meta({ id: 'Consensus' });

const options = {
  allowDataLoss: z.array(text).optional().describe('Logical ids of resources whose data may be lost, or `all`.'),
  maxConcurrency: z.int().min(1).max(1_000).optional(),
  askAlways: z.boolean().optional().describe('A person is asked whatever the circle says.'),
};
const stackName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
const texts = z.record(z.string(), z.string()).optional();

/** `POST /deployments`. */
export const deploymentBody = z
  .strictObject({
    stack: stackName,
    template: text.describe('Text of the template, JSON or YAML.'),
    parameters: texts.describe('Values of parameters; without one the previous value stays.'),
    tags: texts,
    imports: texts.describe('Resources that exist and are to be taken over: logical id to identifier.'),
    failOn: z.enum(['critical', 'high', 'medium', 'low']).optional(),
    onFailure: z.enum(['rollback', 'keep', 'delete']).optional(),
    ...options,
  })
  .meta({ id: 'DeploymentRequest' });

/** `DELETE /stacks/{stack}`. */
export const destructionBody = z.strictObject(options).meta({ id: 'DestructionRequest' });

/** `POST /deployments/{run}/approval`. */
export const approvalBody = z
  .strictObject({ decision: z.enum(['approve', 'reject']), reason: text.max(1_000).optional() })
  .meta({ id: 'ApprovalRequest' });

/** A run, as far as it has come; `result` is the document of the command line. */
export const deploymentAnswer = z
  .looseObject({
    version: z.literal(1),
    kind: z.literal('deployment'),
    runId: z.string(),
    status: z.string().describe('`planning`, `not_planned`, or the status of the run.'),
    submittedBy: z.string(),
    result: z.looseObject({ outcome: z.string() }).optional(),
    error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'Deployment' });

export const cancelAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('cancel'),
    runId: z.string(),
    stack: z.string(),
    status: z.string(),
    requested: z.boolean(),
  })
  .meta({ id: 'Cancellation' });

export const statusAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('status'),
    stacks: z.array(z.looseObject({ stack: z.string(), account: z.string(), region: z.string(), status: z.string() })),
    runs: z.array(z.looseObject({ runId: z.string(), status: z.string() })),
  })
  .meta({ id: 'Status' });

export const metricsText = z.string().meta({ id: 'Metrics' });

export const problemDetails = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable snake_case.'),
    help: z.string().optional(),
    problems: z
      .array(
        z.strictObject({
          code: z.string(),
          message: z.string(),
          line: z.int(),
          column: z.int(),
          path: z.string().optional(),
          help: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'ProblemDetails' });
