// Calls to the service as its users make them.
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { HOME_ACCOUNT } from './scripts.ts';

let service: string | undefined;

/** Calls go to this service from now on, in place of the suite's. */
export function callAt(url: string): void {
  service = url;
}

/** The emulator looks at no signature, only whose key it names. */
export function signedBy(accessKey: string): Record<string, string> {
  const credential = `${accessKey}/20260101/us-east-1/execute-api/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0` };
}

export const SIGNED: Record<string, string> = signedBy(HOME_ACCOUNT);

/** Signed by a new user of the account. */
export async function signedByUser(name: string): Promise<Record<string, string>> {
  const ask = async (action: string) => {
    const answer = await fetch(inject('emulator'), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'iam'),
      },
      body: `Action=${action}&UserName=${name}&Version=2010-05-08`,
    });
    return answer.text();
  };
  await ask('CreateUser');
  const key = /<AccessKeyId>(\w+)<\/AccessKeyId>/.exec(await ask('CreateAccessKey'))?.[1];
  if (key === undefined) throw new Error(`no access key for ${name}`);
  return signedBy(key);
}

/** Public keys of all that sign in the emulator's KMS, PEM. */
export async function signingKeys(): Promise<{ keys: string[] }> {
  const ask = async (action: string, body: object) => {
    const answer = await fetch(inject('emulator'), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `TrentService.${action}`,
        authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'kms'),
      },
      body: JSON.stringify(body),
    });
    const document = (await answer.json()) as { Keys: { KeyId: string }[]; PublicKey: string };
    return { ok: answer.ok, document };
  };
  const { document } = await ask('ListKeys', {});
  const keys: string[] = [];
  for (const { KeyId } of document.Keys) {
    const { ok, document } = await ask('GetPublicKey', { KeyId });
    if (ok) keys.push(`-----BEGIN PUBLIC KEY-----\n${document.PublicKey}\n-----END PUBLIC KEY-----\n`);
  }
  return { keys };
}

export interface Answered {
  status: number;
  type: string | null;
  location: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  document: any;
}

/** Calls a route; a body that is text is sent as it is. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const answer = await fetch(`${service ?? inject('service')}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...SIGNED, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const [type, location] = ['content-type', 'location'].map((name) => answer.headers.get(name));
  return {
    status: answer.status,
    type: type ?? null,
    location: location ?? null,
    document: JSON.parse(await answer.text()),
  };
}

/** Posts `body`, with these headers only. */
export async function post(path: string, body: unknown, headers: Record<string, string> = SIGNED): Promise<Answered> {
  const answer = await fetch(`${service ?? inject('service')}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const type = answer.headers.get('content-type');
  return { status: answer.status, type, location: null, document: JSON.parse(await answer.text()) };
}

/** Asks for a run until it says what is waited for; the test's time limit ends it. */
export async function until(path: string, statuses: readonly string[]): Promise<Answered> {
  for (;;) {
    const answer = await call('GET', path);
    if (answer.status !== 200 || statuses.includes(answer.document.status)) return answer;
    await pause(100);
  }
}

export const ENDS = [
  'succeeded',
  'no_changes',
  'refused',
  'rejected',
  'expired',
  'superseded',
  'rolled_back',
  'failed',
  'cancelled',
  'not_planned',
];
