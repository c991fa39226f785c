// A plan as Markdown, for a comment on a pull request: what it comes to and what cannot be undone first, then each change.
import type { ActionDocument, PlanDocument } from '../../app/documents/documents.ts';
import { causesText } from './changes.ts';
import { lines, oneLine } from './difference.ts';
import { inOrder, noChanges, planSummary } from './plan.ts';
import { count, painter, plain } from './style.ts';

const WORD = {
  create: 'create',
  update: 'update',
  replace: '**replace**',
  delete: '**delete**',
  retain: 'keep, but forget',
  import: 'import',
  noop: 'unchanged',
} as const;

/** The whole plan. Values stand in code blocks, and what is long is folded away. */
export function planMarkdown(document: PlanDocument): string {
  const actions = inOrder(document.actions).filter(({ action }) => action !== 'noop');
  const title = `## Assent plan for stack ${escaped(document.stack)}\n\n`;
  const warnings = list(
    'Warnings',
    document.problems.map(({ message, line }) => `${line > 0 ? `line ${line}: ` : ''}${escaped(message)}`),
  );
  const digest = `\nDigest: \`${document.digest}\`\n`;
  if (actions.length === 0)
    return `${title}${noChanges(document.stack, document.actions.length, document.problems)}${warnings}${digest}`;
  const [counts = ''] = planSummary(document, 1, painter(false)).split('\n');
  const lost = list(
    'Cannot be undone',
    actions.flatMap(({ irreversible }) => irreversible.map(escaped)),
  );
  const noted = list(
    'To know',
    actions.flatMap(({ logicalId, notes = [] }) => notes.map((note) => escaped(`${logicalId}: ${note}`))),
  );
  const rows = actions.map(
    (action) =>
      `| ${WORD[action.action]} | ${escaped(action.logicalId)} | ${escaped(action.type)} | ${escaped(why(action))} |\n`,
  );
  const table = `\n| Action | Resource | Type | Why |\n| --- | --- | --- | --- |\n${rows.join('')}`;
  const values = actions.filter(({ changes }) => changes.length > 0).map(changed);
  return `${title}${counts}\n${lost}${noted}${warnings}${table}${values.join('')}${digest}`;
}

function why(action: ActionDocument): string {
  const { reasons, causes = [] } = action;
  const others = causes.length === 0 ? [] : [`makes others change: ${causesText(action)}`];
  return [...reasons, ...others].join('; ');
}

function changed({ logicalId, action, changes }: ActionDocument): string {
  const body = changes.flatMap((change) => {
    const line = action === 'create' ? undefined : oneLine(change);
    const head = `  ${plain(change.path)}:`;
    if (line !== undefined) return [`! ${plain(change.path)}: ${line}`];
    return [head, ...lines(change).map(({ sign, text }) => (sign === 'gap' ? '    …' : `${sign}   ${text}`))];
  });
  const text = body.join('\n');
  // No text within can end the block.
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  const fence = '`'.repeat(ticks);
  const what = `${escaped(logicalId)}: ${count(changes.length, action === 'create' ? 'value' : 'change')}`;
  return `\n<details><summary>${what}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>\n`;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `\n**${title}**\n\n${items.map((item) => `- ${item}\n`).join('')}`;
}

/** Text that stays in its cell and is shown as it is. */
function escaped(text: string): string {
  return plain(text).replace(/[\\`*_[\]<>|#&]/g, (letter) => `&#${letter.codePointAt(0)};`);
}
