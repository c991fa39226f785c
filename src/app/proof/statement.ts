// Statements as the log keeps them.
import type { Said, Statement } from '#wasm';
import { AssentError } from '../../domain/errors.ts';

/** What an entry says, unverified. */
export function statementIn(entry: string): Statement {
  try {
    const { payload } = JSON.parse(entry) as { payload: string };
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
      predicateType: string;
      subject: [{ digest: { sha256: string } }];
      predicate: Statement['predicate'];
    };
    const says = statement.predicateType.split(':')[2] as Said;
    return { says, planDigest: statement.subject[0].digest.sha256, predicate: statement.predicate };
  } catch (error) {
    throw new AssentError('log_corrupt', 'An entry of the log cannot be read.', {
      help: 'Verifying the log says which.',
      kind: 'failed',
      cause: error,
    });
  }
}
