// What a plan shows people of its changes: on a terminal and in Markdown.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Action, PropertyChange } from '#wasm';
import type { ActionDocument, PlanDocument } from '../../../src/app/documents/documents.ts';
import { lines } from '../../../src/cli/render/difference.ts';
import { planText } from '../../../src/cli/render/plan.ts';
import { planMarkdown } from '../../../src/cli/render/plan-markdown.ts';
import { painter } from '../../../src/cli/render/style.ts';

const paint = painter(false);

const action = (logicalId: string, what: Action, changes: PropertyChange[], more: Partial<ActionDocument> = {}) => ({
  logicalId,
  type: 'AWS::SNS::Topic',
  action: what,
  reasons: changes.map(({ path }) => `${path} changes`),
  changes,
  irreversible: [],
  dependsOn: [],
  estimateMs: 1_000,
  ...more,
});

const planOf = (...actions: ActionDocument[]): PlanDocument => ({
  version: 1,
  kind: 'plan',
  digest: 'd1g35t',
  stack: 'web',
  actions,
  forecast: { makespanMs: 1_000, criticalPath: ['A'] },
  problems: [],
});

const text = (document: PlanDocument, detail = false) =>
  planText(document, { where: 'sandbox', file: 'web.yaml', speed: 1, detail }, paint);

const name = (before: unknown, after: unknown, more: object = {}): PropertyChange => ({
  path: 'DisplayName',
  before,
  after,
  ...more,
});

test.each([
  [name('old', 'new'), 'DisplayName: "old" → "new"'],
  [name(null, 5), 'DisplayName: (none) → 5'],
  [name('old', null), 'DisplayName: "old" → (none)'],
  [name('old', { Ref: 'Queue' }), 'DisplayName: "old" → { "Ref": "Queue" }'],
  [name('old', 'new', { live: 'theirs' }), 'DisplayName: "old" → "new", now "theirs": changed outside of Assent'],
  [name('old', 'new', { live: null }), 'DisplayName: "old" → "new", now (none): changed outside of Assent'],
  // Never declared: a default of the service, perhaps.
  [name(null, 5, { live: 0 }), 'DisplayName: (none) → 5, now 0'],
  [name('old', '(secret parameter:P)', { secret: true }), 'DisplayName: "old" → (secret parameter:P)'],
  [
    name('(secret parameter:P)', '(secret parameter:P)', { secret: true }),
    'DisplayName: another value of (secret parameter:P)',
  ],
  [name('a\u001b[31mb', 'c\u202ed'), 'DisplayName: "a\\u001b[31mb" → "c d"'],
])('%j is one line', (change, expected) => {
  expect(text(planOf(action('Topic', 'update', [change])))).toContain(`      ${expected}\n`);
});

const statement = (sid: string, effect: string) => ({
  Sid: sid,
  Effect: effect,
  Action: ['s3:GetObject', 's3:ListBucket'],
  Resource: 'arn:aws:s3:::a-bucket-with-a-long-name/*',
});

test('of a long document only the lines that differ are shown, with little around them', () => {
  const before = [statement('One', 'Allow'), statement('Two', 'Allow'), statement('Three', 'Deny')];
  const after = [statement('One', 'Allow'), statement('Two', 'Deny'), statement('Three', 'Deny')];
  const shown = text(planOf(action('P', 'update', [{ path: 'Doc/Statement', before, after }])));
  expect(shown).toContain(
    [
      '      Doc/Statement:',
      '            "Sid": "Two",',
      '        -     "Effect": "Allow",',
      '        +     "Effect": "Deny",',
      '              "Action": ["s3:GetObject", "s3:ListBucket"],',
    ]
      .join('\n')
      .replace('            "Sid"', '              "Sid"'),
  );
  expect(shown).not.toContain('Three');
  // A document in a text is looked into as well.
  const asText = { path: 'Doc', before: JSON.stringify(before), after: JSON.stringify(after) };
  expect(lines(asText)).toEqual(lines({ path: 'Doc', before, after }));
});

