// The only reader of the process environment: one function per reader, each naming the variables it looks at. (The AWS
// SDK reads its own AWS_* variables besides.)
import { InvalidInput } from '../domain/errors.ts';

/** What the command line may draw. https://no-color.org: any value of NO_COLOR but the empty one counts. */
export function terminalEnvironment(): { noColour: boolean; dumb: boolean } {
  const { NO_COLOR, TERM } = process.env;
  return { noColour: NO_COLOR !== undefined && NO_COLOR !== '', dumb: TERM === 'dumb' };
}

/** Where to work, as far as no option says it. */
export interface CloudEnvironment {
  /** AWS_REGION, else AWS_DEFAULT_REGION, which the SDK for JavaScript does not look at. */
  region: string | undefined;
  /** ASSENT_SANDBOX_SPEED: how much faster than AWS the sandbox is. */
  sandboxSpeed: number;
}

const SANDBOX_SPEED = 60;

/** Throws InvalidInput `environment_invalid` for a value that cannot be meant. */
export function cloudEnvironment(): CloudEnvironment {
  const { AWS_REGION, AWS_DEFAULT_REGION, ASSENT_SANDBOX_SPEED } = process.env;
  return {
    region: AWS_REGION || AWS_DEFAULT_REGION || undefined,
    sandboxSpeed: positive('ASSENT_SANDBOX_SPEED', ASSENT_SANDBOX_SPEED, SANDBOX_SPEED),
  };
}

/** ASSENT_KEY: the key that signs, a PEM text or a file of one; absent: the one in the state folder. */
export function signingKey(): string | undefined {
  return process.env['ASSENT_KEY'] || undefined;
}

/** ASSENT_STATE_KEY: what the state folder is sealed with, 32 bytes in Base64 or a file of them; absent: it is not. */
export function stateKey(): string | undefined {
  return process.env['ASSENT_STATE_KEY'] || undefined;
}

/** How to say to a service who asks. */
export interface RemoteEnvironment {
  /** ASSENT_TOKEN: a bearer token, in place of a signature. */
  token: string | undefined;
  /** Whether AWS_ACCESS_KEY_ID, AWS_PROFILE or the like say where credentials are. */
  mayHaveCredentials: boolean;
}

export function remoteEnvironment(): RemoteEnvironment {
  const { ASSENT_TOKEN, AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE } = process.env;
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI } = process.env;
  const container = AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || AWS_CONTAINER_CREDENTIALS_FULL_URI;
  return {
    token: ASSENT_TOKEN || undefined,
    mayHaveCredentials: Boolean(AWS_ACCESS_KEY_ID || AWS_PROFILE || AWS_WEB_IDENTITY_TOKEN_FILE || container),
  };
}

/** What an installed function is told by its environment. */
export interface ServiceEnvironment {
  region: string;
  /** ASSENT_TABLE, ASSENT_BUCKET, ASSENT_MACHINE: where the store and the workflow are. */
  table: string;
  bucket: string;
  machineArn: string;
  /** ASSENT_SIGNING_KEYS: KMS keys that statements are signed with, comma-separated; the first signs now. None: nothing is signed here. */
  signingKeys: string[];
  /** ASSENT_TARGET_ROLE: the role that deployments are made with; without it the function's own. */
  targetRole: string | undefined;
  /** ASSENT_TARGET_EXTERNAL_ID: what the role's trust asks for. */
  targetExternalId: string | undefined;
  /** ASSENT_TARGET_ENDPOINT, ASSENT_TARGET_NAME: Cloud Control and what plans ask, where that is not AWS. */
  targetEndpoint: string | undefined;
  targetName: string | undefined;
  /** How much faster than AWS the target is. */
  speed: number;
  /** ASSENT_EVENT_BUS: where changes of runs are told. */
  eventBus: string;
  /** ASSENT_FAN_OUT: targets of a deployment at once, at most. */
  fanOut: number;
  /** ASSENT_SECRETS_KEY: ARN of the key that NoEcho values are sealed under; empty in a function that seals and opens none. */
  secretsKeyArn: string;
  /** ASSENT_STATE_KEY: ARN of the key that all else that is kept is sealed under. */
  stateKeyArn: string;
  /** AWS_ENDPOINT_URL_EVENTBRIDGE, AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL: an emulator's. */
  eventsEndpoint: string | undefined;
  kmsEndpoint: string | undefined;
}

/** Throws InvalidInput `environment_invalid` for what is missing. */
export function serviceEnvironment(): ServiceEnvironment {
  const { AWS_REGION, ASSENT_TABLE, ASSENT_BUCKET, ASSENT_MACHINE, ASSENT_SIGNING_KEYS } = process.env;
  const {
    ASSENT_TARGET_EXTERNAL_ID,
    ASSENT_TARGET_ROLE,
    ASSENT_TARGET_ENDPOINT,
    ASSENT_TARGET_NAME,
    ASSENT_SANDBOX_SPEED,
    ASSENT_EVENT_BUS,
    AWS_ENDPOINT_URL,
    AWS_ENDPOINT_URL_EVENTBRIDGE,
    AWS_ENDPOINT_URL_KMS,
    ASSENT_SECRETS_KEY,
    ASSENT_FAN_OUT,
    ASSENT_STATE_KEY,
  } = process.env;
  return {
    region: needed('AWS_REGION', AWS_REGION),
    table: needed('ASSENT_TABLE', ASSENT_TABLE),
    bucket: needed('ASSENT_BUCKET', ASSENT_BUCKET),
    machineArn: needed('ASSENT_MACHINE', ASSENT_MACHINE),
    signingKeys: (ASSENT_SIGNING_KEYS ?? '').split(',').filter((id) => id !== ''),
    targetRole: ASSENT_TARGET_ROLE || undefined,
    targetExternalId: ASSENT_TARGET_EXTERNAL_ID || undefined,
    targetEndpoint: ASSENT_TARGET_ENDPOINT || undefined,
    targetName: ASSENT_TARGET_NAME || undefined,
    speed: positive('ASSENT_SANDBOX_SPEED', ASSENT_SANDBOX_SPEED, 1),
    eventBus: ASSENT_EVENT_BUS || 'default',
    fanOut: positive('ASSENT_FAN_OUT', ASSENT_FAN_OUT, 1),
    secretsKeyArn: ASSENT_SECRETS_KEY ?? '',
    stateKeyArn: needed('ASSENT_STATE_KEY', ASSENT_STATE_KEY),
    kmsEndpoint: AWS_ENDPOINT_URL_KMS || AWS_ENDPOINT_URL || undefined,
    eventsEndpoint: AWS_ENDPOINT_URL_EVENTBRIDGE || AWS_ENDPOINT_URL || undefined,
  };
}

function needed(name: string, text: string | undefined): string {
  if (text) return text;
  throw new InvalidInput('environment_invalid', `${name} is not set.`);
}

function positive(name: string, text: string | undefined, preset: number): number {
  if (text === undefined || text === '') return preset;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidInput('environment_invalid', `${name} is ${text}; it must be a number above 0.`);
}

/** A variable that the configuration names: the key of a model. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** TRACEPARENT and every OTEL_* variable, for src/edge/telemetry/settings.ts, which names those that it looks at. */
export function telemetryVariables(): Record<string, string | undefined> {
  const { TRACEPARENT } = process.env;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_'))),
    TRACEPARENT,
  };
}

/** _X_AMZN_TRACE_ID: where in X-Ray this invocation of a function stands. */
export function xrayHeader(): string | undefined {
  return process.env['_X_AMZN_TRACE_ID'] || undefined;
}
