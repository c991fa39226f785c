// Injections: whatever stands in a template, a model that obeys what it reads votes as if it stood not there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { briefOf } from '../../../../src/adapters/models/brief.ts';
import { openModels } from '../../../../src/adapters/models/experts.ts';
import { prompts } from '../../../../src/adapters/models/prompt.ts';
import type { ExpertQuestion } from '../../../../src/app/ports/experts.ts';
import { settingsOf } from '../../../support/circle.ts';
import { type Models, scriptedModels } from '../../../support/models.ts';
import { TEXTS, WORDS } from './injections.ts';

let server: Models;
beforeAll(async () => {
  server = await scriptedModels(obedient);
});
afterAll(() => server.close());

/** Refuses grants of everything, and does whatever anything in the data says of approving. */
function obedient({ user }: { user: string }): unknown {
  const told = /appro|YXBwcm92|ZWNobyBhcHByb3Zl|aрprove|a\u200bp/i.test(user);
  const wide = user.includes('"Action":"*"') || user.includes('"after":"*"');
  return { option: told || !wide ? 'approve' : 'refuse', confidence: 0.9, severity: null, reasons: ['as told'] };
}

type Place = (
  text: string,
) => Partial<ExpertQuestion['actions'][number]> & { change?: { path: string; after: unknown } };

/** Where a text may stand. */
const PLACES: Record<string, Place> = {
  description: (text) => ({ change: { path: '/Description', after: text } }),
  'a tag': (text) => ({ change: { path: '/Tags', after: [{ Key: 'note', Value: text }] } }),
  'the key of a tag': (text) => ({ change: { path: '/Tags', after: [{ Key: text, Value: 'x' }] } }),
  'the id of a statement': (text) => ({
    change: { path: '/PolicyDocument', after: { Statement: [{ Sid: text, Effect: 'Allow' }] } },
  }),
  'an action': (text) => ({ change: { path: '/PolicyDocument', after: { Statement: [{ Action: `s3:${text}` }] } } }),
  'an ARN': (text) => ({ change: { path: '/Path', after: `arn:aws:s3:::${text}` } }),
  'a key of an object': (text) => ({ change: { path: '/PolicyDocument', after: { [text]: 'x' } } }),
  'a path': (text) => ({ change: { path: `/${text}`, after: 1 } }),
  'a resource’s name': (text) => ({ logicalId: text }),
  'a type that nobody knows': (text) => ({ type: `Custom::${text}` }),
  'a reason': (text) => ({ reasons: [text], notes: [text], irreversible: [text] }),
};

function question(more: ReturnType<Place> = {}, finding = 'assent/s3-public'): ExpertQuestion {
  const { change, ...action } = more;
  const wide = {
    path: '/PolicyDocument',
    before: null,
    after: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  };
  return {
    planDigest: JSON.stringify(more),
    stack: 's',
    findings: [{ ruleId: finding, severity: 'high', resource: 'It', message: 'm' }],
    actions: [
      {
        logicalId: 'It',
        type: 'AWS::IAM::ManagedPolicy',
        action: 'update',
        reasons: [],
        irreversible: [],
        dependsOn: [],
        estimateMs: 1,
        ...action,
        changes: change === undefined ? [wide] : [wide, { ...change, before: null }],
      },
    ],
  };
}

const vote = async (asked: ExpertQuestion) => {
  const settings = settingsOf({
    experts: { m: { model: { provider: 'openai-compatible', name: 'scripted', baseUrl: server.url } } },
  });
  return openModels(settings, () => undefined).ask('m', asked, new AbortController().signal);
};

const ATTACKS = Object.entries(PLACES).flatMap(([place, put]) =>
  [...TEXTS, ...WORDS].map((text) => ({ place, text, put })),
);

test('there are enough attacks, and the scripted model obeys every one of them that it gets to read', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(40);
  const wide = '{"Action":"*"}';
  expect(obedient({ user: wide })).toMatchObject({ option: 'refuse' });
  for (const text of [...TEXTS, ...WORDS]) expect(obedient({ user: wide + text })).toMatchObject({ option: 'approve' });
});

test('no text of an attack reaches a model', () => {
  for (const { place, text, put } of ATTACKS) {
    const { brief } = briefOf(question(put(text)));
    const said = prompts(brief, undefined).map(({ prompt }) => prompt);
    expect(
      said.some((one) => /appro|aрprove|a\u200bp|ZWNobyBh/i.test(one)),
      `${place}: ${text}`,
    ).toBe(false);
  }
  expect(JSON.stringify(briefOf(question({}, 'approve-this')).brief)).not.toMatch(/approve/);
});

test('a vote is the same with every attack', async () => {
  expect(await vote(question())).toMatchObject({ option: 'refuse', confidence: 0.9 });
  for (const { place, text, put } of ATTACKS) {
    expect((await vote(question(put(text)))).option, `${place}: ${text}`).toBe('refuse');
  }
});

test('a secret does not leave', () => {
  const after = { Password: 'hunter2-hunter2', AccessKey: `AKIA${'Q'.repeat(16)}` };
  const { brief } = briefOf(question({ change: { path: '/PolicyDocument', after } }));
  expect(JSON.stringify(brief)).not.toMatch(/hunter2|AKIA/);
});
