// What happens when a deployment fails: whether it turns back, how, and what its document says. The plan that leads back
// is the core's (wasm-core/src/plan/rollback.rs); the same engine carries it out, in the same run.

import { isDeepStrictEqual } from 'node:util';
import type { Action, Outcome, Plan, ResourceReport, Unrestored } from '#wasm';
import { rollback as rollbackInCore } from '../../core/calls.ts';
import type { NoEchoValues } from '../../domain/secret.ts';
import type { End, RollbackDocument, RunDocument } from '../documents/documents.ts';
import { type ResourceDocument, resourceDocument } from '../documents/events.ts';
import { refresh } from '../planning/refresh.ts';
import type { Rollback, Run } from '../ports.ts';
import type { Control, Session } from '../session.ts';

const DONE: ReadonlySet<string> = new Set(['succeeded', 'unchanged', 'retained']);
const REMOVES: ReadonlySet<Action> = new Set(['delete', 'retain']);

/**
 * Whether a run that ended like this turns back. Not where everything that is wanted is there and only deletions failed:
 * what is deleted already does not come back, and the next run deletes the rest.
 */
export function turnsBack(
  run: Run,
  plan: Plan,
  { outcome, resources }: Pick<Rollback, 'resources'> & { outcome: Outcome },
): boolean {
  if (run.mode !== 'deploy' || outcome !== 'failed') return false;
  if (run.onFailure === undefined || run.onFailure === 'keep') return false;
  const planned = new Map(plan.resources.map((resource) => [resource.logicalId, resource]));
  return resources.some(({ logicalId, action, status, replaced = [] }) => {
    if (REMOVES.has(action) || DONE.has(status)) return false;
    const cleansUp = planned.get(logicalId)?.replacement !== 'deleteBeforeCreate';
    return !(cleansUp && replaced.some((old) => old.status === 'failed'));
  });
}

/** The plan that leads back, made from what is recorded now and from reads of what was touched. */
export async function planRollback(
  session: Session,
  { run, plan, secretParameters }: { run: Run; plan: Plan; secretParameters: NoEchoValues },
  control: Control,
): Promise<{ plan: Plan; unrestored: Unrestored[] }> {
  const record = await session.store.stacks.get(run.stack);
  const recorded = record?.state ?? { stack: plan.stack, context: plan.context, resources: [], parameters: {} };
  const before = new Map(plan.resources.map(({ logicalId, recorded }) => [logicalId, recorded]));
  const touched = recorded.resources.flatMap((now) => {
    const earlier = before.get(now.logicalId);
    return earlier !== undefined && !isDeepStrictEqual(now, earlier) ? [earlier] : [];
  });
  const live = await refresh(touched, { ...session, ...control, budget: session.budgets.of(run.stack) });
  const answer = rollbackInCore({
    forward: plan,
    recorded,
    live,
    lost: lostSecrets(record?.state.fingerprints ?? {}, run.fingerprints, secretParameters),
    maxConcurrency: run.config.maxConcurrency,
    ...(session.speed === 1 ? {} : { durationScale: 1 / session.speed }),
  });
  return answer;
}

/** Secrets whose value of before the run cannot be had: it was not given, or another one was. */
function lostSecrets(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  given: NoEchoValues,
): string[] {
  const lost = Object.entries(before).filter(([id, print]) => {
    const name = id.startsWith('parameter:') ? id.slice('parameter:'.length) : undefined;
    if (name !== undefined && !Object.hasOwn(given, name)) return true;
    return now[id] !== undefined && now[id] !== print;
  });
  return lost.map(([id]) => id);
}

/** The document of a run that failed, with what came of the way back. */
export function rolledBack(
  there: RunDocument,
  back: {
    outcome: End;
    plan: Plan;
    way: Plan;
    resources: readonly ResourceReport[];
    rollback: Rollback;
  },
): RunDocument {
  const { outcome, plan, way, rollback } = back;
  const reports = new Map(back.resources.map((report) => [report.logicalId, report]));
  const unrestored: RollbackDocument['unrestored'] = rollback.unrestored.map(({ physicalId, ...rest }) => ({
    ...rest,
    physicalId: physicalId ?? null,
    help: 'The next deployment starts from what it is now.',
  }));
  for (const report of there.resources) {
    if (report.errorCode === 'intent_expired') unrestored.push(left(report, report.message ?? ''));
  }
  for (const report of back.resources) {
    if (DONE.has(report.status)) {
      const before = plan.resources.find(({ logicalId }) => logicalId === report.logicalId)?.recorded;
      const anew = report.action === 'create' || report.action === 'replace';
      if (anew && before !== undefined && before.physicalId !== report.physicalId) {
        unrestored.push(left(report, `It was ${before.physicalId}, which is gone, and was created anew.`));
      }
      continue;
    }
    const why = report.message ?? report.errorCode ?? '';
    unrestored.push(left(report, why === '' ? 'It was not reached on the way back.' : why));
  }
  const stays = new Set(unrestored.map(({ logicalId }) => logicalId));
  const undone = new Set(way.resources.map(({ logicalId }) => logicalId));
  const resources = there.resources.map((one): ResourceDocument => {
    if (stays.has(one.logicalId) && one.status !== 'failed') return { ...one, status: 'rollback_failed' };
    const report = reports.get(one.logicalId);
    if (one.status === 'succeeded' && undone.has(one.logicalId) && report !== undefined && DONE.has(report.status)) {
      return { ...inForceAgain(one, plan), status: report.status === 'retained' ? 'retained' : 'rolled_back' };
    }
    return one;
  });
  const document: RunDocument = {
    ...there,
    resources,
    rollback: { planDigest: rollback.planDigest, resources: back.resources.map(resourceDocument), unrestored },
  };
  if (outcome === 'cancelled') return { ...withoutCode(document), outcome };
  if (outcome === 'failed' || unrestored.length > 0) return { ...document, outcome: 'failed' };
  const drifted = resources.filter(({ status }) => status === 'failed');
  if (drifted.length > 0 && drifted.every(({ errorCode }) => errorCode === 'drifted')) {
    return { ...document, outcome: 'refused', code: 'drifted' };
  }
  return { ...document, outcome: 'rolled_back' };
}

/** What it had taken the place of is the resource again, and waits for no deletion. */
function inForceAgain({ replaced = [], ...one }: ResourceDocument, plan: Plan): ResourceDocument {
  const before = plan.resources.find(({ logicalId }) => logicalId === one.logicalId)?.recorded?.physicalId;
  const old = replaced.filter(({ physicalId }) => physicalId !== before);
  return old.length === 0 ? one : { ...one, replaced: old };
}

function withoutCode({ code: _, ...document }: RunDocument): RunDocument {
  return document;
}

function left(
  { logicalId, type, physicalId }: Pick<ResourceDocument, 'logicalId' | 'type' | 'physicalId'>,
  message: string,
): RollbackDocument['unrestored'][number] {
  return { logicalId, type, physicalId, message, help: 'Deploy again, or put it right by hand and deploy again.' };
}
