// Which cloud a command works with, wired up: the bundled sandbox in this process, or AWS (or anything that speaks its
// protocol) over the SDK's usual configuration. Called once per command by the CLI and the library.
import { openCloudControl } from '../adapters/aws/cloud-control.ts';
import { connect, type Wanted } from '../adapters/aws/connection.ts';
import { openFacts } from '../adapters/aws/facts.ts';
import { systemClock } from '../adapters/embedded/clock.ts';
import type { Cloud, Facts } from '../app/ports.ts';
import { InvalidInput } from '../domain/errors.ts';
import { endpointName } from '../domain/stack.ts';
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
}

export interface OpenCloud {
  cloud: Cloud;
  facts: Facts;
  /** What stacks are bound to: `sandbox`, `aws`, or the origin of another Cloud Control endpoint. */
  endpoint: string;
  close(): Promise<void>;
}

const SANDBOX_REGION = 'us-east-1';

/** Rejects with InvalidInput when the options do not name a place. Nothing is called yet: `facts.identity` is first. */
export async function openCloud(options: CloudChoice): Promise<OpenCloud> {
  return options.cloud === 'sandbox' ? openSandbox(options, cloudEnvironment()) : openAws(options, cloudEnvironment());
}

/** The cloud of an installed service's target; `name` is what stacks are bound to, where the endpoint is not AWS's. */
export async function openTarget(wanted: Omit<Wanted, 'profile'>, name: string | undefined): Promise<OpenCloud> {
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

async function openSandbox(
  { region, profile, roleArn, account, state }: CloudChoice,
  env: CloudEnvironment,
): Promise<OpenCloud> {
  if (profile !== undefined || roleArn !== undefined) {
    const option = profile === undefined ? 'A role to assume' : 'A profile';
    throw new InvalidInput('option_needs_aws', `${option} has no meaning in the sandbox.`, {
      ways: [{ option: 'cloud_aws' }],
    });
  }
  const { startSandbox } = await import('../sandbox/index.ts');
  const sandbox = await startSandbox({ port: 0, speed: env.sandboxSpeed, dir: state });
  try {
    const { cloud, facts } = await openClients({
      region: region ?? SANDBOX_REGION,
      endpoint: sandbox.url,
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
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function openClients(wanted: Wanted) {
  const connection = await connect(wanted);
  const cloud = await openCloudControl(connection, {}, systemClock.now);
  return { cloud, facts: openFacts(connection), endpoint: connection.customEndpoint };
}
