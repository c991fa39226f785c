// A plan for people: what is done, in an order in which it can be done, how long it takes, what cannot be undone.
import type { Action, Problem, UndoAction } from '#wasm';
import type { ActionDocument, PlanDocument } from '../../app/documents/documents.ts';
import { changeText } from './changes.ts';
import { warningsText } from './problems.ts';
import { type Colour, count, cut, duration, type Paint, plain, table, width } from './style.ts';

const SYMBOLS: Record<Action, readonly [symbol: string, colour: Colour]> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  replace: ['-/+', 'yellow'],
  delete: ['-', 'red'],
  retain: ['=', 'cyan'],
  import: ['<', 'cyan'],
  noop: [' ', 'dim'],
};

const PATH_SHOWN = 8;
/** Plans that change more are summed up first, and what is alike is told once. */
const LARGE = 40;
/** So many alike are still listed one by one. */
const MOST_ALIKE = 3;
/** Cells below which a remark says nothing. */
const LEAST_REMARK = 8;

/** `  +`, coloured. */
export function symbol(action: Action, paint: Paint): string {
  const [text, colour] = SYMBOLS[action];
  return paint(colour, text.padStart(3));
}

/** What a plan is shown with. */
export interface Shown {
  where: string;
  /** Name of the template in messages. */
  file: string;
  /** How many times faster than AWS the cloud is. */
  speed: number;
  /** Width of the terminal; absent where lines may be as long as they are. */
  columns?: number;
  /** Everything, however long. */
  detail?: boolean;
}

/** Actions that are told in one row. */
interface Row {
  names: string;
  action: ActionDocument;
  /** Lines below it. */
  below: string;
}

/** The whole plan. */
export function planText(document: PlanDocument, shown: Shown, paint: Paint): string {
  const { where, file, speed, detail = false } = shown;
  const changes = inOrder(document.actions).filter(({ action }) => action !== 'noop');
  const warnings = warningsText(document.problems, file, paint);
  if (changes.length === 0) {
    const unchanged = document.actions.length;
    return `${noChanges(document.stack, unchanged, document.problems)}${warnings}\nDigest: ${document.digest}\n`;
  }
  const head = `${paint('bold', `Plan for stack ${document.stack}`)} ${paint('dim', `(${where})`)}\n\n`;
  const summary = planSummary(document, speed, paint);
  const actions = actionsText(document.actions, shown, paint);
  if (changes.length <= LARGE) return `${head}${actions}${warnings}\n${summary}`;
  const way = detail ? '' : '\n--detail shows every change with its old and new value.\n';
  return `${head}${summary}\n${actions}${warnings}${way}`;
}

/** What is done, in order, with what is to be known of it; nothing of what stays. */
export function actionsText(
  actions: readonly ActionDocument[],
  shown: Omit<Shown, 'where' | 'file' | 'speed'>,
  paint: Paint,
): string {
  const { columns, detail = false } = shown;
  const changes = inOrder(actions).filter(({ action }) => action !== 'noop');
  const rows =
    changes.length > LARGE && !detail ? summedUp(changes, paint) : changes.map((action) => one(action, detail, paint));
  const heads = rows.map(
    ({ names, action }) => [`${symbol(action.action, paint)} ${names}`, plain(action.type)] as const,
  );
  // Remarks are what a narrow terminal may lose; wrapped, they would tear the table.
  const taken = widest(heads.map(([name]) => name)) + widest(heads.map(([, type]) => type)) + 4;
  const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - taken;
  const cells = rows.map(({ action }, at) => [
    ...(heads[at] ?? []),
    room < LEAST_REMARK ? '' : paint('dim', cut(remark(action), room)),
  ]);
  const lines = table(cells, '').split('\n');
  const listed = rows.map(({ below }, at) => `${lines[at]}\n${below}`).join('');
  // These sentences name their resource themselves.
  const irreversible = changes.flatMap(({ irreversible }) =>
    irreversible.map((sentence) => `  ${paint('red', '!')} ${plain(sentence)}\n`),
  );
  const left = changes.flatMap(({ logicalId, undo }) =>
    undo === undefined || !(undo.action in LEFT)
      ? []
      : `  ${paint('yellow', '!')} ${plain(logicalId)} ${LEFT[undo.action]}: ${plain(undo.reasons.join('; '))}\n`,
  );
  const back = left.length === 0 ? '' : `\n${paint('bold', 'If it fails')}\n${left.join('')}`;
  const lost = irreversible.length === 0 ? '' : `\n${paint('bold', 'Cannot be undone')}\n${irreversible.join('')}`;
  const noted = changes.flatMap(({ logicalId, notes = [] }) =>
    notes.map((sentence) => `  ${paint('yellow', '!')} ${plain(logicalId)}: ${plain(sentence)}\n`),
  );
  const notes = noted.length === 0 ? '' : `\n${paint('bold', 'To know')}\n${noted.join('')}`;
  return `${listed}${notes}${back}${lost}`;
}

/** What a rollback does not bring back as it was. */
const LEFT: Partial<Record<UndoAction, string>> = {
  retain: 'stays, and the stack forgets it',
  recreate: 'is made anew',
  leave: 'is left as it is then',
};

function one(action: ActionDocument, detail: boolean, paint: Paint): Row {
  return { names: plain(action.logicalId), action, below: changeText(action, detail, paint) };
}

