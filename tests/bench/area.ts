// One area in a process of its own, so that no area warms or litters another's: `area.ts NAME` prints its rows as JSON.
import type { Row } from './measure.ts';

const [name = ''] = process.argv.slice(2);
const { run } = (await import(`./areas/${name}.ts`)) as { run: () => Row[] | Promise<Row[]> };
const rows = await run();
await new Promise((resolve) => process.stdout.write(JSON.stringify(rows), resolve));
process.exit(0);
