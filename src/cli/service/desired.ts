// What is to be deployed, as the service's API takes it.
import { InvalidInput } from '../../domain/errors.ts';
import type { PlanCommandOptions } from '../options.ts';
import { pairs, parameterValues } from '../parameters.ts';

/** Throws InvalidInput where a configuration is named. */
export function refuseConfig({ config }: { config?: string }): void {
  if (config === undefined) return;
  throw new InvalidInput('invalid_usage', 'A service judges by the configuration it was installed with.', {
    help: 'Leave out --config, or install the service with it: --param config=FILE.',
  });
}

/** Body of a plan; deployments and consultations say more. What is as the service has it anyway is left out. */
export async function desiredBody(options: Omit<PlanCommandOptions, 'format'> & { config?: string }, template: string) {
  refuseConfig(options);
  const { stack, refresh, maxConcurrency, allowSecretIdentifiers } = options;
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const imports = pairs(options.import, '--import');
  const moved = pairs(options.moved, '--moved');
  return {
    stack,
    template,
    maxConcurrency,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(Object.keys(imports).length === 0 ? {} : { imports }),
    ...(Object.keys(moved).length === 0 ? {} : { moved }),
    ...(refresh ? {} : { refresh }),
    ...(allowSecretIdentifiers === true ? { allowSecretIdentifiers } : {}),
  };
}
