// The service on this machine: what the emulator is told to be, and where the API then answers. Used by `npm run service`
// and by the suite that calls the service over HTTP.
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../runtime.mjs';
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

/** Writes what an installation would send to CloudFormation into `folder`, which osls makes; resolves with the template. */
export async function rendered(url, folder, { stage = STAGE, args = [] } = {}) {
  await run(['package', '--package', folder, ...args, '--stage', stage], url, HOME_ACCOUNT, true);
  return join(folder, 'cloudformation-template-update-stack.json');
}

/** Removes all of it. */
export async function remove(url, { account = HOME_ACCOUNT, args = [] } = {}) {
  await run(['remove', ...args], url, account, true);
}

// What serverless.yml names, beside it.
const COPIED = ['serverless.yml', 'functions', 'assent.config.yaml'];
const LINKED = ['layers', 'scripts'];

/** In a folder of its own, so that two of them at once do not write over each other's packages. */
async function run([command, ...args], url, account, quiet) {
  const folder = mkdtempSync(join(tmpdir(), 'assent-osls-'));
  // osls reads no links to files.
  for (const name of COPIED) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of LINKED) symlinkSync(join(root, name), join(folder, name));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...emulated(url, account) };
  const stage = args.includes('--stage') ? [] : ['--stage', STAGE];
  const asked = [command, ...stage, '--region', REGION, ...args];
  const { code, text } = await osls(asked, { env, quiet, folder });
  rmSync(folder, { recursive: true, force: true });
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
