// `assent simulate`.
import type { SimulateDocument } from '../../app/documents/documents.ts';
import { simulate } from '../../app/simulate.ts';
import { readText } from '../input.ts';
import type { SimulateCommandOptions, Work } from '../options.ts';
import { parameterValues } from '../parameters.ts';
import { duration, plain, table } from '../render/style.ts';

export const work: Work<SimulateCommandOptions> = async ({ io, options, operands }) => {
  const templates = await Promise.all(operands.map(async (name) => ({ name, text: await readText(name) })));
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const { maxConcurrency, rate, policy, seed } = options;
  const document = simulate(
    {
      templates,
      parameters,
      maxConcurrency,
      ...(rate === undefined ? {} : { rate }),
      ...(policy === undefined ? {} : { policy }),
      ...(seed === undefined ? {} : { seed }),
    },
    () => performance.now(),
  );
  io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : simulationText(document));
  return 0;
};

function simulationText(document: SimulateDocument): string {
  const { resources, makespanMs, lowerBoundMs, ratio, maxInFlight, events, elapsedMs, templates } = document;
  if (templates === undefined) {
    return table(
      [
        ['Resources', String(resources)],
        ['Makespan', duration(makespanMs)],
        ['Lower bound', duration(lowerBoundMs)],
        ['Ratio', ratio.toFixed(3)],
        ['In flight at most', String(maxInFlight)],
        ['Events', `${events} in ${duration(elapsedMs)}`],
      ],
      '',
    );
  }
  const rows = templates.map((one) => [
    plain(one.template),
    String(one.resources),
    duration(one.makespanMs),
    duration(one.lowerBoundMs),
    one.ratio.toFixed(3),
    String(one.maxInFlight),
  ]);
  return table([['Template', 'Resources', 'Makespan', 'Lower bound', 'Ratio', 'In flight'], ...rows], '');
}
