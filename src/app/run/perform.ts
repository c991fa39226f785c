// One command of the engine to one call, and its answer to events. Never throws and never retries: whatever happens
// becomes an event, and the engine decides.
import type { CallKind, Command, Event } from '#wasm';
import { type Decider, UnresolvedPayload } from '../../core/engine.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';
import type { Calls } from '../documents/events.ts';
import type { Answer, CallError, Clock, Cloud, Progress } from '../ports.ts';
import { isTerminal } from './journal.ts';
import type { Secrets } from './secrets.ts';

/** A command that is a call. */
export type CallCommand = Extract<Command, { type: CallKind }>;

/** What calls are made with. */
export interface Caller {
  engine: Decider;
  cloud: Cloud;
  clock: Clock;
  secrets: Secrets;
  calls: Calls;
}

/**
 * Makes the call; resolves with what is to be told to the engine, free of secrets. Rejects when no call can fare better:
 * credentials that are not accepted, a core that is broken.
 */
export async function perform(command: CallCommand, caller: Caller): Promise<Event[]> {
  let body = '';
  if (command.type === 'create' || command.type === 'update') {
    const made = await payload(command, caller);
    if (typeof made !== 'string') return [caller.secrets.masked(made)];
    body = made;
  }
  const events = await answers(command, body, caller);
  return Promise.all(events.map((event) => caller.secrets.clean(event)));
}

const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'NotAuthorized']);

/** Nobody could tell how any operation ends: better said at once than after every wait has run out. */
function pollDenied(message: string): Unreachable {
  return new Unreachable(`The credentials may not ask how operations end (GetResourceRequestStatus): ${message}`, {
    help: 'Allow cloudformation:GetResourceRequestStatus; then resume the run. What was started goes on meanwhile.',
    retryable: false,
  });
}

async function answers(command: CallCommand, body: string, caller: Caller): Promise<Event[]> {
  const { step } = command;
  const { cloud, clock, calls } = caller;
  switch (command.type) {
    case 'create':
    case 'update': {
      calls[command.type] += 1;
      const { typeName, clientToken } = command;
      const answer =
        command.type === 'create'
          ? await cloud.create({ typeName, clientToken, desiredState: body })
          : await cloud.update({ typeName, clientToken, identifier: command.identifier, patch: body });
      return started(step, command.type, answer, caller);
    }
    case 'delete': {
      calls.delete += 1;
      const { typeName, identifier, clientToken } = command;
      return started(step, 'delete', await cloud.delete({ typeName, identifier, clientToken }), caller);
    }
    case 'poll': {
      calls.poll += 1;
      const answer = await cloud.poll(command.requestToken);
      if (!answer.ok && answer.error.kind === 'rejected' && DENIED.has(answer.error.errorCode)) {
        throw pollDenied(answer.error.message);
      }
      return [answer.ok ? progress(step, answer.value, clock.now()) : failed(step, 'poll', answer.error, caller)];
    }
    case 'cancel': {
      calls.poll += 1;
      const answer = await cloud.cancel(command.requestToken);
      return [answer.ok ? progress(step, answer.value, clock.now()) : failed(step, 'cancel', answer.error, caller)];
    }
    case 'listRequests': {
      calls.poll += 1;
      const { typeName, since, until } = command;
      const answer = await cloud.listRequests(command.next);
      if (!answer.ok) return [failed(step, 'listRequests', answer.error, caller)];
      const { items, next } = answer.value;
      const requests = items
        // What the cloud leaves unsaid excludes nothing.
        .filter(({ typeName: type = typeName, time = since }) => type === typeName && time >= since && time <= until)
        .map(({ typeName: _, time: __, ...request }) => request);
      return [{ type: 'requestsListed', step, requests, ...(next === undefined ? {} : { next }), at: clock.now() }];
    }
    case 'listResources': {
      calls.get += 1;
      const { typeName, resourceModel, next: page } = command;
      const answer = await cloud.listResources({
        typeName,
        ...(resourceModel === undefined ? {} : { resourceModel }),
        ...(page === undefined ? {} : { next: page }),
      });
      if (!answer.ok) return [failed(step, 'listResources', answer.error, caller)];
      const { items: identifiers, next } = answer.value;
      return [{ type: 'resourcesListed', step, identifiers, ...(next === undefined ? {} : { next }), at: clock.now() }];
    }
    case 'get': {
      calls.get += 1;
      const answer = await cloud.get({ typeName: command.typeName, identifier: command.identifier });
      if (answer.ok) return [{ type: 'read', step, properties: answer.value, at: clock.now() }];
      if (answer.error.kind === 'notFound') return [{ type: 'read', step, at: clock.now() }];
      return [failed(step, 'get', answer.error, caller)];
    }
  }
}

/** The payload, or the event that says why there is none. No call has been made then. */
async function payload(
  command: Extract<CallCommand, { type: 'create' | 'update' }>,
  { engine, secrets, clock }: Caller,
): Promise<string | Event> {
  const { step, type: call } = command;
  try {
    const values = command.secrets.length === 0 ? {} : await secrets.forStep(step, command.secrets);
    return engine.payload(step, values);
  } catch (error) {
    if (error instanceof UnresolvedPayload || error instanceof InvalidInput) {
      // Terminal in the engine's table, as it would be had the cloud refused the properties.
      return {
        type: 'rejected',
        step,
        call,
        errorCode: 'ValidationException',
        message: error.message,
        at: clock.now(),
      };
    }
    if (isUnreachable(error)) return { type: 'lost', step, call, message: error.message };
    throw error;
  }
}

function isUnreachable(error: unknown): error is Error {
  return error instanceof Error && error.name === 'Unreachable';
}

function started(step: string, call: CallKind, answer: Answer<Progress>, caller: Caller): Event[] {
  if (!answer.ok) return [failed(step, call, answer.error, caller)];
  const { requestToken, identifier, retryAfter, status } = answer.value;
  const at = caller.clock.now();
  const accepted: Event = { type: 'accepted', step, requestToken, at };
  if (identifier !== undefined) accepted.identifier = identifier;
  if (retryAfter !== undefined) accepted.retryAfter = retryAfter;
  return isTerminal(status) ? [accepted, progress(step, answer.value, at)] : [accepted];
}

function progress(step: string, value: Progress, at: number): Event {
  const { requestToken: _, ...rest } = value;
  return { type: 'progress', step, ...rest, at };
}

function failed(step: string, call: CallKind, error: CallError, { clock, calls }: Caller): Event {
  switch (error.kind) {
    case 'throttled':
      calls.throttled += 1;
      return { type: 'throttled', step, call };
    case 'lost':
      return { type: 'lost', step, call, message: error.message };
    case 'notFound': {
      const errorCode = call === 'poll' ? 'RequestTokenNotFoundException' : 'ResourceNotFoundException';
      return { type: 'rejected', step, call, errorCode, message: error.message, at: clock.now() };
    }
    case 'rejected':
      return { type: 'rejected', step, call, errorCode: error.errorCode, message: error.message, at: clock.now() };
  }
}
