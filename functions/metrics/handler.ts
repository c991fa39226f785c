// GET /metrics: what has been measured over all runs, for Prometheus and everything that reads its format.
import { compare } from '../../src/app/compare.ts';
import { OPENMETRICS_TYPE, openMetrics } from '../../src/app/measure/openmetrics.ts';
import { metrics } from '../../src/app/metrics.ts';
import { httpApi, queryOf } from '../../src/edge/http/api.ts';
import { metricsQuery } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';
import { service } from '../../src/edge/service/open.ts';

export const handler = httpApi({
  'GET /metrics': async (event) => {
    callerIn(event).demand('read');
    if (queryOf(metricsQuery, event).compare === 'true') return { document: await compare(await service()) };
    const document = await metrics(await service());
    // Whoever accepts anything is taken for a scraper.
    if (/^application\/json\s*($|;)/i.test(event.headers['accept'] ?? '')) return { document };
    return { text: openMetrics(document), type: OPENMETRICS_TYPE };
  },
});
