// Cloud Control API behind the `Cloud` port: one request per call, no retries, and every outcome an answer.
// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/>
import type { ProgressEvent } from '@aws-sdk/client-cloudcontrol';
import type { RequestStatus } from '#wasm';
import type { Answer, Cloud, Progress } from '../../app/ports.ts';
import { type Connection, clientConfig } from './connection.ts';
import { callError } from './errors.ts';
import { askAgainAt, type Times } from './server-time.ts';

// One worker holds 500 operations in flight, but few calls: at 25 requests/s these are enough even where a read takes ten
// seconds to answer. A call that has to wait for one is lost after `connectMs`, and made again.
const SOCKETS = 256;

/** Limits of one call. */
export interface Timeouts {
  connectMs?: number;
  /** GetResource runs the type's read handler before it answers: tens of seconds for some. */
  answerMs?: number;
}

/** Cloud Control of the connection's account and region. Methods reject only with Unreachable, for credentials. */
export async function openCloudControl(
  connection: Connection,
  { connectMs = 5_000, answerMs = 60_000 }: Timeouts = {},
  now: () => number = Date.now,
): Promise<Cloud> {
  const sdk = await import('@aws-sdk/client-cloudcontrol');
  const client = new sdk.CloudControlClient(
    await clientConfig(connection, { attempts: 1, connectMs, answerMs, sockets: SOCKETS }),
  );

  // A time in an answer means something only beside the time at which the server wrote it.
  const dates = new WeakMap<object, Pick<Times, 'date' | 'sent' | 'received'>>();
  client.middlewareStack.add(
    (next) => async (call) => {
      const sent = now();
      const result = await next(call);
      const headers = (result.response as { headers?: Record<string, string> }).headers;
      const date = Date.parse(headers?.['date'] ?? '');
      dates.set(result.output ?? {}, { date: Number.isNaN(date) ? undefined : date, sent, received: now() });
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'dateOfAnswer' },
  );
  const progressIn = (output: { ProgressEvent?: ProgressEvent | undefined }): Answer<Progress> =>
    progressOf(output.ProgressEvent, dates.get(output));

  /** `ResourceNotFoundException` means "absent" only as the answer to a read. */
  async function answer<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return await call();
    } catch (thrown) {
      const error = callError(thrown);
      if (error.kind !== 'notFound') return { ok: false, error };
      return {
        ok: false,
        error: { kind: 'rejected', errorCode: 'ResourceNotFoundException', message: error.message },
      };
    }
  }

  return {
    create: ({ typeName, desiredState, clientToken }) =>
      answer(async () => {
        const input = { TypeName: typeName, DesiredState: desiredState, ClientToken: clientToken };
        return progressIn(await client.send(new sdk.CreateResourceCommand(input)));
      }),

    update: ({ typeName, identifier, patch, clientToken }) =>
      answer(async () => {
        const input = { TypeName: typeName, Identifier: identifier, PatchDocument: patch, ClientToken: clientToken };
        return progressIn(await client.send(new sdk.UpdateResourceCommand(input)));
      }),

    delete: ({ typeName, identifier, clientToken }) =>
      answer(async () => {
        const input = { TypeName: typeName, Identifier: identifier, ClientToken: clientToken };
        return progressIn(await client.send(new sdk.DeleteResourceCommand(input)));
      }),

    poll: (requestToken) =>
      answer(async () => {
        const command = new sdk.GetResourceRequestStatusCommand({ RequestToken: requestToken });
        return progressIn(await client.send(command));
      }),

    cancel: (requestToken) =>
      answer(async () => {
        const command = new sdk.CancelResourceRequestCommand({ RequestToken: requestToken });
        return progressOf((await client.send(command)).ProgressEvent);
      }),

    async get({ typeName, identifier }) {
      try {
        const command = new sdk.GetResourceCommand({ TypeName: typeName, Identifier: identifier });
        const properties = parse((await client.send(command)).ResourceDescription?.Properties);
        return properties === undefined ? unusable('without properties') : { ok: true, value: properties };
      } catch (thrown) {
        return { ok: false, error: callError(thrown) };
      }
    },

    listRequests: (next) =>
      answer(async () => {
        const filter = { Operations: ['CREATE' as const] };
        const command = new sdk.ListResourceRequestsCommand({
          MaxResults: 100,
          ResourceRequestStatusFilter: filter,
          NextToken: next,
        });
        const { ResourceRequestStatusSummaries: summaries = [], NextToken: token } = await client.send(command);
        const items = [];
        for (const event of summaries) {
          const progress = progressOf(event);
          // One that cannot be understood may be the one that is looked for.
          if (!progress.ok) return progress;
          const { requestToken, status, identifier } = progress.value;
          const request = { requestToken, status, typeName: event.TypeName, time: event.EventTime?.getTime() };
          items.push(identifier === undefined ? request : { ...request, identifier });
        }
        return { ok: true, value: token === undefined ? { items } : { items, next: token } };
      }),

    listResources: ({ typeName, resourceModel, next }) =>
      answer(async () => {
        const asked = { TypeName: typeName, ...parents(resourceModel) };
        const command = new sdk.ListResourcesCommand({ ...asked, MaxResults: 100, NextToken: next });
        const { ResourceDescriptions: found = [], NextToken: token } = await client.send(command);
        const items = found.flatMap(({ Identifier: identifier }) => (identifier === undefined ? [] : [identifier]));
        return { ok: true, value: token === undefined ? { items } : { items, next: token } };
      }),

    async list(typeName, resourceModel) {
      const identifiers: string[] = [];
      const asked = { TypeName: typeName, ...parents(resourceModel) };
      try {
        for await (const page of sdk.paginateListResources({ client, pageSize: 100 }, asked)) {
          for (const { Identifier } of page.ResourceDescriptions ?? []) {
            if (Identifier !== undefined) identifiers.push(Identifier);
          }
        }
        return { ok: true, value: identifiers };
      } catch (thrown) {
        return { ok: false, error: callError(thrown) };
      }
    },

    close: () => client.destroy(),
  };
}

