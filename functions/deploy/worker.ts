// What the state machine calls, one task after the other (machine.asl.json). Only the machine calls it.
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { inquireStep } from '../../src/app/service/inquiries.ts';
import { answeredStep, askStep, judgeStep, type Next, stopStep, workStep } from '../../src/app/service/steps.ts';
import { told } from '../../src/app/service/telling.ts';
import type { Control, Session } from '../../src/app/session.ts';
import { circleOf } from '../../src/edge/config/open.ts';
import { packagedConfig } from '../../src/edge/service/config.ts';
import { onTarget, service } from '../../src/edge/service/open.ts';

/** A task of the machine. */
export type Task = { runId: string } & (
  | { task: 'answered' | 'inquire' | 'stop' | 'work' }
  /** `start`: the name of the execution. */
  | { task: 'judge'; start: string }
  | { task: 'ask'; token: string }
);

// What is in flight when time runs out gets so long to answer; then the run is let go of, with time left to write it down.
const GRACE_MS = 5_000;
const LET_GO_MS = 20_000;

const logger = new Logger();

/** As it was configured when the service was installed. */
const circle = circleOf(packagedConfig().circle);

export async function handler(task: Task, context: Context): Promise<Next> {
  logger.addContext(context);
  const { runId } = task;
  const open = await service();
  logger.info('begins', { task: task.task, runId });
  const next = await perform(task, open, context);
  logger.info('ends', { task: task.task, runId, next: next.next });
  return next;
}

async function perform(task: Task, open: Awaited<ReturnType<typeof service>>, context: Context): Promise<Next> {
  const { runId } = task;
  const signal = AbortSignal.timeout(Math.max(context.getRemainingTimeInMillis() - LET_GO_MS, 0));
  const control = { signal, graceMs: GRACE_MS };
  const silent = { ...control, emit: () => undefined };
  const telling = (step: (session: Session, control: Control) => Promise<Next>) =>
    onTarget(open, (session) => told(open, runId, (emit) => step(session, { ...control, emit })));
  switch (task.task) {
    case 'inquire':
      return onTarget(open, (session) => inquireStep(session, { ...open, circle }, runId, silent));
    case 'judge':
      return telling((session, control) => judgeStep(session, { ...open, circle }, task, control));
    case 'ask':
      await askStep(open, open, runId, task.token);
      return { next: 'ask' };
    case 'answered':
      return answeredStep(open, runId);
    case 'work':
      return telling((session, control) => workStep(session, runId, control));
    case 'stop':
      return stopStep(open, open, runId);
  }
}
