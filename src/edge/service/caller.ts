// Who calls a function of the API, and what they may do.
import { Caller } from '../../app/service/access.ts';
import type { AccessPolicy } from '../../domain/access.ts';
import { type ApiEvent, callerOf } from '../http/api.ts';
import { packagedPolicy } from './config.ts';

let policy: AccessPolicy | undefined;

/** The caller, under the policy that this function was packaged with. Throws HttpRefusal when nobody is named. */
export function callerIn(event: ApiEvent): Caller {
  policy ??= packagedPolicy();
  return new Caller(policy, callerOf(event));
}
