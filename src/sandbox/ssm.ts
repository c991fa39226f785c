// SSM Parameter Store, read only: public parameters of AWS, what `cdk bootstrap` leaves behind, and parameters that
// were created in the sandbox through AWS::SSM::Parameter. JSON 1.1.

import { homeOf } from './caller.ts';
import { ApiError, validation } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { mint } from './mint.ts';
import { seconds } from './progress.ts';
import type { World } from './world.ts';

export function ssm(world: World, operation: string, input: JsonObject): JsonObject {
  if (operation === 'GetParameter') {
    const name = input['Name'];
    if (typeof name !== 'string') throw validation('Name must be a string');
    const found = parameter(world, name);
    if (!found) throw new ApiError('ParameterNotFound', `Parameter ${name} not found.`);
    return { Parameter: found };
  }
  if (operation === 'GetParameters') {
    const names = input['Names'];
    if (!Array.isArray(names) || names.length === 0 || names.length > 10)
      throw validation('Names must be a list of 1 to 10');
    const found = names.map((name) => [name, parameter(world, String(name))] as const);
    return {
      Parameters: found.flatMap(([, value]) => (value ? [value] : [])),
      InvalidParameters: found.flatMap(([name, value]) => (value ? [] : [name as Json])),
    };
  }
  throw new ApiError('UnknownOperationException', `The sandbox does not know ssm:${operation}`);
}

/** A parameter by name, `name:version` or ARN. */
function parameter(world: World, asked: string): JsonObject | undefined {
  const { caller, now } = world;
  const path = /^arn:[^:]+:ssm:[^:]+:\d{12}:parameter(\/.+)$/.exec(asked)?.[1] ?? asked;
  const [name = '', version = '1'] = path.split(':');
  const made = created(world, name) ?? (asked.startsWith('arn:') ? created(world, name.slice(1)) : undefined);
  const value = made ?? wellKnown(name, caller.region);
  if (!value || version !== '1') return undefined;
  const owner = made ? caller.account : '';
  return {
    ...value,
    Version: 1,
    LastModifiedDate: seconds(now - 86_400_000),
    ARN: `arn:${caller.partition}:ssm:${caller.region}:${owner}:parameter/${name.replace(/^\//, '')}`,
    DataType: 'text',
  };
}

function created(world: World, name: string): JsonObject | undefined {
  const row = world.store.get(
    "SELECT properties FROM resources WHERE home = ? AND type = ? AND identifier = ? AND state <> 'creating'",
    homeOf('AWS::SSM::Parameter', world.caller),
    'AWS::SSM::Parameter',
    name,
  );
  if (!row) return undefined;
  const { Type = 'String', Value = '' } = JSON.parse(row['properties'] as string) as JsonObject;
  return { Name: name, Type, Value };
}

/** Machine images and the like exist in AWS, not here: their ids must not pass for resources of the sandbox. */
function wellKnown(name: string, region: string): JsonObject | undefined {
  if (name === '/cdk-bootstrap/hnb659fds/version') return { Name: name, Type: 'String', Value: '21' };
  if (!name.startsWith('/aws/service/')) return undefined;
  const seed = `${region} ${name}`;
  const run = mint('hex', 17, seed, '0');
  // One changed digit: no checksum, so not "made here".
  const image = `ami-${run.slice(0, 16)}${run.endsWith('0') ? '1' : '0'}`;
  const isImage = /ami|image|windows|ubuntu|debian|suse/i.test(name) && !/\/(name|version|release_version)$/.test(name);
  const region_ = /^\/aws\/service\/global-infrastructure\/regions\/([^/]+)\/longName$/.exec(name)?.[1];
  const Value = region_ ?? (isImage ? recommended(name, image) : `sandbox-${run}`);
  return { Name: name, Type: 'String', Value };
}

/** ECS' `recommended` is a JSON document, its `image_id` member an id. */
const recommended = (name: string, image: string): string =>
  /\/ecs\/.*\/recommended$/.test(name)
    ? JSON.stringify({ image_id: image, image_name: 'sandbox', schema_version: 1 })
    : image;
