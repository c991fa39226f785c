// The wiring of a command that is sent to an installed service.
import { setTimeout as pause } from 'node:timers/promises';
import { credentialsOf } from '../adapters/aws/connection.ts';
import { type Identity, ServiceClient } from '../adapters/aws/service-client.ts';
import { systemClock } from '../adapters/embedded/clock.ts';
import { InvalidInput } from '../domain/errors.ts';
import { isLoopback } from '../domain/stack.ts';
import { parseTraceparent, traceparentOf } from '../domain/trace-context.ts';
import { cloudEnvironment, remoteEnvironment, telemetryVariables } from './env.ts';

/** Which service, and with whose credentials. */
export interface RemoteChoice {
  service: string;
  region?: string | undefined;
  profile?: string | undefined;
  roleArn?: string | undefined;
  /** Where in which trace requests are made; default: that of TRACEPARENT. */
  traceparent?: (() => string | undefined) | undefined;
}

const LOCAL = { accessKeyId: '111111111111', secretAccessKey: 'local' };
const DEFAULT_REGION = 'us-east-1';

/** Nothing is called yet. Rejects with InvalidInput `service_invalid`. */
export async function openRemote(options: RemoteChoice): Promise<ServiceClient> {
  const url = parsed(options.service);
  return new ServiceClient({
    url: url.href.replace(/\/+$/, ''),
    identity: await identityOf(options, url),
    now: systemClock.now,
    pause,
    traceparent: options.traceparent ?? givenTraceparent,
  });
}

/** What started this process has told it, as far as that is valid. */
function givenTraceparent(): string | undefined {
  const given = parseTraceparent(telemetryVariables()['TRACEPARENT']);
  return given && traceparentOf(given);
}

async function identityOf({ region, profile, roleArn }: RemoteChoice, { hostname }: URL): Promise<Identity> {
  const { token, mayHaveCredentials } = remoteEnvironment();
  if (token !== undefined) return { token };
  // A service is called in the region that its host names; what stands before it may have another name.
  const named = /\.execute-api\.([a-z0-9-]+)\./.exec(hostname)?.[1];
  const where = named ?? region ?? cloudEnvironment().region ?? DEFAULT_REGION;
  // The emulator looks at no signature, only at the account that a key names: nobody needs credentials to try the service
  // on this machine.
  if (isLoopback(hostname) && profile === undefined && roleArn === undefined && !mayHaveCredentials) {
    return { region: where, credentials: async () => LOCAL };
  }
  return { region: where, credentials: await credentialsOf({ profile, roleArn }, where) };
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    throw new InvalidInput('service_invalid', 'That is not the URL of a service.', {
      help: 'It begins with https:// and is an output of the installation.',
    });
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return url;
  throw new InvalidInput('service_invalid', 'A service that is not on this machine is called by https only.', {
    help: 'Templates and tokens would be readable on the way.',
  });
}
