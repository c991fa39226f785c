// `metrics --compare`: types whose operations have become slower, told from what is kept of each run. No call is made.
import { valuesOf } from '../core/sketch.ts';
import { type Labels, labelsKey } from '../domain/metrics.ts';
import { ALPHA, type Counted, GROWTH, type Growth, growths } from './measure/growth.ts';
import { merged } from './measure/merged.ts';
import { damaged } from './metrics.ts';
import { allOf, type Store } from './ports.ts';

/** What a comparison is about. */
const NAME = 'operation_duration_ms';
// The newest runs that are read: more than any series needs, unless most runs do not touch its type.
const MOST_RUNS = 1_000;

export interface SideDocument {
  runs: number;
  operations: number;
  p95Ms: number;
}

/** One type and operation; which places its labels say. */
export interface ComparedDocument {
  labels: Labels;
  /** `too_few`: nothing can be told yet. */
  verdict: Growth['verdict'];
  /** The newest runs that had the operation, and those before them. */
  recent: SideDocument;
  before: SideDocument;
  ratio: number | null;
  /** How often chance alone would look like this; `null` where there are too few. */
  pValue: number | null;
}

export interface ComparisonDocument {
  version: 1;
  kind: 'metrics_comparison';
  /** The chance that anything is named though nothing has changed, and the least ratio that is. */
  alpha: number;
  leastRatio: number;
  /** How many have grown. */
  grown: number;
  /** Those that have grown first, the most grown of them first; then by labels. */
  series: ComparedDocument[];
}

/** Compares p95 of each type and operation. Rejects with InvalidInput `state_corrupt` where what is kept is damaged. */
export async function compare({ store }: { store: Pick<Store, 'measures'> }): Promise<ComparisonDocument> {
  const series = new Map<string, { labels: Labels; runs: Map<string, Uint8Array> }>();
  const seen = new Set<string>();
  for await (const { runId, measured } of allOf((next) => store.measures.runs({ next }))) {
    seen.add(runId);
    if (seen.size > MOST_RUNS) break;
    for (const one of measured) {
      if (one.kind !== 'distribution' || one.name !== NAME || one.labels['type'] === undefined) continue;
      const key = labelsKey(one.labels);
      const known = series.get(key) ?? { labels: one.labels, runs: new Map<string, Uint8Array>() };
      series.set(key, known);
      const before = known.runs.get(runId);
      known.runs.set(runId, before === undefined ? one.sketch : together(before, one.sketch));
    }
  }
  const sorted = [...series].sort(([one], [other]) => (one < other ? -1 : 1));
  const judged = growths(sorted.map(([key, { runs }]) => ({ key, runs: [...runs.values()].map(countedOf) })));
  const documents = sorted.map(([, { labels }], at) => documentOf(labels, judged[at] as Growth));
  const [grown, rest] = [documents.filter(isGrown), documents.filter((one) => !isGrown(one))];
  grown.sort((one, other) => Number(other.ratio) - Number(one.ratio));
  return {
    version: 1,
    kind: 'metrics_comparison',
    alpha: ALPHA,
    leastRatio: GROWTH,
    grown: grown.length,
    series: [...grown, ...rest],
  };
}

function isGrown({ verdict }: ComparedDocument): boolean {
  return verdict === 'grown';
}

function documentOf(labels: Labels, { recent, before, ratio, pValue, verdict }: Growth): ComparedDocument {
  return { labels, verdict, recent: sideDocument(recent), before: sideDocument(before), ratio, pValue };
}

function sideDocument({ runs, count, p95 }: Growth['recent']): SideDocument {
  return { runs, operations: count, p95Ms: p95 };
}

/** A run that was cancelled and resumed has put several parts. */
function together(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = merged(
    { kind: 'distribution', name: NAME, labels: {}, sketch: one },
    { kind: 'distribution', name: NAME, labels: {}, sketch: other },
  );
  return both.kind === 'distribution' ? both.sketch : one;
}

function countedOf(sketch: Uint8Array): Counted {
  const values = valuesOf(sketch);
  // A sketch of nothing is never kept.
  if (values.length === 0) throw damaged(NAME);
  return values;
}
