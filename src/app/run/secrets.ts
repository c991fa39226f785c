// Values that are never stored: NoEcho parameters given for this run, and dynamic references asked for when a payload
// is built. Nothing is kept for another call, only in memory for cleaning; concurrent calls for the same secret share
// one request. A value that is not the one that the plan was judged with is refused, so that it reaches no payload.

import { createHash } from 'node:crypto';
import type { Event, Plan } from '#wasm';
import { tellingWords } from '../../core/calls.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { NoEchoValues, Secret } from '../../domain/secret.ts';
import { fingerprint } from '../planning/fingerprint.ts';
import type { Facts } from '../ports.ts';
import { Cleaner } from './cleaner.ts';
import { hasSecret, withoutEchoes, withoutSecrets } from './redact.ts';

const PARAMETER = 'parameter:';
const WITHHELD = 'The message is withheld: it may quote a secret that cannot be read now.';

interface User {
  desired: unknown;
  applied: unknown[];
  ids: readonly string[];
  /** Its identifier, once known to hold a secret. */
  identifier?: string;
}

/** Resolves secret ids and keeps their values out of events; one per run. */
export class Secrets {
  readonly #facts: Facts;
  readonly #parameters: NoEchoValues;
  readonly #cleaner: Cleaner;
  /** Ids whose values the cleaner knows. */
  readonly #known = new Set<string>();
  /** Ids that were asked for only to know what a message must not show. */
  readonly #tried = new Set<string>();
  readonly #pending = new Map<string, Promise<Secret>>();
  readonly #plan: Plan;
  /** Secret id to SHA-256 of the value that was compared last: scrypt is slow, and most values stay. */
  readonly #compared = new Map<string, string>();
  /**
   * Logical id to wanted properties and the ids in them, only of resources that use secrets. Ids of dynamic references
   * that are put together while the run goes on come with the first call; until then `ids` is empty.
   */
  readonly #users = new Map<string, User>();

  constructor(plan: Plan, parameters: NoEchoValues, facts: Facts, cleaner = new Cleaner()) {
    this.#facts = facts;
    this.#parameters = parameters;
    this.#cleaner = cleaner;
    cleaner.add(Object.values(parameters));
    this.#plan = plan;
    for (const { logicalId, desired, recorded } of plan.resources) {
      // What was made from a secret last time is one still, until the update is over.
      const applied = recorded === undefined ? undefined : [recorded.applied, recorded.attempted];
      if (!hasSecret(desired) && !hasSecret(applied)) continue;
      this.#users.set(logicalId, { desired, applied: applied ?? [], ids: [...new Set(secretIds(desired))] });
    }
  }

