// `deploy` to several targets: all are planned and judged, one answer is given for all of them, then each is deployed as a
// stack alone would be. Embedded in one process; the service's state machine does the same (app/service/deployments.ts).
import { AssentError } from '../../domain/errors.ts';
import type { Bounds } from '../../domain/targets.ts';
import { deploy } from '../deploy.ts';
import type { RunDocument } from '../documents/documents.ts';
import { told } from '../documents/errors.ts';
import type { RunEvent } from '../documents/events.ts';
import { outcomeOf, type TargetDocument, type TargetsDocument } from '../documents/targets.ts';
import { DEFAULT_CONCURRENCY } from '../plan.ts';
import { makePlan } from '../planning/planning.ts';
import type { OnFailure } from '../ports.ts';
import type { Control } from '../session.ts';
import {
  type Brief,
  type BriefedTarget,
  brief,
  type OpenTarget,
  plannedOf,
  type TargetsGate,
  type TargetWanted,
} from './brief.ts';
import { differences } from './differs.ts';
import { pooled } from './pool.ts';

export interface TargetsOptions extends TargetsGate, Bounds {
  onFailure?: OnFailure;
  /** Digest of the deployment that was approved; another is refused with `plan_changed`. */
  approve?: string;
  /** "Deploy to these targets?" Absent: the call itself is the consent. */
  consent?: (brief: Brief) => Promise<boolean>;
  /** What split circles cannot decide. Absent: the deployment is not begun. */
  decide?: (brief: Brief) => Promise<boolean>;
  /** Told what each target does; `index`: in what was wanted; `target`: with the account and region that it is in. */
  tell?: (index: number, target: TargetDocument, event: RunEvent) => void;
}

/**
 * Deploys. Resolves also when it was refused, or when targets failed: the outcome and each target's status say so. Run again
 * it goes on where it stopped: what succeeded has no changes.
 */
export async function deployTargets(
  wanted: readonly TargetWanted[],
  open: OpenTarget,
  options: TargetsOptions,
  control: Control & { now: () => number },
): Promise<TargetsDocument> {
  const start = control.now();
  const found = await brief(wanted, open, { ...options, settles: true }, { ...control, emit: () => undefined });
  const targets = found.targets.map((one, index) => briefedDocument(one, wanted[index]));
  const end = (outcome: TargetsDocument['outcome'], code?: string): TargetsDocument => ({
    version: 1,
    kind: 'targets',
    digest: found.digest,
    outcome,
    ...(code === undefined ? {} : { code }),
    targets,
    elapsedMs: control.now() - start,
  });
  const stopped = await ask(found, options);
  if (stopped !== undefined) return end(stopped.outcome, stopped.code);
  let failures = 0;
  for (const group of found.groups) {
    await pooled(group, options.maxConcurrency, async (index) => {
      const [one, told] = [found.targets[index], targets[index]];
      const what = wanted[index];
      if (one === undefined || 'error' in one || told === undefined || what === undefined) return;
      const why = notStarted(one, targets, { failures, ...options }, control);
      if (why !== undefined) {
        Object.assign(told, { status: 'not_started', code: why });
        return;
      }
      told.status = 'running';
      const emit = (event: RunEvent) => options.tell?.(index, told, event);
      Object.assign(told, await deployOne(what, one, open, options, { ...control, emit }));
      if (!ENDED_WELL.has(told.status)) failures += 1;
    });
  }
  return end(outcomeOf(targets));
}

const ENDED_WELL: ReadonlySet<string> = new Set(['succeeded', 'no_changes']);

/** Why nothing is begun at all; `undefined`: it goes on. */
async function ask(
  found: Brief,
  { approve, consent, decide }: TargetsOptions,
): Promise<{ outcome: 'refused' | 'rejected' | 'waiting_approval'; code: string } | undefined> {
  const { digest, targets } = found;
  if (digest === null) return { outcome: 'refused', code: 'target_not_planned' };
  if (approve !== undefined && approve !== digest) return { outcome: 'refused', code: 'plan_changed' };
  const briefed = plannedOf(targets);
  const [refused] = briefed.flatMap(({ refusal }) => refusal ?? []);
  if (refused !== undefined) return { outcome: 'refused', code: refused.code };
  if (approve !== undefined || briefed.every(({ changes }) => !changes)) return undefined;
  const isSplit = briefed.some(({ verdict }) => verdict?.decision === 'ask');
  if (isSplit && decide === undefined) return { outcome: 'waiting_approval', code: 'approval_required' };
  const question = isSplit ? decide : consent;
  if (question === undefined || (await question(found))) return undefined;
  return { outcome: 'rejected', code: 'rejected' };
}

