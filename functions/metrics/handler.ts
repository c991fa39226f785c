// GET /metrics: what has been measured over all runs, for Prometheus and everything that reads its format.
import { OPENMETRICS_TYPE, openMetrics } from '../../src/app/measure/openmetrics.ts';
import { metrics } from '../../src/app/metrics.ts';
import { httpApi } from '../../src/edge/http/api.ts';
import { service } from '../../src/edge/service/open.ts';

export const handler = httpApi({
  'GET /metrics': async () => ({ text: openMetrics(await metrics(await service())), type: OPENMETRICS_TYPE }),
});
