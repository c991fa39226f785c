// The circle of a configuration, ready to be asked.
import { createHash } from 'node:crypto';
import { keyOf } from '../../adapters/models/key.ts';
import type { Circle } from '../../app/gate/circle.ts';
import type { Experts } from '../../app/ports/experts.ts';
import type { CircleSettings } from '../../domain/circle.ts';
import { environmentVariable } from '../env.ts';

/**
 * `undefined` where none is configured: the built-in one judges then. `mostMs`: it consults no longer, whatever is configured
 * (its digest is that of what is).
 */
export function circleOf(settings: CircleSettings | undefined, mostMs = Number.POSITIVE_INFINITY): Circle | undefined {
  if (settings === undefined) return undefined;
  const deadlineMs = Math.min(settings.deadlineMs, mostMs);
  const digest = createHash('sha256')
    .update(JSON.stringify(inOrder(settings)))
    .digest('hex');
  const models = Object.values(settings.experts).some(({ model }) => model !== undefined);
  return { settings: { ...settings, deadlineMs }, digest, experts: models ? modelExperts(settings) : undefined };
}

/** The order in which experts are named means nothing. */
function inOrder({ experts, ...settings }: CircleSettings) {
  const names = Object.keys(experts).sort();
  return { ...settings, experts: names.map((name) => [name, experts[name]]) };
}

/** The packages that speak to models are loaded when the first one is asked. */
function modelExperts(settings: CircleSettings): Experts {
  let opened: Promise<Experts> | undefined;
  return {
    async ask(expert, question, signal) {
      opened ??= import('../../adapters/models/experts.ts').then(({ openModels }) =>
        openModels(settings, environmentVariable),
      );
      return (await opened).ask(expert, question, signal);
    },
    key(expert, question) {
      const model = settings.experts[expert]?.model;
      return model === undefined ? undefined : keyOf(expert, model, question);
    },
  };
}
