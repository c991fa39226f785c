// A deployment to several targets in the service: what its workflow calls, and what the API shows. Each target is a run of
// its own, with its own submission; this file only says which of them are begun, and what all of them come to.
import { AssentError, ResourceNotFound } from '../../domain/errors.ts';
import { type NoEchoValues, revealed } from '../../domain/secret.ts';
import type { Target } from '../../domain/targets.ts';
import { outcomeOf, type TargetDocument } from '../documents/targets.ts';
import { ANSWER_WITHIN_MS, type JudgeOptions } from '../judge.ts';
import { keepValue } from '../keep.ts';
import { DEFAULT_CONCURRENCY } from '../plan.ts';
import { keepPlan, keptPlan, makePlan } from '../planning/planning.ts';
import type {
  DeploymentState,
  DeploymentStatus,
  KeptBrief,
  Submission,
  SubmissionHead,
  SubmittedTarget,
  TargetNote,
  TargetsSubmission,
} from '../ports/service.ts';
import { END_STATUSES } from '../ports.ts';
import { attestAnswer, attestJudged, checkPart, checkTogether } from '../proof/together.ts';
import { type Control, type Local, type Session, stackHere } from '../session.ts';
import { type Brief, brief, type OpenTarget, plannedOf, type TargetWanted } from '../targets/brief.ts';
import { briefedDocument, meantBy, notStarted } from '../targets/deploy.ts';
import type { Caller } from './access.ts';
import { forgetUnbegun, openTargets, targetRunId } from './sealing.ts';
import { cancelLed, hasFailed } from './starts.ts';
import type { Next, Steps } from './steps.ts';
import { judgeOptions, wantedOf } from './submission.ts';

/** As many iterations of an inline Map state AWS runs at the same time; more are executions of their own. */
export const MOST_INLINE = 40;
/** An execution may have 25,000 events, and a target takes about 30 of them. */
export const MOST_TARGETS = 500;

/** A target that the workflow has come back from so often, and never said how it stands, is not handed to it again. */
export const MOST_BEGUN = 10;

const ENDS: ReadonlySet<string> = new Set([...END_STATUSES, 'not_planned', 'not_started']);
const NOT_BRIEFED: KeptBrief = { digest: null, groups: [], targets: [] };
const NO_FAILURE: ReadonlySet<string> = new Set(['planned', 'running', 'succeeded', 'no_changes', 'not_started']);

function failuresAmong(targets: readonly Pick<TargetNote, 'status'>[]): number {
  return targets.filter(({ status }) => !NO_FAILURE.has(status)).length;
}

/** Plans and judges every target. Called again, what was judged first stays. */
export async function briefStep(
  local: Local,
  steps: Steps,
  open: OpenTarget,
  id: string,
  control: Control,
): Promise<Next> {
  const { submissions, deployments, circle } = steps;
  const found = await deployments.get(id);
  if (found !== undefined) return nextOf(found.status);
  const head = await headOf(submissions, id);
  const submission = await submissions.targets(head);
  const sealed = await openTargets(steps, head, submission.targets.length);
  try {
    const made = await brief(wantedTargets(submission, sealed), open, { ...gateOf(submission), circle }, control);
    for (const { plan } of plannedOf(made.targets)) await keepPlan(local.store.blobs, plan);
    const state = { ...(await signed(local, id, made, decided(made, submission))), brief: keptBrief(made, submission) };
    const expiresAt = local.clock.now() + ANSWER_WITHIN_MS;
    await deployments.begin(id, { ...state, ...(state.status === 'waiting_approval' ? { expiresAt } : {}) });
    return ended(steps, id, nextOf(state.status));
  } catch (error) {
    if (!(error instanceof AssentError) || error.retryable) throw error;
    await deployments.begin(id, { status: 'refused', code: error.code, brief: NOT_BRIEFED });
    return ended(steps, id, { next: 'end' });
  }
}

/** Signs what was decided before it counts; what was decided of another plan before is refused. */
async function signed(
  local: Local,
  id: string,
  { digest, targets }: Brief,
  decision: ReturnType<typeof decided>,
): Promise<ReturnType<typeof decided>> {
  if (digest === null) return decision;
  const judged = plannedOf(targets).map(({ stack, plan, verdict }) => ({ stack, planDigest: plan.digest, verdict }));
  const said = { waiting_approval: 'ask', running: 'approve', refused: 'refuse' } as const;
  const isSame = await attestJudged(local, { id, digest, targets: judged, decision: said[decision.status] });
  return isSame ? decision : { status: 'refused', code: 'plan_changed' };
}

