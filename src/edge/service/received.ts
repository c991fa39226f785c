// What an execution of the state machine was started with, where that is no run of ours: an event of S3, or a submission.
import { z } from 'zod';
import type { Received } from '../../app/service/receive.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { submittedRequest } from '../http/schemas.ts';

/** "Object Created" as EventBridge has it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const objectCreated = z.looseObject({
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({ key: z.string(), sequencer: z.string().optional(), etag: z.string().optional() }),
  }),
  id: z.string().optional(),
});

const direct = z.strictObject({ submission: submittedRequest });

/** Throws InvalidInput `invalid_input` for anything else. */
export function receivedFrom(input: unknown, execution: string): Received {
  const event = objectCreated.safeParse(input);
  if (event.success) {
    const { bucket, object } = event.data.detail;
    const sequencer = object.sequencer ?? object.etag ?? event.data.id ?? execution;
    return {
      kind: 'object',
      bucket: bucket.name,
      key: object.key,
      sequencer: `${bucket.name}/${object.key} ${sequencer}`,
    };
  }
  const read = direct.safeParse(input);
  if (!read.success) {
    const places = read.error.issues.map(({ path, message }) => `${path.map(String).join('/')}: ${message}`).join('; ');
    throw new InvalidInput('invalid_input', `The execution was started with what nobody understands: ${places}.`, {
      help: 'It takes {"submission": {...}}, where the submission is a body of POST /deployments.',
    });
  }
  const { submission } = read.data;
  return {
    kind: 'submission',
    submission: 'targets' in submission ? submission : { mode: 'deploy', ...submission },
  };
}
