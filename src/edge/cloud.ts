// Which cloud a command works with, wired up: the bundled sandbox in this process, or AWS (or anything that speaks its
// protocol) over the SDK's usual configuration. Called once per command by the CLI and the library.
import { openCloudControl } from '../adapters/aws/cloud-control.ts';
import { connect, type Wanted } from '../adapters/aws/connection.ts';
import { openFacts } from '../adapters/aws/facts.ts';
import { systemClock } from '../adapters/embedded/clock.ts';
import type { Cloud, Facts } from '../app/ports.ts';
import { InvalidInput } from '../domain/errors.ts';
import { endpointName } from '../domain/stack.ts';
import type { Target } from '../domain/targets.ts';
import { type CloudEnvironment, cloudEnvironment } from './env.ts';

/** What the user chose. */
export interface CloudChoice {
  cloud: 'sandbox' | 'aws';
  region?: string | undefined;
  /** `aws` only. */
  profile?: string | undefined;
  /** `aws` only. */
  roleArn?: string | undefined;
  /** Whose cloud it is, where STS cannot say; in the sandbox one of its accounts. */
  account?: string | undefined;
  /** State folder; the sandbox keeps its resources there too. */
  state: string;
  /** A configuration file; default: the usual one, where there is one. */
  config?: string | undefined;
}

export interface OpenCloud {
  cloud: Cloud;
  facts: Facts;
  /** What stacks are bound to: `sandbox`, `aws`, or the origin of another Cloud Control endpoint. */
  endpoint: string;
  close(): Promise<void>;
}

const SANDBOX_REGION = 'us-east-1';

/** Clouds of several targets, under one roof. */
export interface OpenClouds {
  /** Rejects as {@link openCloud}. */
  open(target: Pick<Target, 'account' | 'region' | 'roleArn' | 'externalId'>): Promise<OpenCloud>;
  close(): Promise<void>;
}

/**
 * Opens what several targets share. In the sandbox a target is one of its accounts (that of its role, if it names no other),
 * and no role is assumed.
 */
export async function openClouds(options: CloudChoice): Promise<OpenClouds> {
  const env = cloudEnvironment();
  if (options.cloud === 'aws') {
    return {
      open: async ({ account, region, roleArn, externalId }) =>
        openTarget(
          {
            region: region ?? options.region ?? env.region,
            profile: options.profile,
            roleArn: roleArn ?? options.roleArn,
            externalId,
            account: account ?? options.account,
          },
          undefined,
        ),
      close: async () => undefined,
    };
  }
  refuseAwsOnly(options);
  const { startSandbox } = await import('../sandbox/index.ts');
  const sandbox = await startSandbox({ port: 0, speed: env.sandboxSpeed, dir: options.state });
  return {
    open: ({ account, region, roleArn }) =>
      sandboxCloud(sandbox.url, {
        region: region ?? options.region,
        account: account ?? /^arn:aws[\w-]*:iam::(\d{12}):/.exec(roleArn ?? '')?.[1] ?? options.account,
      }),
    close: () => sandbox.close(),
  };
}

/** Rejects with InvalidInput when the options do not name a place. Nothing is called yet: `facts.identity` is first. */
export async function openCloud(options: CloudChoice): Promise<OpenCloud> {
  return options.cloud === 'sandbox' ? openSandbox(options, cloudEnvironment()) : openAws(options, cloudEnvironment());
}

/** The cloud of an installed service's target; `name` is what stacks are bound to, where the endpoint is not AWS's. */
export async function openTarget(wanted: Wanted, name: string | undefined): Promise<OpenCloud> {
  const { endpoint, ...clients } = await openClients(wanted);
  return {
    ...clients,
    endpoint: name ?? (endpoint === undefined ? 'aws' : endpointName(endpoint)),
    async close() {
      clients.cloud.close();
      clients.facts.close();
    },
  };
}

async function openAws({ region, profile, roleArn, account }: CloudChoice, env: CloudEnvironment): Promise<OpenCloud> {
  const { endpoint, ...clients } = await openClients({ region: region ?? env.region, profile, roleArn, account });
  return {
    ...clients,
    endpoint: endpoint === undefined ? 'aws' : endpointName(endpoint),
    async close() {
      clients.cloud.close();
      clients.facts.close();
    },
  };
}

function refuseAwsOnly({ profile, roleArn }: CloudChoice): void {
  if (profile !== undefined || roleArn !== undefined) {
    const option = profile === undefined ? 'A role to assume' : 'A profile';
    throw new InvalidInput('option_needs_aws', `${option} has no meaning in the sandbox.`, {
      ways: [{ option: 'cloud_aws' }],
    });
  }
}

async function openSandbox(options: CloudChoice, env: CloudEnvironment): Promise<OpenCloud> {
  refuseAwsOnly(options);
  const { startSandbox } = await import('../sandbox/index.ts');
  const sandbox = await startSandbox({ port: 0, speed: env.sandboxSpeed, dir: options.state });
  try {
    const open = await sandboxCloud(sandbox.url, options);
    return {
      ...open,
      async close() {
        await open.close();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function sandboxCloud(
  url: string,
  { region, account }: Pick<CloudChoice, 'region' | 'account'>,
): Promise<OpenCloud> {
  const { cloud, facts } = await openClients({
    region: region ?? SANDBOX_REGION,
    endpoint: url,
    account,
    // A key of twelve digits is its own account there.
    credentials: { accessKeyId: account ?? 'sandbox', secretAccessKey: 'sandbox' },
  });
  return {
    cloud,
    facts,
    endpoint: 'sandbox',
    async close() {
      cloud.close();
      facts.close();
    },
  };
}

async function openClients(wanted: Wanted) {
  const connection = await connect(wanted);
  const cloud = await openCloudControl(connection, {}, systemClock.now);
  return { cloud, facts: openFacts(connection), endpoint: connection.customEndpoint };
}
