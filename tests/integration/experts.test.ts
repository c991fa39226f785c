// The circle learns from how deployments end, and says what it has learned.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const topic = (name: string) => ({
  Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: name } } },
});

test('experts lists the circle, and what became of its votes', TIMEOUT, async () => {
  const fresh = await space.json('experts');
  expect(fresh).toMatchObject({ code: 0, document: { version: 1, kind: 'experts', outcomes: 0, ends: {} } });
  expect(fresh.document.experts).toHaveLength(8);
  for (const expert of fresh.document.experts) expect(expert).toMatchObject({ asked: 0, weight: 1, brier: null });

  for (const name of ['one', 'two']) {
    const file = space.file('t.json', topic(name));
    expect(await space.json('deploy', file, '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  }
  const { document } = await space.json('experts');
  expect([document.outcomes, document.ends]).toEqual([2, { succeeded: 2 }]);
  const of = (name: string) => document.experts.find(({ expert }: AnyDocument) => expert === name);
  expect(of('policy')).toMatchObject({ asked: 2, voted: 2, right: 2, changed: 0 });
  expect(of('policy').weight).toBeGreaterThan(1);
  const classes = of('policy').classes.map(({ class: kind, voted, right }: AnyDocument) => [kind, voted, right]);
  expect(classes).toEqual([
    ['update', 1, 1],
    ['creation', 1, 1],
  ]);
  expect(of('history')).toMatchObject({ asked: 2, voted: 1, right: 1 });
  expect(of('availability')).toMatchObject({ asked: 2, voted: 0, brier: null });
  expect((await space.run('experts')).stdout).toMatch(
    /policy +right 2 of 2, 100 %[\s\S]*policy +update +right 1 of 1[\s\S]*\nFrom 2 deployments whose end is known \(2 succeeded\)\./,
  );

  const explained = await space.run('consult', space.file('t.json', topic('three')), '--stack', 'web', '--explain');
  expect(explained.stdout).toMatch(
    /Kind of change: update\n[\s\S]*policy +approve +\d+ % +right 8\d %, weight 1\.\d\d/,
  );
  const asked = await space.json('consult', space.file('t.json', topic('three')), '--stack', 'web');
  expect(asked.document.verdict.changeClass).toBe('update');
  expect(asked.document.verdict.method).toEqual({ name: 'weighted', version: 3 });
  expect(asked.document.votes.find(({ expert }: AnyDocument) => expert === 'policy').weight).toBeGreaterThan(1);
});

test('a deployment that the next one takes back counts against those who approved it', TIMEOUT, async () => {
  for (const name of ['one', 'two', 'one']) {
    const file = space.file('t.json', topic(name));
    expect(await space.json('deploy', file, '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  }
  const { document } = await space.json('experts');
  expect(document.ends).toEqual({ succeeded: 2, reverted: 1 });
  const policy = document.experts.find(({ expert }: AnyDocument) => expert === 'policy');
  expect(policy).toMatchObject({ voted: 3, right: 2 });
});
