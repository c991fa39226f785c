// `assent deploy --targets --service`.
import { randomUUID } from 'node:crypto';
import type { TargetsDeployment } from '../../app/service/deployments.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { placeOptions, shell } from '../again.ts';
import type { DeployCommandOptions, Work } from '../options.ts';
import { lossesOf, pairs, parameterValues } from '../parameters.ts';
import { readTargets, refuseOfOne, type TargetsRead } from '../targets-file.ts';
import { withService } from './remote.ts';
import { followedTargets } from './targets.ts';

export const work: Work<DeployCommandOptions> = async ({ io, options, operands: [file] }) => {
  const { targets: path = '', approve, failOn, suppressions, onFailure, maxConcurrency } = options;
  refuseOfOne(options);
  if (options.yes !== true && approve === undefined) {
    throw new InvalidInput('confirmation_required', 'A service asks nobody at this terminal.', {
      help: 'Say --yes, or --approve with the digest of the deployment.',
    });
  }
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const read = await readTargets(path, { template: file, parameters, tags });
  const losses = lossesOf(options.allowDataLoss);
  const body = {
    ...bodyOf(read),
    ...{ failOn, suppressions, onFailure, maxConcurrency },
    ...(options.refresh ? {} : { refresh: false }),
    ...(losses.length === 0 ? {} : { allowDataLoss: losses === 'all' ? ['all'] : losses }),
    ...(options.skipExperts === true ? { skipExperts: true } : {}),
    ...(options.allowSecretIdentifiers === true ? { allowSecretIdentifiers: true } : {}),
    ...(approve === undefined ? {} : { planDigest: approve }),
  };
  return withService(io, options, async (remote) => {
    const begun = await remote.client.call<TargetsDeployment>('POST', '/deployments', { body, key: randomUUID() });
    const words = ['assent', 'deploy', ...(file === undefined ? [] : [file]), '--targets', path];
    return followedTargets(remote, begun.document.runId, `${shell(words)}${placeOptions(options)}`);
  });
};

/** Which role is assumed only the installation says. */
function bodyOf({ wanted, maxConcurrency, toleratedFailures }: TargetsRead) {
  const texts = new Set(wanted.map(({ template }) => template.text));
  const [only] = texts;
  const targets = wanted.map(({ target, template, parameters, tags }) => {
    const { roleArn, externalId, ...place } = target;
    if (roleArn !== undefined || externalId !== undefined) {
      throw new InvalidInput(
        'invalid_targets',
        `Target ${place.stack}: a service assumes the role it is installed with.`,
        {
          help: 'Leave roleArn and externalId out.',
        },
      );
    }
    return { ...place, parameters, tags, ...(texts.size === 1 ? {} : { template: template.text }) };
  });
  return {
    targets,
    ...(texts.size === 1 ? { template: only } : {}),
    bounds: { maxConcurrency, toleratedFailures },
  };
}
