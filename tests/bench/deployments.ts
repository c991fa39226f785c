// Runs deploy-program.ts against a sandbox of its own: the real driver, HTTP, SDK and store.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, node, withSandbox } from './programs.ts';

/** What deploy-program.ts prints. */
export interface Deployed {
  succeeded: number;
  resources: number;
  mostInFlight: number;
  elapsedMs: number;
  rssMb: number;
  cpuMs: number;
  calls: { create: number; poll: number; throttled: number };
}

/** Deploys the template under `stacks` names at once to a sandbox that is `speed` times as fast as AWS. */
export function deployed(template: string, stacks: number, maxConcurrency: number, speed: number): Promise<Deployed> {
  return withSandbox(speed, async (env, dir) => {
    const program = await bundle('tests/bench/deploy-program.ts');
    const file = join(dir, 'template.yaml');
    writeFileSync(file, template);
    const names = Array.from({ length: stacks }, () => file);
    const { stdout } = await node([program, join(dir, 'state'), String(maxConcurrency), ...names], env);
    const result = JSON.parse(stdout) as Deployed;
    if (result.succeeded !== stacks) throw new Error(`${result.succeeded} of ${stacks} deployments succeeded`);
    return result;
  });
}

/** `count` resources of a type without properties, none depending on another. */
export function independent(type: string, count: number, properties = '{}'): string {
  const resources = Array.from({ length: count }, (_, at) => `  R${at}: { Type: ${type}, Properties: ${properties} }`);
  return `Resources:\n${resources.join('\n')}\n`;
}
