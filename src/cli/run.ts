// One command line from arguments to exit code. `main.ts` gives it a process; tests give it streams of their own.
import { CommanderError } from 'commander';
import { type AssentError, InvalidInput } from '../domain/errors.ts';
import { formatOf, ordered } from './arguments.ts';
import { type ExitCode, exitCodeOfError } from './exit.ts';
import type { Io } from './io.ts';
import { program, shapesOf } from './program.ts';
import { asAssentError, errorDocument, errorText } from './render/problems.ts';
import { painter } from './render/style.ts';

/** Runs a command line; never rejects. Errors go to stderr, with `--format json` as the one document to stdout. */
export async function run(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let code: ExitCode = 0;
  const root = program(io, version, (of) => {
    code = of;
  });
  for (const command of [root, ...root.commands]) {
    command.exitOverride();
    command.configureOutput({ writeOut: io.out, writeErr: () => undefined, outputError: () => undefined });
  }
  try {
    if (argv.length === 0) {
      io.err(root.helpInformation());
      return 2;
    }
    await root.parseAsync(ordered(argv, shapesOf(root)), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const typed = error instanceof CommanderError ? usage(error) : asAssentError(error);
    tell(typed, argv, io);
    return exitCodeOfError(typed);
  }
}

function tell(error: AssentError, argv: readonly string[], io: Io): void {
  const format = formatOf(argv);
  if (format === 'json' || format === 'jsonl') io.out(`${JSON.stringify(errorDocument(error))}\n`);
  else {
    const file = 'file' in error && typeof error.file === 'string' ? error.file : '';
    io.err(errorText(error, file, painter(io.colour.err)));
  }
}

/** commander's sentence as ours: without its `error: `, the suggestion as help. */
function usage(error: CommanderError): InvalidInput {
  const [sentence = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  return new InvalidInput('invalid_usage', sentence.charAt(0).toUpperCase() + sentence.slice(1), {
    help: suggestion === '' ? 'assent --help lists the commands, assent <command> --help its options.' : suggestion,
  });
}
