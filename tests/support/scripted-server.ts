// An HTTP server that answers what a test tells it, for everything a real service does too rarely.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the server saw it. */
export interface Seen {
  /** `x-amz-target` without its service, or the query protocol's Action. */
  operation: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  /** No answer. */
  | 'hang'
  /** The connection ends without one. */
  | 'reset'
  /** An answer that stops in its middle. */
  | 'stall'
  /** An answer that comes byte by byte and never ends. */
  | 'drip';

export interface Scripted {
  url: string;
  seen: Seen[];
  reply: (seen: Seen) => Reply;
  close(): Promise<void>;
}

export async function scriptedServer(port = 0): Promise<Scripted> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const target = request.headers['x-amz-target'];
      const operation = String(target ?? new URLSearchParams(body).get('Action')).replace(/^.*\./, '');
      const seen = { operation, headers: request.headers, body };
      scripted.seen.push(seen);
      const reply = scripted.reply(seen);
      if (reply === 'hang') return;
      if (reply === 'reset') {
        request.socket.destroy();
        return;
      }
      if (reply === 'stall') {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '100' });
        response.write('{"ProgressEvent":');
        return;
      }
      if (reply === 'drip') {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
        const drop = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drop));
        return;
      }
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/x-amz-json-1.0', ...reply.headers });
      response.end(text);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', 2_000, resolve));
  const scripted: Scripted = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    reply: () => ({ status: 500 }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return scripted;
}
