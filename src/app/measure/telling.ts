// Measurements that are kept, and told to somebody else as well.
import type { Measured } from '../../domain/metrics.ts';
import type { Measures } from '../ports.ts';

/** The same port; `tell` learns what it has kept, and must not throw. What could not be kept is offered again, and told then. */
export function telling(measures: Measures, tell: (measured: readonly Measured[]) => void): Measures {
  return {
    put: async (source, measured) => {
      await measures.put(source, measured);
      tell(measured);
    },
    add: async (measured) => {
      await measures.add(measured);
      tell(measured);
    },
    list: (page) => measures.list(page),
    runs: (page) => measures.runs(page),
  };
}
