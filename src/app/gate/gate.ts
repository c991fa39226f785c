// The gate between plan and deployment: scan, consult, decide. Nothing here calls the cloud.
//
// `judge` is used by `deploy` and `consult`. Order: a blocking finding refuses before any expert is asked; the circle
// approves, refuses, or is split; a split circle is for a person, never for `--yes`.
import type { Brief, Finding, History } from '#wasm';
import { sidesOf } from '../../domain/sides.ts';
import type { Verdict, VoteDocument } from '../../domain/verdict.ts';
import { changingActions } from '../documents/documents.ts';
import { measureVotes } from '../measure/measure.ts';
import { traceVotes } from '../measure/spans.ts';
import type { Planned, Template } from '../planning/planning.ts';
import { type FailOn, findingsOf, refusing, reported, suppressedFindings } from '../scan.ts';
import { placeOf, type Session } from '../session.ts';
import { type Circle, consultCircle } from './circle.ts';
import type { AllowedLoss } from './guard.ts';
import { outcomesOf } from './outcomes.ts';
import { Purse } from './purse.ts';

/** How strict the gate is. */
export interface GateOptions {
  /** Findings of this severity or worse refuse; default critical. */
  failOn?: FailOn;
  /** Leaves the circle out; the scan stays, and the verdict says so. */
  skipExperts?: boolean;
  /** False: no suppression of the template is honoured; default true. */
  suppressions?: boolean;
  /** Losses that were named and allowed are no objection any more. */
  allowDataLoss?: AllowedLoss;
  /** Who is asked and what makes an answer clear; default: the built-in experts. */
  circle?: Circle | undefined;
}

/** A verdict with the findings it rests on. */
export interface Judged {
  verdict: Verdict;
  /** Unsuppressed findings. */
  findings: Finding[];
}

/** Scans the plan and asks the circle about it. */
export async function judge(
  session: Session,
  planned: Planned,
  template: Template,
  { failOn = 'critical', skipExperts = false, suppressions = true, allowDataLoss = [], circle }: GateOptions,
  signal?: AbortSignal,
): Promise<Judged> {
  const planDigest = planned.plan.digest;
  const { clock, endpoint, monitor } = session;
  const scanned = clock.now();
  const all = findingsOf(planned.inCore, template.name, suppressions);
  const findings = reported(all);
  const suppressed = suppressedFindings(all);
  monitor.record('scan_duration_ms', clock.now() - scanned, { endpoint });
  const blocking = refusing(findings, failOn);
  const skipped = [...(failOn === 'none' ? ['scan'] : []), ...(skipExperts ? ['experts'] : [])];
  // Who reads a verdict must see what it does not rest on.
  const common = {
    planDigest,
    skipped,
    ...(suppressed.length === 0 ? {} : { suppressed }),
    ...(circle === undefined ? {} : { circlePolicy: circle.digest }),
  };
  const nothing = { ...common, votes: [], posterior: {} };
  if (blocking.length > 0) {
    const reasons = blocking.map(({ ruleId, message }) => `${ruleId}: ${message}`);
    return { findings, verdict: { ...nothing, decision: 'refuse', by: 'policy', reasons } };
  }
  if (skipExperts) {
    return { findings, verdict: { ...nothing, decision: 'approve', by: 'nobody', reasons: ['experts were skipped'] } };
  }
  const started = clock.now();
  const past = await pastOf(session, planned);
  const brief: Brief = {
    findings: findings.map(({ ruleId, severity, resource, message }) => ({
      ruleId,
      severity,
      resource: resource ?? '',
      message,
      known: past.known.has(identity({ ruleId, resource })),
    })),
    history: past.history,
    allowed: allowDataLoss === 'all' ? planned.plan.resources.map(({ logicalId }) => logicalId) : [...allowDataLoss],
  };
  const { votes: builtIn, class: changeClass, desired } = planned.inCore.builtinVotes(brief);
  const builtInMs = (clock.now() - started) / builtIn.length;
  const outcomes = await outcomesOf(session.store);
  const consultation = await session.tracer.within('consult', { stack: planned.plan.stack }, async (span) => {
    traceVotes(session.tracer, builtIn, clock.now(), builtInMs);
    const found = await consultCircle({
      circle,
      question: { planDigest, stack: planned.plan.stack, actions: changingActions(planned.plan), findings },
      votes: builtIn,
      changeClass,
      outcomes,
      clock,
      answers: session.store.answers,
      purse: new Purse(session.store.limits, clock, circle?.settings.budget),
      tracer: session.tracer,
      signal,
    });
    span.set({ outcome: found.decision });
    return found;
  });
  const { decision, reasons, votes, consensus, reliability, stopped, unasked, calibration } = consultation;
  monitor.record('consult_duration_ms', clock.now() - started, { endpoint });
  measureVotes(monitor, votes, builtInMs);
  return {
    findings,
    verdict: {
      ...common,
      decision,
      by: 'circle',
      reasons,
      ...(decision === 'ask' ? { sides: sidesOf(votes) } : {}),
      votes: votes.map(
        (vote): VoteDocument => ({
          expert: vote.expert,
          option: vote.option ?? null,
          confidence: vote.confidence ?? null,
          ...(reliability[vote.expert] === undefined ? {} : { reliability: reliability[vote.expert] as number }),
          weight: vote.weight ?? 1,
          reasons: vote.reasons ?? [],
          costUsd: vote.costUsd ?? 0,
          elapsedMs: vote.elapsedMs ?? builtInMs,
          status: vote.status ?? 'ok',
        }),
      ),
      posterior: consensus.posterior,
      method: { name: consensus.method, version: consensus.methodVersion },
      changeClass,
      desired,
      ...(unasked.length === 0 ? {} : { stopped, unasked }),
      ...(calibration === undefined ? {} : { calibration }),
    },
  };
}

/** The same verdict after a person has answered a split circle. */
export function answered(verdict: Verdict, yes: boolean, by = 'a person', reason?: string): Verdict {
  const said = `${by} ${yes ? 'approved' : 'refused'}${reason === undefined ? '' : `: ${reason}`}`;
  const reasons = [...verdict.reasons, said];
  return { ...verdict, decision: yes ? 'approve' : 'refuse', by: 'person', reasons };
}

/** What is known from the stack's latest runs: how they ended, and which findings its last success had already. */
async function pastOf(session: Session, { plan }: Planned): Promise<{ history: History; known: Set<string> }> {
  const stack = { ...placeOf(session, plan.context), name: plan.stack };
  const ended = (await session.store.runs.list({ stack })).items.filter(({ mode }) => mode === 'deploy');
  const tried = ended.filter(({ status }) => ['succeeded', 'failed', 'rolled_back'].includes(status));
  const bad = tried.filter(({ status }) => status !== 'succeeded');
  const [last] = tried;
  const success = tried.find(({ status }) => status === 'succeeded');
  const had = success === undefined ? undefined : await session.store.runs.get(success.runId);
  return {
    history: {
      runs: tried.length,
      failures: bad.length,
      lastFailed: last !== undefined && last.status !== 'succeeded',
      rolledBack: bad.filter(({ status }) => status === 'rolled_back').length,
    },
    known: new Set(had?.findings.map(identity)),
  };
}

function identity({ ruleId, resource }: Pick<Finding, 'ruleId' | 'resource'>): string {
  return `${ruleId} ${resource ?? ''}`;
}
