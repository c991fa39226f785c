// Whether anybody listens at a custom endpoint: asked once, before a command does anything, so that a wrong port is
// said at once and not after a minute of retries. Only a TCP connection: what the endpoint answers is for its calls.
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Unreachable } from '../../domain/errors.ts';

// Long enough for a server that is just being started, and for one lost SYN packet.
const PATIENCE_MS = 4_000;
const PAUSE_MS = 250;

/** Resolves once a connection has been made; rejects with Unreachable when none can be within `patienceMs`. */
export async function reach(origin: string, patienceMs = PATIENCE_MS): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const left = until - performance.now();
    const refused = await connection(new URL(origin), Math.max(left, 1));
    if (refused === undefined) return;
    if (left <= PAUSE_MS) {
      throw new Unreachable(`${origin} does not answer: ${refused}`, {
        help: 'Check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDCONTROL, and that something listens there.',
      });
    }
    await pause(PAUSE_MS);
  }
}

/** Why there is no connection; undefined when there is one. */
function connection({ protocol, hostname, port }: URL, limitMs: number): Promise<string | undefined> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'http:' ? 80 : 443), timeout: limitMs });
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end('no connection within the time'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.message || error.code || 'no connection'));
  });
}
