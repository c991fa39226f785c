// What the outside of the command line says: exit codes (INTERFACE.md, "Exit codes") and next steps as command lines.
import type { RunDocument } from '../app/documents/documents.ts';
import type { TargetsDocument } from '../app/documents/targets.ts';
import type { AssentError, ErrorKind, Way } from '../domain/errors.ts';

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130;

const OF_KIND: Readonly<Record<ErrorKind, ExitCode>> = {
  invalid: 2,
  not_found: 2,
  refused: 1,
  waiting: 7,
  failed: 4,
  unreachable: 5,
  held: 6,
  interrupted: 130,
};

const OF_OUTCOME: Readonly<Record<RunDocument['outcome'], ExitCode>> = {
  succeeded: 0,
  no_changes: 0,
  refused: 1,
  rejected: 1,
  expired: 1,
  superseded: 1,
  rolled_back: 3,
  failed: 4,
  waiting_approval: 7,
  cancelled: 130,
  suspended: 130,
};

/** What an error means to a shell. */
export function exitCodeOfError({ kind }: Pick<AssentError, 'kind'>): ExitCode {
  return OF_KIND[kind];
}

/** What a run's outcome means to a shell. */
export function exitCodeOf({ outcome }: Pick<RunDocument, 'outcome'>): ExitCode {
  return OF_OUTCOME[outcome];
}

/** What a deployment to several targets means to a shell: of what failed, the worst. */
export function exitCodeOfTargets({ outcome, targets }: TargetsDocument): ExitCode {
  switch (outcome) {
    case 'succeeded':
    case 'no_changes':
      return 0;
    case 'waiting_approval':
      return 7;
    case 'cancelled':
      return 130;
    case 'refused':
    case 'rejected': {
      const [unplanned] = targets.flatMap(({ status, error }) => (status === 'not_planned' ? (error ?? []) : []));
      return unplanned === undefined ? 1 : OF_KIND[unplanned.errorKind];
    }
    case 'failed':
      return targets.some(({ status }) => status === 'failed') ? 4 : 3;
  }
}

/** An error's help with its next steps as command lines. */
export function helpOf({ help, ways }: Pick<AssentError, 'help' | 'ways'>): string {
  return [help, ...ways.map(spelled)].filter((part) => part !== '').join(' ');
}

/** Which option a problem of the core is answered by; the core knows no options. */
const OPTION_OF_PROBLEM: Readonly<Record<string, string>> = {
  secret_identifier: '--allow-secret-identifiers',
  missing_parameter: '--parameters NAME=VALUE',
  parameter_required: '--parameters NAME=VALUE',
};

/** A problem's help with the option that answers it. */
export function helpOfProblem({ code, help = '' }: { code: string; help?: string | undefined }): string {
  const option = Object.hasOwn(OPTION_OF_PROBLEM, code) ? OPTION_OF_PROBLEM[code] : undefined;
  return option === undefined ? help : `${help === '' ? 'Option' : help}: ${option}`;
}

function spelled(way: Way): string {
  if ('option' in way) return way.option === 'parameters' ? parametersAgain(way.names) : OPTIONS[way.option];
  switch (way.action) {
    case 'resume':
      return `\`assent resume ${way.runId}\` goes on.`;
    case 'approve':
    case 'reject':
    case 'cancel':
      return `\`assent ${way.action} ${way.runId}\``;
    case 'status':
      return way.stack === undefined
        ? '`assent status` lists stacks and runs.'
        : `\`assent status --stack ${way.stack}\` shows its runs, \`assent cancel RUN\` stops one.`;
    case 'deploy':
    case 'plan':
      return `\`assent ${way.action} TEMPLATE${way.stack === undefined ? '' : ` --stack ${way.stack}`}\``;
    case 'rules':
      return '`assent rules` lists the rules.';
    case 'scan_baseline':
      return '`assent scan --write-baseline FILE`';
  }
}

const OPTIONS = {
  place: 'Options: --cloud, --region.',
  region: 'Option: --region.',
  state: 'Option: --state DIR.',
  credentials: 'Options: --profile, --role-arn, or AWS_* in the environment.',
  endpoint: 'AWS_ENDPOINT_URL names another endpoint.',
  no_refresh: 'Option: --no-refresh.',
  cloud_aws: 'Add --cloud aws.',
  account: 'Option: --account ID.',
} as const;

function parametersAgain(names: readonly string[]): string {
  return `--parameters ${names.map((name) => `${name}=…`).join(' ')}`;
}
