// What an action changes, for people: below its row, each property as it was and as it will be.
import type { PropertyChange } from '#wasm';
import type { ActionDocument } from '../../app/documents/documents.ts';
import { inline, lines, oneLine } from './difference.ts';
import { count, cut, type Paint, plain } from './style.ts';

const INDENT = '      ';
/** Lines of one action that are shown unasked. */
const MOST_LINES = 12;
/** Cells of one line that are shown unasked. */
const MOST_CELLS = 160;

/** The lines below an action's row. What is created is in the template: its properties only come with `detail`. */
export function changeText(action: ActionDocument, detail: boolean, paint: Paint): string {
  const isNew = action.action === 'create';
  // First what overwrites somebody else's work: that must not be cut off.
  const theirs = (change: PropertyChange) => 'live' in change;
  const { changes } = action;
  const shown = isNew && !detail ? [] : [...changes.filter(theirs), ...changes.filter((change) => !theirs(change))];
  const found = shown.flatMap((change) => {
    const line = oneLine(change);
    const head = `${plain(change.path)}:`;
    if (line !== undefined) return [`${head} ${isNew ? inline(change.after) : line}`];
    const rest = lines(change).map(({ sign, text }) =>
      sign === 'gap' ? paint('dim', '  …') : coloured(sign, `${sign} ${detail ? text : cut(text, MOST_CELLS)}`, paint),
    );
    return [head, ...rest.map((text) => `  ${text}`)];
  });
  const left = detail ? 0 : Math.max(0, found.length - MOST_LINES);
  const kept = left === 0 ? found : [...found.slice(0, MOST_LINES), paint('dim', more(left))];
  const { causes = [] } = action;
  if (causes.length > 0) kept.push(`makes others change: ${causesText(action)}`);
  return kept.map((line) => `${INDENT}${line}\n`).join('');
}

/** `Sub (update), Policy (replace)`. */
export function causesText({ causes = [] }: ActionDocument): string {
  return causes.map(({ logicalId, action }) => `${plain(logicalId)} (${action})`).join(', ');
}

function more(left: number): string {
  return `… ${count(left, 'more line')}: --detail shows all`;
}

function coloured(sign: ' ' | '-' | '+', text: string, paint: Paint): string {
  if (sign === ' ') return paint('dim', text);
  return paint(sign === '-' ? 'red' : 'green', text);
}
