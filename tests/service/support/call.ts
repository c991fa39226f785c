// Calls to the service as its users make them.
import { inject } from 'vitest';
import { HOME_ACCOUNT } from './scripts.ts';

/** The emulator looks at no signature, only whether one is there. */
export const SIGNED = {
  authorization: `AWS4-HMAC-SHA256 Credential=${HOME_ACCOUNT}/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0`,
};

export interface Answered {
  status: number;
  type: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  document: any;
}

/** Posts `body`; text is sent as it is. */
export async function post(path: string, body: unknown, headers: Record<string, string> = SIGNED): Promise<Answered> {
  const answer = await fetch(`${inject('service')}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get('content-type'), document: JSON.parse(text) };
}
