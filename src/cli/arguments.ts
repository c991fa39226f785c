// Puts a command line into the order commander wants, and only that: the command first, list options one by one.
//
// So options may stand before or after the command, and `--parameters A=1 B=2 web.yaml` does not swallow the template.

/** Options of all commands, as far as the order matters. */
export interface OptionShapes {
  /** Those that take a value, e.g. `--stack`. */
  valued: ReadonlySet<string>;
  /** Those that take `NAME=VALUE` any number of times. */
  lists: ReadonlySet<string>;
}

const PAIR = /^[^\s=/-][^\s=/]*=/;

/** The same arguments with the first one that is neither option nor value in front. What follows `--` is left alone. */
export function ordered(argv: readonly string[], shapes: OptionShapes): string[] {
  const spread = spreadLists(argv, shapes.lists);
  const at = commandIndex(spread, shapes.valued);
  const command = at === undefined ? undefined : spread[at];
  if (at === undefined || command === undefined) return spread;
  return [command, ...spread.slice(0, at), ...spread.slice(at + 1)];
}

/** The format asked for, also when the rest of the command line cannot be parsed. */
export function formatOf(argv: readonly string[]): string | undefined {
  let format: string | undefined;
  for (const [index, argument] of argv.entries()) {
    if (argument === '--') break;
    if (argument === '--format') format = argv[index + 1];
    else if (argument.startsWith('--format=')) format = argument.slice('--format='.length);
  }
  return format;
}

function spreadLists(argv: readonly string[], lists: ReadonlySet<string>): string[] {
  const spread: string[] = [];
  for (let index = 0; index < argv.length; ) {
    const argument = argv[index] ?? '';
    index += 1;
    spread.push(argument);
    if (argument === '--') return [...spread, ...argv.slice(index)];
    if (!lists.has(argument)) continue;
    // The first value belongs to the option whatever it looks like, so that a malformed one is refused as such.
    for (let first = true; index < argv.length; first = false) {
      const value = argv[index] ?? '';
      if (value.startsWith('-') || !(first || PAIR.test(value))) break;
      if (!first) spread.push(argument);
      spread.push(value);
      index += 1;
    }
  }
  return spread;
}

function commandIndex(argv: readonly string[], valued: ReadonlySet<string>): number | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (argument === '--') return undefined;
    if (!argument.startsWith('-') || argument === '-') return index;
    if (valued.has(argument)) index += 1;
  }
  return undefined;
}
