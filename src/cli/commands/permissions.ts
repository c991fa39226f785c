// `assent permissions`.
import { MANAGED_POLICY_CHARACTERS, permissions } from '../../app/permissions.ts';
import { readText } from '../input.ts';
import type { PermissionsCommandOptions, Work } from '../options.ts';
import { problemLines } from '../render/problems.ts';
import { painter } from '../render/style.ts';

export const work: Work<PermissionsCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const document = permissions(await readText(file), file);
  if (options.format === 'json') {
    io.out(`${JSON.stringify(document)}\n`);
    return 0;
  }
  // The policy alone, so that it can be given to IAM as it is.
  io.out(`${JSON.stringify(document.policy, null, 2)}\n`);
  io.err(problemLines(document.problems, file, painter(io.colour.err)));
  if (document.policy.Statement.some(({ Sid }) => Sid === 'PassRole')) {
    io.err('Roles may be passed to services: narrow the Resource of PassRole to those that the template passes.\n');
  }
  if (document.policyCharacters > MANAGED_POLICY_CHARACTERS) {
    const { policyCharacters } = document;
    io.err(
      `This policy has ${policyCharacters} characters; a managed policy may have ${MANAGED_POLICY_CHARACTERS}: put its statements into several.\n`,
    );
  }
  return 0;
};
