// What would be done to every target of a deployment, and what the gate says of it. Begins nothing; no run is written down.
//
// Stacks of one deployment may import what others of it export and have not made yet: such a value stays open in the plan,
// and the target comes after the one that makes it.
import type { Finding, Plan } from '#wasm';
import { AssentError, InvalidInput, LeaseHeld } from '../../domain/errors.ts';
import { concealed } from '../../domain/secret.ts';
import { type Place, placeText, type StackKey, stackText } from '../../domain/stack.ts';
import { type Bounds, deploymentDigest, groupsOf, type Target } from '../../domain/targets.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { type PlanDocument, planDocument } from '../documents/documents.ts';
import { type GateOptions, judge } from '../gate/gate.ts';
import { lossRefused } from '../gate/guard.ts';
import { DEFAULT_CONCURRENCY } from '../plan.ts';
import { makePlan, type Planned, type Template } from '../planning/planning.ts';
import { settle } from '../run/settle.ts';
import { type Control, placeOf, type Session, stackHere } from '../session.ts';
import { pooled } from './pool.ts';

/** What goes to a target. */
export interface TargetWanted {
  target: Target;
  template: Template;
  parameters?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
}

/** How all of them are planned and judged. */
export interface TargetsGate extends GateOptions {
  refresh?: boolean;
  allowSecretIdentifiers?: boolean;
  /** Operations in flight at most, in each target. */
  operations?: number;
  /** What earlier runs left in flight is settled first: else a plan is asked about that is another one when it is carried out. */
  settles?: boolean;
}

/** A target that is planned and judged. */
export interface BriefedTarget {
  stack: StackKey;
  wave: number;
  plan: Plan;
  document: PlanDocument;
  /** Whether anything is done. */
  changes: boolean;
  /** `null`: nothing is done, or data that nobody allows to be lost refuses it. */
  verdict: Verdict | null;
  findings: Finding[];
  /** Why it is refused before anybody is asked. */
  refusal?: { code: string; reasons: string[] };
  /** Imports whose values other targets are still to make. */
  open: string[];
  /** Indexes of the targets that make what it imports. */
  after: number[];
}

/** A target that cannot be planned. */
export interface UnplannedTarget {
  error: AssentError;
}

export interface Brief {
  targets: (BriefedTarget | UnplannedTarget)[];
  /** Indexes, in the order in which they are begun. Empty where a target cannot be planned. */
  groups: number[][];
  /** What a person approves; `null` where a target cannot be planned. */
  digest: string | null;
}

/** Those that could be planned. */
export function plannedOf<T extends BriefedTarget>(targets: readonly (T | UnplannedTarget)[]): T[] {
  return targets.flatMap((one) => ('error' in one ? [] : [one]));
}

/** Opens a session on a target; closed by who makes it. */
export type OpenTarget = (target: Target) => Promise<Session>;

// Every one is a core session and reads of its own.
const AT_ONCE = 8;

interface Draft extends BriefedTarget {
  /** What the plan was made with. */
  imports: ReadonlyMap<string, unknown>;
}

/**
 * Plans and judges all. Rejects with InvalidInput for what cannot be a deployment: one stack twice, one export twice,
 * targets that wait for each other; what is wrong with one target is told with it.
 */
export async function brief(
  wanted: readonly TargetWanted[],
  open: OpenTarget,
  options: TargetsGate & Pick<Bounds, 'maxConcurrency'>,
  control: Control,
): Promise<Brief> {
  const found: (Draft | UnplannedTarget | undefined)[] = wanted.map(() => undefined);
  const draftOf = async (index: number, imports: ReadonlyMap<string, unknown>, known: (name: string) => boolean) => {
    const one = wanted[index];
    if (one === undefined) return;
    try {
      found[index] = await draft(one, await open(one.target), options, control, { imports, known });
    } catch (error) {
      if (!(error instanceof AssentError) || error.kind === 'interrupted') throw error;
      found[index] = { error };
    }
  };
  await pooled([...wanted.keys()], AT_ONCE, (index) => draftOf(index, new Map(), () => true));
  refuseTwice(found);
  const makers = makersOf(found);
  const isMade = (index: number) => (name: string) => {
    const one = found[index];
    if (one === undefined || 'error' in one) return false;
    const maker = makers.get(exportText(one.stack, name));
    return maker !== undefined && maker !== index;
  };
  for (const [index, one] of found.entries()) {
    if (one === undefined || 'error' in one) continue;
    for (const name of one.imports.keys()) {
      const maker = makers.get(exportText(one.stack, name));
      if (maker !== undefined && maker !== index && !one.after.includes(maker)) one.after.push(maker);
    }
  }
  const groups = order(found);
  for (const index of groups.flat()) {
    const one = found[index];
    if (one === undefined || 'error' in one) continue;
    const imports = new Map<string, unknown>();
    for (const [name, used] of one.imports) {
      const value = valueFrom(found, makers.get(exportText(one.stack, name)), index, name, used);
      if (value !== used) imports.set(name, value);
    }
    if (imports.size === 0) continue;
    const { after } = one;
    await draftOf(index, new Map([...one.imports, ...imports]), isMade(index));
    const again = found[index];
    if (again !== undefined && !('error' in again)) again.after = after;
  }
  const targets = found.filter((one) => one !== undefined);
  const planned = plannedOf(targets);
  const all = planned.length === targets.length;
  const digest = all ? deploymentDigest(planned.map(({ stack, plan }) => ({ stack, planDigest: plan.digest }))) : null;
  return { targets, groups: all ? groups : [], digest };
}

