// How a command names the place it works in.
import type { Context } from '#wasm';
import type { Session } from '../app/session.ts';
import type { Sought } from '../app/status.ts';
import type { LookOptions } from './options.ts';

/** `sandbox, account 000000000000, us-east-1`. */
export function where({ endpoint }: Pick<Session, 'endpoint'>, { account, region }: Context): string {
  return `${endpoint}, account ${account}, ${region}`;
}

/** The place that options narrow a search to. */
export function soughtIn({ cloud, region }: LookOptions): Sought {
  return { ...(cloud === undefined ? {} : { cloud }), ...(region === undefined ? {} : { region }) };
}
