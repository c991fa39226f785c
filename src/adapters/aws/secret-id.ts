// Ids of secrets, which are dynamic references as written:
//   secretsmanager:<secret>[:SecretString[:<json key>[:<version stage>[:<version id>]]]]
//   ssm-secure:<parameter>[:<version>]
// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html>
import { InvalidInput } from '../../domain/errors.ts';

export type SecretId =
  | { service: 'ssm-secure' /** With its version, as GetParameter takes it. */; name: string }
  | { service: 'secretsmanager'; id: string; key?: string; stage?: string; version?: string };

// arn:partition:secretsmanager:region:account:secret:name
const ARN_PARTS = 7;

/** @throws InvalidInput `secret_reference_invalid` */
export function parseSecretId(text: string): SecretId {
  const [service, ...parts] = text.split(':');
  if (service === 'ssm-secure') {
    const name = parts.join(':');
    if (name === '') throw invalid(text, 'names no parameter');
    return { service, name };
  }
  if (service !== 'secretsmanager') throw invalid(text, 'is neither secretsmanager nor ssm-secure');
  const id = parts.splice(0, parts[0] === 'arn' ? ARN_PARTS : 1).join(':');
  if (id === '' || (id.startsWith('arn:') && id.split(':').length < ARN_PARTS)) throw invalid(text, 'names no secret');
  const [form = '', key = '', stage = '', version = '', ...rest] = parts;
  if (form !== '' && form !== 'SecretString') throw invalid(text, `asks for ${form}; only SecretString exists`);
  if (rest.length > 0) throw invalid(text, 'has too many parts');
  if (stage !== '' && version !== '') throw invalid(text, 'names both a version stage and a version id');
  const parsed: SecretId = { service, id };
  if (key !== '') parsed.key = key;
  if (stage !== '') parsed.stage = stage;
  if (version !== '') parsed.version = version;
  return parsed;
}

function invalid(text: string, why: string): InvalidInput {
  return new InvalidInput('secret_reference_invalid', `The dynamic reference ${text} ${why}.`, {
    help: 'The forms are secretsmanager:ID:SecretString:KEY:STAGE:VERSION and ssm-secure:NAME:VERSION.',
  });
}
