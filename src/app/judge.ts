// `judge`: policy, data and the circle over a submitted run. It ends as refused, waits for a person, or is approved.
// Nothing is called; no lease is held.
import { thresholdsFor } from '../domain/circle.ts';
import { AssentError } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type RunDocument, stoppedDocument } from './documents/documents.ts';
import { iso } from './documents/events.ts';
import { answered, type GateOptions, judge as judgePlan } from './gate/gate.ts';
import { type AllowedLoss, lossRefused } from './gate/guard.ts';
import type { Template } from './planning/planning.ts';
import type { Run } from './ports.ts';
import { attest, type Saying } from './proof/attest.ts';
import type { Control, Session } from './session.ts';
import { changesAnything, type Submitted } from './submit.ts';

/** How long a person has to answer. */
export const ANSWER_WITHIN_MS = 24 * 60 * 60_000;

export interface JudgeOptions extends GateOptions {
  /** Absent for a deletion, which no expert is asked about. */
  template?: Template;
  allowDataLoss?: AllowedLoss;
  /** Digest of the plan that was approved beforehand; another plan is refused with `plan_changed`. */
  approve?: string;
  /** Who approved it, where that is known. */
  approvedBy?: string;
  /** Digest of the plan that was shown; another is refused in the same way, and no question is answered by it. */
  expect?: string;
  /** Digest of the access policy that let the run in; stands in the verdict. */
  accessPolicy?: string;
  /** A person is to be asked whatever the circle says, unless there is nothing to do. */
  askAlways?: boolean;
}

/** What came of it: `document` where the run has ended, refused. */
export interface Judged {
  run: Run;
  document?: RunDocument;
}

/** Judges a submitted run and writes down what was found. */
export function judge(
  session: Session,
  submitted: Submitted,
  options: JudgeOptions,
  control: Control,
): Promise<Judged> {
  const { runId, stack } = submitted.run;
  return session.tracer.within('judge', { runId, stack: stack.name }, async (span) => {
    const judged = await judgeNow(session, submitted, options, control);
    span.set({ outcome: judged.run.status });
    return judged;
  });
}

async function judgeNow(
  session: Session,
  { run, planned }: Submitted,
  options: JudgeOptions,
  control: Control,
): Promise<Judged> {
  const { clock, store } = session;
  const { approve } = options;
  const meant = approve ?? options.expect;
  const { digest } = planned.plan;
  if (!changesAnything(planned)) return settled(session, run, { status: 'approved' }, []);
  if (meant !== undefined && meant !== digest) {
    const verdict = policyVerdict(digest, [`plan ${meant} was approved, but the plan is now ${digest}`], options);
    await refuse(session, run, { verdict }, 'plan_changed');
    throw new AssentError('plan_changed', `Plan ${meant} was approved, but the plan is now ${digest}.`, {
      help: 'Look at the new plan, then approve its digest.',
      ways: [{ action: 'plan', stack: planned.plan.stack }],
      kind: 'refused',
    });
  }
  const loss = lossRefused(planned, options.allowDataLoss);
  if (loss !== undefined) return refuse(session, run, { verdict: policyVerdict(digest, loss, options) }, 'data_loss');
  const always = alwaysAsked(run, options);
  if (always !== undefined) {
    control.emit({ event: 'decided', at: iso(clock.now()), ...always });
    await store.runs.move(run.runId, ['submitted'], { verdict: always });
    return settled(session, { ...run, verdict: always }, waiting(session), sayingsOf({ verdict: always }, 'ask'));
  }
  if (options.template === undefined) {
    const asks = options.askAlways === true;
    const allowed: Saying = { says: 'verdict', result: asks ? 'ask' : 'approve', by: 'policy' };
    return settled(session, run, asks ? waiting(session) : { status: 'approved' }, [allowed]);
  }
  const { verdict: found, findings } = await judgePlan(session, planned, options.template, options, control.signal);
  const by = options.approvedBy ?? 'the approved digest';
  const answers = found.decision === 'ask' && approve !== undefined;
  const verdict = { ...(answers ? answered(found, true, by) : found), ...letIn(options) };
  control.emit({ event: 'decided', at: iso(clock.now()), ...verdict });
  if (verdict.decision === 'refuse') {
    const code = verdict.by === 'policy' ? 'security_validation_failed' : 'verdict_refused';
    return refuse(session, run, { verdict, findings }, code);
  }
  const asks = options.askAlways === true || verdict.decision === 'ask';
  const answer = answers ? { answer: { decision: 'approve', by, at: clock.now() } as const } : {};
  await store.runs.move(run.runId, ['submitted'], { verdict, findings });
  const judged = { ...run, verdict, findings };
  const result = asks ? 'ask' : 'approve';
  return settled(
    session,
    judged,
    asks ? waiting(session) : { status: 'approved', ...answer },
    sayingsOf({ verdict, findings }, result),
  );
}

