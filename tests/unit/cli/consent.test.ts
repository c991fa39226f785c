// What stands above the question that the circle leaves to a person.
import { expect, test } from 'vitest';
import type { Planned } from '../../../src/app/planning/planning.ts';
import { asking } from '../../../src/cli/consent.ts';
import type { Opened } from '../../../src/cli/opening.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { captured } from '../../support/io.ts';

const verdict: Verdict = {
  decision: 'ask',
  by: 'circle',
  planDigest: 'd1g35t',
  reasons: ['the circle approves, but not unanimously (80 %)', 'policy: 1 critical finding'],
  votes: [],
  sides: {
    approve: [{ expert: 'cost', confidence: 0.9, reason: 'it costs\u001b[2J nothing' }],
    refuse: [{ expert: 'policy', confidence: 0.97, reason: '1 critical finding' }],
  },
  posterior: {},
  skipped: [],
};

const context = { account: '1', region: 'eu-west-1', partition: 'aws', stackId: '' };
const planned = {
  plan: { version: 1, digest: 'd1g35t', stack: 'web', mode: 'deploy', resources: [], outputs: [], context },
  context,
  forecast: { makespanMs: 0, criticalPath: [] },
  problems: [],
} as unknown as Planned;

test('the strongest reasons of both sides stand between the plan and the question, as plain text', async () => {
  const io = captured({ interactive: true });
  // Whoever is interrupted at the question has seen what stands above it.
  const interrupt = { signal: AbortSignal.abort() };
  const opened = { session: { speed: 1, endpoint: 'sandbox' }, interrupt } as unknown as Opened;
  const { decide } = asking(io, { text: 'Deploy?', given: true, format: 'text', file: 't.yaml' }, opened);
  await expect(decide?.(planned, verdict)).rejects.toMatchObject({ code: 'interrupted' });
  expect(io.stdout).toContain(
    [
      'Verdict: undecided by 0 experts',
      '  the circle approves, but not unanimously (80 %)',
      '  For',
      '    it costs nothing (cost, 90 %)',
      '  Against',
      '    1 critical finding (policy, 97 %)',
      '',
    ].join('\n'),
  );
});
