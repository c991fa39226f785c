// A caller of the service, and what the service's access policy lets it do. Every use case that is called over HTTP takes
// one: what is not allowed is refused before anything is looked at or written down.
import { type AccessPolicy, allows, type Scope } from '../../domain/access.ts';
import { NotAllowed } from '../../domain/errors.ts';

export class Caller {
  readonly by: string;
  readonly policy: AccessPolicy;

  constructor(policy: AccessPolicy, by: string) {
    this.policy = policy;
    this.by = by;
  }

  /** `stack`: absent for what concerns none. */
  may(scope: Scope, stack?: string): boolean {
    return allows(this.policy, this.by, scope, stack);
  }

  /** Throws NotAllowed. */
  demand(scope: Scope, stack?: string): void {
    if (this.may(scope, stack)) return;
    const what = stack === undefined ? '' : ` on stack ${stack}`;
    throw new NotAllowed(`${this.by} may not ${scope}${what}: no rule of the service's access policy allows it.`);
  }
}
