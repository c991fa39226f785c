// The cloud as use cases see it: Cloud Control of one account and region, and the few calls besides.

import type { Found, ListedRequest, Lookup, RequestStatus } from '#wasm';
import type { Secret } from '../../domain/secret.ts';
import type { Page } from './page.ts';

/** A progress event of Cloud Control in our words. */
export interface Progress {
  requestToken: string;
  status: RequestStatus;
  identifier?: string;
  model?: unknown;
  errorCode?: string;
  message?: string;
  /** ms since the epoch. */
  retryAfter?: number;
}

/** Why a call brought no usable answer. */
export type CallError =
  | { kind: 'throttled'; message: string }
  | { kind: 'lost'; message: string }
  | { kind: 'notFound'; message: string }
  | { kind: 'rejected'; errorCode: string; message: string };

/** A value or an error, never an exception: the driver turns both into events. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: CallError };

/**
 * Cloud Control of one account and region. No method retries: the engine decides.
 * Methods reject in one case only: with Unreachable when the credentials are missing, expired or not accepted. No other
 * call would fare better, so the run stops where it is and can be resumed; nothing was done by the call.
 */
export interface Cloud {
  create(call: { typeName: string; desiredState: string; clientToken: string }): Promise<Answer<Progress>>;
  update(call: { typeName: string; identifier: string; patch: string; clientToken: string }): Promise<Answer<Progress>>;
  delete(call: { typeName: string; identifier: string; clientToken: string }): Promise<Answer<Progress>>;
  poll(requestToken: string): Promise<Answer<Progress>>;
  /** Asks for an operation to be stopped; where it cannot be (any more), the call is `rejected`. */
  cancel(requestToken: string): Promise<Answer<Progress>>;
  /** Live properties; a missing resource is `notFound`. */
  get(call: { typeName: string; identifier: string }): Promise<Answer<unknown>>;
  /** One page of the account's creations of the last seven days; `time` in ms: when begun, or ended. */
  listRequests(
    next?: string,
  ): Promise<Answer<Page<{ typeName: string | undefined; time: number | undefined } & ListedRequest>>>;
  /** One page of primary identifiers of everything of a type. */
  /** `resourceModel`: the parents of a child type, which its list handler asks for. */
  listResources(call: {
    typeName: string;
    resourceModel?: Record<string, unknown>;
    next?: string;
  }): Promise<Answer<Page<string>>>;
  /** Primary identifiers of all resources of a type (of these parents), all pages of them. */
  list(typeName: string, resourceModel?: Record<string, unknown>): Promise<Answer<string[]>>;
  close(): void;
}

/** What neither the store nor Cloud Control knows. */
export type OutsideLookup = Extract<Lookup, { kind: 'ssmParameter' | 'availabilityZones' }>;

/** The few calls besides Cloud Control that plans need. Reject with Unreachable, or InvalidInput when refused. */
export interface Facts {
  /** `warning`: the account was guessed, because a custom Cloud Control endpoint came without a usable STS. */
  identity(): Promise<{ account: string; partition: string; region: string; warning?: string }>;
  lookup(lookup: OutsideLookup): Promise<Found['value']>;
  /** Value of a dynamic reference (`secretsmanager:…`, `ssm-secure:…`); never stored, never logged. */
  secret(id: string): Promise<Secret>;
}
