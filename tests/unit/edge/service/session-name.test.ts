import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sessionName } from '../../../../src/edge/service/session-name.ts';

const RUN = '20261127-015809-3106a773ee';

test.each([
  ['a user', 'arn:aws:iam::111111111111:user/team/ann', `${RUN}@ann`],
  ['a session of a role', 'arn:aws:sts::111111111111:assumed-role/deployer/bob@example.com', `${RUN}@bob@example.com`],
  ['a subject of tokens', 'auth0|5f7c8ec7c33c6c004bbafe82', `${RUN}@auth0-5f7c8ec7c33c6c004bbafe82`],
  ['nobody', '', RUN],
  ['a long name', 'x'.repeat(100), `${RUN}@${'x'.repeat(37)}`],
])('%s', (_, by, expected) => {
  expect(sessionName(RUN, by)).toBe(expected);
});

test('whatever the names, STS takes it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (runId, by) => {
      expect(sessionName(runId, by)).toMatch(/^[\w+=,.@-]{2,64}$/);
    }),
  );
});