  /** NoEcho parameters that steps not yet ended may need and that were not given. */
  missing(isOpen: (logicalId: string) => boolean): string[] {
    const names = new Set<string>();
    for (const [logicalId, { ids }] of this.#users) {
      if (!isOpen(logicalId)) continue;
      for (const id of ids) {
        const name = parameterName(id);
        if (name !== undefined && this.#parameter(name) === undefined) names.add(name);
      }
    }
    return [...names].sort();
  }

  /** Values for the payload of a step. Rejects as {@link values}. */
  async forStep(step: string, ids: readonly string[]): Promise<Record<string, Secret>> {
    const user = this.#users.get(logicalIdOf(step));
    if (user !== undefined) user.ids = ids;
    return this.values(ids);
  }

  /** NoEcho parameters that were given another value than the one that the plan was judged with. */
  async changed(): Promise<string[]> {
    const names = Object.keys(this.#parameters).sort();
    const same = await Promise.all(names.map((name) => this.#isJudged(PARAMETER + name, this.#parameters[name])));
    return names.filter((_, at) => !same[at]);
  }

  /**
   * Values of the ids. Rejects with InvalidInput when one does not exist, may not be read or is not the one that was
   * judged, or with Unreachable.
   */
  async values(ids: readonly string[]): Promise<Record<string, Secret>> {
    const pairs = await Promise.all(ids.map(async (id) => [id, await this.#value(id)] as const));
    this.#cleaner.add(pairs.map(([, value]) => value));
    for (const [id] of pairs) this.#known.add(id);
    return Object.fromEntries(pairs);
  }

  /**
   * The event without anything that was made from a secret. A step that uses secrets has its models stripped and, where
   * a value is not known and cannot be read now, its message withheld; every other text is masked.
   */
  async clean(event: Event): Promise<Event> {
    if (!('step' in event)) return event;
    const user = this.#users.get(logicalIdOf(event.step));
    if (user !== undefined && 'identifier' in event && event.identifier !== undefined) {
      if (this.#cleaner.finds(event.identifier)) user.identifier = event.identifier;
    }
    switch (event.type) {
      case 'progress': {
        const { message, ...rest } = event;
        const cleaned: Event = { ...rest };
        if (rest.model !== undefined && user !== undefined) cleaned.model = this.#stripped(rest.model, user);
        // Only a failure's message is worth asking for the secrets again.
        if (message !== undefined && rest.status === 'FAILED') cleaned.message = await this.#mask(message, user, true);
        else if (message !== undefined && user === undefined) cleaned.message = this.#cleaner.text(message);
        return cleaned;
      }
      case 'rejected':
        return { ...event, message: await this.#mask(event.message, user, true) };
      case 'lost':
        // The network has just failed: nothing is asked.
        return { ...event, message: await this.#mask(event.message, user, false) };
      case 'read':
        if (event.properties === undefined || user === undefined) return event;
        return { ...event, properties: this.#stripped(event.properties, user) };
      default:
        return event;
    }
  }

  /** An event of our own making, before anything was sent: its message may quote what could be read, no more. */
  masked(event: Event): Event {
    return 'message' in event && event.message !== undefined
      ? { ...event, message: this.#cleaner.text(event.message) }
      : event;
  }

  /** What people may see of a value: every known secret in it masked. */
  shown<T>(value: T): T {
    return this.#cleaner.value(value);
  }

  /**
   * The model without what was made from secrets. Where the identifier itself was, which somebody has allowed, what
   * names the resource stays: others refer to it.
   */
  #stripped(model: unknown, user: User): unknown {
    const stripped = withoutAny(model, user);
    const { identifier } = user;
    if (identifier === undefined) return withoutEchoes(stripped, this.#cleaner);
    return { ...namesIn(model, identifier), ...(stripped as object) };
  }

  async #mask(message: string, user: User | undefined, ask: boolean): Promise<string> {
    if (user?.ids.length === 0) return withheld(message);
    const unknown = user?.ids.filter((id) => !this.#known.has(id)) ?? [];
    if (unknown.length > 0 && !ask) return withheld(message);
    try {
      await this.values(unknown);
    } catch {
      return withheld(message);
    }
    if (ask) await this.#learnOthers();
    return this.#cleaner.text(message);
  }

  /**
   * Reads, once, what other steps were given that another process has sent: a message may quote that, too. What cannot be read
   * any more stays unknown.
   */
  async #learnOthers(): Promise<void> {
    const ids = [...this.#users.values()].flatMap((user) => user.ids);
    const others = new Set(ids.filter((id) => !this.#known.has(id) && !this.#tried.has(id)));
    for (const id of others) this.#tried.add(id);
    await Promise.allSettled([...others].map((id) => this.values([id])));
  }

  #parameter(name: string): Secret<string> | undefined {
    return Object.hasOwn(this.#parameters, name) ? this.#parameters[name] : undefined;
  }

  #value(id: string): Promise<Secret> {
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending;
    const asked = this.#judgedValue(id).finally(() => this.#pending.delete(id));
    this.#pending.set(id, asked);
    return asked;
  }

  async #judgedValue(id: string): Promise<Secret> {
    const name = parameterName(id);
    const value = name === undefined ? await this.#facts.secret(id) : this.#parameter(name);
    if (value === undefined) throw missingParameters(name === undefined ? [] : [name]);
    if (!(await this.#isJudged(id, value))) throw changedSecrets([id]);
    return value;
  }

  /** Whether the plan was made with this value. A secret that it has no fingerprint of was not known then. */
  async #isJudged(id: string, value: Secret | undefined): Promise<boolean> {
    const judged = this.#plan.fingerprints?.[id];
    if (judged === undefined || value === undefined) return true;
    const hash = createHash('sha256').update(JSON.stringify(value.reveal())).digest('hex');
    if (this.#compared.get(id) === hash) return true;
    if ((await fingerprint(this.#plan, id, value)) !== judged) return false;
    this.#compared.set(id, hash);
    return true;
  }
}

/** The refusal when NoEcho parameters were not given again. */
export function missingParameters(names: readonly string[]): InvalidInput {
  const list = names.join(', ');
  const many = names.length > 1;
  return new InvalidInput(
    'noecho_required',
    `${many ? 'Parameters' : 'Parameter'} ${list} ${many ? 'are' : 'is'} NoEcho, so no value is stored.`,
    { help: `Give ${many ? 'them' : 'it'} again.`, ways: [{ option: 'parameters', names }] },
  );
}

/** The refusal of values that nobody has judged; ids as in the plan. */
export function changedSecrets(ids: readonly string[]): InvalidInput {
  const names = ids.map((id) => parameterName(id) ?? `{{resolve:${id}}}`).join(', ');
  return new InvalidInput('secret_changed', `Not the value that the plan was judged with: ${names}.`, {
    help: 'Plan and deploy again, so that the new value is judged.',
  });
}

/** What stands in its place: the engine still learns what kind of failure it is, for that are words that all services use. */
function withheld(message: string): string {
  const words = tellingWords(message);
  return words === '' ? WITHHELD : `${WITHHELD} It says: ${words}.`;
}

/** `create:Table` to `Table`. */
export function logicalIdOf(step: string): string {
  return step.slice(step.indexOf(':') + 1);
}

function withoutAny(model: unknown, { desired, applied }: User): unknown {
  return [desired, ...applied].reduce(withoutSecrets, model);
}

/** The properties that are a part of an identifier. */
function namesIn(model: unknown, identifier: string): Record<string, unknown> {
  if (typeof model !== 'object' || model === null) return {};
  const names = Object.entries(model).filter(([, value]) => typeof value === 'string' && identifier.includes(value));
  return Object.fromEntries(names);
}

function parameterName(id: string): string | undefined {
  return id.startsWith(PARAMETER) ? id.slice(PARAMETER.length) : undefined;
}

function* secretIds(desired: unknown): Generator<string> {
  if (Array.isArray(desired)) {
    for (const item of desired) yield* secretIds(item);
  } else if (typeof desired === 'object' && desired !== null) {
    const entries = Object.entries(desired);
    const only = entries.length === 1 ? entries[0] : undefined;
    if (only?.[0] === '$secret' && typeof only[1] === 'string') yield only[1];
    else for (const [, value] of entries) yield* secretIds(value);
  }
}
