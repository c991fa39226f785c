// Bodies of the HTTP API, in and out: what is accepted, and what docs/openapi.json is made from. Unknown fields are
// refused. Answers are the documents of the command line (`--format json`).
import { z } from 'zod';
import { METHODS, STATUSES, SEVERITIES as VOTE_SEVERITIES } from '../../app/consensus.ts';
import { SEVERITIES } from '../../app/scan.ts';
import { MOST_TARGETS } from '../../app/service/deployments.ts';
import { DEFAULT_BOUNDS } from '../../domain/targets.ts';
import { boundsFields, targetFields } from '../targets.ts';

const text = z.string().min(1);
const probability = z.number().min(0).max(1);
const severity = z.enum(SEVERITIES);

/** `POST /scans`. */
export const scanBody = z
  .strictObject({
    template: text.describe('Text of the template, JSON or YAML.'),
    stack: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
      .optional()
      .describe('The stack that it is the template of: whoever may read that may read the scan.'),
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
    suppressions: z.boolean().default(true).describe('Whether suppressions in the template are honoured.'),
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
  probabilities: z
    .record(z.string(), probability)
    .optional()
    .describe('In place of option and confidence; they sum to 1.'),
  confusion: z
    .record(z.string(), z.record(z.string(), z.number().min(0)))
    .optional()
    .describe('What it was seen to say: true option to said option to count.'),
  severity: z.enum(VOTE_SEVERITIES).optional(),
  costUsd: z.number().min(0).optional(),
  elapsedMs: z.number().min(0).optional(),
  status: z.enum(STATUSES).optional(),
  veto: z.boolean().optional(),
  reasons: z.array(text).optional(),
});

/** `POST /consensus`. */
export const consensusBody = z
  .strictObject({
    question: text.optional(),
    options: z
      .array(text)
      .optional()
      .describe(
        'The possible answers; default: those voted for. Where none but `approve` or `refuse` are named, both.',
      ),
    votes: z.array(vote).min(1),
    roster: z
      .array(text)
      .optional()
      .describe('Experts that were to be asked, and no others; default: those who voted.'),
    quorum: z
      .union([
        probability,
        z.strictObject({
          count: z.int().min(0).optional(),
          fraction: probability.optional(),
          lineages: z.int().min(0).optional(),
        }),
      ])
      .optional(),
    threshold: probability.optional().describe('Below it the outcome is `uncertain`.'),
    loss: z
      .record(z.string(), z.record(z.string(), z.number().min(0)))
      .optional()
      .describe('What it costs to answer the first option when the second is true; `ask` as a row: what asking costs.'),
    prior: z.record(z.string(), probability).optional(),
    correlation: probability.optional(),
    method: z.enum(METHODS).optional(),
  })
  .meta({ id: 'ConsensusRequest' });

export const consensusAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('consensus'),
    outcome: z.string().describe('The option, `tie`, `no_quorum`, `no_votes` or `uncertain`.'),
    why: z.enum(['clear', 'tie', 'no_quorum', 'no_votes', 'vetoed', 'uncertain']),
    decision: z.enum(['approve', 'refuse', 'ask']).optional(),
    posterior: z.record(z.string(), z.number()),
    agreement: z.strictObject({ alpha: z.number().nullable(), entropyBits: z.number() }),
    nEff: z.number(),
    perExpert: z.array(
      z.strictObject({
        expert: z.string(),
        reliability: z.number().nullable(),
        weightUsed: z.number(),
        contribution: z.number(),
        interval: z.array(z.number()).length(2).nullable(),
        logOdds: z.number(),
        pivotal: z.boolean(),
      }),
    ),
    dissent: z.array(z.string()),
    flip: z.array(z.string()).describe('The fewest who would have had to vote otherwise.'),
    methodVersion: z.int(),
    rounds: z.int().optional().describe('Of expectation maximisation, where the method has any.'),
    converged: z.boolean().optional(),
    method: z.enum(METHODS),
    veto: z.string().optional(),
  })
  .meta({ id: 'Consensus' });

const planDigest = z.string().regex(/^[0-9a-f]{64}$/);
const options = {
  planDigest: planDigest.optional().describe('The plan that was shown; if it is another one by now, it is refused.'),
  allowDataLoss: z.array(text).optional().describe('Logical ids of resources whose data may be lost, or `all`.'),
  maxConcurrency: z.int().min(1).max(1_000).optional(),
  askAlways: z.boolean().optional().describe('A person is asked whatever the circle says.'),
};
const stackName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
const texts = z.record(z.string(), z.string()).optional();

