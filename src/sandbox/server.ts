// From an HTTP request to a service's answer: protocol, caller, faults, throttling, journal. One transaction per call.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Caller, readCaller, scopeOf } from './caller.ts';
import { OPERATIONS } from './cloudcontrol.ts';
import { ec2 } from './ec2.ts';
import { ApiError, validation } from './errors.ts';
import { chooseFault, type Fault, type FaultRule, type Subject } from './faults.ts';
import { isForeign } from './foreign.ts';
import { checkInput, type OperationName } from './input.ts';
import { calls, inFlight, logCall, resources } from './journal.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Real } from './real.ts';
import { secretsManager } from './secrets.ts';
import { settle } from './settle.ts';
import type { Schemas } from './shape.ts';
import { ssm } from './ssm.ts';
import type { Store } from './store.ts';
import { sts } from './sts.ts';
import { type Rate, take } from './throttle.ts';
import type { World } from './world.ts';
import { element } from './xml.ts';

export interface Settings {
  store: Store;
  schemas: Schemas;
  faults: readonly FaultRule[];
  real: ReadonlySet<Real>;
  rate: Rate | undefined;
  speed: number;
  account: string;
  region: string;
  now: () => number;
}

export interface Request {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Close the socket instead of answering. */
  drop?: boolean;
  /** Answer only after this time. */
  delayMs?: number;
}

/** Answers one request. Never throws for what a caller can do wrong. */
export function serve(settings: Settings, request: Request): Reply {
  const foreign = isForeign(request.headers);
  if (foreign !== undefined) return reply(403, 'application/json', JSON.stringify({ message: foreign }));
  if (request.url.startsWith('/_sandbox/')) return inspect(settings, request);
  const target = /^([\w.]+)\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''));
  const protocol: Protocol = target ? json(target[1] as string) : query(request);
  try {
    if (request.method !== 'POST')
      throw new ApiError('UnsupportedOperation', `${request.method} is not supported`, 405);
    const caller = readCaller(request.headers.authorization, settings.account, settings.region);
    return target
      ? serveJson(settings, caller, target[1] as string, target[2] as string, request.body, protocol)
      : serveQuery(settings, caller, request.body, protocol);
  } catch (error) {
    if (error instanceof ApiError) return protocol.failure(error);
    throw error;
  }
}

interface Protocol {
  success(body: string): Reply;
  failure(error: ApiError): Reply;
}

const reply = (status: number, type: string, body: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': type, 'x-amzn-requestid': randomUUID(), ...headers },
  body,
});

function json(service: string): Protocol {
  const type = service === 'CloudApiService' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1';
  const member = service === 'CloudApiService' ? 'Message' : 'message';
  return {
    success: (body) => reply(200, type, body),
    failure: ({ code, message, status }) =>
      reply(status, type, JSON.stringify({ __type: code, [member]: message }), { 'x-amzn-errortype': code }),
  };
}

/** The two query protocols differ in how an error is wrapped. */
function query({ body }: Request): Protocol {
  const isEc2 = /(?:^|&)Version=2016-11-15(?:&|$)/.test(body);
  return {
    success: (text) => reply(200, 'text/xml;charset=UTF-8', text),
    failure: ({ code, message, status }) => {
      const error = element('Error', element('Code', code) + element('Message', message));
      const text = isEc2
        ? `<Response><Errors>${error}</Errors>${element('RequestID', randomUUID())}</Response>`
        : `<ErrorResponse>${error}${element('RequestId', randomUUID())}</ErrorResponse>`;
      return reply(status, 'text/xml;charset=UTF-8', text);
    },
  };
}

function readBody(body: string): Json {
  try {
    return body === '' ? {} : (JSON.parse(body) as Json);
  } catch {
    throw new ApiError('SerializationException', 'The request body is not valid JSON');
  }
}

const SERVICES: Readonly<Record<string, (world: World, operation: string, input: JsonObject) => JsonObject>> = {
  AmazonSSM: ssm,
  secretsmanager: secretsManager,
};

function serveJson(
  settings: Settings,
  caller: Caller,
  service: string,
  operation: string,
  body: string,
  protocol: Protocol,
): Reply {
  const input = readBody(body);
  if (service === 'CloudApiService') return serveCloudControl(settings, caller, operation, input, protocol);
  const handler = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
  if (!handler) throw new ApiError('UnknownOperationException', `The sandbox does not know the service ${service}`);
  if (!isObject(input)) throw validation('The request is not a JSON object');
  return plainCall(settings, caller, `${service}.${operation}`, (world) =>
    protocol.success(JSON.stringify(handler(world, operation, input))),
  );
}

function serveQuery(settings: Settings, caller: Caller, body: string, protocol: Protocol): Reply {
  const parameters = new URLSearchParams(body);
  const action = parameters.get('Action');
  if (!action) throw new ApiError('MissingAction', 'Neither X-Amz-Target nor Action names an operation');
  const isEc2 = parameters.get('Version') === '2016-11-15';
  return plainCall(settings, caller, `${isEc2 ? 'ec2' : 'sts'}.${action}`, (world) =>
    protocol.success(isEc2 ? ec2(world, action) : sts(world, action, parameters)),
  );
}