/** Begins the targets whose turn it is; when there is none any more, the deployment ends. */
export async function groupStep(local: Local, steps: Steps, id: string): Promise<Next> {
  const { submissions, deployments } = steps;
  const state = await deployments.get(id);
  if (state?.status !== 'running') return ended(steps, id, { next: 'end' });
  const why = await refusedByProof(local, id, state);
  if (why !== undefined) {
    const isBegun = (await deployments.notes(id)).size > 0;
    await deployments.move(id, 'running', { status: isBegun ? 'failed' : 'refused', code: why });
    return ended(steps, id, { next: 'end' });
  }
  const head = await headOf(submissions, id);
  const submission = await submissions.targets(head);
  const targets = await standing(local, steps, id, state.brief);
  const { maxConcurrency: atOnce } = submission.bounds;
  const isSpread = atOnce > MOST_INLINE;
  // The machine's own bound of many targets is that of the installation: fewer are begun in batches.
  const most = isSpread && atOnce < steps.fanOut ? atOnce : Number.POSITIVE_INFINITY;
  for (const group of state.brief.groups) {
    const begun: { runId: string }[] = [];
    for (const index of group) {
      if (begun.length === most) break;
      const [one, target] = [state.brief.targets[index], targets[index]];
      if (one === undefined || target === undefined || ENDS.has(target.status)) continue;
      const runId = targetRunId(id, index);
      if (target.status === 'planned') {
        const failures = failuresAmong(targets);
        const why = notStarted(one, targets, { failures, ...submission.bounds }, {});
        const note: TargetNote =
          why === undefined ? { status: 'running', runId, begun: 0 } : { status: 'not_started', code: why };
        if (why === undefined) await submit(steps, head, submission, { index, planDigest: target.planDigest });
        await deployments.note(id, index, note);
        Object.assign(target, note);
        if (why !== undefined) continue;
      }
      // One that waits for a person goes on by its own workflow.
      if (target.status !== 'running') continue;
      const { begun: times = 1 } = target;
      const isLost = times >= MOST_BEGUN;
      const note: TargetNote = isLost
        ? { status: 'failed', code: 'workflow_failed', runId }
        : { status: 'running', runId, begun: times + 1 };
      await deployments.note(id, index, note);
      Object.assign(target, note);
      if (!isLost) begun.push({ runId });
    }
    if (begun.length === 0) continue;
    if (!isSpread) return { next: 'group', begun, atOnce };
    return { next: 'spread', list: await keepValue(local.store.blobs, 'list', begun) };
  }
  const outcome = outcomeOf(targets);
  const waits = outcome === 'waiting_approval';
  const change = waits ? { status: 'failed' as const, code: 'target_waits' } : { status: outcome };
  await deployments.move(id, 'running', change);
  return ended(steps, id, { next: 'end' });
}

/** Why what is signed of a deployment does not allow it, where it does not. */
async function refusedByProof(
  local: Local,
  id: string,
  { brief: { digest } }: DeploymentState,
): Promise<string | undefined> {
  try {
    await checkTogether(local, id, digest ?? '');
    return undefined;
  } catch (error) {
    if (error instanceof AssentError && error.kind === 'refused') return error.code;
    throw error;
  }
}

/** What comes next; where that is nothing, no value is kept for a target that has no run. */
async function ended(steps: Steps, id: string, next: Next): Promise<Next> {
  if (next.next === 'end') await forgetUnbegun(steps, id);
  return next;
}

/** Whether a deployment was cancelled: a target that was being judged then is not begun. */
export async function isCancelled({ deployments }: Steps, id: string): Promise<boolean> {
  return (await deployments.get(id))?.status === 'cancelled';
}

/** Before a target's run begins: why it does not, where something has come between. */
export async function heldBack({ submissions, deployments }: Steps, { part }: SubmissionHead): Promise<boolean> {
  if (part === undefined) return false;
  const state = await deployments.get(part.of);
  const { bounds } = await submissions.targets(await headOf(submissions, part.of));
  const failures = failuresAmong([...(await deployments.notes(part.of)).values()]);
  const why =
    state?.status !== 'running' ? 'cancelled' : failures > bounds.toleratedFailures ? 'too_many_failures' : '';
  if (why === '') return false;
  await deployments.note(part.of, part.index, { status: 'not_started', code: why });
  return true;
}

