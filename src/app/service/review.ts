// The schedule's look at every stack: what somebody else has changed, and what today's rules find in what was deployed. What is
// new since the last look is told as an event, so that nobody has to compare reports.
import { createHash } from 'node:crypto';
import type { Finding, ResourceDrift } from '#wasm';
import type { StackKey } from '../../domain/stack.ts';
import type { DriftDocument } from '../documents/documents.ts';
import { drift } from '../drift.ts';
import { allOf } from '../ports.ts';
import { scan } from '../scan.ts';
import { type Control, type Local, type Session, stackHere } from '../session.ts';
import type { Next, Steps } from './steps.ts';

/** Whoever the schedule is, in what is kept. */
const BY = 'schedule';
// Of one execution: its payloads hold 256 KB, and its history 25,000 events.
const MOST_STACKS = 1_000;
const PAGE = 100;

/**
 * An inquiry for every stack, about to be answered one by one. `name`: of the execution; the same again asks for the same.
 * More than one execution holds are left to another, which goes on behind `after`.
 */
export async function reviewStep(
  local: Local,
  { inquiries, workflow }: Steps,
  { name, after }: { name: string; after?: string | undefined },
): Promise<Next> {
  const stacks: { runId: string }[] = [];
  let next = after;
  do {
    const page = await local.store.stacks.list({ next, limit: PAGE });
    for (const { key } of page.items) {
      const { name: stack, account, region } = key;
      const id = `${name}-${stacks.length + 1}`;
      if ((await inquiries.head(id)) === undefined) {
        const head = { id, kind: 'review', stack, by: BY, at: local.clock.now(), account, region } as const;
        await inquiries.keep(head, { kind: 'review', stack });
      }
      stacks.push({ runId: id });
    }
    next = page.next;
  } while (next !== undefined && stacks.length < MOST_STACKS);
  if (next !== undefined) {
    const rest = createHash('sha256').update(`${name} ${next}`).digest('hex').slice(0, 32);
    await workflow.start(`review-${rest}`, { review: true, after: next });
  }
  return stacks.length === 0 ? { next: 'end' } : { next: 'review', stacks };
}

/** What is new of one stack. */
export interface ReviewDocument {
  version: 1;
  kind: 'review';
  stack: string;
  at: string;
  drift: DriftDocument;
  /** Unsuppressed findings of the template that it was deployed from; absent where that is not kept. */
  findings?: Finding[];
  news: { drifted: ResourceDrift[]; findings: Finding[] };
}

/** Looks at one stack, keeps the report, and tells what is new. */
export async function review(
  session: Session,
  steps: Steps,
  { stack: name }: { stack: string },
  control: Control,
): Promise<ReviewDocument> {
  const { clock } = session;
  const { stack } = await stackHere(session, name, control);
  const at = new Date(clock.now()).toISOString();
  const before = (await steps.inquiries.reported(stack)) as DriftDocument | undefined;
  const reviewed = (await steps.inquiries.reviewed(stack)) as ReviewDocument | undefined;
  const drifted = await drift(session, { stack: name }, control);
  const known = new Set((before?.resources ?? []).map(differenceOf));
  const changed = drifted.resources.filter(({ status }) => status === 'modified' || status === 'deleted');
  const findings = await findingsOf(session, steps, stack);
  const had = new Set((reviewed?.findings ?? (await judgedFindings(session, stack))).map(identityOf));
  const news = {
    drifted: changed.filter((one) => !known.has(differenceOf(one))),
    findings: (findings ?? []).filter((one) => !had.has(identityOf(one))),
  };
  const document: ReviewDocument = {
    version: 1,
    kind: 'review',
    stack: name,
    at,
    drift: drifted,
    ...(findings === undefined ? {} : { findings }),
    news,
  };
  await tell(steps, stack, news);
  // Kept last: what could not be told is new the next time, too.
  await steps.inquiries.report(stack, { ...drifted, at });
  await steps.inquiries.keepReview(stack, document);
  return document;
}

// An event holds 256 KB.
const MOST_TOLD = 50;

async function tell({ tell }: Steps, stack: StackKey, { drifted, findings }: ReviewDocument['news']): Promise<void> {
  const { name, account, region, endpoint } = stack;
  const about = { version: 1, stack: name, account, region, endpoint };
  if (drifted.length > 0) {
    const resources = drifted.slice(0, MOST_TOLD).map(({ logicalId, type, status, differences }) => ({
      logicalId,
      type,
      status,
      // Values may be secrets of somebody.
      paths: differences.slice(0, MOST_TOLD).map(({ path }) => path),
    }));
    await tell('Drift found', { ...about, count: drifted.length, resources });
  }
  if (findings.length > 0) {
    const told = findings.slice(0, MOST_TOLD).map(({ ruleId, severity, resource, title }) => ({
      ruleId,
      severity,
      resource: resource ?? '',
      title,
    }));
    await tell('Findings appeared', { ...about, count: findings.length, findings: told });
  }
}

/** What today's rules find in the template of the last deployment that succeeded. */
async function findingsOf({ store, clock }: Local, { submissions }: Steps, stack: StackKey) {
  const runId = await lastSuccess({ store }, stack);
  const head = runId === undefined ? undefined : await submissions.head(runId);
  if (head === undefined) return undefined;
  const { template, parameters = {}, suppressions = true } = await submissions.submission(head);
  if (template === undefined) return undefined;
  const sources = [{ text: template, name: 'template', named: false }];
  return scan({ sources, parameters, suppressions }, clock.now).findings.filter((one) => one.suppressed === undefined);
}

async function judgedFindings({ store }: Pick<Local, 'store'>, stack: StackKey): Promise<Finding[]> {
  const runId = await lastSuccess({ store }, stack);
  return runId === undefined ? [] : ((await store.runs.get(runId))?.findings ?? []);
}

async function lastSuccess({ store }: Pick<Local, 'store'>, stack: StackKey): Promise<string | undefined> {
  for await (const { runId, status, mode } of allOf((next) => store.runs.list({ stack, next }))) {
    if (mode === 'deploy' && status === 'succeeded') return runId;
  }
  return undefined;
}

function identityOf({ ruleId, resource, path }: Finding): string {
  return JSON.stringify([ruleId, resource ?? '', path ?? '']);
}

function differenceOf({ logicalId, status, differences }: ResourceDrift): string {
  return JSON.stringify([logicalId, status, differences.map(({ path, live }) => [path, live])]);
}
