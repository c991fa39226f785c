// What was measured, in the table `metrics`: merged with what is there by the core, inside the caller's transaction.
// Used by store.ts only.
import { merged } from '../../app/monitor.ts';
import { labelsKey, type Measured } from '../../domain/metrics.ts';
import type { Database, Row } from './database.ts';

/** Inside a write transaction. */
export function addMeasured(db: Database, measured: readonly Measured[]): void {
  for (const part of measured) {
    const labels = labelsKey(part.labels);
    const row = db.get('SELECT * FROM metrics WHERE name = ? AND labels = ?', part.name, labels);
    const whole = row === undefined ? part : merged(measuredFrom(db, row), part);
    db.run(
      `INSERT INTO metrics (name, labels, kind, value, sketch) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name, labels) DO UPDATE SET value = excluded.value, sketch = excluded.sketch`,
      whole.name,
      labels,
      whole.kind,
      whole.kind === 'distribution' ? null : whole.value,
      whole.kind === 'distribution' ? whole.sketch : null,
    );
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
