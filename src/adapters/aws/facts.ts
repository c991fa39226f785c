// What plans need besides Cloud Control: who we are, SSM parameters, availability zones, secrets. Few and short calls,
// so the SDK's own retries serve. Clients are loaded and made when first asked.
import type { GetParameterCommandInput } from '@aws-sdk/client-ssm';
import type { Facts, OutsideLookup } from '../../app/ports.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { type Connection, clientConfig } from './connection.ts';
import { blocked, callError } from './errors.ts';
import { reach } from './reach.ts';
import { parseSecretId, type SecretId } from './secret-id.ts';

const LIMITS = { attempts: 3, connectMs: 3_000, answerMs: 10_000, sockets: 25 };

// Long enough for an STS that is slow or retried, short enough to be told of one that hangs.
const IDENTITY_MS = 18_000;

type ParameterLookup = { name: string; decrypt: boolean };

/** Facts of the connection's account; `close` frees its sockets. */
export function openFacts(connection: Connection, identityMs = IDENTITY_MS): Facts & { close(): void } {
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
    const { GetParameterCommand, SSMClient } = await import('./sdk/ssm.ts');
    const client = new SSMClient(await clientConfig(connection, LIMITS));
    return {
      read: async (input: GetParameterCommandInput) => (await client.send(new GetParameterCommand(input))).Parameter,
      destroy: () => client.destroy(),
    };
  });
  const secretsManager = kept(async () => {
    const { SecretsManager } = await import('./sdk/secrets-manager.ts');
    return new SecretsManager(await clientConfig(connection, LIMITS));
  });

  async function parameter({ name, decrypt }: ParameterLookup): Promise<{ type: string; value: string } | null> {
    try {
      const found = await (await ssm()).read({ Name: name, WithDecryption: decrypt });
      return { type: found?.Type ?? 'String', value: found?.Value ?? '' };
    } catch (error) {
      if (ABSENT.has((error as Error).name)) return null;
      throw refusal(error, `SSM parameter ${name}`);
    }
  }

  async function zones(region: string): Promise<string[]> {
    const { DescribeAvailabilityZonesCommand, EC2Client } = await import('./sdk/ec2.ts');
    const client = new EC2Client(await clientConfig({ ...connection, region }, LIMITS));
    try {
      const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand({}));
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
      const { region, customEndpoint, account: said } = connection;
      const { accessKeyId } = await connection.credentials().catch((error: unknown) => {
        throw refusal(error, 'The credentials');
      });
      if (customEndpoint !== undefined) await reach(customEndpoint);
      // Whoever brings an endpoint of their own knows whose it is.
      if (customEndpoint !== undefined && said !== undefined) {
        return { account: said, partition: partitionOf(region), region };
      }
      const caller = await callerOf(connection, identityMs).catch((error: unknown) => {
        if (customEndpoint === undefined) throw refusal(error, 'The account of the credentials', 'unreachable');
        // Emulators take such a key as the account; AWS has none like it.
        if (/^\d{12}$/.test(accessKeyId) && answeredAtAll(error)) {
          const warning = `STS of ${customEndpoint} does not say which account this is; the access key says ${accessKeyId}.`;
          return { account: accessKeyId, partition: partitionOf(region), warning };
        }
        throw blocked(error) ?? noAccount(error, customEndpoint);
      });
      if (said !== undefined && said !== caller.account) {
        throw new InvalidInput(
          'account_differs',
          `Account ${said} was said, but the credentials are of account ${caller.account}.`,
          { help: 'Use other credentials, or say no account.', ways: [{ option: 'credentials' }] },
        );
      }
      return { ...caller, region };
    },

    async lookup(lookup: OutsideLookup) {
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
        return new Secret(found.value);
      }
      const value = await secretString(id);
      if (value === undefined) throw noSecret(`Secret ${id.id} holds bytes, not a text.`);
      return new Secret(id.key === undefined ? value : valueAt(value, id.key, id.id));
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

interface CallerIdentity {
  account: string;
  partition: string;
  warning?: string;
}

/** GetCallerIdentity, all attempts within the time. */
async function callerOf(connection: Connection, limitMs: number): Promise<CallerIdentity> {
  const { STS } = await import('./sdk/sts.ts');
  const client = new STS(await clientConfig(connection, LIMITS));
  try {
    const { Account, Arn } = await client.getCallerIdentity({}, { abortSignal: AbortSignal.timeout(limitMs) });
    if (Account === undefined || !/^\d{12}$/.test(Account)) throw new Error('STS named no account');
    return { account: Account, partition: Arn?.split(':')[1] || 'aws' };
  } finally {
    client.destroy();
  }
}

/** The refusal where only a guess could say the account: it would be written into resources and the stack's binding. */
function noAccount(error: unknown, endpoint: string): Unreachable {
  const { message } = refusal(error, 'The account', 'unreachable');
  return new Unreachable(`STS beside ${endpoint} does not say which account the credentials are of. ${message}`, {
    help: 'If this endpoint has no STS, say the account. If it is slow, try again.',
    ways: [{ option: 'account' }],
    cause: error,
  });
}

/** Whether the endpoint said something, rather than nothing in time or not over this protocol. */
function answeredAtAll(error: unknown): boolean {
  return typeof error === 'object' && error !== null && '$metadata' in error
    ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode !== undefined
    : false;
}

/** Of AWS's regions; endpoints of others are in `aws`. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
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
