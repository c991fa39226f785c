// POST /consensus: given votes on one question to one answer.
import { aggregate } from '../../src/app/consensus.ts';
import { bodyOf, httpApi } from '../../src/edge/http/api.ts';
import { consensusBody } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';

export const handler = httpApi({
  'POST /consensus': (event) => {
    callerIn(event).demand('read');
    return { document: aggregate(bodyOf(consensusBody, event)) };
  },
});
