// `assent audit --service`: proofs come from the service; they are verified here all the same.
import type { ProofFile } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';
import { work as here } from '../commands/audit.ts';
import type { AuditCommandOptions, Work } from '../options.ts';
import { fetched } from './remote.ts';

export const work: Work<AuditCommandOptions> = async (given) => {
  const { io, options, operands } = given;
  const [what, runId] = operands;
  if (what === 'verify') return here(given);
  if (what !== 'prove' || runId === undefined) {
    throw new InvalidInput('invalid_usage', 'Of a service, audit can prove a run and verify a proof.', {
      help: 'Its key is in KMS: `aws kms get-public-key` gives it.',
    });
  }
  io.out(
    `${JSON.stringify(await fetched<ProofFile>(io, options, `/audit/runs/${encodeURIComponent(runId)}/proof`))}\n`,
  );
  return 0;
};
