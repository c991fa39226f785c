// STS, as much as deployments need: who am I, and a role's credentials. Query protocol, XML answers.

import { createHash, randomUUID } from 'node:crypto';
import { ApiError, validation } from './errors.ts';
import { lookup } from './locate.ts';
import { trusts } from './trust.ts';
import type { World } from './world.ts';
import { element } from './xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function sts(world: World, action: string, parameters: URLSearchParams): string {
  const result =
    action === 'GetCallerIdentity'
      ? getCallerIdentity(world)
      : action === 'AssumeRole'
        ? assumeRole(world, parameters)
        : undefined;
  if (result === undefined) throw new ApiError('InvalidAction', `The sandbox does not know the action ${action}`);
  const metadata = element('ResponseMetadata', element('RequestId', randomUUID()));
  return `<${action}Response xmlns="${NAMESPACE}">${element(`${action}Result`, result)}${metadata}</${action}Response>`;
}

const callerArn = ({ caller }: World): string => `arn:${caller.partition}:iam::${caller.account}:user/sandbox`;

function getCallerIdentity(world: World): string {
  return [
    element('Arn', callerArn(world)),
    element('UserId', 'AIDASANDBOXUSER000000'),
    element('Account', world.caller.account),
  ].join('');
}

/**
 * The access key is the role's account, so that calls made with it land there. A role that stands there lets in whom its trust
 * policy lets in; one that nobody made here is taken to stand elsewhere.
 */
function assumeRole(world: World, parameters: URLSearchParams): string {
  const role = /^arn:(aws[\w-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(parameters.get('RoleArn') ?? '');
  const session = parameters.get('RoleSessionName');
  if (!role) throw validation('RoleArn is not the ARN of a role');
  if (!session || !/^[\w+=,.@-]{2,64}$/.test(session)) throw validation('RoleSessionName is missing or invalid');
  const [arn, partition, account = '', name = ''] = role;
  world.note.type = 'AWS::IAM::Role';
  // As the cloud's own trail has it: who deploys what is in the session's name.
  world.note.identifier = `arn:${partition}:sts::${account}:assumed-role/${name}/${session}`;
  const standing = lookup({ ...world, caller: { ...world.caller, account } }, 'AWS::IAM::Role', name);
  if (standing && !trusts(standing['AssumeRolePolicyDocument'], parameters.get('ExternalId') ?? undefined)) {
    throw new ApiError(
      'AccessDenied',
      `User: ${callerArn(world)} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      403,
    );
  }
  const secret = createHash('sha256').update(`${arn} ${session}`).digest('base64');
  const seconds = Number(parameters.get('DurationSeconds') ?? 3600);
  const credentials = [
    element('AccessKeyId', account),
    element('SecretAccessKey', secret),
    element('SessionToken', `sandbox-${secret}`),
    element('Expiration', new Date(world.now + seconds * 1000).toISOString()),
  ].join('');
  const user = [
    element('AssumedRoleId', `AROASANDBOXROLE000000:${session}`),
    element('Arn', world.note.identifier),
  ].join('');
  return element('Credentials', credentials) + element('AssumedRoleUser', user);
}
