// Makes a plan: asks the core, finds the facts it needs, asks again. Changes nothing anywhere.

import type {
  Context,
  DeclaredParameter,
  Forecast,
  Found,
  KeptNotes,
  Live,
  Lookup,
  Mode,
  Plan,
  PlanCall,
  PlannedOutput,
  Problem,
} from '#wasm';
import { storedPlan, textOf } from '../../core/stored.ts';
import { type PlannedInCore, TemplateInCore } from '../../core/template.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';
import { concealed, type NoEchoValues } from '../../domain/secret.ts';
import { type Place, placeText } from '../../domain/stack.ts';
import { isIllFormed } from '../../domain/well-formed.ts';
import type { Answer, Blobs, StackRecord } from '../ports.ts';
import { estimatesName } from '../run/learn.ts';
import { type Control, contextOf, placeOf, type Session } from '../session.ts';
import { baselines } from './baselines.ts';
import { fingerprints as fingerprintsOf } from './fingerprint.ts';
import { foreignTo, mayBeMadeAnew, refuseForeign } from './foreign.ts';
import { refuseOwned } from './owned.ts';
import { readReferences } from './references.ts';
import { refresh } from './refresh.ts';
import { withoutRewritten } from './rewritten.ts';
import { refuseSecretAttributes } from './secret-attributes.ts';

/** What outputs show of secrets. */
const MASKED = '****';

/** A template as it came, with the name to call it by in messages. */
export interface Template {
  text: string;
  name: string;
}

/** What is to be planned. */
export interface Wanted {
  stack: string;
  mode: Mode;
  /** Absent for `mode: destroy`. */
  template?: Template;
  parameters?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
  /** Resources to take over: logical id to identifier. */
  imports?: Readonly<Record<string, string>>;
  /** Resources that the template calls by another name than the stack: old logical id to new one. */
  moved?: Readonly<Record<string, string>>;
  /** Back to what is recorded instead of towards a template. */
  reconcile?: { baseline: Record<string, unknown> };
  /** Read what is recorded before planning. */
  refresh: boolean;
  /** Names and identifiers may be made from secrets. */
  allowSecretIdentifiers?: boolean;
  maxConcurrency: number;
  /**
   * Value of an export as it will be when this is carried out, from what it is now (`null`: there is none); `true` where
   * that is not known. Such a plan is not for carrying out.
   */
  foreseen?: (name: string, value: unknown) => unknown;
}

/** A plan with what was found on the way to it. */
export interface Planned {
  plan: Plan;
  /** The same plan in the core, with the values that it was made with: what is judged is what is deployed. */
  inCore: PlannedInCore;
  /** Warnings. */
  problems: Problem[];
  forecast: Forecast;
  /** Effective values to record; NoEcho ones `null`. */
  parameters: Record<string, string | null>;
  /** Tags for every taggable resource, to record. */
  tags: Record<string, string>;
  /** Names of the exports of other stacks that it uses, sorted. */
  imports: string[];
  /** Values of NoEcho parameters, given or by default: held in memory for this run only. */
  secretParameters: NoEchoValues;
  /** NoEcho parameters whose values the deployment needs. */
  noEcho: string[];
  fingerprints: Record<string, string>;
  /** The stack as recorded before. */
  recorded: StackRecord | undefined;
  context: Context;
  /** Whether earlier runs have learned how long operations take here. */
  hasLearned: boolean;
}

/** Keeps a plan under its digest. One that is there stays: a run resumes from the very plan it began with. */
export async function keepPlan(blobs: Blobs, plan: Plan): Promise<void> {
  await blobs.put('plan', plan.digest, textOf(plan));
}

/** The plan kept under a digest. Rejects with `plan_altered` when it is not what it was when the digest was made. */
export async function keptPlan(blobs: Blobs, digest: string): Promise<Plan | undefined> {
  const text = await blobs.get('plan', digest);
  return text === undefined ? undefined : storedPlan(text, digest);
}

/** Rejects with InvalidInput and every problem when nothing can be planned, with Unreachable when a fact cannot be had. */
export async function makePlan(session: Session, wanted: Wanted, control: Control): Promise<Planned> {
  const { clock, endpoint, monitor } = session;
  const start = clock.now();
  const planned = await planNow(session, wanted, control);
  monitor.record('plan_duration_ms', clock.now() - start, { endpoint, mode: wanted.mode });
  return planned;
}

