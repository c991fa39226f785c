// The command line itself: names, options, help. Each command's work is loaded only when it is called, so that
// `--help` and `--version` stay quick.
import { Command, InvalidArgumentError, Option } from 'commander';
import { InvalidInput } from '../domain/errors.ts';
import type { OptionShapes } from './arguments.ts';
import type { ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import type {
  ApproveCommandOptions,
  AuditCommandOptions,
  CancelCommandOptions,
  ConsensusCommandOptions,
  ConsultCommandOptions,
  DeployCommandOptions,
  DestroyCommandOptions,
  DriftCommandOptions,
  ExpertsCommandOptions,
  MetricsCommandOptions,
  OutputsCommandOptions,
  PermissionsCommandOptions,
  PlanCommandOptions,
  RejectCommandOptions,
  ResumeCommandOptions,
  RulesCommandOptions,
  SandboxCommandOptions,
  ScanCommandOptions,
  SimulateCommandOptions,
  StatusCommandOptions,
  Work,
} from './options.ts';

const DEFAULT_CONCURRENCY = 25;
const STACK = '--stack <name>';
const SERVICE = '--service <url>';
const LOSS = 'resources whose data may be lost: logical ids with commas between, or all';

/** The program; `done` gets the exit code of the command that ran. */
export function program(io: Io, version: string, done: (code: ExitCode) => void): Command {
  const root = new Command('assent')
    .description('Deploys CloudFormation templates in parallel through AWS Cloud Control API.')
    .helpCommand(false)
    .version(version, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      `
Nothing but Node is needed to try it: without --cloud aws everything goes to the bundled sandbox.

  assent plan template.yaml --stack demo
  assent deploy template.yaml --stack demo
  assent destroy --stack demo

Exit codes: 0 done or nothing to do, 1 refused, 2 invalid input or usage, 3 failed and rolled back, 4 failed,
5 cloud not reached, 6 another run holds the stack, 7 waiting for approval, 130 interrupted.`,
    );
  // `remote`: the same command sent to an installed service.
  const add = <Options>(
    usage: string,
    description: string,
    load: (options: Options) => Promise<{ work: Work<Options> }>,
    remote?: (options: Options) => Promise<{ work: Work<Options> }>,
  ): Command => {
    const command = root.command(usage).description(description);
    if (remote !== undefined) command.option(SERVICE, 'send it to the installed service whose API is there');
    command.action(async (...given: unknown[]) => {
      // commander hands over: operands one by one (a list for a variadic one), options, the command.
      const operands = given
        .slice(0, -2)
        .flat()
        .filter((operand) => operand !== undefined) as string[];
      const options = given.at(-2) as Options;
      // Checked here and not by commander, which would complain of this first when `--stack` is merely misspelt.
      const several = (options as { targets?: string }).targets !== undefined;
      if (!several && required(command, options))
        throw new InvalidInput('invalid_usage', `Option '${STACK}' is required.`, {
          help: `assent ${command.name()} --help`,
        });
      const sent = (options as { service?: string }).service !== undefined;
      const { work } = await (sent && remote !== undefined ? remote(options) : load(options));
      done(await work({ io, options, operands }));
    });
    return command;
  };

  const scan = add<ScanCommandOptions>(
    'scan <path...>',
    'look for open doors, secrets and mistakes in templates; files or folders',
    () => import('./commands/scan.ts'),
    () => import('./service/scan.ts'),
  );
  callerOptions(suppressionsOption(scan))
    .addOption(format('text', 'json', 'sarif', 'junit', 'markdown'))
    .option('--baseline <file>', 'findings in this file are known and not reported')
    .option('--write-baseline <file>', 'write what is found now to this file, and accept it')
    .option('--allow-unreadable', 'do not fail for files of a folder that cannot be read')
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 on findings this severe or more')
        .choices(['critical', 'high', 'medium', 'low', 'none'])
        .default('critical'),
    );

  const permissions = add<PermissionsCommandOptions>(
    'permissions <template>',
    'write the least-privilege IAM policy that deploying a template needs',
    () => import('./commands/permissions.ts'),
  );
  permissions.addOption(format('text', 'json'));

  const rules = add<RulesCommandOptions>(
    'rules [id]',
    'list the built-in rules, or explain one',
    () => import('./commands/rules.ts'),
  );
  rules.addOption(format('text', 'json'));

  const plan = add<PlanCommandOptions>(
    'plan <template>',
    'show what a deployment would change, in which order and how long it takes',
    () => import('./commands/plan.ts'),
    () => import('./service/plan.ts'),
  );
  detailOption(planOptions(plan)).addOption(format('text', 'json', 'mermaid', 'markdown'));

  const deploy = add<DeployCommandOptions>(
    'deploy [template]',
    'plan a template, ask, and deploy it',
    (options) =>
      options.targets === undefined ? import('./commands/deploy.ts') : import('./commands/deploy-targets.ts'),
    (options) =>
      options.targets === undefined ? import('./service/deploy.ts') : import('./service/deploy-targets.ts'),
  );
  detailOption(configOption(suppressionsOption(failOnOption(planOptions(deploy)))))
    .option('--targets <file>', 'deploy to every target in this file (YAML or JSON), in place of one --stack')
    .option('--approve <digest>', 'deploy exactly the plan with this digest, without asking')
    .option('--allow-data-loss <ids>', LOSS)
    .option('--skip-experts', 'leave the circle of experts out; the verdict says so')
    .addOption(
      new Option('--on-failure <what>', 'go back to what was before, keep what was done, or delete the new stack')
        .choices(['rollback', 'keep', 'delete'])
        .default('rollback'),
    )
    .option('-y, --yes', 'answer "deploy this plan?" with yes')
    .addOption(format('text', 'json', 'jsonl'));

  const consult = add<ConsultCommandOptions>(
    'consult <template>',
    'scan a template, plan it, and ask only the circle of experts',
    () => import('./commands/consult.ts'),
    () => import('./service/consult.ts'),
  );
  configOption(suppressionsOption(failOnOption(planOptions(consult))))
    .option('--explain', 'every reason of every expert')
    .addOption(format('text', 'json'));

  const destroy = add<DestroyCommandOptions>(
    'destroy',
    'delete a stack in reverse order, honouring DeletionPolicy',
    () => import('./commands/destroy.ts'),
    () => import('./service/destroy.ts'),
  );
  stackOption(destroy);
  concurrencyOption(destroy);
  parameterOptions(
    configOption(destroy),
    'value of a NoEcho parameter, if an interrupted deployment must be settled first',
  )
    .option('--allow-data-loss <ids>', LOSS)
    .option('-y, --yes', 'answer "destroy this stack?" with yes')
    .addOption(format('text', 'json', 'jsonl'));
  cloudOptions(destroy);

  const status = add<StatusCommandOptions>(
    'status',
    'show stacks, their resources and the latest runs',
    () => import('./commands/status.ts'),
    () => import('./service/status.ts'),
  );
  status
    .addOption(new Option('--stack <name>', 'only this stack').argParser(stackName))
    .addOption(format('text', 'json'));
  detailOption(lookOptions(status));

  const drift = add<DriftCommandOptions>(
    'drift',
    'compare what is there with what was deployed',
    () => import('./commands/drift.ts'),
    () => import('./service/drift.ts'),
  );
  stackOption(drift)
    .option('--reconcile', 'plan the way back to what was deployed; with --yes go it')
    .option('-y, --yes', 'with --reconcile: carry the plan out')
    .addOption(format('text', 'json'));
  cloudOptions(drift);

  const outputs = add<OutputsCommandOptions>(
    'outputs',
    "show a stack's outputs",
    () => import('./commands/outputs.ts'),
    () => import('./service/outputs.ts'),
  );
  stackOption(outputs).addOption(format('text', 'json'));
  lookOptions(outputs);

  const resume = add<ResumeCommandOptions>(
    'resume [run]',
    'go on with a run that was killed, interrupted or cancelled (default: the latest)',
    () => import('./commands/resume.ts'),
    () => import('./service/resume.ts'),
  );
  parameterOptions(resume, 'value of a NoEcho parameter, which is never stored').addOption(
    format('text', 'json', 'jsonl'),
  );
  cloudOptions(resume);

  const approve = add<ApproveCommandOptions>(
    'approve <run>',
    'answer a run that waits with yes, and deploy exactly its plan',
    () => import('./commands/approve.ts'),
    () => import('./service/approve.ts'),
  );
  parameterOptions(approve, 'value of a NoEcho parameter, which is never stored')
    .option('--reason <text>', 'why; it stands in the verdict')
    .addOption(format('text', 'json', 'jsonl'));
  cloudOptions(approve);

  const reject = add<RejectCommandOptions>(
    'reject <run>',
    'answer a run that waits with no',
    () => import('./commands/reject.ts'),
    () => import('./service/reject.ts'),
  );
  reject.option('--reason <text>', 'why; it stands in the verdict').addOption(format('text', 'json'));
  cloudOptions(reject);

  const cancel = add<CancelCommandOptions>(
    'cancel <run>',
    'stop a run in good order',
    () => import('./commands/cancel.ts'),
    () => import('./service/cancel.ts'),
  );
  cancel
    .option('--now', 'do not wait for what is in flight: cancel it in the cloud too')
    .addOption(format('text', 'json'));
  cloudOptions(cancel);

  const simulate = add<SimulateCommandOptions>(
    'simulate <template...>',
    'run the real engine on a virtual clock: makespan, lower bound, ratio',
    () => import('./commands/simulate.ts'),
  );
  concurrencyOption(simulate)
    .addOption(new Option('--rate <calls>', 'calls per second the cloud accepts').argParser(positive))
    .addOption(new Option('--policy <policy>', 'order of what is ready').choices(['critical-path', 'fifo']))
    .addOption(new Option('--seed <number>', 'seed of everything random').argParser(seed));
  parameterOptions(simulate, 'values of parameters').addOption(format('text', 'json'));

  const experts = add<ExpertsCommandOptions>(
    'experts',
    'list the circle, and how often each expert was right',
    () => import('./commands/experts.ts'),
  );
  stateOption(experts.addOption(format('text', 'json')));

  const consensus = add<ConsensusCommandOptions>(
    'consensus [votes]',
    'aggregate given votes on one question, or a table of labels or forecasts',
    () => import('./commands/consensus.ts'),
    () => import('./service/consensus.ts'),
  );
  callerOptions(consensus)
    .option('--labels <file>', 'a table of task,worker,label: one label per task, none where it is a tie')
    .option('--forecasts <file>', 'a table of question,forecaster,p: one probability per question')
    .option('--outcomes <file>', 'with --forecasts: question,outcome of past ones, which log-pool is fitted to')
    .option(
      '--truth <file>',
      'with a table: what is known (task,label or question,outcome), for accuracy or Brier score',
    )
    .addOption(
      new Option(
        '--method <method>',
        'how votes become one answer (default: weighted; of forecasts: log-pool); median is for votes on one question',
      ).choices(['majority', 'weighted', 'bayesian', 'log-pool', 'median', 'dawid-skene']),
    )
    .addOption(format('text', 'json'));

  const audit = add<AuditCommandOptions>(
    'audit <action> [operand]',
    'the signed log: list, key, prove <run>, verify <proof>, export <folder>',
    () => import('./commands/audit.ts'),
    () => import('./service/audit.ts'),
  );
  callerOptions(audit)
    .addOption(
      new Option('--key <key>', 'verify: a public key you trust, or its file; any number')
        .default([], 'none')
        .argParser(collect),
    )
    .option('--config <file>', 'verify: where `audit.keys` are, without --key (default: assent.config.yaml)')
    .option('--since <checkpoint>', 'verify: file of a checkpoint from before, which the log must continue')
    .option('--log <dir>', 'verify: the whole log of an exported folder or a state folder')
    .addOption(format('text', 'json'));
  stateOption(audit);

  const metrics = add<MetricsCommandOptions>(
    'metrics',
    'show what has been measured over all runs',
    () => import('./commands/metrics.ts'),
    () => import('./service/metrics.ts'),
  );
  metrics
    .addOption(format('text', 'openmetrics', 'json'))
    .option('--compare', 'which types have become slower: p95 of the newest runs against those before');
  callerOptions(stateOption(metrics));

  const sandbox = add<SandboxCommandOptions>(
    'sandbox',
    'serve the local Cloud Control endpoint until interrupted',
    () => import('./commands/sandbox.ts'),
  );
  sandbox
    .addOption(new Option('--port <number>', 'port on 127.0.0.1 (default: a free one)').argParser(port))
    .addOption(new Option('--speed <factor>', 'how much faster than AWS operations end').argParser(positive))
    .option('--faults <file>', 'faults to inject')
    .addOption(
      new Option('--real <names>', 'behave as real accounts do: all, or some of docs/sandbox.md').argParser(names),
    )
    .addOption(format('text', 'json'));
  stateOption(sandbox);

  return root;
}

