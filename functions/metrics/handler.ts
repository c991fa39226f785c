// GET /metrics: what has been measured over all runs, for Prometheus and everything that reads its format.
import { compare } from '../../src/app/compare.ts';
import { OPENMETRICS_TYPE, openMetrics } from '../../src/app/measure/openmetrics.ts';
import { metrics } from '../../src/app/metrics.ts';
import { httpApi, queryOf } from '../../src/edge/http/api.ts';
import { metricsQuery } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';
import { service } from '../../src/edge/service/open.ts';
import { functionTracer } from '../../src/edge/service/telemetry.ts';
import { tracedApi } from '../../src/edge/service/tracing.ts';

const routes = httpApi({
  'GET /metrics': async (event) => {
    callerIn(event).demand('read');
    const [open, tracer] = [await service(), await functionTracer()];
    if (queryOf(metricsQuery, event).compare === 'true') {
      return { document: await tracer.within('compare', {}, () => compare(open)) };
    }
    const document = await tracer.within('collect', {}, () => metrics(open));
    // Whoever accepts anything is taken for a scraper.
    if (/^application\/json\s*($|;)/i.test(event.headers['accept'] ?? '')) return { document };
    return { text: await tracer.within('expose', {}, async () => openMetrics(document)), type: OPENMETRICS_TYPE };
  },
});

export const handler = tracedApi(routes);
