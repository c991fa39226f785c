// Who may assume a role that stands in the sandbox: its trust policy, as far as the sandbox knows who calls. Statements of
// AssumeRole for AWS principals and their demand for an external id count; which principal calls does not, because callers
// from outside have keys that are nobody's here.
import { isObject, type Json } from './json.ts';

const list = (value: Json | undefined): Json[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

const names = (action: Json): boolean =>
  typeof action === 'string' && ['*', 'sts:*', 'sts:assumerole'].includes(action.toLowerCase());

/** Whether a principal of the statement may be a user or role of an account. */
function isOfAccounts(principal: Json | undefined): boolean {
  return principal === '*' || (isObject(principal) && list(principal['AWS']).length > 0);
}

/** Whether what the statement asks of the external id holds; it may say nothing of it. */
function holds(condition: Json | undefined, externalId: string | undefined): boolean {
  if (!isObject(condition)) return true;
  const asked = isObject(condition['StringEquals']) ? condition['StringEquals'] : {};
  const [, ids] = Object.entries(asked).find(([key]) => key.toLowerCase() === 'sts:externalid') ?? [];
  return ids === undefined || list(ids).includes(externalId ?? null);
}

/** `policy` is the trust policy as it was given, an object or its JSON text. */
export function trusts(policy: Json | undefined, externalId: string | undefined): boolean {
  const document = typeof policy === 'string' ? (JSON.parse(policy) as Json) : policy;
  const statements = isObject(document) ? list(document['Statement']).filter(isObject) : [];
  const applying = statements.filter(
    (statement) =>
      list(statement['Action']).some(names) &&
      isOfAccounts(statement['Principal']) &&
      holds(statement['Condition'], externalId),
  );
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}
