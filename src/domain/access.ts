// Who may do what with which stacks of an installed service: the nouns of its access policy, and the one rule over them.

/** `override`: skip a part of the gate. */
export const SCOPES = ['read', 'plan', 'deploy', 'approve', 'override'] as const;
export type Scope = (typeof SCOPES)[number];

/** Patterns know `*` only, for any number of characters. */
export interface AccessRule {
  /** Callers: ARNs of signing identities, subjects of tokens. */
  who: readonly string[];
  may: readonly Scope[];
  /** Names of stacks. */
  stacks: readonly string[];
}

export interface AccessPolicy {
  /** What one rule allows is allowed; nothing else is. */
  rules: readonly AccessRule[];
  /** Whether whoever submitted a run may approve it. */
  ownApproval: boolean;
  /** SHA-256 of the policy as it is held. */
  digest: string;
}

/** Whether a rule allows it. `stack`: absent for what concerns none. */
export function allows({ rules }: AccessPolicy, by: string, scope: Scope, stack?: string): boolean {
  return rules.some(
    ({ who, may, stacks }) =>
      may.includes(scope) && matchesAny(who, by) && (stack === undefined || matchesAny(stacks, stack)),
  );
}

/** Whether one of the patterns is about it. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

/** Without a regular expression: a pattern of many stars must not take long. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  if (parts.length === 0) return pattern === text;
  const last = parts.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