const desired = {
  stack: stackName,
  template: text.describe('Text of the template, JSON or YAML.'),
  parameters: texts.describe('Values of parameters; without one the previous value stays.'),
  tags: texts,
  imports: texts.describe('Resources that exist and are to be taken over: logical id to identifier.'),
  moved: texts.describe('Resources that the template calls by another name: old logical id to new one.'),
  refresh: z.boolean().optional().describe('Read what is recorded before planning; default true.'),
  allowSecretIdentifiers: z.boolean().optional(),
  maxConcurrency: z.int().min(1).max(1_000).optional(),
};
const judged = {
  failOn: z.enum(['critical', 'high', 'medium', 'low', 'none']).optional().describe('`none` needs the scope override.'),
  suppressions: z.boolean().optional().describe('Whether suppressions in the template are honoured; default true.'),
};

/** `POST /deployments`. */
export const deploymentBody = z.strictObject({
  ...desired,
  ...judged,
  onFailure: z.enum(['rollback', 'keep', 'delete']).optional(),
  skipExperts: z.boolean().optional().describe('Needs the scope override; stands in the verdict.'),
  ...options,
});

const { roleArn: _roleArn, externalId: _externalId, ...target } = targetFields;

/** The same for several targets. Which role is assumed there only the installation says. */
export const targetsBody = z
  .strictObject({
    template: text.optional().describe('Text of the template of every target that brings none.'),
    parameters: texts,
    tags: texts,
    ...judged,
    ...options,
    planDigest: planDigest.optional().describe('The digest of the deployment that was shown.'),
    refresh: z.boolean().optional(),
    allowSecretIdentifiers: z.boolean().optional(),
    onFailure: z.enum(['rollback', 'keep', 'delete']).optional(),
    skipExperts: z.boolean().optional().describe('Needs the scope override; stands in the verdicts.'),
    targets: z
      .array(z.strictObject({ ...target, template: text.optional() }))
      .min(1)
      .max(MOST_TARGETS),
    bounds: z
      .strictObject({
        ...boundsFields,
        maxConcurrency: boundsFields.maxConcurrency.describe(
          'Targets at once. Above 40 at most as many as the service is installed for.',
        ),
      })
      .default(DEFAULT_BOUNDS),
  })
  .refine(({ template, targets }) => template !== undefined || targets.every((one) => one.template !== undefined), {
    path: ['template'],
    message: 'A target has no template, and there is none for all',
  })
  .meta({ anyOf: [{ required: ['template'] }, { properties: { targets: { items: { required: ['template'] } } } }] });

/** Which of the stacks that have a name. */
export const placeQuery = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: text.optional(),
});

/** The same without a template: back to what is recorded of a stack. No policy and no expert is asked about that. */
export const reconcileBody = placeQuery.extend({
  stack: stackName,
  reconcile: z.literal(true).describe('What somebody else has changed goes back to what is recorded.'),
  onFailure: z.enum(['rollback', 'keep']).optional().describe('Default: keep.'),
  planDigest: options.planDigest,
  maxConcurrency: options.maxConcurrency,
  askAlways: options.askAlways,
});

/** What a started execution may bring. */
export const submittedRequest = z.union([deploymentBody, targetsBody]);

/** `POST /deployments`: to one stack, to several targets, or back to what is recorded. */
export const deploymentRequest = z
  .union([deploymentBody, targetsBody, reconcileBody])
  .meta({ id: 'DeploymentRequest' });

/** `POST /plans`. */
export const planBody = z
  .strictObject({
    ...desired,
    mode: z.enum(['deploy', 'destroy']).default('deploy'),
    template: text.optional().describe('Text of the template, JSON or YAML; of a deletion there is none.'),
  })
  .refine(({ mode, template }) => (mode === 'deploy') === (template !== undefined), {
    path: ['template'],
    message: 'A deployment has a template, a deletion has none',
  })
  .meta({
    id: 'PlanRequest',
    // The refinement, for those who read the document.
    oneOf: [
      { properties: { mode: { const: 'deploy' } }, required: ['template'] },
      { properties: { mode: { const: 'destroy' } }, required: ['mode'], not: { required: ['template'] } },
    ],
  });

/** `POST /consultations`. */
export const consultationBody = z.strictObject({ ...desired, ...judged }).meta({ id: 'ConsultationRequest' });

/** `GET /deployments`. */
export const pageQuery = z.strictObject({
  after: z.string().min(1).max(256).optional().describe('`next` of the page before.'),
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/)
    .optional()
    .describe('From 1 to 100; default 25.'),
});

/** `GET /deployments/{run}/events`. */
export const eventsQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,9}$/)
    .default('0')
    .describe('`next` of the answer before.'),
});

/** `DELETE /deployments/{run}`. */
export const cancelQuery = z.strictObject({
  now: z.enum(['true', 'false']).optional().describe('What is in flight is cancelled in the cloud too.'),
});