/**
 * One target, planned and judged. `imports`: values of exports as they will be, `true` for one that is not known;
 * `known`: whether somebody makes an export that is not there.
 */
async function draft(
  { target, template, parameters, tags }: TargetWanted,
  session: Session,
  options: TargetsGate,
  control: Control,
  { imports, known }: { imports: ReadonlyMap<string, unknown>; known: (name: string) => boolean },
): Promise<Draft> {
  const used = new Map<string, unknown>();
  if (options.settles === true) await settleHere(target, session, parameters, control);
  const planned = await makePlan(
    session,
    {
      stack: target.stack,
      mode: 'deploy',
      template,
      refresh: options.refresh ?? true,
      maxConcurrency: options.operations ?? DEFAULT_CONCURRENCY,
      ...(parameters === undefined ? {} : { parameters }),
      ...(tags === undefined ? {} : { tags }),
      ...(options.allowSecretIdentifiers === undefined
        ? {}
        : { allowSecretIdentifiers: options.allowSecretIdentifiers }),
      foreseen: (name, value) => {
        const here = imports.has(name) ? imports.get(name) : (value ?? (known(name) ? true : null));
        used.set(name, here);
        return here;
      },
    },
    control,
  );
  using _planner = planned.inCore;
  refuseElsewhere(target, planned);
  const changes = planned.plan.resources.some(({ action }) => action !== 'noop');
  const common = {
    stack: { ...placeOf(session, planned.context), name: target.stack },
    wave: target.wave ?? 1,
    plan: planned.plan,
    document: planDocument(planned),
    changes,
    open: [...used].flatMap(([name, value]) => (value === true ? [name] : [])).sort(),
    after: [],
    imports: used,
  };
  if (!changes) return { ...common, verdict: null, findings: [] };
  const loss = lossRefused(planned, options.allowDataLoss);
  if (loss !== undefined) {
    return { ...common, verdict: null, findings: [], refusal: { code: 'data_loss', reasons: loss } };
  }
  const { verdict, findings } = await judge(session, planned, template, options);
  const refused = verdict.decision === 'refuse';
  const code = verdict.by === 'policy' ? 'security_validation_failed' : 'verdict_refused';
  return { ...common, verdict, findings, ...(refused ? { refusal: { code, reasons: verdict.reasons } } : {}) };
}

/** Who holds the stack is met when its turn comes; credentials that lead elsewhere are refused with the plan. */
async function settleHere(
  { stack: name, account }: Target,
  session: Session,
  parameters: Readonly<Record<string, string>> = {},
  control: Control,
): Promise<void> {
  const { stack } = await stackHere(session, name, control);
  if ((account ?? stack.account) !== stack.account) return;
  if ((await session.store.stacks.get(stack))?.unfinished === undefined) return;
  await settle(session, stack, concealed(parameters), control).catch((error: unknown) => {
    if (!(error instanceof LeaseHeld)) throw error;
  });
}

function refuseElsewhere({ stack, account, region }: Target, { context }: Planned): void {
  if ((account ?? context.account) === context.account && (region ?? context.region) === context.region) return;
  throw new InvalidInput(
    'target_elsewhere',
    `Target ${stack} is meant for account ${account}, but its credentials lead to ${context.account} in ${context.region}.`,
    { help: 'Give the role to assume there.' },
  );
}

type Found = readonly (Draft | UnplannedTarget | undefined)[];

function refuseTwice(found: Found): void {
  const seen = new Set<string>();
  for (const one of found) {
    if (one === undefined || 'error' in one) continue;
    const text = stackText(one.stack);
    if (seen.has(text)) throw new InvalidInput('target_twice', `Stack ${text.replaceAll('|', ' ')} is a target twice.`);
    seen.add(text);
  }
}

/** Who makes each export of a place. */
function makersOf(found: Found): Map<string, number> {
  const makers = new Map<string, number>();
  for (const [index, one] of found.entries()) {
    if (one === undefined || 'error' in one) continue;
    for (const { exportName } of one.plan.outputs) {
      if (exportName === undefined) continue;
      const key = exportText(one.stack, exportName);
      if (makers.has(key)) {
        throw new InvalidInput('export_taken', `Two targets in ${one.stack.account} export ${exportName}.`);
      }
      makers.set(key, index);
    }
  }
  return makers;
}

function exportText(place: Place, name: string): string {
  return `${placeText(place)}|${name}`;
}

function order(found: Found): number[][] {
  const placed = found.map((one) =>
    one === undefined || 'error' in one
      ? { wave: 1, after: new Set<number>() }
      : { wave: one.wave, after: new Set(one.after) },
  );
  const groups = groupsOf(placed);
  if (groups !== undefined) return groups;
  throw new InvalidInput('targets_wait', 'Targets import from each other in a circle, or from one of a later wave.', {
    help: 'What is imported has to be exported in the same wave or an earlier one.',
  });
}

/** What an import comes to: known from the plan of who makes it, open, or as it was used. */
function valueFrom(found: Found, maker: number | undefined, index: number, name: string, used: unknown): unknown {
  const one = maker === undefined || maker === index ? undefined : found[maker];
  // Nobody makes what was taken for open: the core says so, with its place.
  if (one === undefined || 'error' in one) return used === true ? null : used;
  const value = one.plan.outputs.find(({ exportName }) => exportName === name)?.value;
  if (typeof value === 'string') return value;
  return one.changes ? true : used;
}
