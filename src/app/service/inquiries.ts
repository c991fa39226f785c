// Inquiries to the service: plans, consultations, reports of drift. They read only, may take longer than an answer over
// HTTP may, and so are answered by a worker; whoever asked looks for the answer later.

import { AssentError, ResourceNotFound } from '../../domain/errors.ts';
import { revealed } from '../../domain/secret.ts';
import type { StackKey } from '../../domain/stack.ts';
import { consult } from '../consult.ts';
import { type PlanDocument, planDocument } from '../documents/documents.ts';
import { revived, told } from '../documents/errors.ts';
import { drift } from '../drift.ts';
import { DEFAULT_CONCURRENCY } from '../plan.ts';
import { makePlan } from '../planning/planning.ts';
import type { Inquiry, InquiryHead } from '../ports/service.ts';
import { reconcile } from '../reconcile.ts';
import { type Control, type Local, type Session, stackHere } from '../session.ts';
import type { Caller } from './access.ts';
import { apart } from './no-echo.ts';
import { review } from './review.ts';
import type { Next, Steps } from './steps.ts';
import { judgeOptions, wantedOf } from './submission.ts';

/** Of an inquiry that is not answered yet. */
export interface InquiryDocument {
  version: 1;
  kind: 'inquiry';
  id: string;
  status: 'running';
}

/** Takes an inquiry; its workflow is under way when this resolves. */
export async function inquire(
  local: Local,
  { inquiries, vault, workflow }: Steps,
  asked: Inquiry,
  { caller, id, place = {} }: { caller: Caller; id: string; place?: Pick<InquiryHead, 'account' | 'region'> },
): Promise<InquiryDocument> {
  const { stack, kind } = asked;
  caller.demand('plan', stack);
  const { open, secret } = 'template' in asked ? apart(asked) : { open: asked, secret: {} };
  const digest = await inquiries.keep({ id, kind, stack, by: caller.by, at: local.clock.now(), ...place }, open);
  if (Object.keys(secret).length > 0) await vault.seal({ runId: id, digest }, secret);
  await workflow.start(id, { runId: id, inquiry: true });
  return running(id);
}

/** The answer, or that there is none yet. Rejects as the use case did, and with ResourceNotFound for an unknown id. */
export async function answerTo(
  { inquiries, workflow }: Steps,
  id: string,
  { kind, caller }: { kind: Inquiry['kind']; caller: Caller },
): Promise<{ document: object } | { running: InquiryDocument }> {
  caller.demand('read');
  const head = await inquiries.head(id);
  if (head?.kind !== kind) throw unknownInquiry(id);
  caller.demand('read', head.stack);
  const answer = await inquiries.answered(id);
  if (answer !== undefined) {
    if ('error' in answer) throw revived(answer.error);
    return answer;
  }
  const { status } = await workflow.state(id);
  if (status === 'failed') throw new Error(`the workflow of ${id} failed`);
  return { running: running(id) };
}

/** The newest report of a stack's drift. */
export async function lastDrift({ inquiries }: Steps, stack: StackKey, caller: Caller): Promise<object> {
  caller.demand('read', stack.name);
  const report = await inquiries.reported(stack);
  if (report !== undefined) return report;
  throw new ResourceNotFound(`Stack ${stack.name} was not compared with the cloud yet.`, { help: 'Ask for it first.' });
}

/** A plan that was asked for, by its digest. */
export async function planOf({ inquiries }: Steps, digest: string, caller: Caller): Promise<object> {
  caller.demand('read');
  const document = await inquiries.plan(digest);
  if (document !== undefined) {
    caller.demand('read', (document as PlanDocument).stack);
    return document;
  }
  throw new ResourceNotFound(`Nobody asked for a plan ${digest}.`);
}

/** What the workflow calls: answers an inquiry. Called again, it answers again; the first answer stays. */
export async function inquireStep(session: Session, steps: Steps, id: string, control: Control): Promise<Next> {
  const { inquiries } = steps;
  const [kept, head] = await Promise.all([inquiries.inquiry(id), inquiries.head(id)]);
  // It is kept for a week.
  if (kept === undefined) return { next: 'end' };
  const secret = await steps.vault.open({ runId: id, digest: head?.digest ?? '' });
  const inquiry: Inquiry =
    'template' in kept ? { ...kept, parameters: { ...kept.parameters, ...revealed(secret) } } : kept;
  try {
    await inquiries.answer(id, { document: await answerOf(session, steps, inquiry, control) });
  } catch (error) {
    if (!(error instanceof AssentError) || (error.retryable && error.kind !== 'held')) throw error;
    await inquiries.answer(id, { error: told(error) });
  }
  await steps.vault.forget(id);
  return { next: 'end' };
}

/** The workflow has failed: whoever asks is told so. */
export async function failedInquiry({ inquiries }: Steps, head: InquiryHead): Promise<void> {
  const error = new AssentError('unreachable', 'The question could not be answered: the cloud or the service failed.', {
    kind: 'unreachable',
  });
  await inquiries.answer(head.id, { error: told(error) });
}

async function answerOf(session: Session, steps: Steps, inquiry: Inquiry, control: Control): Promise<object> {
  const { inquiries } = steps;
  switch (inquiry.kind) {
    case 'plan': {
      const planned = await makePlan(session, wantedOf(inquiry), control);
      using _planner = planned.inCore;
      const document = { ...planDocument(planned), target: targetOf(session, planned.context) };
      await inquiries.planned(document.digest, document);
      return document;
    }
    case 'consult': {
      const { template, stack, maxConcurrency = DEFAULT_CONCURRENCY } = inquiry;
      const wanted = { ...wantedOf(inquiry), ...judgeOptions(inquiry), circle: steps.circle, maxConcurrency };
      return consult(session, { ...wanted, template: { text: template, name: 'template' }, stack }, control);
    }
    case 'review':
      return review(session, steps, inquiry, control);
    case 'drift': {
      const { stack: name, reconcile: wayBack = false } = inquiry;
      const found = wayBack
        ? await reconcile(session, { stack: name, yes: false }, control)
        : { drift: await drift(session, { stack: name }, control) };
      const { stack } = await stackHere(session, name, control);
      await inquiries.report(stack, { ...found.drift, at: new Date(session.clock.now()).toISOString() });
      if (!('plan' in found) || found.plan === undefined) return found.drift;
      return { ...found.drift, plan: { ...found.plan, target: targetOf(session, stack) } };
    }
  }
}

function targetOf({ endpoint, speed }: Session, { account, region }: Pick<StackKey, 'account' | 'region'>) {
  return { endpoint, account, region, speed };
}

function running(id: string): InquiryDocument {
  return { version: 1, kind: 'inquiry', id, status: 'running' };
}

function unknownInquiry(id: string): ResourceNotFound {
  return new ResourceNotFound(`There is no inquiry ${id}, or it was too long ago.`);
}