/** Why a target is not begun, where it is not. */
export function notStarted(
  { after }: Pick<BriefedTarget, 'after'>,
  targets: readonly Pick<TargetDocument, 'status'>[],
  { failures, toleratedFailures }: { failures: number; toleratedFailures: number },
  { signal }: Pick<Control, 'signal'>,
): 'interrupted' | 'too_many_failures' | 'import_not_made' | undefined {
  if (signal?.aborted === true) return 'interrupted';
  if (after.some((other) => !ENDED_WELL.has(targets[other]?.status ?? ''))) return 'import_not_made';
  if (failures > toleratedFailures) return 'too_many_failures';
  return undefined;
}

async function deployOne(
  { target, template, parameters, tags }: TargetWanted,
  briefed: BriefedTarget,
  open: OpenTarget,
  options: TargetsOptions,
  control: Control,
): Promise<Partial<TargetDocument>> {
  const { stack } = target;
  const session = await open(target);
  const { operations = DEFAULT_CONCURRENCY, refresh = true } = options;
  const wanted = {
    template,
    stack,
    refresh,
    maxConcurrency: operations,
    ...(parameters === undefined ? {} : { parameters }),
    ...(tags === undefined ? {} : { tags }),
    ...(options.allowSecretIdentifiers === undefined ? {} : { allowSecretIdentifiers: options.allowSecretIdentifiers }),
  };
  const { failOn, skipExperts, suppressions, allowDataLoss, onFailure } = options;
  const gate = {
    ...(failOn === undefined ? {} : { failOn }),
    ...(skipExperts === undefined ? {} : { skipExperts }),
    ...(suppressions === undefined ? {} : { suppressions }),
    ...(allowDataLoss === undefined ? {} : { allowDataLoss }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  try {
    const meant = await meantBy(briefed, async () => {
      const planned = await makePlan(session, { ...wanted, mode: 'deploy' }, control);
      using _planner = planned.inCore;
      return planned.plan;
    });
    const document = await deploy(session, { ...wanted, ...gate, ...meant }, control);
    return ended(document);
  } catch (error) {
    if (!(error instanceof AssentError)) throw error;
    const status = error.kind === 'interrupted' ? 'cancelled' : error.kind === 'refused' ? 'refused' : 'failed';
    return { status, code: error.code, error: told(error) };
  }
}

/**
 * The digest that the plan of a target must have now. Where a person has answered for a split circle, the answer goes with
 * it, but not to what was open: nobody has seen that. Rejects with `plan_changed` where more differs than what was open.
 */
export async function meantBy(
  { plan, verdict, open }: Pick<BriefedTarget, 'plan' | 'verdict' | 'open'>,
  now: () => Promise<BriefedTarget['plan']>,
): Promise<{ approve: string } | { expect: string }> {
  if (open.length === 0) return verdict?.decision === 'ask' ? { approve: plan.digest } : { expect: plan.digest };
  const made = await now();
  const differing = differences(plan, made);
  if (differing.length === 0) return { expect: made.digest };
  const shown = differing.slice(0, 5).join(', ');
  throw new AssentError('plan_changed', `The plan of ${plan.stack} is not the one that was approved: ${shown}.`, {
    help: 'Look at the new plan, then approve the deployment again.',
    kind: 'refused',
  });
}

function ended(result: RunDocument): Partial<TargetDocument> {
  const { outcome, code } = result;
  return { status: outcome, result, ...(code === undefined ? {} : { code }) };
}

/** A target before it is begun. */
export function briefedDocument(one: Brief['targets'][number], wanted: TargetWanted | undefined): TargetDocument {
  const { stack = '', account = null, region = null, wave = 1 } = wanted?.target ?? {};
  if ('error' in one) {
    return { stack, account, region, wave, status: 'not_planned', planDigest: null, error: told(one.error) };
  }
  const { refusal, open } = one;
  return {
    stack: one.stack.name,
    account: one.stack.account,
    region: one.stack.region,
    wave: one.wave,
    status: refusal === undefined ? 'planned' : 'refused',
    planDigest: one.plan.digest,
    ...(refusal === undefined ? {} : refusal),
    ...(open.length === 0 ? {} : { open }),
  };
}
