// What a stack is called: a name in a place. One name in two regions, accounts or clouds are different stacks.

/** Where stacks live; account numbers alone do not tell two clouds apart. */
export interface Place {
  /** Name of the cloud: `aws`, `sandbox`, or what {@link endpointName} makes of another Cloud Control endpoint. */
  endpoint: string;
  account: string;
  region: string;
}

/** A stack. */
export interface StackKey extends Place {
  name: string;
}

/** One spelling of a place, as keys and bindings use it: `aws|111111111111|eu-west-1`. */
export function placeText({ endpoint, account, region }: Place): string {
  return `${endpoint}|${account}|${region}`;
}

/** One spelling of a stack: its place and `|` and its name. */
export function stackText(key: StackKey): string {
  return `${placeText(key)}|${key.name}`;
}

/** The place that {@link placeText} spells; `undefined` for another text. */
export function parsePlace(text: string): Place | undefined {
  const parts = text.split('|');
  const [endpoint, account, region] = parts;
  if (parts.length !== 3 || !endpoint || account === undefined || region === undefined) return undefined;
  return { endpoint, account, region };
}

/** A place for people: `sandbox, account 000000000000, region us-east-1`. */
export function placeWords({ endpoint, account, region }: Place): string {
  return `${endpoint}, account ${account}, region ${region}`;
}

/** Whether both are the same stack. */
export function isSameStack(one: StackKey, other: StackKey): boolean {
  return stackText(one) === stackText(other);
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a host's name, as URLs have it, is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * The name of the cloud behind an endpoint: its origin. A server on this machine is `http://localhost` whatever its
 * port: emulators choose a new one at every start, and their stacks must not be lost with it.
 */
export function endpointName(url: string): string {
  const { protocol, hostname, origin } = new URL(url);
  return isLoopback(hostname) ? `${protocol}//localhost` : origin;
}
