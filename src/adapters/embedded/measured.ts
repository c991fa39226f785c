// What was measured, in the table `metrics`: merged with what is there by the core, inside the caller's transaction.
// Used by store.ts only.
import { merged } from '../../app/measure/monitor.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { labelsKey, type Measured } from '../../domain/metrics.ts';
import type { Database, Row } from './database.ts';

/**
 * Inside a write transaction. A kept series that is damaged or of another kind is refused, or, where more depends on the
 * transaction than measurements, replaced: it could not be read any more anyway.
 */
export function addMeasured(db: Database, measured: readonly Measured[], damaged: 'refuse' | 'replace'): void {
  for (const part of measured) {
    const labels = labelsKey(part.labels);
    const row = db.get('SELECT * FROM metrics WHERE name = ? AND labels = ?', part.name, labels);
    const whole = row === undefined ? part : together(db, row, part, damaged);
    db.run(
      `INSERT INTO metrics (name, labels, kind, value, sketch) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name, labels) DO UPDATE SET kind = excluded.kind, value = excluded.value, sketch = excluded.sketch`,
      whole.name,
      labels,
      whole.kind,
      whole.kind === 'distribution' ? null : whole.value,
      whole.kind === 'distribution' ? whole.sketch : null,
    );
  }
}

function together(db: Database, row: Row, part: Measured, damaged: 'refuse' | 'replace'): Measured {
  try {
    return merged(measuredFrom(db, row), part);
  } catch (error) {
    if (damaged === 'replace' && error instanceof InvalidInput) return part;
    throw error;
  }
}

/** By name and labels. */
export function readMeasured(db: Database): Measured[] {
  return db.all('SELECT * FROM metrics ORDER BY name, labels').map((row) => measuredFrom(db, row));
}

function measuredFrom(db: Database, { name, labels, kind, value, sketch }: Row): Measured {
  const series = { name: String(name), labels: labelsFrom(db, labels) };
  if (kind === 'distribution' && sketch instanceof Uint8Array) return { ...series, kind, sketch };
  if ((kind === 'counter' || kind === 'maximum') && typeof value === 'number') return { ...series, kind, value };
  throw db.corrupt(`the metric ${series.name} is not one`);
}

function labelsFrom(db: Database, text: unknown): Record<string, string> {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    throw db.corrupt('the labels of a metric are not JSON', error);
  }
}