const begin = (settings: Settings, caller: Caller): World => ({
  store: settings.store,
  schemas: settings.schemas,
  speed: settings.speed,
  now: settings.now(),
  real: settings.real,
  caller,
  note: {},
});

/** A call beside Cloud Control: logged, neither throttled nor subject to faults. */
function plainCall(settings: Settings, caller: Caller, operation: string, work: (world: World) => Reply): Reply {
  const world = begin(settings, caller);
  const outcome = settings.store.transaction(() => {
    settle(world.store, world.now);
    const outcome = caught(() => work(world));
    log(world, operation, outcome);
    return outcome;
  });
  // Outside: what was refused is logged, too.
  if (outcome instanceof ApiError) throw outcome;
  return outcome;
}

function serveCloudControl(
  settings: Settings,
  caller: Caller,
  operation: string,
  body: Json,
  protocol: Protocol,
): Reply {
  const handler = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation as OperationName] : undefined;
  if (!handler) throw new ApiError('UnknownOperationException', `Cloud Control has no operation ${operation}`);
  const world = begin(settings, caller);
  const { store, now } = world;
  return store.transaction(() => {
    settle(store, now);
    let fault: Fault | undefined;
    const outcome = caught(() => {
      if (settings.rate && !take(store, scopeOf(caller), settings.rate, now)) throw throttled();
      const input = checkInput(operation as OperationName, body);
      fault = chooseFault(store, settings.faults, subjectOf(world, operation, input));
      const before = faultBefore(fault);
      if (before) throw before;
      world.fault = fault;
      return protocol.success(JSON.stringify(handler(world, input)));
    });
    const answer = outcome instanceof ApiError ? protocol.failure(outcome) : outcome;
    const result = faultAfter(fault, answer, protocol);
    log(world, operation, result.drop ? 'Dropped' : outcome);
    return result;
  });
}

const throttled = (): ApiError => new ApiError('ThrottlingException', 'Rate exceeded');
const internal = (): ApiError => new ApiError('ServiceInternalErrorException', 'An internal error was injected.', 500);

function faultBefore(fault: Fault | undefined): ApiError | undefined {
  if (fault?.kind === 'throttle') return throttled();
  if (fault?.kind === 'dropBefore' || (fault?.kind === 'error500' && !fault.afterWork)) return internal();
  return undefined;
}

function faultAfter(fault: Fault | undefined, answer: Reply, protocol: Protocol): Reply {
  if (fault?.kind === 'drop' || fault?.kind === 'dropBefore') return { ...answer, drop: true };
  if (fault?.kind === 'delay') return { ...answer, delayMs: fault.delayMs };
  return fault?.kind === 'error500' ? protocol.failure(internal()) : answer;
}

/** What fault rules look at: for a poll the type of its request, for others what the request itself says. */
function subjectOf(world: World, operation: string, input: JsonObject): Subject {
  if (typeof input['RequestToken'] === 'string') {
    const row = world.store.get('SELECT type FROM requests WHERE token = ?', input['RequestToken']);
    return { operation, type: row?.['type'] as string | undefined };
  }
  const type = input['TypeName'] as string | undefined;
  const row =
    typeof input['Identifier'] === 'string'
      ? world.store.get(
          'SELECT properties FROM resources WHERE type = ? AND identifier = ?',
          type ?? '',
          input['Identifier'],
        )
      : undefined;
  const text = (input['DesiredState'] ?? row?.['properties']) as string | undefined;
  const properties = text === undefined ? undefined : caughtJson(text);
  return { operation, type, properties: isObject(properties) ? properties : undefined };
}

function caughtJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An ApiError as a value: the transaction stands, what was written before the refusal too. */
function caught<T>(work: () => T): T | ApiError {
  try {
    return work();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function log(world: World, operation: string, outcome: Reply | ApiError | string): void {
  const { store, caller, note, now } = world;
  const scope = scopeOf(caller);
  logCall(store, {
    at: now,
    scope,
    operation,
    type: note.type ?? null,
    identifier: note.identifier ?? null,
    request: note.request ?? null,
    outcome: typeof outcome === 'string' ? outcome : outcome instanceof ApiError ? outcome.code : 'ok',
    in_flight: inFlight(store, scope),
    early_poll: note.earlyPoll ? 1 : 0,
  });
}

/** The tests' window. A browser's requests carry Origin and are refused: no web page may reset a sandbox. */
function inspect(settings: Settings, { method, url, headers }: Request): Reply {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  const answer = (status: number, body: JsonObject) => reply(status, 'application/json', JSON.stringify(body));
  if (headers.origin !== undefined) return answer(403, { message: 'not for browsers' });
  const { store } = settings;
  const route = `${method} ${pathname}`;
  if (route === 'DELETE /_sandbox/state') {
    store.reset();
    return answer(200, { reset: true });
  }
  const look = {
    'GET /_sandbox/calls': () => calls(store, Number(searchParams.get('after') ?? 0)),
    'GET /_sandbox/resources': () => resources(store),
  }[route];
  if (!look) return answer(404, { message: `no ${route}` });
  return answer(
    200,
    store.transaction(() => {
      settle(store, settings.now());
      return look();
    }),
  );
}