/** The verdict over a deletion that the circle's configuration leaves to a person. No expert is asked about one. */
function alwaysAsked({ mode, stack, planDigest }: Run, options: JudgeOptions): Verdict | undefined {
  const { circle } = options;
  if (mode !== 'destroy' || circle === undefined) return undefined;
  if (!thresholdsFor(circle.settings, stack.name).alwaysAsk) return undefined;
  const asked = policyVerdict(planDigest, ['a person always decides here'], options);
  return { ...asked, decision: 'ask', circlePolicy: circle.digest };
}

function waiting({ clock }: Session): { status: 'waiting_approval'; expiresAt: number } {
  return { status: 'waiting_approval', expiresAt: clock.now() + ANSWER_WITHIN_MS };
}

/** Signed before the run moves on: what may be worked on is always accounted for. */
async function settled(
  session: Session,
  run: Run,
  change: Pick<Run, 'status'> & Partial<Pick<Run, 'expiresAt' | 'answer'>>,
  sayings: readonly Saying[],
): Promise<Judged> {
  await attest(session, run, [{ says: 'plan', result: run.mode }, ...sayings]);
  await session.store.runs.move(run.runId, ['submitted'], change);
  return { run: { ...run, ...change } };
}

/** What scan and gate say, as it is signed. */
function sayingsOf(
  judged: Pick<Run, 'verdict'> & Partial<Pick<Run, 'findings'>>,
  result: Verdict['decision'],
): Saying[] {
  const { verdict, findings } = judged;
  if (verdict === null) return [];
  const { by, skipped, suppressed } = verdict;
  const scan: Saying[] =
    findings === undefined ? [] : [{ says: 'scan', result: counted(findings), details: { findings, suppressed } }];
  return [...scan, { says: 'verdict', result, by, skipped, details: verdict }];
}

/** `critical 0, high 2, ...` */
function counted(findings: Run['findings']): string {
  const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
  return severities.map((one) => `${one} ${findings.filter(({ severity }) => severity === one).length}`).join(', ');
}

async function refuse(
  session: Session,
  run: Run,
  judged: Pick<Run, 'verdict'> & Partial<Pick<Run, 'findings'>>,
  code: string,
): Promise<Judged> {
  const { store, clock } = session;
  const ended = { ...run, ...judged, status: 'refused' as const, endedAt: clock.now() };
  const document = stoppedDocument(ended, 'refused', code);
  const { status, endedAt } = ended;
  const outcome: Saying = { says: 'outcome', result: 'refused', details: document };
  await attest(session, run, [{ says: 'plan', result: run.mode }, ...sayingsOf(judged, 'refuse'), outcome]);
  await store.runs.move(run.runId, ['submitted'], { ...judged, status, endedAt, result: document });
  return { run: ended, document };
}

function policyVerdict(planDigest: string, reasons: string[], options: JudgeOptions): Verdict {
  const nothing = { votes: [], posterior: {}, skipped: [] };
  return { decision: 'refuse', by: 'policy', planDigest, reasons, ...nothing, ...letIn(options) };
}

function letIn({ accessPolicy }: JudgeOptions): Pick<Verdict, 'accessPolicy'> {
  return accessPolicy === undefined ? {} : { accessPolicy };
}
