// The installed service on an emulator of AWS: what a deployment costs it in transitions, history events and items, and how much
// longer it takes than the embedded command. Times are those of an emulator on this machine, not of AWS;
// of a Map the emulator tells no iteration, so that history is counted of a single run only. Needs Python, as tests/service does.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { functionPackage, HOME_ACCOUNT } from '../../service/support/scripts.ts';
import { type Installed, startService } from '../../service/support/start.ts';
import { deployed as deployedHere } from '../deployments.ts';
import { median, type Row } from '../measure.ts';
import { writes } from '../writes.ts';

const area = 'service';
const machine = `arn:aws:states:us-east-1:${HOME_ACCOUNT}:execution:assent-local-deploy`;
const row = (what: string, value: number, unit: string, runs = 1): Row => ({ area, what, value, unit, runs });

// biome-ignore lint/suspicious/noExplicitAny: looked into here only.
type Any = any;

function client({ emulator, service }: Installed) {
  const signature = (name: string) =>
    `AWS4-HMAC-SHA256 Credential=${HOME_ACCOUNT}/20260101/us-east-1/${name}/aws4_request, SignedHeaders=host, Signature=0`;
  const aws = async (name: string, target: string, body: object): Promise<Any> => {
    const headers = {
      authorization: signature(name),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
    };
    return (await fetch(emulator, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const call = async (method: string, path: string, body?: object): Promise<Any> => {
    const headers = {
      authorization: signature('execute-api'),
      'content-type': 'application/json',
      accept: 'application/json',
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return (await fetch(`${service}${path}`, { method, headers, ...sent })).json();
  };
  const deployed = async (body: object): Promise<Any> => {
    const { runId } = await call('POST', '/deployments', body);
    for (;;) {
      const document = await call('GET', `/deployments/${runId}`);
      if (!['planning', 'submitted', 'approved', 'running', 'suspended'].includes(document.status)) return document;
      await pause(50);
    }
  };
  const history = async (name: string): Promise<{ events: number; transitions: number }> => {
    let events = 0;
    let transitions = 0;
    for (let nextToken: string | undefined; ; ) {
      const page = await aws('states', 'AWSStepFunctions.GetExecutionHistory', {
        executionArn: `${machine}:${name}`,
        maxResults: 1_000,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      events += page.events.length;
      transitions += page.events.filter(({ type }: Any) => type.endsWith('StateEntered')).length;
      nextToken = page.nextToken;
      if (nextToken === undefined) return { events, transitions };
    }
  };
  /** Items of a run's partition whose sort key begins so. */
  const items = async (runId: string, prefix: string): Promise<number> => {
    const { TableNames } = await aws('dynamodb', 'DynamoDB_20120810.ListTables', {});
    const { Count } = await aws('dynamodb', 'DynamoDB_20120810.Query', {
      TableName: TableNames.find((name: string) => name.includes('assent')),
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: `run#${runId}` }, ':sk': { S: prefix } },
      Select: 'COUNT',
    });
    return Count;
  };
  return { call, deployed, history, items };
}

/** Packed, without the layer. */
async function packages(): Promise<Row[]> {
  const folder = join(import.meta.dirname, '../../../functions');
  const rows: Row[] = [];
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(join(folder, name)).filter((one) => one.endsWith('.ts'))) {
      const bytes = (await functionPackage(name, [file.slice(0, -3)])).length;
      const packed = row(`package of ${name}/${file.slice(0, -3)}`, bytes / 1e3, 'kB');
      rows.push({ ...packed, target: { atMost: 1_000 } });
    }
  }
  return rows;
}

/**
 * The most memory that one process of each function has held, MB: resident, Node itself included (proc_pid_status(5), VmHWM).
 * Nothing where the machine is no Linux.
 */
function memory(folder: string): Row[] {
  const most = new Map<string, number>();
  for (const pid of process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const name = /assent-local-(\w+)-/.exec(command)?.[1];
      const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (command.includes(folder) && name !== undefined) {
        most.set(name, Math.max(most.get(name) ?? 0, Number(kilobytes) / 1_024));
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return [...most].map(([name, megabytes]) => row(`memory of ${name}, at most`, megabytes, 'MB'));
}

const RESOURCES = 40;
// As fast as the service's sandbox.
const SPEED = 500;

function template(): string {
  const queues = Array.from({ length: RESOURCES }, (_, n) => [`Q${n}`, { Type: 'AWS::SQS::Queue' }]);
  return JSON.stringify({ Resources: Object.fromEntries(queues) });
}

const TARGETS = 12;
const VOTES = 1_000;
const WARM_CALLS = 15;

export async function run(): Promise<Row[]> {
  const rows = await packages();
  const installed = await startService();
  try {
    const { call, deployed, history, items } = client(installed);
    // What each function answers at its first call, a process that starts included, and then.
    const votes = Array.from({ length: VOTES }, (_, n) => ({ expert: `e${n}`, option: 'x' }));
    const calls: [string, string, object?][] = [
      ['POST', '/scans', { template: template() }],
      ['POST', '/consensus', { votes }],
      ['GET', '/metrics'],
      ['GET', '/deployments'],
    ];
    for (const [method, path, body] of calls) {
      const times: number[] = [];
      for (let n = 0; n <= WARM_CALLS; n += 1) {
        const start = performance.now();
        await call(method, path, body);
        times.push(performance.now() - start);
      }
      const [first = 0, ...warm] = times;
      rows.push(row(`${method} ${path}, first call of a function`, first, 'ms'));
      rows.push(row(`${method} ${path}, warm`, median(warm), 'ms', warm.length));
    }

    const text = template();
    await deployed({ stack: 'warm', template: text });
    const times: number[] = [];
    let runId = '';
    for (let n = 0; n < 3; n += 1) {
      const start = performance.now();
      const document = await deployed({ stack: `timed-${n}`, template: text });
      if (document.status !== 'succeeded') throw new Error(`the deployment is ${document.status}`);
      times.push(performance.now() - start);
      runId = document.runId;
    }
    rows.push(
      row(`deployment of ${RESOURCES} queues, by HTTP until it is known to have ended`, median(times), 'ms', 3),
    );
    const here: number[] = [];
    for (let n = 0; n < 3; n += 1) here.push((await deployedHere(text, 1, 25, SPEED)).elapsedMs);
    rows.push(row('the same in one process, planning and gate included', median(here), 'ms', 3));
    rows.push(row('by HTTP less in one process', median(times) - median(here), 'ms', 3));
    const alone = await history(runId);
    rows.push(
      row('state transitions of one run', alone.transitions, ''),
      row('history events of one run', alone.events, ''),
    );
    rows.push(row('journal turns per resource', (await items(runId, 'turn#')) / RESOURCES, ''));
    rows.push(
      row('items written per resource, all of a run from request to end', (await writes(text, SPEED)) / RESOURCES, ''),
    );

    const targets = Array.from({ length: TARGETS }, (_, n) => ({
      stack: 'many',
      account: String(100_000_000_000 + n),
    }));
    const start = performance.now();
    const many = await deployed({ template: text, targets, bounds: { maxConcurrency: TARGETS, toleratedFailures: 0 } });
    if (many.status !== 'succeeded') throw new Error(`the deployment is ${many.status}`);
    rows.push(row(`${TARGETS} targets of ${RESOURCES} queues, all at once`, performance.now() - start, 'ms'));
    rows.push(...memory(installed.folder));
    return rows;
  } finally {
    await installed.stop();
  }
}
