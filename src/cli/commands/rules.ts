// `assent rules [ID]`.
import type { RuleInfo } from '#wasm';
import { rules } from '../../core/calls.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { RulesCommandOptions, Work } from '../options.ts';
import { severityText } from '../render/scan.ts';
import { type Paint, painter, plain, table } from '../render/style.ts';

export const work: Work<RulesCommandOptions> = async ({ io, options, operands: [id] }) => {
  const all = rules();
  const chosen = id === undefined ? all : all.filter((rule) => rule.id === id || rule.aliases.includes(id));
  if (chosen.length === 0) {
    throw new InvalidInput('unknown_rule', `There is no rule ${plain(id ?? '')}.`, {
      help: '`assent rules` lists them; names of cfn_nag, checkov and the Guard registry are understood too.',
    });
  }
  const paint = painter(io.colour.out);
  if (options.format === 'json') io.out(`${JSON.stringify({ version: 1, kind: 'rules', rules: chosen })}\n`);
  else if (id === undefined) io.out(list(chosen, paint));
  else io.out(chosen.map((rule) => explained(rule, paint)).join('\n'));
  return 0;
};

function list(rules: readonly RuleInfo[], paint: Paint): string {
  const rows = rules.map(({ id, severity, title }) => [severityText(severity, paint), id, title]);
  return `${table(rows, '')}\n${rules.length} rules. \`assent rules ID\` explains one.\n`;
}

function explained({ id, severity, title, help, types, aliases, fails, passes }: RuleInfo, paint: Paint): string {
  const facts = [
    ['Severity', severityText(severity, paint)],
    ...(types.length === 0 ? [] : [['Looks at', types.join(', ')]]),
    ...(aliases.length === 0 ? [] : [['Known as', aliases.join(', ')]]),
    ['Way out', help],
  ];
  const example = (head: string, text: string) => (text === '' ? '' : `\n${head}\n${text.replace(/^/gm, '  ')}\n`);
  return `${paint('bold', id)}: ${title}\n${table(facts)}${example('Fails:', fails)}${example('Passes:', passes)}`;
}
