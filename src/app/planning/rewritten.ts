// What a service rewrote when it was given: `HTTPS` that is `https` from the first read on. Nobody has changed it.
import type { Live, Problem } from '#wasm';

const DRIFTED = /^Resources\/([^/]+)\/Properties\/(.+)$/;

/**
 * The problems without the warnings that something was changed outside, where it is as it was read when it was last deployed.
 * `baselines` gives these reads by logical id.
 */
export async function withoutRewritten(
  problems: readonly Problem[],
  live: Readonly<Record<string, Live>>,
  baselines: (logicalIds: ReadonlySet<string>) => Promise<Record<string, unknown>>,
): Promise<Problem[]> {
  const places = new Map<Problem, RegExpExecArray>();
  for (const problem of problems) {
    const place = problem.code === 'drifted' ? DRIFTED.exec(problem.path ?? '') : null;
    if (place !== null) places.set(problem, place);
  }
  if (places.size === 0) return [...problems];
  const then = await baselines(new Set([...places.values()].map(([, logicalId = '']) => logicalId)));
  return problems.filter((problem) => {
    const [, logicalId = '', path = ''] = places.get(problem) ?? [];
    const now = live[logicalId];
    if (now?.status !== 'present') return true;
    const [is, was] = [valueAt(now.properties, path), valueAt(then[logicalId], path)];
    return is === undefined || JSON.stringify(is) !== JSON.stringify(was);
  });
}

function valueAt(model: unknown, path: string): unknown {
  return path.split('/').reduce<unknown>((value, part) => Object(value)[part], model);
}
