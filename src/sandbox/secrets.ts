// Secrets Manager GetSecretValue for secrets created in the sandbox through AWS::SecretsManager::Secret. JSON 1.1.

import { createHash } from 'node:crypto';
import { homeOf } from './caller.ts';
import { ApiError, validation } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { mintUuid } from './mint.ts';
import { seconds } from './progress.ts';
import type { World } from './world.ts';

const TYPE = 'AWS::SecretsManager::Secret';

export function secretsManager(world: World, operation: string, input: JsonObject): JsonObject {
  if (operation !== 'GetSecretValue') {
    throw new ApiError('UnknownOperationException', `The sandbox does not know secretsmanager:${operation}`);
  }
  const { SecretId: id, VersionStage: stage = 'AWSCURRENT', VersionId: version } = input;
  if (typeof id !== 'string') throw validation('SecretId must be a string');
  const row = world.store.get(
    `SELECT identifier, properties, created_at FROM resources WHERE home = ? AND type = ? AND state <> 'creating'
     AND (identifier = ? OR named = ?)`,
    homeOf(TYPE, world.caller),
    TYPE,
    id,
    world.store.named(TYPE, { Name: id }),
  );
  const arn = String(row?.['identifier']);
  const versionId = mintUuid(arn);
  if (!row || stage !== 'AWSCURRENT' || (version !== undefined && version !== versionId)) {
    throw new ApiError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  const model = JSON.parse(row['properties'] as string) as JsonObject;
  return {
    ARN: arn,
    Name: model['Name'] ?? '',
    VersionId: versionId,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: seconds(Number(row['created_at'])),
    SecretString: secretString(arn, model),
  };
}

function secretString(arn: string, model: JsonObject): string {
  if (typeof model['SecretString'] === 'string') return model['SecretString'];
  const wanted = model['GenerateSecretString'];
  if (!isObject(wanted))
    throw new ApiError('ResourceNotFoundException', "Secrets Manager can't find the specified secret value.");
  const password = generate(arn, wanted);
  const { SecretStringTemplate: template, GenerateStringKey: key } = wanted;
  if (typeof template !== 'string' || typeof key !== 'string') return password;
  const document: unknown = JSON.parse(template);
  return JSON.stringify({ ...(isObject(document) ? document : {}), [key]: password });
}

/** The same secret always has the same value; it obeys length and exclusions. */
function generate(arn: string, wanted: JsonObject): string {
  const excluded = new Set(String(wanted['ExcludeCharacters'] ?? ''));
  const classes: [flag: string, letters: string][] = [
    ['ExcludeLowercase', 'abcdefghijklmnopqrstuvwxyz'],
    ['ExcludeUppercase', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
    ['ExcludeNumbers', '0123456789'],
    ['ExcludePunctuation', '!#%&()*+,-.:;<=>?[]^_{|}~'],
  ];
  const letters = classes
    .flatMap(([flag, all]) => (wanted[flag] === true ? [] : [...all]))
    .filter((letter) => !excluded.has(letter));
  if (letters.length === 0) throw validation('No character is left to generate a secret from');
  const length = Number(wanted['PasswordLength'] ?? 32);
  let value = '';
  for (let block = 0; value.length < length; block++) {
    for (const byte of createHash('sha256').update(`${arn} secret ${block}`).digest())
      value += letters[byte % letters.length];
  }
  return value.slice(0, length);
}
