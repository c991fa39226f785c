// Two values as the lines in which they differ, each with little around it: what a policy document or a script changes is
// seen without reading all of it. Used for terminals and for Markdown.
import type { PropertyChange } from '#wasm';
import { plain } from './style.ts';

/** `gap`: lines that are the same were left out. */
export interface Line {
  sign: ' ' | '-' | '+' | 'gap';
  text: string;
}

/** Values up to so many characters are written on one line. */
const SHORT = 60;
const CONTEXT = 1;
/** More work than this (lines times lines) is not done: then all of one goes and all of the other comes. */
const MOST_WORK = 1_000_000;

/** A value on one line. */
export function inline(value: unknown): string {
  if (value === null) return '(none)';
  if (typeof value === 'string' && /^\(secret[^)]*\)$/.test(value)) return plain(value);
  return plain(spaced(value));
}

/** The change on one line, where it fits on one: `"old" → "new"`. */
export function oneLine({ before, after, secret, ...change }: PropertyChange): string | undefined {
  const now = 'live' in change ? `, now ${inline(change.live)}${blame(before)}` : '';
  if (secret === true && JSON.stringify(before) === JSON.stringify(after)) return `another value of ${inline(after)}`;
  const [from, to] = [inline(before), inline(after)];
  if (from === to && 'live' in change) return `back to ${to}${now}`;
  const short = from.length <= SHORT && to.length <= SHORT && !isLong(before) && !isLong(after);
  return short ? `${from} → ${to}${now}` : undefined;
}

/** The lines that differ, in order. */
export function lines({ before, after, ...change }: PropertyChange): Line[] {
  const found = around(compared(written(before), written(after)));
  if (!('live' in change)) return found;
  // Against what was deployed: that is what somebody else did.
  const theirs = around(compared(written(before), written(change.live)));
  const told = theirs.map(
    ({ sign, text }): Line => (sign === 'gap' ? { sign, text } : { sign: ' ', text: `  ${sign} ${text}` }),
  );
  return [...found, { sign: ' ', text: `now${blame(before).replace(':', ',')}:` }, ...told];
}

/** Of what was never declared nobody knows who put it there: it may be the service's own default. */
function blame(before: unknown): string {
  return before === null ? '' : ': changed outside of Assent';
}

function isLong(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\n');
}

/** JSON with spaces in it, on one line. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A value as lines; one that is not there has none. */
function written(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string') {
    const parsed = parsedText(value);
    return parsed === undefined ? value.split('\n').map(plain) : pretty(parsed).map(plain);
  }
  return pretty(value).map(plain);
}

/** What a text holds that is JSON of a list or an object. */
function parsedText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As `JSON.stringify` with indentation, but what is short stays on its line. */
function pretty(value: unknown): string[] {
  const whole = spaced(value);
  if (whole.length <= SHORT || value === null || typeof value !== 'object') return [whole];
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => pretty(item))
    : Object.entries(value).map(([key, item]) => {
        const [first = '', ...rest] = pretty(item);
        return [`${JSON.stringify(key)}: ${first}`, ...rest];
      });
  const body = items.flatMap((item, at) =>
    item.map((line, row) => `  ${line}${row === item.length - 1 && at < items.length - 1 ? ',' : ''}`),
  );
  return [isList ? '[' : '{', ...body, isList ? ']' : '}'];
}

/** A shortest way from one to the other, by their longest common subsequence. */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const same = () => before[before.length - 1 - end] === after[after.length - 1 - end];
  while (end < before.length - start && end < after.length - start && same()) end += 1;
  const gone = before.slice(start, before.length - end);
  const come = after.slice(start, after.length - end);
  const keep = (text: string): Line => ({ sign: ' ', text });
  const middle = gone.length * come.length > MOST_WORK ? all(gone, come) : steps(gone, come);
  return [...before.slice(0, start).map(keep), ...middle, ...before.slice(before.length - end).map(keep)];
}

function all(gone: readonly string[], come: readonly string[]): Line[] {
  return [...gone.map((text): Line => ({ sign: '-', text })), ...come.map((text): Line => ({ sign: '+', text }))];
}

function steps(gone: readonly string[], come: readonly string[]): Line[] {
  const columns = come.length + 1;
  // How many lines the rests from here on have in common.
  const common = new Uint32Array((gone.length + 1) * columns);
  const at = (row: number, column: number) => common[row * columns + column] ?? 0;
  for (let row = gone.length - 1; row >= 0; row -= 1) {
    for (let column = come.length - 1; column >= 0; column -= 1) {
      const both = gone[row] === come[column];
      common[row * columns + column] = both
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const found: Line[] = [];
  let [row, column] = [0, 0];
  while (row < gone.length || column < come.length) {
    if (row < gone.length && column < come.length && gone[row] === come[column]) {
      found.push({ sign: ' ', text: gone[row] ?? '' });
      row += 1;
      column += 1;
    } else if (row < gone.length && (column === come.length || at(row + 1, column) >= at(row, column + 1))) {
      found.push({ sign: '-', text: gone[row] ?? '' });
      row += 1;
    } else {
      found.push({ sign: '+', text: come[column] ?? '' });
      column += 1;
    }
  }
  return found;
}

/** Without what is far from any change. */
function around(found: readonly Line[]): Line[] {
  const near = found.map((_, at) =>
    found.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  );
  return found.flatMap((line, at): Line[] => {
    if (near[at] === true) return [line];
    return at > 0 && near[at - 1] === true && near.slice(at).includes(true) ? [{ sign: 'gap', text: '…' }] : [];
  });
}
