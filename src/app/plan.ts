// `plan`: what would change, in which order, how long. Nothing is called but reads; the plan is kept under its digest.
import { type PlanDocument, planDocument } from './documents/documents.ts';
import { keepPlan, makePlan, type Planned, type Template } from './planning/planning.ts';
import type { Control, Session } from './session.ts';

/** What `plan` takes. */
export interface PlanOptions {
  template: Template;
  stack: string;
  parameters?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
  /** Resources that exist already and are to be taken over: logical id to identifier. */
  imports?: Readonly<Record<string, string>>;
  /** Resources that the template calls by another name than the stack: old logical id to new one. */
  moved?: Readonly<Record<string, string>>;
  /** Read what is recorded first (default). */
  refresh?: boolean;
  /** Names and identifiers may be made from secrets; otherwise such a template is refused. */
  allowSecretIdentifiers?: boolean;
  maxConcurrency?: number;
}

/** Operations in flight at most, unless asked otherwise (INTERFACE.md). */
export const DEFAULT_CONCURRENCY = 25;

/** The document, and the plan itself for those who draw it. */
export interface PlanResult {
  document: PlanDocument;
  planned: Planned;
}

/** Plans a template for a stack and stores the plan under its digest. */
export async function plan(session: Session, options: PlanOptions, control: Control): Promise<PlanResult> {
  const planned = await makePlan(
    session,
    {
      ...options,
      mode: 'deploy',
      refresh: options.refresh ?? true,
      maxConcurrency: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
    },
    control,
  );
  // The plan outlives the planner.
  using _planner = planned.inCore;
  await keepPlan(session.store.blobs, planned.plan);
  return { document: planDocument(planned), planned };
}
