// POST /scans: policy, secrets and mistakes of one template.

import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { scan } from '../../src/app/scan.ts';
import { jsonApi } from '../../src/edge/http/api.ts';
import { scanBody } from '../../src/edge/http/schemas.ts';

export const handler = jsonApi(scanBody, ({ template, name, parameters, context, baseline }) =>
  scan(
    {
      sources: [{ text: template, name, named: true }],
      parameters,
      ...(context === undefined ? {} : { context }),
      baseline: new Set(baseline),
    },
    systemClock.now,
  ),
);
