// Calls a function's handler in this process with a captured event, over the embedded adapters and the sandbox:
// `npm run invoke -- deploy events/api/post-deployments.json`. What it keeps stays in --state; --run says which run is meant
// in place of the captured one. The function's log and what its workflow was asked for go to stderr, what it returns to stdout.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serveWith } from '../src/edge/service/open.ts';
import { embeddedService } from './embedded-service.ts';
import { capturedEvent, functions, handlerOf, localContext } from './invocation.ts';

const state = join(import.meta.dirname, '../.assent/invoke');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { state: { type: 'string', default: state }, run: { type: 'string' } },
});
const [name = '', file] = positionals;
if (!functions().has(name) || file === undefined || !existsSync(file)) {
  console.error(`usage: npm run invoke -- ${[...functions().keys()].join('|')} EVENT.json [--run RUN] [--state DIR]`);
  process.exit(2);
}
// The logger then writes to this console.
process.env['POWERTOOLS_DEV'] = 'true';
// Whose the sandbox is, where an event names no account.
process.env['AWS_ACCESS_KEY_ID'] ??= '111111111111';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'sandbox';
console.log = console.info = console.debug = console.error;
const { service, asked, close } = await embeddedService({ dir: values.state });
serveWith(Promise.resolve(service));
try {
  const handler = await handlerOf(name);
  const said = await handler(capturedEvent(file, values.run), localContext(name, 300_000));
  for (const { name: start, input } of asked.started) console.error(`the workflow ${start} is to start:`, input);
  for (const token of asked.woken) console.error(`who waits with the token ${token} is woken`);
  for (const { detailType, detail } of asked.told) console.error(`${detailType}:`, detail);
  process.stdout.write(`${JSON.stringify(said, null, 2)}\n`);
} finally {
  await close();
}
