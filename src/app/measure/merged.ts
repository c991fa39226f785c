// Two parts of one series as one: exact, commutative and associative for every kind.
import { mergeSketches } from '../../core/sketch.ts';
import { invalid, type Measured } from '../../domain/metrics.ts';

/** Throws where they are not of one kind, or a sketch is damaged. */
export function merged(one: Measured, other: Measured): Measured {
  if (one.kind === 'distribution' && other.kind === 'distribution') {
    const sketch = mergeSketches(one.sketch, other.sketch);
    if (sketch === undefined) throw invalid(`What is kept of ${one.name} is damaged.`);
    return { ...one, sketch };
  }
  if (one.kind === 'counter' && other.kind === 'counter') return { ...one, value: one.value + other.value };
  if (one.kind === 'maximum' && other.kind === 'maximum') return { ...one, value: Math.max(one.value, other.value) };
  throw invalid(`${one.name} is a ${one.kind} already, not a ${other.kind}.`);
}
