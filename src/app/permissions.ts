// `permissions`: the IAM policy with which somebody may deploy a template, and nothing else.
//
// Actions come from the core (what the handlers of the template's types need); almost none of them knows resources before
// they exist, so that they are granted on `*`. Reads of parameters and secrets are narrowed to names.
import type { Needed, Problem, TypePermissions } from '#wasm';
import { permissions as permissionsInCore } from '../core/calls.ts';
import { InvalidInput } from '../domain/errors.ts';

export interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string[]>>;
}

export interface PermissionsDocument {
  version: 1;
  kind: 'permissions';
  /** As IAM takes it. */
  policy: { Version: '2012-10-17'; Statement: Statement[] };
  /** What IAM counts: a managed policy may have {@link MANAGED_POLICY_CHARACTERS} of them. */
  policyCharacters: number;
  types: TypePermissions[];
  problems: Problem[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, white space not counted. */
export const MANAGED_POLICY_CHARACTERS = 6_144;

/** Of Cloud Control itself; they know no resources. */
const CLOUD_CONTROL = [
  'cloudformation:CancelResourceRequest',
  'cloudformation:CreateResource',
  'cloudformation:DeleteResource',
  'cloudformation:GetResource',
  'cloudformation:GetResourceRequestStatus',
  'cloudformation:ListResourceRequests',
  'cloudformation:ListResources',
  'cloudformation:UpdateResource',
];

const PASS_ROLE = 'iam:PassRole';

/** Rejects with InvalidInput and every problem of a template that is none, or cannot be deployed. */
export function permissions(text: string, name: string): PermissionsDocument {
  const answer = permissionsInCore(text);
  if (answer.type === 'refused') {
    const { problems } = answer;
    throw new InvalidInput('invalid_template', `${name} cannot be deployed: ${problems.length} problems.`, {
      problems,
    });
  }
  const { types, problems } = answer.needed;
  const policy = { Version: '2012-10-17' as const, Statement: statements(answer.needed) };
  const policyCharacters = JSON.stringify(policy).length;
  return { version: 1, kind: 'permissions', policy, policyCharacters, types, problems };
}

function statements({ types, parameters, decrypts, secrets, zones }: Needed): Statement[] {
  const actions = new Set(
    types.flatMap(({ create, read, update, delete: deletes, list }) => [create, read, update, deletes, list].flat()),
  );
  const passes = actions.delete(PASS_ROLE);
  if (zones) actions.add('ec2:DescribeAvailabilityZones');
  const services = Map.groupBy([...actions].sort(), (action) => action.slice(0, action.indexOf(':')));
  const all: Statement[] = [allow('CloudControl', CLOUD_CONTROL)];
  for (const [service, its] of services) all.push(allow(sid(service), covered(its)));
  // Apart from the others: the one to narrow to the roles that the template's own resources get.
  if (passes) all.push(allow('PassRole', [PASS_ROLE]));
  if (parameters.length > 0) all.push(allow('ReadParameters', ['ssm:GetParameter'], parameters.map(parameterArn)));
  if (secrets.length > 0) all.push(allow('ReadSecrets', ['secretsmanager:GetSecretValue'], secrets.map(secretArn)));
  const through = [...(decrypts ? ['ssm'] : []), ...(secrets.length > 0 ? ['secretsmanager'] : [])];
  if (through.length > 0) {
    const services = through.map((service) => `${service}.*.amazonaws.com`);
    all.push({ ...allow('Decrypt', ['kms:Decrypt']), Condition: { StringLike: { 'kms:ViaService': services } } });
  }
  return all;
}

function allow(Sid: string, Action: string[], Resource: string | string[] = '*'): Statement {
  return { Sid, Effect: 'Allow', Action, Resource };
}

/** Letters and digits only, as IAM wants it. */
function sid(service: string): string {
  return service.replace(/(^|-)(\w)/g, (_, __, first: string) => first.toUpperCase());
}

/** Without those that a wildcard among them covers. */
function covered(actions: readonly string[]): string[] {
  const open = actions.filter((action) => action.endsWith('*')).map((action) => action.slice(0, -1));
  return actions.filter((action) => !open.some((start) => action !== `${start}*` && action.startsWith(start)));
}

function parameterArn(name: string): string {
  if (name.startsWith('arn:')) return name;
  return `arn:aws:ssm:*:*:parameter/${name.replace(/^\//, '')}`;
}

/** The name is followed by a hyphen and six characters. */
function secretArn(name: string): string {
  if (name.startsWith('arn:')) return name;
  return `arn:aws:secretsmanager:*:*:secret:${name}${name.endsWith('*') ? '' : '-??????'}`;
}
