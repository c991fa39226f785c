// The engine's way through a first deployment in plain TypeScript, written only to be measured against: the longest way to
// the end first, a bound on what is in flight, a token bucket, an intent with its client token before each call, polls by
// learned durations, each resource recorded when it is done, and an end. It knows no failures, no updates, no replay and no
// deadlines, which is in its favour.
import { createHash } from 'node:crypto';
import type { Command, Event, Plan, PlannedResource } from '#wasm';

interface Step {
  name: string;
  resource: PlannedResource;
  /** ms from its start to the end of all that waits for it. */
  rank: number;
  waitsFor: number;
  users: Step[];
  state: 'waiting' | 'ready' | 'intended' | 'sent' | 'accepted' | 'done';
  token: string;
  startedAt: number;
}

export interface SchedulerConfig {
  runId: string;
  maxConcurrency: number;
  /** Calls per second, and how many at once. */
  rate: number;
  burst: number;
}

/** Events in, commands out, as the engine has them. */
export class Scheduler {
  readonly #config: SchedulerConfig;
  readonly #steps = new Map<string, Step>();
  readonly #ready: Step[] = [];
  readonly #polls = new Map<Step, number>();
  #open = 0;
  #inFlight = 0;
  #tokens: number;
  #at = 0;

  constructor(plan: Plan, config: SchedulerConfig) {
    this.#config = config;
    this.#tokens = config.burst;
    const byId = new Map<string, Step>();
    for (const resource of plan.resources) {
      const name = `create:${resource.logicalId}`;
      const step: Step = { name, resource, rank: 0, waitsFor: 0, users: [], state: 'waiting', token: '', startedAt: 0 };
      byId.set(resource.logicalId, step);
      this.#steps.set(name, step);
    }
    for (const step of byId.values()) {
      for (const id of step.resource.dependsOn) {
        const first = byId.get(id);
        if (first === undefined) continue;
        first.users.push(step);
        step.waitsFor += 1;
      }
    }
    this.#open = byId.size;
    this.#rank([...byId.values()]);
    for (const step of byId.values()) if (step.waitsFor === 0) this.#push(step);
  }

  handle(now: number, events: readonly Event[]): Command[] {
    const { rate, burst, maxConcurrency, runId } = this.#config;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1_000) * rate);
    this.#at = now;
    const commands: Command[] = [];
    for (const event of events) this.#take(event, now, commands);
    while (this.#inFlight < maxConcurrency && this.#tokens >= 1 && this.#ready.length > 0) {
      const step = this.#pop();
      step.state = 'intended';
      step.token = createHash('sha256').update(`${runId}\n${step.name}\n1`).digest('hex');
      this.#inFlight += 1;
      this.#tokens -= 1;
      commands.push({ type: 'recordIntent', step: step.name, attempt: 1, clientToken: step.token });
    }
    let wake = Number.POSITIVE_INFINITY;
    for (const [step, at] of this.#polls) {
      if (at > now) wake = Math.min(wake, at);
      else if (this.#tokens >= 1) {
        this.#tokens -= 1;
        this.#polls.set(step, now + 5_000);
        commands.push({ type: 'poll', step: step.name, requestToken: step.token });
      }
    }
    if (this.#open === 0) {
      const outcome = 'succeeded';
      commands.push({ type: 'finish', outcome, resources: [], outputs: {}, calls: {} } as unknown as Command);
    } else if (wake < Number.POSITIVE_INFINITY) commands.push({ type: 'sleep', until: wake } as Command);
    return commands;
  }

  #take(event: Event, now: number, commands: Command[]): void {
    if (!('step' in event)) return;
    const step = this.#steps.get(event.step);
    if (step === undefined) throw new Error(`no step ${event.step}`);
    const { type: typeName, logicalId, desired, dependsOn, estimateMs } = step.resource;
    if (event.type === 'intentRecorded') {
      step.state = 'sent';
      step.startedAt = now;
      commands.push({ type: 'create', step: step.name, typeName, clientToken: step.token, secrets: [] });
    } else if (event.type === 'accepted') {
      step.state = 'accepted';
      this.#polls.set(step, now + Math.max(1_000, estimateMs * 1.05));
    } else if (event.type === 'progress' && event.status === 'SUCCESS') {
      step.state = 'done';
      this.#polls.delete(step);
      this.#inFlight -= 1;
      this.#open -= 1;
      const resource = {
        logicalId,
        type: typeName,
        physicalId: event.identifier,
        status: 'complete',
        applied: desired,
        dependsOn,
      };
      commands.push({ type: 'record', resource: { ...resource, attributes: {} } } as unknown as Command);
      for (const user of step.users) {
        user.waitsFor -= 1;
        if (user.waitsFor === 0) this.#push(user);
      }
    }
  }

  /** Longest way to the end, users before what they use. */
  #rank(steps: readonly Step[]): void {
    const open = new Map(steps.map((step) => [step, step.users.length]));
    const users = new Map<Step, Step[]>();
    for (const step of steps) for (const user of step.users) users.set(user, [...(users.get(user) ?? []), step]);
    const ends = steps.filter(({ users }) => users.length === 0);
    for (let step = ends.pop(); step !== undefined; step = ends.pop()) {
      step.rank = step.resource.estimateMs + Math.max(0, ...step.users.map(({ rank }) => rank));
      for (const first of users.get(step) ?? []) {
        const left = (open.get(first) ?? 0) - 1;
        open.set(first, left);
        if (left === 0) ends.push(first);
      }
    }
  }

  // A binary heap, the longest way on top.
  #push(step: Step): void {
    step.state = 'ready';
    const heap = this.#ready;
    let at = heap.push(step) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Step;
      if (above.rank >= step.rank) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = step;
  }

  #pop(): Step {
    const heap = this.#ready;
    const top = heap[0] as Step;
    const last = heap.pop() as Step;
    if (heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as Step).rank > (heap[child] as Step).rank) child += 1;
      const below = heap[child] as Step;
      if (below.rank <= last.rank) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
