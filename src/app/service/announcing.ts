// Every change of a run's status is told to whoever listens, once it is written down. A change that cannot be told fails no
// run; one whose worker is killed in between is not told (the run itself says what is true).
import type { DeploymentState, Deployments } from '../ports/service.ts';
import type { Run, Runs } from '../ports.ts';

/** What became of a run, or of a deployment to several targets. */
export interface StatusChange {
  version: 1;
  runId: string;
  status: Run['status'] | DeploymentState['status'];
  /** Of a run. */
  stack?: string;
  account?: string;
  region?: string;
  endpoint?: string;
  mode?: Run['mode'];
  planDigest?: string;
  /** Why it ended so, where there is a reason. */
  code?: string;
}

/** Tells it; must not reject. */
export type Announce = (change: StatusChange) => Promise<void>;

/** The same runs, whose changes are told. */
export function announcedRuns(runs: Runs, announce: Announce): Runs {
  const say = async (runId: string): Promise<void> => {
    const run = await runs.get(runId);
    if (run === undefined) return;
    const { stack, status, mode, planDigest, result } = run;
    const { name, account, region, endpoint } = stack;
    const code = result?.code;
    await announce({
      version: 1,
      runId,
      status,
      stack: name,
      account,
      region,
      endpoint,
      mode,
      planDigest,
      ...(code === undefined ? {} : { code }),
    });
  };
  return {
    get: (runId) => runs.get(runId),
    list: (page) => runs.list(page),
    acquire: (stack) => runs.acquire(stack),
    isHeld: (stack) => runs.isHeld(stack),
    renew: (lease) => runs.renew(lease),
    release: (lease) => runs.release(lease),
    append: (...turn) => runs.append(...turn),
    turnBack: (...rollback) => runs.turnBack(...rollback),
    journal: (...page) => runs.journal(...page),
    requestCancel: (...cancel) => runs.requestCancel(...cancel),
    withdrawCancel: (runId) => runs.withdrawCancel(runId),
    cancelRequested: (runId) => runs.cancelRequested(runId),
    submit: async (run) => {
      await runs.submit(run);
      await say(run.runId);
    },
    move: async (runId, from, change) => {
      const moved = await runs.move(runId, from, change);
      if (moved && change.status !== undefined) await say(runId);
      return moved;
    },
    begin: async (lease, runId, startedAt, fresh) => {
      const begun = await runs.begin(lease, runId, startedAt, fresh);
      if (begun) await say(runId);
      return begun;
    },
    reopen: async (lease, runId) => {
      await runs.reopen(lease, runId);
      await say(runId);
    },
    suspend: async (lease, runId, seq) => {
      await runs.suspend(lease, runId, seq);
      await say(runId);
    },
    finish: async (lease, runId, seq, ended) => {
      await runs.finish(lease, runId, seq, ended);
      await say(runId);
    },
  };
}

/** The same of deployments to several targets. */
export function announcedDeployments(deployments: Deployments, announce: Announce): Deployments {
  const say = (runId: string, { status, code }: Pick<DeploymentState, 'status' | 'code'>) =>
    announce({ version: 1, runId, status, ...(code === undefined ? {} : { code }) });
  return {
    get: (id) => deployments.get(id),
    note: (id, index, note) => deployments.note(id, index, note),
    notes: (id) => deployments.notes(id),
    begin: async (id, state) => {
      await deployments.begin(id, state);
      await say(id, state);
    },
    move: async (id, from, change) => {
      const moved = await deployments.move(id, from, change);
      if (moved) await say(id, change);
      return moved;
    },
  };
}
