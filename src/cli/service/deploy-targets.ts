// `assent deploy --targets --service`.
import { randomUUID } from 'node:crypto';
import type { TargetDocument, TargetsDocument } from '../../app/documents/targets.ts';
import type { TargetsDeployment } from '../../app/service/deployments.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { AssentError, InvalidInput } from '../../domain/errors.ts';
import { placeOptions, shell } from '../again.ts';
import { exitCodeOfTargets } from '../exit.ts';
import type { DeployCommandOptions, Work } from '../options.ts';
import { lossesOf, pairs, parameterValues } from '../parameters.ts';
import { painter } from '../render/style.ts';
import { targetName, targetsText } from '../render/targets.ts';
import { readTargets, refuseOfOne, type TargetsRead } from '../targets-file.ts';
import { type Client, leftBehind, patience, withService } from './remote.ts';

export const work: Work<DeployCommandOptions> = async ({ io, options, operands: [file] }) => {
  const { targets: path = '', format, approve, failOn, suppressions, onFailure, maxConcurrency } = options;
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
  return withService(io, options, async ({ client, interrupt }) => {
    const begun = await client.call<TargetsDeployment>('POST', '/deployments', { body, key: randomUUID() });
    const start = Date.now();
    const { runId } = begun.document;
    const seen = new Map<number, string>();
    for (;;) {
      const { document } = await client.call<TargetsDeployment>('GET', `/deployments/${runId}`);
      for (const [index, target] of (document.targets ?? []).entries()) {
        if (seen.get(index) === target.status) continue;
        seen.set(index, target.status);
        const { status, stack, account, region } = target;
        if (format === 'jsonl') {
          const at = new Date().toISOString();
          const event = { event: 'target', at, status, runId: target.runId };
          io.out(
            `${JSON.stringify({ version: 1, kind: 'event', target: { index, stack, account, region }, ...event })}\n`,
          );
        } else io.err(`${targetName(target)}: ${status.replaceAll('_', ' ')}\n`);
      }
      if (!UNDER_WAY.has(document.status)) {
        const ended = await endedDocument(client, document, Date.now() - start);
        const words = ['assent', 'deploy', ...(file === undefined ? [] : [file]), '--targets', path];
        const again = `${shell(words)}${placeOptions(options)}`;
        const text = targetsText(ended, again, painter(io.colour.out));
        io.out(format === 'text' ? text : `${JSON.stringify(ended)}\n`);
        return exitCodeOfTargets(ended);
      }
      await patience(interrupt.signal);
      if (interrupt.signal.aborted) throw leftBehind(runId);
    }
  });
};

const UNDER_WAY: ReadonlySet<string> = new Set(['planning', 'running']);

/** As the embedded command's document: each target with the document of its run. */
async function endedDocument(
  client: Client,
  { runId, status, code, digest = null, targets = [] }: TargetsDeployment,
  elapsedMs: number,
): Promise<TargetsDocument> {
  if (status === 'planning' || status === 'running' || status === 'not_planned') {
    throw new AssentError('internal_error', `Deployment ${runId} is ${status}.`, { kind: 'failed' });
  }
  const withResults = await Promise.all(
    targets.map(async ({ runId: run, ...target }): Promise<TargetDocument> => {
      if (run === undefined) return target;
      const { document } = await client.call<DeploymentDocument>('GET', `/deployments/${run}`);
      return { ...target, ...(document.result === undefined ? {} : { result: document.result }) };
    }),
  );
  return {
    version: 1,
    kind: 'targets',
    digest,
    outcome: status === 'expired' ? 'refused' : status,
    ...(code === undefined ? {} : { code }),
    targets: withResults,
    elapsedMs,
  };
}

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