/**
 * The plan that a target's run must come to, and who approved it. Rejects with `plan_changed`, and with the code of what does
 * not hold where what is signed of the deployment does not allow it.
 */
export async function meantFor(
  session: Session,
  { deployments }: Steps,
  { part }: SubmissionHead,
  submission: Submission,
  control: Control,
): Promise<Pick<JudgeOptions, 'approve' | 'approvedBy' | 'expect'>> {
  if (part === undefined) return {};
  const state = await deployments.get(part.of);
  const one = state?.brief.targets[part.index];
  const digest = one?.document.planDigest ?? '';
  const plan = await keptPlan(session.store.blobs, digest);
  if (one === undefined || plan === undefined) throw new Error(`the plan ${digest} of ${part.of} is not kept`);
  const whole = state?.brief.digest ?? '';
  const { approvedBy } = await checkTogether(session, part.of, whole);
  const { stack } = await stackHere(session, submission.stack, control);
  await checkPart(session, whole, { stack, planDigest: digest });
  const { open = [] } = one.document;
  if (open.length === 0) {
    return one.split && approvedBy !== undefined ? { approve: digest, approvedBy } : { expect: digest };
  }
  return meantBy({ plan, verdict: null, open }, async () => {
    const planned = await makePlan(session, wantedOf(submission), control);
    using _planner = planned.inCore;
    return planned.plan;
  });
}

/** A target's part of the workflow is over: its deployment is told how it stands. */
export async function settledStep(
  local: Local,
  { submissions, deployments }: Steps,
  runId: string,
  said: Next | { next: 'stopped' },
): Promise<Next> {
  const { part } = await headOf(submissions, runId);
  if (part === undefined) return { next: 'end' };
  const known = (await deployments.notes(part.of)).get(part.index);
  if (known?.status === 'not_started') return { next: 'end' };
  const run = await local.store.runs.get(runId);
  const error = said.next === 'refused' ? { error: said.error } : {};
  if (run !== undefined && (ENDS.has(run.status) || run.status === 'waiting_approval')) {
    await deployments.note(part.of, part.index, { status: run.status as TargetDocument['status'], runId, ...error });
  } else if (said.next === 'refused') {
    await deployments.note(part.of, part.index, { status: 'not_planned', runId, ...error });
  } else {
    // Its workflow has failed for good: the run itself can be resumed.
    await deployments.note(part.of, part.index, { status: 'failed', code: 'workflow_failed', runId });
  }
  return { next: 'end' };
}

/** After an answer, or when nobody has answered in time. */
export async function answeredDeployment(local: Local, steps: Steps, id: string): Promise<Next | undefined> {
  const { deployments } = steps;
  const state = await deployments.get(id);
  if (state === undefined) return undefined;
  if (isOver(state, local.clock.now())) {
    await deployments.move(id, 'waiting_approval', { status: 'expired', code: 'run_expired' });
    return ended(steps, id, { next: 'end' });
  }
  return ended(steps, id, nextOf(state.status));
}

/** The workflow has failed: what nobody has begun is called off; what was begun can be resumed. */
export async function stoppedDeployment(steps: Steps, id: string): Promise<void> {
  const { deployments, tell } = steps;
  const calledOff = { status: 'cancelled', code: 'workflow_failed' } as const;
  if ((await deployments.get(id)) === undefined) await deployments.begin(id, { ...calledOff, brief: NOT_BRIEFED });
  await deployments.move(id, 'waiting_approval', calledOff);
  await forgetUnbegun(steps, id);
  if ((await deployments.get(id))?.status !== 'running') return;
  await tell('Deployment status changed', { version: 1, runId: id, status: 'interrupted', code: 'workflow_failed' });
}

function isOver({ status, expiresAt }: DeploymentState, now: number): boolean {
  return status === 'waiting_approval' && expiresAt !== undefined && now >= expiresAt;
}

/** A deployment to several targets as the API shows it. */
export interface TargetsDeployment {
  version: 1;
  kind: 'deployment';
  runId: string;
  submittedBy: string;
  /** `interrupted`: it has not ended, and its workflow has failed. */
  status: DeploymentStatus | 'planning' | 'not_planned' | 'interrupted';
  code?: string;
  /** What a person approves. */
  digest?: string | null;
  answer?: Omit<NonNullable<DeploymentState['answer']>, 'at'> & { at: string };
  targets?: (TargetDocument & { runId?: string })[];
}

