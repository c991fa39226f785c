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
//   stack#KEY     drift         the newest report of drift
//   inquiry#ID    head, answer  a question to the service
//   plan#DIGEST   document      a plan that was asked for
//   exports#PLACE NAME          export names and whose they are
//   export#PLACE|NAME importer#KEY   who uses one
//   limits#NAME, estimates#NAME      note
//   measures      run#…, sum#SHARD
import type { Place, StackKey } from '../../domain/stack.ts';
import { placeText, stackText } from '../../domain/stack.ts';
import type { ItemKey } from './table.ts';

const stackPartition = (stack: StackKey) => `stack#${stackText(stack)}`;
const runPartition = (runId: string) => `run#${runId}`;

export const RUN = 'run#';
export const TURN = 'turn#';
export const TOLD = 'told#';
export const IMPORTER = 'importer#';
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
  drift: (stack: StackKey): ItemKey => ({ pk: stackPartition(stack), sk: 'drift' }),
  inquiry: (id: string): ItemKey => ({ pk: `inquiry#${id}`, sk: 'head' }),
  inquiryAnswer: (id: string): ItemKey => ({ pk: `inquiry#${id}`, sk: 'answer' }),
  planDocument: (digest: string): ItemKey => ({ pk: `plan#${digest}`, sk: 'document' }),
  export: (place: Place, name: string): ItemKey => ({ pk: `exports#${placeText(place)}`, sk: name }),
  importer: (name: string, importer: StackKey): ItemKey => ({
    pk: `export#${placeText(importer)}|${name}`,
    sk: `${IMPORTER}${stackText(importer)}`,
  }),
  note: (kind: 'limits' | 'estimates', name: string): ItemKey => ({ pk: `${kind}#${name}`, sk: 'note' }),
};

/** Sorts as the numbers do. */
export function turnName(number: number): string {
  return `${TURN}${String(number).padStart(9, '0')}`;
}

/** The same of what a run told. */
export function eventsName(number: number): string {
  return `${TOLD}${String(number).padStart(9, '0')}`;
}
