// POST /scans: policy, secrets and mistakes of one template. GET /scans/{id}: what one of them found.
import { requestScan, showScan } from '../../src/app/service/scans.ts';
import { bodyOf, httpApi, pathOf } from '../../src/edge/http/api.ts';
import { scanBody } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';
import { service } from '../../src/edge/service/open.ts';
import { functionTracer } from '../../src/edge/service/telemetry.ts';
import { tracedApi } from '../../src/edge/service/tracing.ts';
import { newRunId } from '../../src/edge/session.ts';

const routes = httpApi({
  'POST /scans': async (event) => {
    const caller = callerIn(event);
    caller.demand('read');
    const { template, name, stack, parameters, context, baseline, suppressions } = bodyOf(scanBody, event);
    const sources = [{ text: template, name, named: true }];
    const where = context === undefined ? {} : { context };
    const options = { sources, parameters, ...where, baseline: new Set(baseline), suppressions };
    const id = newRunId();
    const document = await requestScan({ ...(await service()), tracer: await functionTracer() }, options, {
      caller,
      id,
      stack,
    });
    return { document, location: `/scans/${id}` };
  },

  'GET /scans/{id}': async (event) => ({
    document: await showScan(
      { ...(await service()), tracer: await functionTracer() },
      pathOf(event, 'id'),
      callerIn(event),
    ),
  }),
});

export const handler = tracedApi(routes);
