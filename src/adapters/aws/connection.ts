// How to reach one account and region: everything the AWS clients share. Loads nothing of the SDK until asked, because
// `assent --help` must start without it.
//
// Credentials, region and endpoints come from the SDK's usual places (flags, environment, profiles) unless given.
import { InvalidInput } from '../../domain/errors.ts';
import { withinTime } from './deadline.ts';
import { NoCredentials, SIGN_IN } from './errors.ts';

/** An access key, permanent or temporary. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** What the user said. */
export interface Wanted {
  region?: string | undefined;
  profile?: string | undefined;
  /** Role to assume with the credentials found. */
  roleArn?: string | undefined;
  /** What the role's trust may ask for. */
  externalId?: string | undefined;
  /** Under which name the role is assumed; 2 to 64 of `[\w+=,.@-]`, default `assent`. */
  sessionName?: string | undefined;
  /** One URL for every service, whatever the environment says. */
  endpoint?: string | undefined;
  /** The account the credentials are of, where nobody else says. */
  account?: string | undefined;
  /** Instead of any that could be found. */
  credentials?: AwsCredentials | undefined;
}

/** What every client is made from. */
export interface Connection {
  region: string;
  /** Rejects with NoCredentials. */
  credentials: () => Promise<AwsCredentials>;
  /** One URL for every service. */
  endpoint?: string;
  profile?: string;
  /** What the user says the account is. */
  account?: string;
  /** Origin of the Cloud Control endpoint, when it is not one of AWS's own. */
  customEndpoint?: string;
}

/** Rejects with InvalidInput: `region_missing`, `region_invalid`, `account_invalid`, `endpoint_invalid`. */
export async function connect(wanted: Wanted): Promise<Connection> {
  if (wanted.region === '') throw noRegion('""', undefined);
  if (wanted.account !== undefined && !/^\d{12}$/.test(wanted.account)) {
    throw new InvalidInput('account_invalid', `${JSON.stringify(wanted.account)} is no account: it has twelve digits.`);
  }
  const { CloudControlClient, ListResourceRequestsCommand } = await import('@aws-sdk/client-cloudcontrol');
  // Never sends anything: it only says what the SDK would do.
  const probe = new CloudControlClient({
    ...(wanted.region === undefined ? {} : { region: wanted.region }),
    ...(wanted.profile === undefined ? {} : { profile: wanted.profile }),
    ...(wanted.endpoint === undefined ? {} : ownEndpoint(wanted.endpoint)),
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  });
  const region = await probe.config.region().catch((cause: unknown) => {
    throw noRegion(wanted.region, cause);
  });
  let url: URL | undefined;
  // The endpoint is resolved in the step before `build`; this ends the call there.
  probe.middlewareStack.add(
    (_, context) => async () => {
      url = (context as { endpointV2?: { url: URL } }).endpointV2?.url;
      return { response: undefined, output: { $metadata: {} } };
    },
    { step: 'build' },
  );
  try {
    await probe.send(new ListResourceRequestsCommand({}));
  } catch (cause) {
    throw new InvalidInput('endpoint_invalid', `No Cloud Control endpoint for region ${region}: ${String(cause)}`, {
      help: 'Check the region, and AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDCONTROL.',
      ways: [{ option: 'region' }],
      cause,
    });
  } finally {
    probe.destroy();
  }
  const connection: Connection = { region, credentials: await credentialsOf(wanted, region) };
  if (wanted.endpoint !== undefined) connection.endpoint = wanted.endpoint;
  if (wanted.profile !== undefined) connection.profile = wanted.profile;
  if (wanted.account !== undefined) connection.account = wanted.account;
  if (url !== undefined && !isAws(url.hostname)) connection.customEndpoint = url.origin;
  return connection;
}

/** Configuration of a client: no retries but those asked for, and an answer or an error within the time. */
export async function clientConfig(
  { region, credentials, endpoint, profile }: Connection,
  limits: { attempts: number; connectMs: number; answerMs: number; sockets: number },
) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const agent = { keepAlive: true, maxSockets: limits.sockets };
  return {
    region,
    credentials,
    maxAttempts: limits.attempts,
    // `adaptive` (AWS_RETRY_MODE) would hold calls back behind the engine's own rate.
    retryMode: 'standard',
    requestHandler: withinTime(
      new NodeHttpHandler({
        httpAgent: agent,
        httpsAgent: agent,
        connectionTimeout: limits.connectMs,
        requestTimeout: limits.answerMs,
        throwOnRequestTimeout: true,
        // An answer that stops in its middle.
        socketTimeout: limits.answerMs,
      }),
      limits.connectMs + limits.answerMs,
    ),
    ...(endpoint === undefined ? {} : ownEndpoint(endpoint)),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** An endpoint of our choice must not be refused because the environment asks for FIPS or dual stack. */
function ownEndpoint(endpoint: string) {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}

/** Where the SDK finds credentials, or those of a role assumed with them. Loads that part of the SDK. */
export async function credentialsOf(
  { credentials, profile, roleArn, externalId, sessionName = 'assent', endpoint }: Wanted,
  region: string,
): Promise<Connection['credentials']> {
  if (credentials !== undefined) return async () => credentials;
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const chain = fromNodeProviderChain(profile === undefined ? {} : { profile });
  const provider =
    roleArn === undefined
      ? chain
      : fromTemporaryCredentials({
          params: {
            RoleArn: roleArn,
            RoleSessionName: sessionName,
            ...(externalId === undefined ? {} : { ExternalId: externalId }),
          },
          masterCredentials: chain,
          // A target that is not AWS gives out its roles itself.
          clientConfig: { region, ...(endpoint === undefined ? {} : ownEndpoint(endpoint)) },
        });
  return async () => {
    try {
      return await provider();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      if (roleArn === undefined) throw new NoCredentials(`No AWS credentials: ${message}`, { help: SIGN_IN, cause });
      throw new NoCredentials(`Role ${roleArn} could not be assumed: ${message}`, { help: ROLE, cause });
    }
  };
}

const ROLE =
  'The role must be there and trust who assumes it, with the same external id; who assumes it must be allowed to, and signed in.';

function noRegion(given: string | undefined, cause: unknown): InvalidInput {
  if (given !== undefined)
    return new InvalidInput('region_invalid', `${given} is not the name of a region.`, { cause });
  return new InvalidInput('region_missing', 'No region is given or configured.', {
    help: 'Say which, set AWS_REGION, or choose a profile that names one.',
    ways: [{ option: 'region' }],
    cause,
  });
}

/** Public, VPC, FIPS and dual-stack endpoints of every partition are one and the same AWS. */
function isAws(hostname: string): boolean {
  return AWS_SUFFIXES.some((suffix) => hostname.endsWith(suffix));
}

const AWS_SUFFIXES = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.api.aws',
  '.api.amazonwebservices.com.cn',
  '.amazonaws.eu',
  '.c2s.ic.gov',
  '.sc2s.sgov.gov',
  '.csp.hci.ic.gov',
  '.cloud.adc-e.uk',
];
