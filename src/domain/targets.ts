// Targets of a deployment: stacks, each in an account and region, and the order between them.
import { createHash } from 'node:crypto';
import { type StackKey, stackText } from './stack.ts';

/** Where one stack of a deployment goes. */
export interface Target {
  stack: string;
  /** Twelve digits; absent: where the credentials lead to. */
  account?: string;
  region?: string;
  /** Role to assume, and what its trust asks for. */
  roleArn?: string;
  externalId?: string;
  /** Waves come one after the other, the lowest first; default 1. */
  wave?: number;
}

/** What becomes of a deployment whose targets fail. */
export interface Bounds {
  /** Targets at once. */
  maxConcurrency: number;
  /** So many may fail, and others are still begun. */
  toleratedFailures: number;
}

export const DEFAULT_BOUNDS: Bounds = { maxConcurrency: 10, toleratedFailures: 0 };

/** A target's wave, and which others (by index) have to succeed first. */
export interface Placed {
  wave: number;
  after: ReadonlySet<number>;
}

/**
 * Indexes in the order in which they are begun: groups come one after the other, those of one group at the same time.
 * `undefined` where targets wait for each other in a circle, or for one of a later wave.
 */
export function groupsOf(targets: readonly Placed[]): number[][] | undefined {
  const groups: number[][] = [];
  const done = new Set<number>();
  for (const wave of [...new Set(targets.map((target) => target.wave))].sort((a, b) => a - b)) {
    let left = [...targets.keys()].filter((index) => targets[index]?.wave === wave);
    while (left.length > 0) {
      const group = left.filter((index) => [...(targets[index]?.after ?? [])].every((other) => done.has(other)));
      if (group.length === 0) return undefined;
      groups.push(group);
      for (const index of group) done.add(index);
      left = left.filter((index) => !done.has(index));
    }
  }
  return groups;
}

/** Every stack, as {@link stackText} spells it, with the digest of its plan; sorted by stack. */
export type DeploymentPlans = readonly (readonly [stack: string, planDigest: string])[];

export function deploymentPlans(plans: readonly { stack: StackKey; planDigest: string }[]): DeploymentPlans {
  const pairs = plans.map(({ stack, planDigest }) => [stackText(stack), planDigest] as const);
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What a person approves: SHA-256 (hex) over the JSON of {@link DeploymentPlans}. */
export function deploymentDigest(plans: readonly { stack: StackKey; planDigest: string }[]): string {
  return createHash('sha256')
    .update(JSON.stringify(deploymentPlans(plans)))
    .digest('hex');
}