/** What reordering needs to know of the program's options. */
export function shapesOf(root: Command): OptionShapes {
  const valued = new Set<string>();
  for (const command of root.commands) {
    for (const option of command.options) {
      if (!option.required) continue;
      for (const flag of [option.long, option.short]) if (typeof flag === 'string') valued.add(flag);
    }
  }
  return { valued, lists: new Set(['--parameters', '--tags', '--import', '--moved']) };
}

/** Whether the command needs a stack and has none. */
function required(command: Command, options: unknown): boolean {
  const needed = command.options.some(
    ({ flags, description }) => flags === STACK && description.endsWith('(required)'),
  );
  return needed && (options as { stack?: string }).stack === undefined;
}

function planOptions(command: Command): Command {
  stackOption(command);
  parameterOptions(command, 'values of parameters, any number; without one the previous value stays')
    .addOption(
      new Option(
        '--tags <key=value>',
        'tags for every taggable resource, any number; remembered, an empty value removes one',
      )
        .default([], 'none')
        .argParser(collect),
    )
    .addOption(
      new Option('--import <id=identifier>', 'resources that exist already and are taken over, any number')
        .default([], 'none')
        .argParser(collect),
    )
    .addOption(
      new Option('--moved <old=new>', 'resources that the template calls by another name than before, any number')
        .default([], 'none')
        .argParser(collect),
    )
    .option('--no-refresh', 'plan from what is recorded, without reading it first')
    .option('--allow-secret-identifiers', 'names may be made from secrets, which makes them readable');
  concurrencyOption(command);
  return cloudOptions(command);
}

