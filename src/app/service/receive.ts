// Runs that nobody asks for over HTTP: a template that lands in a bucket, and a workflow that is started with a submission.
// Who is behind it is not known, so a person is asked, unless the access policy says `unattended`.

import { type AccessPolicy, isUnattended } from '../../domain/access.ts';
import { AssentError, InvalidInput } from '../../domain/errors.ts';
import { told } from '../documents/errors.ts';
import type { Submission, TargetsSubmission } from '../ports/service.ts';
import type { Local } from '../session.ts';
import { Caller } from './access.ts';
import { secretsGiven } from './no-echo.ts';
import { requestRun, requestTargets } from './requests.ts';
import type { Next, Steps } from './steps.ts';

/** An object of a bucket. */
export interface ObjectPlace {
  bucket: string;
  key: string;
}

/** Reads them; `undefined`: there is none. Metadata names are lower case. */
export type ReadObject = (
  place: ObjectPlace,
) => Promise<{ text: string; metadata: Record<string, string> } | undefined>;

/** What came. */
export type Received =
  /** `sequencer`: another one with every write of the object. */
  | ({ kind: 'object'; sequencer: string } & ObjectPlace)
  | { kind: 'submission'; submission: Submission | TargetsSubmission };

export interface Receiving {
  read: ReadObject;
  policy: AccessPolicy;
  newRunId: () => string;
  /** Name of the execution that it was received by. */
  execution: string;
}

const PARAMETERS = '.parameters.json';
const STACK = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/**
 * Submits what came, once however often it comes. What cannot be submitted is told as an event, because nobody waits for an
 * answer. `came` throws InvalidInput for what nobody understands.
 */
export async function receiveStep(
  local: Local,
  steps: Steps,
  came: () => Received,
  { read, policy, newRunId, execution }: Receiving,
): Promise<Next> {
  let by = `execution:${execution}`;
  try {
    const received = came();
    let key = execution;
    if (received.kind === 'object') [by, key] = [`s3://${received.bucket}/${received.key}`, received.sequencer];
    const found = received.kind === 'object' ? await fromObject(received, read) : received.submission;
    if (found === undefined) return { next: 'end' };
    if (received.kind === 'submission') refuseSecrets(found);
    const asking = { caller: new Caller(policy, by), runId: newRunId(), key };
    const asks = isUnattended(policy, by) ? {} : { askAlways: true };
    if ('targets' in found) await requestTargets(local, steps, { ...found, ...asks }, asking);
    else await requestRun(local, steps, { ...found, ...asks }, asking);
    return { next: 'end' };
  } catch (error) {
    if (!(error instanceof AssentError) || error.retryable) throw error;
    const kept = told(error);
    await steps.tell('Submission refused', { version: 1, by, code: error.code, message: error.message });
    return { next: 'refused', error: kept };
  }
}

/** What an execution was started with stands in its history, which many may read and nobody can shorten. */
function refuseSecrets(submission: Submission | TargetsSubmission): void {
  const names = secretsGiven(submission);
  if (names.length === 0) return;
  throw new InvalidInput('secret_in_start', `The start gives NoEcho parameters in plain: ${names.join(', ')}.`, {
    help: 'They stand in the history of the execution now: change them, and submit over HTTP, where they are sealed.',
  });
}

/** Stack and parameters from the object's metadata, else from its name and the file beside it. */
async function fromObject({ bucket, key }: ObjectPlace, read: ReadObject): Promise<Submission | undefined> {
  if (key.endsWith(PARAMETERS) || key.endsWith('/')) return undefined;
  const [object, beside] = await Promise.all([read({ bucket, key }), read({ bucket, key: `${key}${PARAMETERS}` })]);
  // Deleted meanwhile: nobody wants it any more.
  if (object === undefined) return undefined;
  const { metadata, text } = object;
  const stack = metadata['stack'] ?? (key.split('/').at(-1) ?? '').replace(/\.[^.]+$/, '');
  if (!STACK.test(stack)) {
    throw new InvalidInput(
      'invalid_stack_name',
      `${key} names no stack: its metadata has no "stack", and its name is none.`,
    );
  }
  const parameters = {
    ...parametersFrom(beside?.text, `${key}${PARAMETERS}`),
    ...parametersFrom(metadata['parameters'], `the metadata of ${key}`),
  };
  return { mode: 'deploy', stack, template: text, parameters };
}

function parametersFrom(text: string | undefined, where: string): Record<string, string> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noParameters(where);
  for (const one of Object.values(value)) if (typeof one !== 'string') throw noParameters(where);
  return value as Record<string, string>;
}

function noParameters(where: string): InvalidInput {
  return new InvalidInput('invalid_parameters_file', `${where}: parameters are one JSON object of names to texts.`);
}
