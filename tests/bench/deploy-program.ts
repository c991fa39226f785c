// `deploy-program.ts STATE CONCURRENCY TEMPLATE...`: deploys each template as a stack of its own, all at once, over one
// store and the cloud that the environment names, and prints what that took as JSON.
import { readFileSync } from 'node:fs';
import { deploy } from '../../src/app/deploy.ts';
import type { Cloud } from '../../src/app/ports.ts';
import { openSession } from '../../src/edge/session.ts';

const [state = '', concurrency = '25', ...templates] = process.argv.slice(2);

/** What {@link Cloud} is used for at one time: operations that were accepted and have not ended. */
let inFlight = 0;
let mostInFlight = 0;

function watched(cloud: Cloud): Cloud {
  const running = new Set<string>();
  const look = <T extends Awaited<ReturnType<Cloud['poll']>>>(answer: T): T => {
    if (answer.ok) {
      const { requestToken, status } = answer.value;
      if (status === 'PENDING' || status === 'IN_PROGRESS') running.add(requestToken);
      else running.delete(requestToken);
      inFlight = running.size;
      mostInFlight = Math.max(mostInFlight, inFlight);
    }
    return answer;
  };
  return {
    create: async (call) => look(await cloud.create(call)),
    update: async (call) => look(await cloud.update(call)),
    delete: async (call) => look(await cloud.delete(call)),
    poll: async (token) => look(await cloud.poll(token)),
    cancel: (token) => cloud.cancel(token),
    get: (call) => cloud.get(call),
    listRequests: (next) => cloud.listRequests(next),
    listResources: (call) => cloud.listResources(call),
    list: (typeName) => cloud.list(typeName),
    close: () => cloud.close(),
  };
}

const start = performance.now();
const session = await openSession({ cloud: 'aws', region: 'us-east-1', state });
const watchedSession = { ...session, cloud: watched(session.cloud) };
const documents = await Promise.all(
  templates.map((name, at) =>
    deploy(
      watchedSession,
      {
        template: { text: readFileSync(name, 'utf8'), name },
        stack: `bench-${at}`,
        maxConcurrency: Number(concurrency),
      },
      { signal: undefined, emit: () => undefined },
    ),
  ),
);
const elapsedMs = performance.now() - start;
await session.close();
const sum = (kind: 'create' | 'poll' | 'throttled') => documents.reduce((n, { calls }) => n + calls[kind], 0);
process.stdout.write(
  JSON.stringify({
    succeeded: documents.filter(({ outcome }) => outcome === 'succeeded').length,
    resources: documents.reduce((n, { resources }) => n + resources.length, 0),
    mostInFlight,
    elapsedMs,
    rssMb: process.resourceUsage().maxRSS / 1024,
    cpuMs: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
    calls: { create: sum('create'), poll: sum('poll'), throttled: sum('throttled') },
  }),
);