/** Shows it, as far as it has come. */
export async function showDeployment(local: Local, steps: Steps, head: SubmissionHead): Promise<TargetsDeployment> {
  const { runId, by } = head;
  const common = { version: 1, kind: 'deployment', runId, submittedBy: by } as const;
  const state = await steps.deployments.get(runId);
  const failed = (state === undefined || state.status === 'running') && (await hasFailed(steps, head));
  const why = failed ? 'workflow_failed' : state?.code;
  const code = why === undefined ? {} : { code: why };
  if (state === undefined) return { ...common, status: failed ? 'not_planned' : 'planning', ...code };
  const { brief: found, answer } = state;
  const status = failed ? 'interrupted' : isOver(state, local.clock.now()) ? 'expired' : state.status;
  const noted = await standing(local, steps, runId, found);
  const targets = noted.map(({ begun: _begun, ...target }) => target);
  return {
    ...common,
    status,
    ...code,
    digest: found.digest,
    ...(answer === undefined ? {} : { answer: { ...answer, at: new Date(answer.at).toISOString() } }),
    targets,
  };
}

/** A person's answer to all targets. Rejects with `run_ended` where none is asked for. */
export async function answerDeployment(
  local: Local,
  { deployments }: Steps,
  id: string,
  { decision, by, reason }: { decision: 'approve' | 'reject'; by: string; reason?: string | undefined },
): Promise<void> {
  const at = local.clock.now();
  const state = await deployments.get(id);
  const answer = { decision, by, at, ...(reason === undefined ? {} : { reason }) };
  const change =
    decision === 'approve'
      ? { status: 'running' as const, answer }
      : { status: 'rejected' as const, code: 'rejected', answer };
  const isWaiting = state?.status === 'waiting_approval' && !isOver(state, at);
  if (isWaiting) {
    await attestAnswer(local, id, state.brief.digest ?? '', answer);
    if (await deployments.move(id, 'waiting_approval', change)) return;
  }
  throw new AssentError('run_ended', `Deployment ${id} waits for no answer.`, { kind: 'refused' });
}

/** No other target is begun; those under way are stopped in good order. */
export async function cancelDeployment(
  local: Local,
  steps: Steps,
  head: SubmissionHead,
  now: boolean,
): Promise<DeploymentStatus> {
  const { deployments, submissions } = steps;
  const id = head.runId;
  if ((await deployments.get(id)) === undefined) {
    if (!(await hasFailed(steps, head))) {
      throw new ResourceNotFound(`Deployment ${id} is not planned yet.`, { help: 'Try again in a moment.' });
    }
    await stoppedDeployment(steps, id);
  }
  for (const status of ['waiting_approval', 'running'] as const) {
    if (await deployments.move(id, status, { status: 'cancelled', code: 'cancelled' })) break;
  }
  for (const [index, { status, runId }] of await deployments.notes(id)) {
    if (status !== 'running' || runId === undefined) continue;
    if ((await local.store.runs.get(runId)) !== undefined) {
      await cancelLed(local, steps, await headOf(submissions, runId), now);
    } else if (await hasFailed(steps, head)) {
      // Nobody comes to say so.
      await deployments.note(id, index, { status: 'not_started', code: 'cancelled' });
    }
  }
  await forgetUnbegun(steps, id);
  return (await deployments.get(id))?.status ?? 'cancelled';
}

/** Whether there is something to go on with: it has begun, or its workflow has failed before it was judged. */
export async function isResumableDeployment(steps: Steps, head: SubmissionHead): Promise<boolean> {
  const state = await steps.deployments.get(head.runId);
  return state === undefined ? hasFailed(steps, head) : state.status === 'running';
}

/** Throws NotAllowed unless the caller may do this with every stack of it. */
export async function demandAll(
  { submissions }: Pick<Steps, 'submissions'>,
  head: SubmissionHead,
  caller: Caller,
  scope: Parameters<Caller['demand']>[0],
): Promise<void> {
  const { targets } = await submissions.targets(head);
  for (const { stack } of targets) caller.demand(scope, stack);
}

