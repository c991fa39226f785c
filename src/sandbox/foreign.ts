// Who may call: programs of this machine. A page in a browser must not, whatever name it makes resolve to 127.0.0.1.

import type { IncomingHttpHeaders } from 'node:http';

/** Whether a host, without port, is this machine and no other. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Why a request is refused; undefined: it is not. */
export function isForeign({ host, origin, ...rest }: IncomingHttpHeaders): string | undefined {
  if (host === undefined || !isLoopback(host.replace(/:\d*$/, ''))) return 'The Host header names another machine.';
  if (origin !== undefined) return 'The sandbox is for programs: requests of web pages are refused.';
  const site = rest['sec-fetch-site'];
  if (site !== undefined && site !== 'none') return 'The sandbox is for programs: requests of web pages are refused.';
  return undefined;
}
