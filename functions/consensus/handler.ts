// POST /consensus: given votes on one question to one answer.
import { aggregate } from '../../src/app/consensus.ts';
import { jsonApi } from '../../src/edge/http/api.ts';
import { consensusBody } from '../../src/edge/http/schemas.ts';

export const handler = jsonApi(consensusBody, aggregate);