/** Every target as it stands now: as judged, as noted, and what has become of its run since. */
async function standing(local: Local, { deployments }: Steps, id: string, { targets }: KeptBrief) {
  const notes = await deployments.notes(id);
  return Promise.all(
    targets.map(async ({ document }, index): Promise<TargetDocument & Pick<TargetNote, 'runId' | 'begun'>> => {
      const note = notes.get(index);
      if (note === undefined) return { ...document };
      const run = note.runId === undefined ? undefined : await local.store.runs.get(note.runId);
      const now = run !== undefined && (ENDS.has(run.status) || run.status === 'waiting_approval');
      return { ...document, ...note, ...(now ? { status: run.status as TargetDocument['status'] } : {}) };
    }),
  );
}

async function submit(
  { submissions }: Steps,
  head: SubmissionHead,
  { targets, bounds: _, ...common }: TargetsSubmission,
  { index, planDigest }: { index: number; planDigest: string | null },
): Promise<void> {
  const target = targets[index];
  if (target === undefined || planDigest === null) throw new Error(`deployment ${head.runId} has no target ${index}`);
  const { stack, account, region, wave: _wave, template = common.template, parameters, tags } = target;
  const runId = targetRunId(head.runId, index);
  const { askAlways: _asked, planDigest: _digest, ...rest } = common;
  const submission: Submission = {
    ...rest,
    mode: 'deploy',
    stack,
    template,
    parameters: { ...common.parameters, ...parameters },
    tags: { ...common.tags, ...tags },
  };
  const { several: _several, ...own } = head;
  const part = { of: head.runId, index };
  // Begun before, by a worker that ended before it could say so.
  if ((await submissions.head(runId)) !== undefined) return;
  await submissions.keep({ ...own, ...placeOf({ account, region }), runId, stack, part, starts: 1 }, submission);
}

function wantedTargets(
  { targets, template, parameters, tags }: TargetsSubmission,
  sealed: readonly NoEchoValues[] = [],
): TargetWanted[] {
  return targets.map(
    ({ template: own = template ?? '', parameters: owns, tags: ownTags, stack, wave = 1, ...place }, index) => ({
      target: { stack, wave, ...placeOf(place) },
      template: { text: own, name: 'template' },
      parameters: { ...parameters, ...owns, ...revealed(sealed[index] ?? {}) },
      tags: { ...tags, ...ownTags },
    }),
  );
}

function placeOf({ account, region }: Pick<SubmittedTarget, 'account' | 'region'>): Pick<Target, 'account' | 'region'> {
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

function gateOf(submission: TargetsSubmission) {
  const { failOn, allowDataLoss, suppressions, skipExperts } = judgeOptions({
    ...submission,
    mode: 'deploy',
    stack: '',
  });
  const { refresh = true, allowSecretIdentifiers, maxConcurrency = DEFAULT_CONCURRENCY, bounds } = submission;
  return {
    ...{ failOn, allowDataLoss, suppressions, skipExperts, refresh },
    operations: maxConcurrency,
    maxConcurrency: bounds.maxConcurrency,
    ...(allowSecretIdentifiers === undefined ? {} : { allowSecretIdentifiers }),
  };
}

function keptBrief({ targets, groups, digest }: Brief, submission: TargetsSubmission): KeptBrief {
  const wanted = wantedTargets(submission);
  return {
    digest,
    groups,
    targets: targets.map((one, index) => ({
      document: briefedDocument(one, wanted[index]),
      after: 'error' in one ? [] : one.after,
      split: !('error' in one) && one.verdict?.decision === 'ask',
    })),
  };
}

function decided(
  { digest, targets }: Brief,
  { planDigest, askAlways = false }: TargetsSubmission,
): { status: 'refused' | 'waiting_approval' | 'running'; code?: string } {
  if (digest === null) return { status: 'refused', code: 'target_not_planned' };
  if (planDigest !== undefined && planDigest !== digest) return { status: 'refused', code: 'plan_changed' };
  const planned = plannedOf(targets);
  const [refused] = planned.flatMap(({ refusal }) => refusal ?? []);
  if (refused !== undefined) return { status: 'refused', code: refused.code };
  const asks = planned.some(({ verdict }) => verdict?.decision === 'ask');
  const changes = planned.some((one) => one.changes);
  return { status: changes && (asks || askAlways) ? 'waiting_approval' : 'running' };
}

function nextOf(status: DeploymentStatus): Next {
  if (status === 'waiting_approval') return { next: 'ask' };
  return status === 'running' ? { next: 'begin' } : { next: 'end' };
}

async function headOf(submissions: Steps['submissions'], id: string): Promise<SubmissionHead> {
  const head = await submissions.head(id);
  if (head === undefined) throw new Error(`nothing was submitted as ${id}`);
  return head;
}
