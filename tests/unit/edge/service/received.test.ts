import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { receivedFrom } from '../../../../src/edge/service/received.ts';

const event = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../events/start/object-created.json'), 'utf8'),
);

test('an event of S3 is an object, with what grows as it is written again', () => {
  expect(receivedFrom(event, 'e')).toEqual({
    kind: 'object',
    bucket: event.detail.bucket.name,
    key: 'team/files.yaml',
    sequencer: `${event.detail.bucket.name}/team/files.yaml ${event.detail.object.sequencer}`,
  });
});

test.each<[string, object, object]>([
  ['one stack', { stack: 'a', template: 'x' }, { mode: 'deploy', stack: 'a', template: 'x' }],
  [
    'several targets',
    { template: 'x', targets: [{ stack: 'a' }] },
    { targets: [{ stack: 'a' }], bounds: { maxConcurrency: 10 } },
  ],
])('a submission to %s', (_, submission, expected) => {
  expect(receivedFrom({ submission }, 'e')).toMatchObject({ kind: 'submission', submission: expected });
});

test.each([
  ['nothing', undefined],
  ['a run', { runId: 'x' }],
  ['an unknown field', { submission: { stack: 'a', template: 'x', templat: 'y' } }],
  ['more besides', { submission: { stack: 'a', template: 'x' }, by: 'ann' }],
  ['a deletion', { submission: { mode: 'destroy', stack: 'a' } }],
  ['a way back', { submission: { stack: 'web', reconcile: true } }],
])('%s is refused', (_, input) => {
  expect(() => receivedFrom(input, 'e')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});
