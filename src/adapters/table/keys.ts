// Where each thing lies in the table: the access patterns, all of them (docs/storage.md).
//
//   stack#KEY     head          the stack: snapshot, last run, unfinished run
//   stack#KEY     lease         who may work on it
//   stack#KEY     births        how often a run has begun on it; outlives the stack
//   stack#KEY     run#RUN       its runs, by time
//   stacks        KEY           every stack
//   name#NAME     PLACE         every stack of a name
//   runs          RUN           every run, by time
//   run#RUN       head          the run: status, fence, sequence
//   run#RUN       turn#NUMBER   its journal
//   run#RUN       cancel        it is asked to stop
//   run#RUN       submission, token    what was asked of the service, and what wakes its workflow
//   run#RUN       told#NUMBER   what it told those who watch
//   run#RUN       sealed        its NoEcho values, until it ends
//   run#RUN       deployment, target#NUMBER   of a deployment to several targets: how it stands, and each of them
//   stack#KEY     drift, review the newest report of drift, and of the schedule's look at it
//   inquiry#ID    head, answer  a question to the service
//   scan#ID       head          a scan over HTTP
//   plan#DIGEST   document      a plan that was asked for
//   exports#PLACE NAME          export names and whose they are
//   export#PLACE|NAME importer#KEY   who uses one
//   limits#NAME, estimates#NAME, drifts#NAME   note
//   answer#KEY    answer        what an expert answered, for a while
//   measures      run#…, sum#SHARD
//   version       head          which version wrote the table (a service's)
//   log           head          size, root and signature of the log
//   log           tile#LEVEL#INDEX, entry#INDEX
//   run#RUN       said#INDEX    which entries of the log are about the run
import type { Place, StackKey } from '../../domain/stack.ts';
import { placeText, stackText } from '../../domain/stack.ts';
import type { ItemKey } from './table.ts';

const stackPartition = (stack: StackKey) => `stack#${stackText(stack)}`;
const runPartition = (runId: string) => `run#${runId}`;

/** Whose notes. */
export type NoteKind = 'limits' | 'estimates' | 'drifts';

export const RUN = 'run#';
export const TURN = 'turn#';
export const TOLD = 'told#';
export const SAID = 'said#';
export const IMPORTER = 'importer#';
export const TARGET = 'target#';
export const STACKS = 'stacks';
export const RUNS = 'runs';
export const MEASURES = 'measures';

export const keys = {
  stackPartition,
  runPartition,
  namePartition: (name: string) => `name#${name}`,
  exportsPartition: (place: Place) => `exports#${placeText(place)}`,
  importersPartition: (place: Place, name: string) => `export#${placeText(place)}|${name}`,
  stackHead: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'head' }),
  lease: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'lease' }),
  births: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'births' }),
  stackRun: (stack: StackKey, runId: string): ItemKey => ({ pk: stackPartition(stack), sk: `${RUN}${runId}` }),
  stackInAll: (stack: StackKey): ItemKey => ({ pk: STACKS, sk: stackText(stack) }),
  stackByName: (stack: StackKey): ItemKey => ({ pk: `name#${stack.name}`, sk: placeText(stack) }),
  runInAll: (runId: string): ItemKey => ({ pk: RUNS, sk: runId }),
  runHead: (runId: string): ItemKey => ({ pk: runPartition(runId), sk: 'head' }),
  cancel: (runId: string): ItemKey => ({ pk: runPartition(runId), sk: 'cancel' }),
  turn: (runId: string, number: number): ItemKey => ({ pk: runPartition(runId), sk: turnName(number) }),
  told: (runId: string, number: number): ItemKey => ({ pk: runPartition(runId), sk: eventsName(number) }),
  sealed: (runId: string): ItemKey => ({ pk: runPartition(runId), sk: 'sealed' }),
  deployment: (id: string): ItemKey => ({ pk: runPartition(id), sk: 'deployment' }),
  target: (id: string, index: number): ItemKey => ({
    pk: runPartition(id),
    sk: `${TARGET}${String(index).padStart(9, '0')}`,
  }),
  drift: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'drift' }),
  review: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'review' }),
  inquiry: (id: string): ItemKey => ({ pk: `inquiry#${id}`, sk: 'head' }),
  inquiryAnswer: (id: string): ItemKey => ({ pk: `inquiry#${id}`, sk: 'answer' }),
  scan: (id: string): ItemKey => ({ pk: `scan#${id}`, sk: 'head' }),
  planDocument: (digest: string): ItemKey => ({ pk: `plan#${digest}`, sk: 'document' }),
  export: (place: Place, name: string): ItemKey => ({ pk: `exports#${placeText(place)}`, sk: name }),
  importer: (name: string, importer: StackKey): ItemKey => ({
    pk: `export#${placeText(importer)}|${name}`,
    sk: `${IMPORTER}${stackText(importer)}`,
  }),
  version: { pk: 'version', sk: 'head' } satisfies ItemKey,
  logPartition: 'log',
  logHead: { pk: 'log', sk: 'head' } satisfies ItemKey,
  tile: (level: number, index: number): ItemKey => ({ pk: 'log', sk: `tile#${level}#${padded(index)}` }),
  entry: (index: number): ItemKey => ({ pk: 'log', sk: entryName(index) }),
  said: (runId: string, index: number): ItemKey => ({ pk: runPartition(runId), sk: `${SAID}${padded(index)}` }),
  answer: (key: string): ItemKey => ({ pk: `answer#${key}`, sk: 'answer' }),
  note: (kind: NoteKind, name: string): ItemKey => ({ pk: `${kind}#${name}`, sk: 'note' }),
};

/** Sorts as the numbers do. */
export function turnName(number: number): string {
  return `${TURN}${padded(number)}`;
}

/** The same of what a run told. */
export function eventsName(number: number): string {
  return `${TOLD}${padded(number)}`;
}

/** The same of an entry of the log. */
export function entryName(index: number): string {
  return `entry#${padded(index)}`;
}

function padded(number: number): string {
  return String(number).padStart(9, '0');
}
