// `assent deploy --targets`.
import { DEFAULT_CONCURRENCY } from '../../app/plan.ts';
import type { Brief } from '../../app/targets/brief.ts';
import { deployTargets } from '../../app/targets/deploy.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { configuredCircle } from '../../edge/config/configured.ts';
import { openTargets } from '../../edge/session.ts';
import { placeOptions, shell } from '../again.ts';
import { exitCodeOfTargets } from '../exit.ts';
import { listen } from '../interrupt.ts';
import type { DeployCommandOptions, Work } from '../options.ts';
import { lossesOf, pairs, parameterValues } from '../parameters.ts';
import { ask } from '../prompt.ts';
import { painter } from '../render/style.ts';
import { briefText, targetLine, targetsText } from '../render/targets.ts';
import { readTargets, refuseOfOne } from '../targets-file.ts';

export const work: Work<DeployCommandOptions> = async ({ io, options, operands: [file] }) => {
  const { targets: path = '', format, approve } = options;
  refuseOfOne(options);
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const { wanted, ...bounds } = await readTargets(path, { template: file, parameters, tags });
  const toOut = format === 'text';
  const paint = painter(toOut ? io.colour.out : io.colour.err);
  const circle = await configuredCircle(options.config);
  const opened = await openTargets({ ...options, warn: (message) => io.err(`${message}\n`) });
  const interrupt = listen({
    first: () => io.err('Interrupted: no other target is begun, and nothing new in those under way.\n'),
    last: () => io.err('Stopped at once. State is saved; the same command goes on.\n'),
  });
  const show = (brief: Brief) => (toOut ? io.out : io.err)(`${briefText(brief, paint)}\n`);
  const question = async (brief: Brief, text: string) => {
    show(brief);
    return ask(`${text} [y/N] `, interrupt.signal);
  };
  const { interactive } = io;
  try {
    const document = await deployTargets(
      wanted,
      opened.open,
      {
        ...bounds,
        circle,
        operations: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
        refresh: options.refresh,
        failOn: options.failOn,
        skipExperts: options.skipExperts === true,
        suppressions: options.suppressions,
        allowDataLoss: lossesOf(options.allowDataLoss),
        allowSecretIdentifiers: options.allowSecretIdentifiers === true,
        onFailure: options.onFailure,
        ...(approve === undefined ? {} : { approve }),
        consent: async (brief) => {
          if (options.yes === true) {
            if (toOut) show(brief);
            return true;
          }
          if (interactive) return question(brief, 'Deploy to these targets?');
          throw new InvalidInput(
            'confirmation_required',
            'There is no terminal to ask "Deploy to these targets?" at.',
            {
              help: `Say --yes, or --approve ${brief.digest}.`,
            },
          );
        },
        ...(interactive
          ? { decide: (brief) => question(brief, 'The circle does not decide all of this. Do you approve?') }
          : {}),
        tell: (index, target, event) => {
          const { stack, account, region } = target;
          if (format === 'jsonl') {
            const line = { version: 1, kind: 'event', target: { index, stack, account, region }, ...event };
            io.out(`${JSON.stringify(line)}\n`);
          } else io.err(targetLine(target, event));
        },
      },
      { signal: interrupt.signal, emit: () => undefined, now: opened.clock.now },
    );
    const again = `${shell(['assent', 'deploy', ...(file === undefined ? [] : [file]), '--targets', path])}${placeOptions(options)}`;
    io.out(toOut ? targetsText(document, again, paint) : `${JSON.stringify(document)}\n`);
    return exitCodeOfTargets(document);
  } finally {
    interrupt.stop();
    await opened.close();
  }
};
