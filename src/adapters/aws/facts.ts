// What plans need besides Cloud Control: who we are, SSM parameters, availability zones, secrets. Few and short calls,
// so the SDK's own retries serve. Clients are loaded and made when first asked.
import type { Lookup } from '#wasm';
import type { Facts } from '../../app/ports.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';
import { type Connection, clientConfig } from './connection.ts';
import { callError } from './errors.ts';
import { reach } from './reach.ts';
import { parseSecretId, type SecretId } from './secret-id.ts';

const LIMITS = { attempts: 3, connectMs: 3_000, answerMs: 10_000, sockets: 25 };

// How long a custom endpoint's users wait for an STS that may not exist.
const STS_BESIDE_CUSTOM_ENDPOINT_MS = 3_000;

type ParameterLookup = { name: string; decrypt: boolean };

/** Facts of the connection's account; `close` frees its sockets. */
export function openFacts(connection: Connection): Facts & { close(): void } {
  const clients = new Set<{ destroy(): void }>();
  const kept = <C extends { destroy(): void }>(make: () => Promise<C>): (() => Promise<C>) => {
    let made: Promise<C> | undefined;
    return () => {
      made ??= make().then((client) => {
        clients.add(client);
        return client;
      });
      return made;
    };
  };

  const ssm = kept(async () => {
    const { SSM } = await import('@aws-sdk/client-ssm');
    return new SSM(await clientConfig(connection, LIMITS));
  });
  const secretsManager = kept(async () => {
    const { SecretsManager } = await import('@aws-sdk/client-secrets-manager');
    return new SecretsManager(await clientConfig(connection, LIMITS));
  });

  async function parameter({ name, decrypt }: ParameterLookup): Promise<{ type: string; value: string } | null> {
    try {
      const { Parameter } = await (await ssm()).getParameter({ Name: name, WithDecryption: decrypt });
      return { type: Parameter?.Type ?? 'String', value: Parameter?.Value ?? '' };
    } catch (error) {
      if (ABSENT.has((error as Error).name)) return null;
      throw refusal(error, `SSM parameter ${name}`);
    }
  }

  async function zones(region: string): Promise<string[]> {
    const { EC2 } = await import('@aws-sdk/client-ec2');
    const client = new EC2(await clientConfig({ ...connection, region }, LIMITS));
    try {
      const { AvailabilityZones = [] } = await client.describeAvailabilityZones({});
      return AvailabilityZones.filter(
        ({ State, ZoneType = 'availability-zone', OptInStatus }) =>
          State === 'available' && ZoneType === 'availability-zone' && OptInStatus !== 'not-opted-in',
      )
        .flatMap(({ ZoneName }) => ZoneName ?? [])
        .sort();
    } catch (error) {
      throw refusal(error, `The availability zones of ${region}`);
    } finally {
      client.destroy();
    }
  }

  async function secretString({ id, stage, version }: Extract<SecretId, { service: 'secretsmanager' }>) {
    const input = {
      SecretId: id,
      ...(stage === undefined ? {} : { VersionStage: stage }),
      ...(version === undefined ? {} : { VersionId: version }),
    };
    try {
      return (await (await secretsManager()).getSecretValue(input)).SecretString;
    } catch (error) {
      if (ABSENT.has((error as Error).name)) throw noSecret(`Secret ${id} does not exist, or has no such version.`);
      throw refusal(error, `Secret ${id}`);
    }
  }

  return {
    async identity() {
      const { region, customEndpoint } = connection;
      const { accessKeyId } = await connection.credentials().catch((error: unknown) => {
        throw refusal(error, 'The credentials');
      });
      if (customEndpoint !== undefined) await reach(customEndpoint);
      try {
        return { ...(await callerOf(connection)), region };
      } catch (error) {
        if (customEndpoint === undefined) throw refusal(error, 'The account of the credentials', 'unreachable');
        const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : '000000000000';
        const why = error instanceof Error ? error.name : String(error);
        const warning = `STS did not say which account the credentials are of (${why}); with ${customEndpoint} account ${account} is assumed.`;
        return { account, partition: 'aws', region, warning };
      }
    },

    async lookup(lookup: Exclude<Lookup, { kind: 'import' | 'resource' | 'resources' }>) {
      if (lookup.kind === 'availabilityZones') return zones(lookup.region);
      const found = await parameter({ name: lookup.name, decrypt: false });
      if (found === null) return null;
      if (found.type === 'SecureString') {
        throw new InvalidInput('ssm_parameter_secure', `SSM parameter ${lookup.name} is a SecureString.`, {
          help: `Use {{resolve:ssm-secure:${lookup.name}}} where the property allows it.`,
        });
      }
      return found.type === 'StringList' ? found.value.split(',') : found.value;
    },

    async secret(text: string) {
      const id = parseSecretId(text);
      if (id.service === 'ssm-secure') {
        const found = await parameter({ name: id.name, decrypt: true });
        if (found === null) throw noSecret(`SSM parameter ${id.name} does not exist.`);
        return found.value;
      }
      const value = await secretString(id);
      if (value === undefined) throw noSecret(`Secret ${id.id} holds bytes, not a text.`);
      return id.key === undefined ? value : valueAt(value, id.key, id.id);
    },

    close() {
      for (const client of clients) client.destroy();
    },
  };
}

const ABSENT = new Set([
  'ParameterNotFound',
  'ParameterVersionNotFound',
  'ParameterVersionLabelNotFound',
  'ResourceNotFoundException',
]);

/** GetCallerIdentity; beside a custom endpoint it may take only a few seconds. */
async function callerOf(connection: Connection): Promise<{ account: string; partition: string }> {
  const { STS } = await import('@aws-sdk/client-sts');
  const custom = connection.customEndpoint !== undefined;
  const client = new STS(await clientConfig(connection, custom ? { ...LIMITS, attempts: 1 } : LIMITS));
  try {
    const limit = custom ? { abortSignal: AbortSignal.timeout(STS_BESIDE_CUSTOM_ENDPOINT_MS) } : {};
    const { Account, Arn } = await client.getCallerIdentity({}, limit);
    if (Account === undefined || !/^\d{12}$/.test(Account)) throw new Error('STS named no account');
    return { account: Account, partition: Arn?.split(':')[1] || 'aws' };
  } finally {
    client.destroy();
  }
}

/** The value of a key as text, as CloudFormation inserts it. No message and no cause may quote the secret. */
function valueAt(json: string, key: string, id: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw noSecret(`Secret ${id} is not JSON, so it has no key ${key}.`);
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, key)) {
    throw noSecret(`Secret ${id} has no key ${key}.`);
  }
  const value = (parsed as Record<string, unknown>)[key];
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function noSecret(message: string): InvalidInput {
  return new InvalidInput('secret_not_found', message, { help: 'Check the dynamic reference, account and region.' });
}

/** The rejection for a call that brought nothing: refused is the caller's to mend, everything else is the network's. */
function refusal(thrown: unknown, what: string, refused: 'invalid' | 'unreachable' = 'invalid'): Error {
  let error: ReturnType<typeof callError>;
  try {
    error = callError(thrown);
  } catch (credentials) {
    return credentials as Unreachable;
  }
  const code = error.kind === 'rejected' ? `${error.errorCode}: ` : '';
  const message = `${what} could not be read: ${code}${error.message}`;
  const isRefused = error.kind === 'rejected' || error.kind === 'notFound';
  if (isRefused && refused === 'invalid') return new InvalidInput('lookup_refused', message, { cause: thrown });
  return new Unreachable(message, { cause: thrown });
}
