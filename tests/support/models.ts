// A server on loopback that speaks as OpenAI-compatible ones and as Bedrock's Converse do, with a model that a test scripts.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a model is asked. */
export interface Asked {
  system: string;
  user: string;
  /** Which request this is, from 1. */
  nth: number;
  authorization: string | undefined;
  path: string;
}

export interface Models {
  url: string;
  /** Where Bedrock is to be. */
  bedrockUrl: string;
  asked: Asked[];
  /** Requests whose caller has gone away before the answer. */
  cancelled: () => number;
  close(): Promise<void>;
}

/** An object is the answer; a text is sent as it is; a number is a status; `after` delays it. */
export async function scriptedModels(
  model: (asked: Asked) => unknown | { after: number; answer: unknown },
): Promise<Models> {
  const asked: Asked[] = [];
  let cancelled = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => {
      if (!response.writableFinished) cancelled += 1;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const bedrock = request.url?.includes('/converse') === true;
      const text = (content: unknown): string =>
        typeof content === 'string'
          ? content
          : (content as { text?: string }[]).map(({ text: one = '' }) => one).join('');
      const of = (role: string) =>
        (body.messages as { role: string; content: unknown }[])
          .filter((message) => message.role === role)
          .map(({ content }) => text(content))
          .join('\n');
      const one: Asked = {
        system: bedrock ? text(body.system ?? []) : of('system'),
        user: of('user'),
        nth: asked.length + 1,
        authorization: request.headers.authorization,
        path: request.url ?? '',
      };
      asked.push(one);
      const scripted = model(one);
      const { after, answer } =
        typeof scripted === 'object' && scripted !== null && 'after' in scripted
          ? (scripted as { after: number; answer: unknown })
          : { after: 0, answer: scripted };
      setTimeout(() => {
        if (response.destroyed) return;
        if (typeof answer === 'number') {
          response.writeHead(answer, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ error: { message: 'scripted' } }));
          return;
        }
        const said = typeof answer === 'string' ? answer : JSON.stringify(answer);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(bedrock ? converse(said) : completion(said)));
      }, after);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bedrockUrl: `http://127.0.0.1:${port}`,
    asked,
    cancelled: () => cancelled,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function completion(content: string): object {
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'scripted',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 },
  };
}

function converse(text: string): object {
  return {
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 1_000, outputTokens: 100, totalTokens: 1_100 },
    metrics: { latencyMs: 1 },
  };
}