const STATUSES: ReadonlySet<string | undefined> = new Set<RequestStatus>([
  'PENDING',
  'IN_PROGRESS',
  'SUCCESS',
  'FAILED',
  'CANCEL_IN_PROGRESS',
  'CANCEL_COMPLETE',
]);

/** A progress event in our words; one without token or with an unknown status tells nothing. */
function progressOf(event: ProgressEvent | undefined, times?: Omit<Times, 'retryAfter'>): Answer<Progress> {
  if (event?.RequestToken === undefined) return unusable('without a request token');
  if (!STATUSES.has(event.OperationStatus)) return unusable(`with the status ${event.OperationStatus}`);
  const progress: Progress = {
    requestToken: event.RequestToken,
    status: event.OperationStatus as RequestStatus,
  };
  if (event.Identifier !== undefined) progress.identifier = event.Identifier;
  // Malformed models do occur; only attributes would have been taken from it, and those can be read.
  const model = parse(event.ResourceModel);
  if (model !== undefined) progress.model = model;
  if (event.ErrorCode !== undefined) progress.errorCode = event.ErrorCode;
  if (event.StatusMessage !== undefined) progress.message = event.StatusMessage;
  if (event.RetryAfter !== undefined && times !== undefined) {
    const retryAfter = askAgainAt({ ...times, retryAfter: event.RetryAfter.getTime() });
    if (retryAfter !== undefined) progress.retryAfter = retryAfter;
  }
  return { ok: true, value: progress };
}

function unusable(what: string): { ok: false; error: { kind: 'lost'; message: string } } {
  return { ok: false, error: { kind: 'lost', message: `Cloud Control answered ${what}` } };
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parents(resourceModel: Record<string, unknown> | undefined): { ResourceModel?: string } {
  return resourceModel === undefined ? {} : { ResourceModel: JSON.stringify(resourceModel) };
}
