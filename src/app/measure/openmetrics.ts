// The metrics document as OpenMetrics 1.0 text
// (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md): for Prometheus and everything that
// reads it. Distributions are classic histograms, so that they can be added up over places; milliseconds become seconds.
import type { Labels, SeriesKind } from '../../domain/metrics.ts';
import type { MetricsDocument, SeriesDocument } from '../metrics.ts';

/** Media type of the text. */
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const TYPES: Record<SeriesKind, string> = { distribution: 'histogram', counter: 'counter', maximum: 'gauge' };

const HELP: Record<string, string> = {
  call_duration_ms: 'Time until a Cloud Control call was answered.',
  cold_start_ms: 'Time from the start of a function’s process until its code was loaded.',
  cold_starts: 'Processes of functions that were started.',
  consult_duration_ms: 'Time the circle of experts took over a plan.',
  engine_event_us: 'Time the engine took for one event.',
  expert_answers: 'Votes of experts, by how they came about.',
  expert_cost_usd: 'What experts cost, in US dollars.',
  expert_duration_ms: 'Time an expert took to vote.',
  forecast_ratio: 'Measured makespan of a run divided by its forecast.',
  lead_time_ms: 'Time from the submission of a run that succeeded to its end.',
  lost_answers: 'Calls to which no usable answer came.',
  operation_duration_ms: 'Time from the first intent of a successful operation to its end.',
  operation_failures: 'Operations that failed for good.',
  operation_retries: 'Attempts at operations beyond their first.',
  operations_in_flight_max: 'Most operations that were under way at once.',
  overflow_records: 'Records that were folded into one series, because their metric had too many.',
  plan_duration_ms: 'Time to make a plan, reads included.',
  queueing_ms: 'Time an operation that could have begun waited for its turn.',
  rate_per_second: 'Calls per second that a process may make, as its shares were claimed.',
  restore_time_ms: 'Time from the first failed deployment of a stack to the next that succeeded.',
  run_duration_ms: 'Time from the start of a run that was not interrupted to its end.',
  runs: 'Runs that ended; one that was cancelled and resumed ended twice.',
  scan_duration_ms: 'Time to scan a template before its deployment.',
  service_duration_ms: 'Time from the first intent of a successful operation to its end, by service.',
  throttles: 'Calls that the cloud turned away for their rate.',
};

/** The exposition; ends in `# EOF`. */
export function openMetrics({ series }: MetricsDocument): string {
  const lines: string[] = [];
  let family = '';
  for (const one of series) {
    const { name, unit, scale } = exposed(one.name);
    if (name !== family) {
      family = name;
      lines.push(`# TYPE ${name} ${TYPES[one.kind]}`);
      if (unit !== undefined) lines.push(`# UNIT ${name} ${unit}`);
      const help = HELP[one.name];
      if (help !== undefined) lines.push(`# HELP ${name} ${escaped(help)}`);
    }
    lines.push(...samples(one, name, scale));
  }
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function samples(one: SeriesDocument, name: string, scale: number): string[] {
  const { labels } = one;
  if (one.kind !== 'distribution') {
    const suffix = one.kind === 'counter' ? '_total' : '';
    return [`${name}${suffix}${labelSet(labels)} ${number(one.value * scale)}`];
  }
  const { buckets = [] } = one;
  const bucket = (le: string, count: number) => `${name}_bucket${labelSet({ ...labels, le })} ${count}`;
  return [
    ...buckets.map(({ le, count }) => bucket(canonical(le * scale), count)),
    bucket('+Inf', one.count),
    `${name}_count${labelSet(labels)} ${one.count}`,
    `${name}_sum${labelSet(labels)} ${number(one.sum * scale)}`,
  ];
}

/** Name, unit and factor of a series outside: base units, and our prefix. */
function exposed(name: string): { name: string; unit?: string; scale: number } {
  if (name.endsWith('_ms')) return { name: `assent_${name.slice(0, -3)}_seconds`, unit: 'seconds', scale: 1e-3 };
  if (name.endsWith('_us')) return { name: `assent_${name.slice(0, -3)}_seconds`, unit: 'seconds', scale: 1e-6 };
  if (name.endsWith('_bytes')) return { name: `assent_${name}`, unit: 'bytes', scale: 1 };
  if (name.endsWith('_ratio')) return { name: `assent_${name}`, unit: 'ratio', scale: 1 };
  return { name: `assent_${name}`, scale: 1 };
}

function labelSet(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** Bounds as the specification's "Canonical Numbers" want them: 1 is `1.0`. */
function canonical(le: number): string {
  const text = number(le);
  return /^\d+$/.test(text) ? `${text}.0` : text;
}

/** As the grammar's `realnumber`: 12 digits, so that a scaled 300 ms reads 0.3 whatever binary makes of it. */
function number(value: number): string {
  return String(Number(value.toPrecision(12)));
}
