// What the state machine calls, one task after the other (machine.asl.json). Only the machine calls it.
import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { briefStep, groupStep, settledStep } from '../../src/app/service/deployments.ts';
import { inquireStep } from '../../src/app/service/inquiries.ts';
import { receiveStep } from '../../src/app/service/receive.ts';
import { reviewStep } from '../../src/app/service/review.ts';
import { answeredStep, askStep, judgeStep, type Next, stopStep, workStep } from '../../src/app/service/steps.ts';
import { told } from '../../src/app/service/telling.ts';
import { watch } from '../../src/app/service/watch.ts';
import type { Control, Session } from '../../src/app/session.ts';
import { circleOf } from '../../src/edge/config/open.ts';
import { coldStart } from '../../src/edge/service/cold.ts';
import { packagedConfig, packagedPolicy } from '../../src/edge/service/config.ts';
import { emf } from '../../src/edge/service/emf.ts';
import { onTarget, onTargets, type Service, service } from '../../src/edge/service/open.ts';
import { receivedFrom } from '../../src/edge/service/received.ts';
import { type Traced, traced } from '../../src/edge/service/tracing.ts';
import { newRunId } from '../../src/edge/session.ts';

/** A task of the machine. `runId` is empty where there is none yet. */
export type Task = { runId: string } & (
  | { task: 'answered' | 'brief' | 'group' | 'inquire' | 'stop' }
  /** `said`: what the task before it returned. */
  | { task: 'settled'; said: Next | { next: 'stopped' } }
  /** The same; an execution that began before it was passed on says nothing. */
  | { task: 'work'; said?: Next }
  /** `start`: the name of the execution. */
  | { task: 'judge'; start: string }
  | { task: 'review'; start: string; input: { after?: string } }
  /** `input`: what the execution was started with. */
  | { task: 'receive'; start: string; input: unknown }
  | { task: 'ask'; token: string }
);

// What is in flight when time runs out gets so long to answer; then the run is let go of, with time left to write it down.
const GRACE_MS = 5_000;
const LET_GO_MS = 20_000;

const logger = new Logger();

// Of a task's 15 minutes, planning needs some, too.
const MOST_CONSULTING_MS = 600_000;

/** As it was configured when the service was installed. */
const circle = circleOf(packagedConfig().circle, MOST_CONSULTING_MS);

export const handler = middy<Task, Next>()
  .use({
    before: ({ event: { task, runId }, context }) => {
      logger.addContext(context);
      logger.info('begins', { task, runId });
    },
    after: ({ event: { task, runId }, response }) => logger.info('ends', { task, runId, next: response?.next }),
  })
  .handler(async (task: Task, context: Context) => {
    const { runId } = task;
    const open = await service();
    // No task fails for it.
    await open.store.measures.add(coldStart(context.functionName)).catch(() => undefined);
    const about: Traced = {
      name: task.task,
      attributes: runId === '' ? {} : { runId },
      traceparent: async () => (runId === '' ? undefined : (await open.submissions.head(runId))?.traceparent),
      outcome: (result) => (result as Next).next,
      leftMs: () => context.getRemainingTimeInMillis(),
    };
    return traced(open, about, () => perform(task, open, context));
  });

async function perform(task: Task, open: Awaited<ReturnType<typeof service>>, context: Context): Promise<Next> {
  const { runId } = task;
  const signal = AbortSignal.timeout(Math.max(context.getRemainingTimeInMillis() - LET_GO_MS, 0));
  const control = { signal, graceMs: GRACE_MS };
  const silent = { ...control, emit: () => undefined };
  const telling = (step: (session: Session, control: Control) => Promise<Next>) =>
    onRun(open, runId, (session) => told(open, runId, (emit) => step(session, { ...control, emit })));
  switch (task.task) {
    case 'inquire':
      return onTarget(open, { ...(await open.inquiries.head(runId)), runId }, (session) =>
        inquireStep(session, { ...open, circle }, runId, silent),
      );
    case 'judge':
      return telling((session, control) => judgeStep(session, { ...open, circle }, task, control));
    case 'ask':
      await askStep(open, open, runId, task.token);
      return { next: 'ask' };
    case 'answered':
      return answeredStep(open, open, runId);
    case 'brief':
      return onTargets(open, { runId, by: (await open.submissions.head(runId))?.by }, (to) =>
        briefStep(open, open, to, runId, silent),
      );
    case 'group':
      return groupStep(open, open, runId);
    case 'receive': {
      const { input, start: execution } = task;
      const receiving = { read: open.readObject, policy: packagedPolicy(), newRunId, execution };
      return receiveStep(open, open, () => receivedFrom(input, execution), receiving);
    }
    case 'review':
      await tellWatch(open);
      return reviewStep(open, open, { name: task.start, after: task.input.after });
    case 'settled':
      return settledStep(open, open, runId, task.said);
    case 'work':
      return telling((session, control) => workStep(session, open, runId, control, task.said));
    case 'stop':
      return stopStep(open, open, runId);
  }
}

/** For alarms; the look at every stack goes on without. */
async function tellWatch(open: Service): Promise<void> {
  try {
    for (const line of emf(await watch(open), open.clock.now())) console.log(line);
  } catch (error) {
    logger.warn('not watched', { error: error as Error });
  }
}

/** A session where the run goes. */
async function onRun<T>(open: Service, runId: string, use: (session: Session) => Promise<T>): Promise<T> {
  return onTarget(open, { ...(await open.submissions.head(runId)), runId }, use);
}