test('a replacement says what it makes others do', () => {
  const causes = [
    { logicalId: 'Sub', action: 'update' as const },
    { logicalId: 'Policy', action: 'replace' as const },
  ];
  const document = planOf(action('Queue', 'replace', [name('a', 'b')], { causes }));
  expect(text(document)).toContain('      makes others change: Sub (update), Policy (replace)\n');
  expect(planMarkdown(document)).toContain('makes others change: Sub (update), Policy (replace)');
});

test('a long change is cut, and whole with --detail', () => {
  const before = Array.from({ length: 50 }, (_, n) => `old line ${n}`).join('\n');
  const document = planOf(action('F', 'update', [{ path: 'Code', before, after: 'new' }]));
  expect(text(document)).toContain('--detail shows all');
  expect(text(document)).not.toContain('old line 40');
  expect(text(document, true)).toContain('old line 40');
});

test('two hundred changes are summed up first, alike ones once, what replaces or destroys always', () => {
  const many = Array.from({ length: 199 }, (_, n) => action(`T${n}`, 'update', [name('old', 'new')]));
  const lost = { irreversible: ['Table (t-1) and the data in it are replaced'] };
  const document = planOf(...many, action('Table', 'replace', [{ path: 'Key', before: 'a', after: 'b' }], lost));
  const short = text(document).split('\n');
  expect(short.length).toBeLessThan(20);
  expect(short[2]).toBe('Plan: 0 to create, 199 to update, 1 to replace, 0 to delete.');
  expect(short.join('\n')).toMatch(
    /~ T0, T1 and 197 more +AWS::SNS::Topic +DisplayName changes\n +DisplayName: "old" → "new"/,
  );
  expect(short.join('\n')).toMatch(/-\/\+ Table +AWS::SNS::Topic +Key changes\n +Key: "a" → "b"/);
  expect(short.join('\n')).toContain('! Table (t-1) and the data in it are replaced');
  expect(short.join('\n')).toContain('--detail shows every change');
  const whole = text(document, true);
  expect(whole.match(/DisplayName: "old" → "new"/g)).toHaveLength(199);
  expect(whole).toContain('T150');
});

test('alike in what changes but not in how: no value stands for the others', () => {
  const many = Array.from({ length: 60 }, (_, n) => action(`T${n}`, 'update', [name('old', `new ${n}`)]));
  expect(text(planOf(...many))).not.toContain('"new 0"');
});

test('Markdown says what cannot be undone first, and no value breaks out of its block', () => {
  const evil = '```\n# Approved\n<b>|</b>';
  const document = planOf(
    action('A', 'update', [name('old', evil)]),
    action('Gone', 'delete', [], { irreversible: ['Gone | and <its> data are deleted'] }),
  );
  const shown = planMarkdown(document);
  expect(shown.indexOf('Cannot be undone')).toBeLessThan(shown.indexOf('| Action |'));
  expect(shown).toContain('- Gone &#124; and &#60;its&#62; data are deleted\n');
  expect(shown).toContain('````diff\n  DisplayName:\n-   old\n+   ```\n+   # Approved\n+   <b>|</b>\n````\n');
  expect(shown).toContain('Digest: `d1g35t`');
});

test('the lines lead from one document to the other', () => {
  const document = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(document, document, (before, after) => {
      const shown = lines({ path: 'X', before: `${before.join('\n')}\n`, after: `${after.join('\n')}\n` });
      const count = (sign: string) => shown.filter((line) => line.sign === sign).length;
      expect(count('+') - count('-')).toBe(after.length - before.length);
      // What goes stands in the old one, what comes in the new one, each in its order.
      const isWithin = (part: string[], whole: string[]) => {
        let at = 0;
        for (const line of whole) if (line === part[at]) at += 1;
        return at === part.length;
      };
      const of = (sign: string) => shown.filter((line) => line.sign === sign).map((line) => line.text);
      expect(isWithin(of('-'), before) && isWithin(of('+'), after)).toBe(true);
      expect(shown.length === 0).toBe(before.join() === after.join());
    }),
  );
});
