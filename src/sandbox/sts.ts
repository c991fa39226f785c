// STS, as much as deployments need: who am I, and a role's credentials. Query protocol, XML answers.

import { createHash, randomUUID } from 'node:crypto';
import { ApiError, validation } from './errors.ts';
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

function getCallerIdentity({ caller }: World): string {
  return [
    element('Arn', `arn:${caller.partition}:iam::${caller.account}:user/sandbox`),
    element('UserId', 'AIDASANDBOXUSER000000'),
    element('Account', caller.account),
  ].join('');
}

/** The access key is the role's account, so that calls made with it land there. */
function assumeRole({ now }: World, parameters: URLSearchParams): string {
  const role = /^arn:(aws[\w-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(parameters.get('RoleArn') ?? '');
  const session = parameters.get('RoleSessionName');
  if (!role) throw validation('RoleArn is not the ARN of a role');
  if (!session || !/^[\w+=,.@-]{2,64}$/.test(session)) throw validation('RoleSessionName is missing or invalid');
  const [arn, partition, account = '', name] = role;
  const secret = createHash('sha256').update(`${arn} ${session}`).digest('base64');
  const seconds = Number(parameters.get('DurationSeconds') ?? 3600);
  const credentials = [
    element('AccessKeyId', account),
    element('SecretAccessKey', secret),
    element('SessionToken', `sandbox-${secret}`),
    element('Expiration', new Date(now + seconds * 1000).toISOString()),
  ].join('');
  const user = [
    element('AssumedRoleId', `AROASANDBOXROLE000000:${session}`),
    element('Arn', `arn:${partition}:sts::${account}:assumed-role/${name}/${session}`),
  ].join('');
  return element('Credentials', credentials) + element('AssumedRoleUser', user);
}