/** What many resources have in common is told once; what only a few do, each by itself and without values. */
function summedUp(changes: readonly ActionDocument[], paint: Paint): Row[] {
  const groups = new Map<string, ActionDocument[]>();
  for (const action of changes) {
    const paths = action.action === 'create' ? [] : action.changes.map(({ path }) => path);
    // What replaces or destroys is always listed.
    const own = action.action === 'replace' || action.irreversible.length > 0 ? action.logicalId : '';
    const key = JSON.stringify([action.action, action.type, paths, own]);
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  return [...groups.values()].flatMap((group): Row[] => {
    const [first, second, ...others] = group;
    if (first === undefined) return [];
    if (second === undefined || group.length <= MOST_ALIKE) {
      return group.map((action) =>
        action.action === 'replace' ? one(action, false, paint) : { ...one(action, false, paint), below: '' },
      );
    }
    const below = changeText(first, false, paint);
    const alike = group.every((action) => changeText(action, false, paint) === below);
    const names = `${plain(first.logicalId)}, ${plain(second.logicalId)} and ${others.length} more`;
    return [{ names, action: { ...first, dependsOn: [] }, below: alike ? below : '' }];
  });
}

const ROLLBACK: readonly [UndoAction, string][] = [
  ['delete', 'deleted again'],
  ['restore', 'as before'],
  ['recreate', 'made anew'],
  ['retain', 'kept but forgotten'],
  ['leave', 'left'],
];

/** Counts, forecast, what a rollback would do, critical path and digest. */
export function planSummary({ actions, forecast, digest }: PlanDocument, speed: number, paint: Paint): string {
  const of = (action: Action) => actions.filter((one) => one.action === action).length;
  const parts = [`${of('create')} to create`, `${of('update')} to update`, `${of('replace')} to replace`];
  parts.push(`${of('delete')} to delete`);
  if (of('retain') > 0) parts.push(`${of('retain')} to keep but forget`);
  if (of('import') > 0) parts.push(`${of('import')} to import`);
  if (of('noop') > 0) parts.push(`${of('noop')} unchanged`);
  const undone = ROLLBACK.flatMap(([undo, word]) => {
    const n = actions.filter((one) => one.undo?.action === undo).length;
    return n === 0 ? [] : `${n} ${word}`;
  });
  const back = undone.length === 0 ? '' : `If it fails: ${undone.join(', ')}\n`;
  const path = forecast.criticalPath.map(plain);
  const shown =
    path.length <= PATH_SHOWN
      ? path
      : [...path.slice(0, PATH_SHOWN / 2), `… ${path.length - PATH_SHOWN} more …`, ...path.slice(-PATH_SHOWN / 2)];
  const slower = speed === 1 ? '' : ` here, ${duration(forecast.makespanMs * speed)} on AWS`;
  const critical = path.length === 0 ? '' : `Critical path: ${shown.join(' → ')}\n`;
  return (
    `${paint('bold', `Plan: ${parts.join(', ')}.`)}\n` +
    `Forecast: about ${duration(forecast.makespanMs)}${slower}\n${back}${critical}Digest: ${digest}\n`
  );
}

/** The sentence when there is nothing to do. */
export function noChanges(stack: string, resources: number, problems: readonly Problem[] = []): string {
  return `No changes. Stack ${stack} ${asSaid(problems)} (${count(resources, 'resource')}).\n`;
}

/** What a stack that stays is like: a template whose new defaults were not taken says something else. */
export function asSaid(problems: readonly Problem[]): string {
  const kept = problems.some(({ code }) => code === 'default_not_taken');
  return `is as its template says${kept ? ' with the parameter values of the last deployment' : ''}`;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, width(text)), 0);
}

function remark({ action, reasons, dependsOn }: ActionDocument): string {
  if (action !== 'create' && reasons.length > 0) return plain(reasons.join('; '));
  if (dependsOn.length === 0) return '';
  const names = dependsOn.slice(0, 3).map(plain).join(', ');
  return `after ${names}${dependsOn.length > 3 ? ` and ${dependsOn.length - 3} more` : ''}`;
}

/** Dependencies first; within that by name. Edges to what the plan does not hold are ignored. */
export function inOrder(actions: readonly ActionDocument[]): ActionDocument[] {
  const byId = new Map(actions.map((action) => [action.logicalId, action]));
  const depth = new Map<string, number>();
  const waiting = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { logicalId, dependsOn } of actions) {
    const known = dependsOn.filter((id) => byId.has(id));
    waiting.set(logicalId, known.length);
    for (const id of known) dependents.set(id, [...(dependents.get(id) ?? []), logicalId]);
  }
  let level = [...waiting].filter(([, open]) => open === 0).map(([id]) => id);
  for (let at = 0; level.length > 0; at += 1) {
    const next: string[] = [];
    for (const id of level) {
      depth.set(id, at);
      for (const dependent of dependents.get(id) ?? []) {
        const open = (waiting.get(dependent) ?? 0) - 1;
        waiting.set(dependent, open);
        if (open === 0) next.push(dependent);
      }
    }
    level = next;
  }
  const rank = ({ logicalId }: ActionDocument) => depth.get(logicalId) ?? actions.length;
  return [...actions].sort((a, b) => rank(a) - rank(b) || (a.logicalId < b.logicalId ? -1 : 1));
}
