// POST /scans: policy, secrets and mistakes of one template.
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { scan } from '../../src/app/scan.ts';
import { bodyOf, httpApi } from '../../src/edge/http/api.ts';
import { scanBody } from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';

export const handler = httpApi({
  'POST /scans': (event) => {
    callerIn(event).demand('read');
    const { template, name, parameters, context, baseline, suppressions } = bodyOf(scanBody, event);
    const sources = [{ text: template, name, named: true }];
    const where = context === undefined ? {} : { context };
    const options = { sources, parameters, ...where, baseline: new Set(baseline), suppressions };
    return { document: scan(options, systemClock.now) };
  },
});
