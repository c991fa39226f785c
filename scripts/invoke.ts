// Calls a function's handler in this process with a captured event: `npm run invoke -- scan events/api/scan.json`.
// The function's log goes to stderr, what it returns to stdout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localContext } from './invocation.ts';

const [name, file] = process.argv.slice(2);
const handler = join(import.meta.dirname, '../functions', name ?? '', 'handler.ts');
if (name === undefined || file === undefined || !existsSync(handler)) {
  console.error('usage: npm run invoke -- FUNCTION EVENT.json');
  process.exit(2);
}
// The logger then writes to this console.
process.env['POWERTOOLS_DEV'] = 'true';
console.log = console.info = console.debug = console.error;
const event: unknown = JSON.parse(readFileSync(file, 'utf8'));
const module = (await import(handler)) as { handler(event: unknown, context: unknown): Promise<unknown> };
process.stdout.write(`${JSON.stringify(await module.handler(event, localContext(name)), null, 2)}\n`);