function suppressionsOption(command: Command): Command {
  return command.option('--no-suppressions', 'honour no suppression that a template asks for');
}

function configOption(command: Command): Command {
  return command.option('--config <file>', 'the circle of experts (default: assent.config.yaml, if there is one)');
}

function detailOption(command: Command): Command {
  return command.option('--detail', 'every change with its old and new value, however long');
}

function failOnOption(command: Command): Command {
  return command.addOption(
    new Option('--fail-on <severity>', 'findings of this severity or worse refuse')
      .choices(['critical', 'high', 'medium', 'low', 'none'])
      .default('critical'),
  );
}

function stackOption(command: Command): Command {
  return command.addOption(new Option(STACK, 'name of the stack (required)').argParser(stackName));
}

function parameterOptions(command: Command, description: string): Command {
  return command
    .addOption(new Option('--parameters <name=value>', description).default([], 'none').argParser(collect))
    .option('--parameters-file <file>', 'JSON: an object, or a list of ParameterKey and ParameterValue');
}

function concurrencyOption(command: Command): Command {
  return command.addOption(
    new Option('--max-concurrency <n>', 'operations in flight at most')
      .default(DEFAULT_CONCURRENCY)
      .argParser(concurrency),
  );
}

/** Credentials that a service is called with, for commands that have no cloud of their own. */
function callerOptions(command: Command): Command {
  return command
    .option('--region <region>', 'with --service: its region, where its URL does not say it')
    .option('--profile <name>', "with --service: profile of the AWS SDK's configuration")
    .option('--role-arn <arn>', 'with --service: role to assume first');
}