/** `GET /stacks/{stack}/drift`. */
export const driftQuery = placeQuery.extend({
  inquiry: text.optional().describe('The one that `POST` began; default: the latest report.'),
});

/** `POST /stacks/{stack}/drift`; may be left out. */
export const driftBody = z
  .strictObject({ reconcile: z.boolean().default(false).describe('Also plan the way back to what is recorded.') })
  .meta({ id: 'DriftRequest' });

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
    status: z.string().describe('`planning`, `not_planned`, `interrupted`, or the status of the run.'),
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

const page = { version: z.literal(1), next: z.string().optional() };

export const deploymentsAnswer = z
  .strictObject({
    ...page,
    kind: z.literal('deployments'),
    runs: z.array(z.looseObject({ runId: z.string(), stack: z.string(), status: z.string() })),
  })
  .meta({ id: 'Deployments' });

export const eventsAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('events'),
    runId: z.string(),
    events: z.array(z.looseObject({ event: z.string(), at: z.string() })),
    next: z.int().describe('What to ask behind the next time.'),
  })
  .meta({ id: 'Events' });

/** Of a question that is not answered yet. */
export const inquiryAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('inquiry'),
    id: z.string(),
    status: z.literal('running'),
  })
  .meta({ id: 'Inquiry' });

export const planAnswer = z
  .looseObject({
    version: z.literal(1),
    kind: z.literal('plan'),
    digest: z.string(),
    stack: z.string(),
    actions: z.array(z.looseObject({ logicalId: z.string(), type: z.string(), action: z.string() })),
    target: z.strictObject({
      endpoint: z.string(),
      account: z.string(),
      region: z.string(),
      speed: z.number().describe('How much faster than AWS it is: 1, but for a sandbox.'),
    }),
  })
  .meta({ id: 'Plan' });

export const consultationAnswer = z
  .looseObject({
    version: z.literal(1),
    kind: z.literal('consult'),
    stack: z.string(),
    planDigest: z.string(),
    verdict: z.looseObject({ decision: z.enum(['approve', 'refuse', 'ask']) }),
    votes: z.array(z.looseObject({ expert: z.string() })),
  })
  .meta({ id: 'Consultation' });

export const driftAnswer = z
  .looseObject({
    version: z.literal(1),
    kind: z.literal('drift'),
    stack: z.string(),
    inSync: z.boolean(),
    resources: z.array(z.looseObject({ logicalId: z.string(), status: z.string() })),
    plan: z.looseObject({ digest: z.string() }).optional().describe('The way back, where it was asked for.'),
  })
  .meta({ id: 'Drift' });

const metricsAnswer = z.looseObject({
  version: z.literal(1),
  kind: z.literal('metrics'),
  series: z.array(z.looseObject({ name: z.string(), kind: z.string() })),
});

/** `GET /metrics`. What a scraper adds of its own is no mistake. */
export const metricsQuery = z.object({
  compare: z.literal('true').optional().describe('Which types have become slower, as JSON, in place of the values.'),
});

const comparedSide = z.strictObject({ runs: z.int(), operations: z.int(), p95Ms: z.number() });

const comparisonAnswer = z.strictObject({
  version: z.literal(1),
  kind: z.literal('metrics_comparison'),
  alpha: z.number(),
  leastRatio: z.number(),
  grown: z.int(),
  series: z.array(
    z.strictObject({
      labels: z.record(z.string(), z.string()),
      verdict: z.enum(['grown', 'not_grown', 'too_few']),
      recent: comparedSide,
      before: comparedSide,
      ratio: z.number().nullable(),
      pValue: z.number().nullable(),
    }),
  ),
});

export const metricsJson = z.union([metricsAnswer, comparisonAnswer]).meta({ id: 'MetricsDocument' });

export const metricsText = z.string().meta({ id: 'Metrics' });

export const checkpointText = z.string().meta({ id: 'Checkpoint' });

export const proofAnswer = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('proof'),
    run: z.string(),
    planDigest: z.string(),
    plan: z.string(),
    statements: z.array(
      z.strictObject({
        index: z.int(),
        envelope: z.strictObject({
          payload: z.string(),
          payloadType: z.string(),
          signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })),
        }),
        inclusion: z.array(z.string()),
      }),
    ),
    details: z.record(z.string(), z.string()),
    checkpoint: z.string(),
    history: z.strictObject({ size: z.int(), frontier: z.array(z.string()), leaves: z.array(z.string()) }),
  })
  .meta({ id: 'Proof' });

export const problemDetails = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable snake_case.'),
    errorKind: z
      .enum(['invalid', 'not_found', 'refused', 'waiting', 'failed', 'unreachable', 'held', 'interrupted'])
      .optional(),
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
