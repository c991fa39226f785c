// docs/rules.md says what the core has. To write it anew: vitest run tests/unit/scan-rules.test.ts --update
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Category, RuleInfo } from '#wasm';
import { rules } from '../../src/core/calls.ts';

const HEADS: Partial<Record<Category, string>> = { policy: '## Policy', secret: '## Secrets' };

function book(all: readonly RuleInfo[]): string {
  const section = (category: Category) => all.filter((rule) => rule.category === category);
  const rows = section('policy').map(
    ({ id, severity, title, types, aliases }) =>
      `| \`${id}\` | ${severity} | ${title} | ${types.join(', ')} | ${aliases.join(', ')} |`,
  );
  const secrets = section('secret').map(({ id, severity, title }) => `| \`${id}\` | ${severity} | ${title} |`);
  return `# Rules

The ${all.length} built-in rules of \`assent scan\`, as the core has them (a test holds this page to it). \`assent rules ID\` explains one with an example that fails and one that passes; it takes the names of other tools too.

- **critical** stops a deployment unless \`--fail-on\` says otherwise; \`scan\` ends with 1 then.
- What AWS does by default today counts as set: a bucket is encrypted and blocks public access, a queue is encrypted.
- A value that is not known (a parameter without default, an attribute of a resource) is never a finding; the rule's status in \`--format json\` is \`unknown\` then. A default decides. A choice (\`Fn::If\`) whose condition cannot be decided is not known.
- A resource whose condition is false by a default is looked at all the same, because somebody may deploy it. One that is false by a value given for a deployment is not.
- Mistakes of the template are findings named \`template-…\` after the code that \`plan\` has for them: a text that cannot be read is critical, a mistake high, a warning low, what Assent does not deploy info.

## Suppressing

On a resource or at the top of a template, with a reason:

\`\`\`yaml
Metadata:
  assent:
    ignore:
      - id: s3-versioning
        reason: holds build output only
\`\`\`

On a resource the suppressions of other tools are honoured, by the names below: \`cfn_nag: {rules_to_suppress: [{id, reason}]}\`, \`checkov: {skip: [{id, comment}]}\`, \`guard: {SuppressedRules: [NAME]}\`. One without a reason is honoured and reported (\`suppression-without-reason\`, low); Guard's own form has no place for one, so \`{id: NAME, reason: …}\` is taken there too. Assent's own form may name who answers for it (\`author\`). A critical or high finding that is suppressed stands in the verdict with its place and reason, and with it in the output of \`deploy\` and \`consult\` and in the stored run. \`--no-suppressions\` (\`scan\`, \`deploy\`, \`consult\`) honours none. One of Assent's own form that names no rule is reported (\`suppression-unknown-rule\`, low).

\`--write-baseline FILE\` accepts everything found now; \`--baseline FILE\` reports only what is new. A finding is known by rule, file and path, so it stays known when lines move.

${HEADS.policy}

| Rule | Severity | Title | Looks at | Known as |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${HEADS.secret}

Tokens of known form are found anywhere in the text, comments and inline code included; those with a checksum (GitHub, npm) only when it holds. A finding shows at most the first four characters and the length. Examples of documentation and placeholders are no findings.

| Rule | Severity | Title |
| --- | --- | --- |
${secrets.join('\n')}
`;
}

test('docs/rules.md lists the rules of the core', async () => {
  await expect(book(rules())).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/rules.md'));
});