/** Also of commands that only look into the store, so that the same options can be given to every one. */
function cloudOptions(command: Command): Command {
  command
    .addOption(new Option('--cloud <cloud>', 'where to deploy to').choices(['sandbox', 'aws']).default('sandbox'))
    .option('--region <region>', 'region (default: as configured)')
    .option('--profile <name>', "profile of the AWS SDK's configuration")
    .option('--role-arn <arn>', 'role to assume first')
    .option('--account <id>', 'account, where the endpoint has no STS that says it');
  return stateOption(command);
}

/** As {@link cloudOptions}, but nothing is preset: a search is narrowed only by what is said. */
function lookOptions(command: Command): Command {
  command
    .addOption(new Option('--cloud <cloud>', 'only what lives there').choices(['sandbox', 'aws']))
    .option('--region <region>', 'only what lives in this region')
    .option('--profile <name>', 'taken for uniformity')
    .option('--role-arn <arn>', 'taken for uniformity');
  return stateOption(command);
}

function stateOption(command: Command): Command {
  return command.option('--state <dir>', 'directory of the embedded store', '.assent');
}

function format(...choices: [string, ...string[]]): Option {
  return new Option('--format <format>', 'form of what is printed').choices(choices).default(choices[0]);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function stackName(value: string): string {
  if (/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(value)) return value;
  throw new InvalidArgumentError('A stack name is a letter followed by up to 127 letters, digits and hyphens.');
}

function concurrency(value: string): number {
  return integer(value, 1, 10_000);
}

function port(value: string): number {
  return integer(value, 0, 65_535);
}

function integer(value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
}

function names(value: string): string[] {
  return value.split(',').map((name) => name.trim());
}

function positive(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}

function seed(value: string): string {
  if (/^\d{1,20}$/.test(value) && BigInt(value) < 2n ** 64n) return value;
  throw new InvalidArgumentError('It must be a whole number below 2^64.');
}