async function planNow(session: Session, wanted: Wanted, control: Control): Promise<Planned> {
  const { stack, mode, template, tags, imports, moved, reconcile } = wanted;
  if (isIllFormed([wanted.parameters, tags, imports, moved])) {
    throw new InvalidInput('invalid_text', 'A parameter, tag or name holds half of a character.', {
      help: 'Surrogates stand in pairs.',
    });
  }
  using text = new TemplateInCore(template?.text ?? '');
  const parameters = { ...wanted.parameters };
  const declared = template === undefined ? [] : text.declared();
  const context = await contextOf(session, control);
  const place = placeOf(session, context);
  const key = { ...place, name: stack };
  const recorded = await session.store.stacks.get(key);
  const secretParameters = noEchoValues(declared, parameters);
  session.cleaner.add(Object.values(secretParameters));
  const secretPrints = await fingerprintsOf({ stack, context }, secretParameters);

  const call: PlanCall = { stack, mode, context, parameters, maxConcurrency: wanted.maxConcurrency };
  call.found = [];
  call.fingerprints = secretPrints;
  if (wanted.allowSecretIdentifiers === true) call.allowSecretIdentifiers = true;
  const learned = await keptNotes(session, place);
  call.learned = learned;
  const hasLearned = learned.durations !== undefined;
  if (session.speed !== 1) call.durationScale = 1 / session.speed;
  if (tags !== undefined) call.tags = { ...tags };
  if (imports !== undefined) call.imports = { ...imports };
  if (moved !== undefined) call.moved = { ...moved };
  if (reconcile !== undefined) call.reconcile = { ...reconcile, outputs: outputsOf(recorded) };
  if (mode === 'deploy') call.incarnation = await session.store.stacks.incarnation(key);
  if (recorded !== undefined) call.recorded = recorded.state;
  // A bad template is refused before anything is read.
  let inCore = await answered(session, text, call, wanted);
  if (imports !== undefined) await refuseOwned(session.store, key, inCore.plan.resources);
  let live: Record<string, Live> = {};
  if (recorded !== undefined && (wanted.refresh || mode === 'destroy')) {
    const { resources } = recorded.state;
    // Of what is deleted it only matters whether it is this stack's still.
    const read = mode === 'deploy' ? resources : resources.filter(mayBeMadeAnew);
    const budget = session.budgets.of(place);
    live = await refresh(read, { ...session, ...control, budget, doubts: mode === 'deploy' });
    const foreign = await foreignTo(session.store, key, resources, live);
    if (reconcile !== undefined) refuseForeign(foreign);
    if (mode === 'deploy' || Object.keys(foreign).length > 0) {
      inCore[Symbol.dispose]();
      inCore = await answered(session, text, { ...call, ...(mode === 'deploy' ? { live } : {}), foreign }, wanted);
    }
  }
  inCore.bind(await readReferences(session, { stack, context }, inCore.summary.references));
  const { plan, summary } = inCore;
  const problems = await withoutRewritten(summary.problems, live, async (ids) =>
    baselines(session.store, key, recorded?.state.resources.filter(({ logicalId }) => ids.has(logicalId)) ?? []),
  );
  if (mode === 'deploy' && wanted.allowSecretIdentifiers !== true) refuseSecretAttributes(plan);
  const { forecast, parameters: effective, tags: kept, noEcho } = summary;
  const made = {
    plan,
    inCore,
    problems,
    forecast,
    parameters: effective,
    tags: kept,
    noEcho,
    // On the way back nothing is looked up, and what was used is used still.
    imports: reconcile === undefined ? used(call.found) : (recorded?.imports ?? []),
  };
  const fingerprints = reconcile === undefined ? secretPrints : (recorded?.state.fingerprints ?? {});
  return { ...made, secretParameters, fingerprints, recorded, context, hasLearned };
}

/** Outputs as recorded, in a plan's words. */
function outputsOf(recorded: StackRecord | undefined): PlannedOutput[] {
  return Object.entries(recorded?.outputs ?? {}).map(([name, output]) => ({ name, ...output }));
}

/** The exports that were looked up. */
function used(found: readonly Found[]): string[] {
  return found.flatMap(({ lookup }) => (lookup.kind === 'import' ? [lookup.name] : [])).sort();
}

/** What earlier runs in the same account and region know; a plan's digest does not depend on it. */
async function keptNotes(session: Session, place: Place): Promise<KeptNotes> {
  const { store } = session;
  const [durations, rate] = await Promise.all([
    store.estimates.get(estimatesName(session, place)),
    store.limits.get(placeText(place)),
  ]);
  return { ...(durations === undefined ? {} : { durations }), ...(rate === undefined ? {} : { rate }) };
}

