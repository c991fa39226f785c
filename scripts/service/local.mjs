// The service on this machine: what the emulator is told to be, and where the API then answers. Used by `npm run service`
// and by the suite that calls the service over HTTP.
import { HOME_ACCOUNT } from './emulator.mjs';
import { osls } from './osls.mjs';

export const REGION = 'us-east-1';
export const STAGE = 'local';

/** Environment of a program that takes the emulator at `url` for AWS. */
export function emulated(url, account = HOME_ACCOUNT) {
  return {
    AWS_ENDPOINT_URL: url,
    // A key of twelve digits is an account to the emulator.
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'emulator',
    AWS_REGION: REGION,
  };
}

/** Installs or updates the service; `args` go to osls. Resolves with the API's URL. Rejects with what osls said. */
export async function install(url, { account = HOME_ACCOUNT, args = [], quiet = true } = {}) {
  await run(['deploy', ...args], url, account, quiet);
  return apiUrl(url, account);
}

/** Removes all of it. */
export async function remove(url, { account = HOME_ACCOUNT, args = [] } = {}) {
  await run(['remove', ...args], url, account, true);
}

async function run([command, ...args], url, account, quiet) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...emulated(url, account) };
  const { code, text } = await osls([command, '--stage', STAGE, '--region', REGION, ...args], { env, quiet });
  if (code !== 0) throw new Error(`osls ${command} failed${text === '' ? '' : `:\n${text}`}`);
}

// By path: the emulator's host names, `<id>.execute-api.127.0.0.1`, no machine resolves.
async function apiUrl(url, account) {
  const credential = `${account}/20260101/${REGION}/apigateway/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
  const answer = await fetch(`${url}/v2/apis`, { headers: { authorization } });
  const { items } = await answer.json();
  const api = items.find(({ name }) => name === `${STAGE}-assent`);
  if (api === undefined) throw new Error('the emulator has no API of the service');
  return `${url}/_aws/execute-api/${api.apiId}`;
}
