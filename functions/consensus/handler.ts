// POST /consensus: given votes on one question to one answer.
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { requestConsensus } from '../../src/app/service/consensus.ts';
import { bodyOf, httpApi } from '../../src/edge/http/api.ts';
import { consensusBody } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';
import { functionTracer } from '../../src/edge/service/telemetry.ts';
import { tracedApi } from '../../src/edge/service/tracing.ts';

const routes = httpApi({
  'POST /consensus': async (event) => {
    callerIn(event).demand('read');
    const tools = { clock: systemClock, tracer: await functionTracer() };
    return { document: await requestConsensus(tools, bodyOf(consensusBody, event)) };
  },
});

export const handler = tracedApi(routes);
