// Which kind of error is which status, and what of it the caller reads.
import { expect, test } from 'vitest';
import {
  AssentError,
  DeploymentFailed,
  InvalidInput,
  LeaseHeld,
  ResourceNotFound,
  SecurityValidationFailed,
  Unreachable,
} from '../../../../src/domain/errors.ts';
import { HttpRefusal, problemOf } from '../../../../src/edge/http/problem.ts';

test.each<[Error, number, string]>([
  [new InvalidInput('no_template', 'No template.'), 422, 'no_template'],
  [new ResourceNotFound('No stack.'), 404, 'resource_not_found'],
  [new LeaseHeld('Held.'), 409, 'lease_held'],
  [new SecurityValidationFailed('Refused.'), 409, 'security_validation_failed'],
  [new Unreachable('Gone.'), 502, 'unreachable'],
  [new HttpRefusal(415, 'unsupported_media_type', 'Not JSON.'), 415, 'unsupported_media_type'],
])('%s', (error, status, code) => {
  expect(problemOf(error)).toMatchObject({ type: 'about:blank', status, code, detail: error.message });
});

test.each([
  new AssentError('internal_error', 'The core failed at /var/task/secret', { kind: 'failed' }),
  new DeploymentFailed('queue secret failed'),
  new TypeError('secret is not a function'),
  'secret',
])('a failure of ours says nothing of its cause: %s', (error) => {
  const problem = problemOf(error);
  expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
  expect(JSON.stringify(problem)).not.toContain('secret');
});

test('the way out is told in words that hold for everybody, the ways of the command line are not', () => {
  const error = new LeaseHeld('Held.', { help: 'Wait.', ways: [{ action: 'resume', runId: 'r1' }] });
  expect(problemOf(error)).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'Held.',
    code: 'lease_held',
    errorKind: 'held',
    help: 'Wait.',
  });
});
