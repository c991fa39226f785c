// What the benches plan: the services of examples/fleet.yaml as often as wanted, as YAML and as the same in JSON.
import { readFileSync } from 'node:fs';
import { parseTemplate } from './opponents/plan.ts';

const FLEET = new URL('../../examples/fleet.yaml', import.meta.url);
const SERVICES = 40;

/** Text of examples/fleet.yaml: 400 resources. */
export function fleet(): string {
  return readFileSync(FLEET, 'utf8');
}

/** A YAML template of exactly `count` resources: copies of the fleet's services, cut off at the end. */
export function yamlTemplate(count: number): string {
  const text = fleet();
  const start = text.indexOf('\nResources:\n') + '\nResources:\n'.length;
  const end = text.indexOf('\nOutputs:');
  const blocks = text.slice(start, end).split(/\n(?= {2}\S)/);
  const [shared = '', ...services] = blocks;
  const out = [shared];
  for (let copy = 0; out.length < count; copy++) {
    for (const block of services) {
      if (out.length === count) break;
      out.push(renumbered(block, copy * SERVICES));
    }
  }
  return `${text.slice(0, start)}${out.join('\n')}\n`;
}

/** The same template as JSON. */
export function jsonTemplate(yaml: string): string {
  return JSON.stringify(parseTemplate(yaml), null, 2);
}

/** Logical ids end in the number of their service. */
function renumbered(block: string, by: number): string {
  const ids = /\b(Logs|Dead|Jobs|Subscription|Role|Worker|Source|Errors|Age|Table|Level)(\d+)\b/g;
  return block.replace(ids, (_, name: string, number: string) => `${name}${Number(number) + by}`);
}