/** Asks until the core needs no more facts; `call.found` grows. */
async function answered(
  session: Session,
  text: TemplateInCore,
  call: PlanCall,
  wanted: Wanted,
): Promise<PlannedInCore> {
  const found = call.found ?? [];
  const asked = new Set(found.map(({ lookup }) => JSON.stringify(lookup)));
  for (;;) {
    const answer = text.plan({ ...call, found });
    switch (answer.type) {
      case 'planned':
        return answer.planned;
      case 'refused':
        throw refused(answer.problems, wanted.template);
      case 'needs': {
        const optional = answer.optional ?? [];
        const fresh = [...answer.lookups, ...optional].filter((lookup) => !asked.has(JSON.stringify(lookup)));
        if (fresh.length === 0) throw new Error('the core asked again for what it had been told');
        for (const lookup of fresh) asked.add(JSON.stringify(lookup));
        const one = (lookup: Lookup): Promise<Found> => {
          const answer = find(session, call.context, lookup, wanted);
          // The core says in a warning what it does without.
          return optional.includes(lookup) ? answer.catch(() => ({ lookup, value: null })) : answer;
        };
        found.push(...(await Promise.all(fresh.map(one))));
      }
    }
  }
}

async function find(session: Session, context: Context, lookup: Lookup, { foreseen }: Wanted): Promise<Found> {
  if (lookup.kind === 'resource') return { lookup, value: await readResource(session, lookup) };
  if (lookup.kind === 'resources') return { lookup, value: await listResources(session, lookup.typeName) };
  if (lookup.kind === 'output') return { lookup, value: await outputOf(session, context, lookup) };
  if (lookup.kind !== 'import') return { lookup, value: await session.facts.lookup(lookup) };
  const exported = await session.store.exports.get(placeOf(session, context), lookup.name);
  const value = exported?.value ?? null;
  return { lookup, value: foreseen === undefined ? value : foreseen(lookup.name, value) };
}

/** An output of another stack of the account, as of its last success; `null` where there is none. Nobody is told of it. */
async function outputOf(
  session: Session,
  context: Context,
  { stack, output, region }: Extract<Lookup, { kind: 'output' }>,
): Promise<unknown> {
  const found = await session.store.stacks.get({ ...placeOf(session, context), region, name: stack });
  const outputs = found?.outputs ?? {};
  const value = Object.hasOwn(outputs, output) ? outputs[output]?.value : undefined;
  if (typeof value === 'string' && value.includes(MASKED)) {
    const message = `Output ${output} of stack ${stack} holds a secret, which is not kept.`;
    throw new InvalidInput('output_secret', message, { help: 'Refer to the secret itself in this template, too.' });
  }
  return value ?? null;
}

/** Properties of a resource that is to be imported or that a rule asks about; `null` where there is none. */
async function readResource(
  { cloud }: Session,
  { typeName, identifier }: Extract<Lookup, { kind: 'resource' }>,
): Promise<unknown> {
  const answer = await cloud.get({ typeName, identifier });
  if (!answer.ok && answer.error.kind === 'notFound') return null;
  return given(answer, `${typeName} ${identifier}`);
}

/** Identifiers of all resources of a type. */
async function listResources({ cloud }: Session, typeName: string): Promise<string[]> {
  return given(await cloud.list(typeName), `The list of ${typeName}`);
}

function given<T>(answer: Answer<T>, what: string): T {
  if (answer.ok) return answer.value;
  const message = `${what} cannot be read: ${answer.error.message}`;
  if (answer.error.kind === 'rejected') throw new InvalidInput('resource_unreadable', message);
  throw new Unreachable(message, { help: 'Try again.' });
}

function noEchoValues(declared: readonly DeclaredParameter[], given: Readonly<Record<string, string>>): NoEchoValues {
  const values = declared.flatMap(({ name, noEcho, default: preset }) => {
    const value = Object.hasOwn(given, name) ? given[name] : preset;
    return noEcho && value !== undefined ? [[name, value] as const] : [];
  });
  return concealed(Object.fromEntries(values));
}

/** A template that cannot be planned; `file` is the name its problems' places belong to. */
export class TemplateRefused extends InvalidInput {
  readonly file: string;

  constructor(message: string, file: string, details: { problems: readonly Problem[]; help: string }) {
    super('invalid_template', message, details);
    this.file = file;
  }
}

/** The rejection for a list of problems; the message counts the errors and names the file. */
export function refused(problems: readonly Problem[], template?: Template): TemplateRefused {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const where = template === undefined ? '' : `${template.name}: `;
  const message =
    errors.length === 1 && first !== undefined
      ? `${where}${first.message}`
      : `${where}${errors.length} problems were found; nothing was called.`;
  return new TemplateRefused(message, template?.name ?? '', {
    problems,
    help: errors.length === 1 && first?.help !== undefined ? first.help : '',
  });
}
