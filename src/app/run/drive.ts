// The driver: performs what the engine commands and tells it what happened. It decides nothing.
//
// One turn: the events that came in go to the engine; what must survive (durable events, intents, changes of the
// stack) is committed in one transaction; only then are the recorded intents told to the engine and the calls made. So
// there is never a call whose intent is not in the journal, and a process killed anywhere can be resumed from it.
// Events that arrive during a commit or in the same poll of the event loop share the next turn, and its one fsync.
// A turn costs O(its events); calls in flight cost nothing until they answer.
import type { Command, Event, Outcome, ResourceReport, StackResource } from '#wasm';
import type { Decider } from '../../core/engine.ts';
import { type Calls, type Emit, iso, noCalls, resourceDocument } from '../documents/events.ts';
import type { Monitor } from '../measure/monitor.ts';
import type { Distribution } from '../measure/recorder.ts';
import type { Clock, Cloud, Runs, Tally } from '../ports.ts';
import type { Rate } from './budget.ts';
import { Journal } from './journal.ts';
import type { Held } from './lease.ts';
import { type CallCommand, perform } from './perform.ts';
import type { Secrets } from './secrets.ts';

const LOOK_FOR_CANCEL_MS = 5_000;

/** What a run is driven with. */
export interface Drive {
  engine: Decider;
  runs: Pick<Runs, 'append' | 'cancelRequested'>;
  cloud: Cloud;
  clock: Clock;
  nextPoll: () => Promise<void>;
  secrets: Secrets;
  held: Held;
  runId: string;
  /** Events already journaled that this engine has not heard: empty for a new run. */
  journal: readonly Event[];
  /** Turns in the run's journal. */
  seq: number;
  /** Start nothing new from the first turn on: only find out how what is in flight ends. */
  settleOnly?: boolean;
  /** With `settleOnly`: what is in flight is cancelled in the cloud instead of waited for. */
  cancelNow?: boolean;
  /** Cancels in good order. */
  signal?: AbortSignal | undefined;
  /** Lets go of the run as it stands: it ends as `suspended`, and whoever drives it next goes on. */
  suspend?: AbortSignal | undefined;
  /** So long what is in flight is still looked at after that; none by default. */
  suspendGraceMs?: number;
  emit: Emit;
  /** Learns what an event costs the engine. */
  monitor?: Monitor;
  /** Counted on from here. */
  tally?: Tally;
  /** The engine keeps to this share of the rate, and to every later one. */
  budget?: { rate: Rate; listen: (listener: (rate: Rate) => void) => () => void };
}

/** How a run ended. */
export interface Driven {
  outcome: Outcome;
  resources: ResourceReport[];
  outputs: Record<string, unknown>;
  calls: Calls;
  seq: number;
  /** Of a suspended run: there is nothing to do before so much time has passed. */
  resumeInMs?: number;
}

/** Drives a run to its end. Rejects when the lease is lost, the store fails or the core breaks; the journal then holds
 * all that is needed to resume. */
export async function drive(work: Drive): Promise<Driven> {
  const run = new Driver(work);
  try {
    return await run.toEnd();
  } finally {
    run.stop();
  }
}

type Finish = Extract<Command, { type: 'finish' }>;

/** What the commands of one turn ask for. */
interface Turn {
  intents: Event[];
  record: StackResource[];
  forget: string[];
  calls: CallCommand[];
  finish: Finish | undefined;
}

class Driver {
  readonly #work: Drive;
  readonly #tally: Tally;
  readonly #durable = new Journal();
  readonly #over = new AbortController();
  #inbox: Event[] = [{ type: 'started' }];
  #seq: number;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #timer: { until: number; abort: AbortController } | undefined;
  #cancelled: boolean | 'now' = false;
  #unlisten = (): void => undefined;
  readonly #eventUs: Distribution | undefined;

  constructor(work: Drive) {
    this.#work = work;
    this.#tally = work.tally ?? { calls: noCalls(), inFlightMax: 0 };
    if (work.budget !== undefined) {
      this.#inbox.unshift({ type: 'rateShare', ...work.budget.rate });
      this.#unlisten = work.budget.listen((rate) => this.#push([{ type: 'rateShare', ...rate }]));
    }
    this.#eventUs = work.monitor?.series('engine_event_us');
    this.#seq = work.seq;
    this.#durable.replay(work.journal);
    if (work.journal.length > 0) work.engine.replay(work.journal);
    if (work.settleOnly === true) this.#cancel(work.cancelNow === true ? 'now' : true);
    this.#listen(work.signal, () => this.#cancel());
    this.#listen(work.suspend, () => this.#suspend());
    this.#listen(work.held.lost, () => this.#fail(work.held.lost.reason));
    void this.#lookForCancel();
  }

  async toEnd(): Promise<Driven> {
    for (;;) {
      const events = this.#inbox;
      this.#inbox = [];
      const finish = await this.#turn(events);
      if (finish !== undefined) {
        const { secrets } = this.#work;
        const { type: _, ...ended } = finish;
        // An identifier may have been made from a secret, where that was allowed.
        const [resources, outputs] = [secrets.shown(finish.resources), secrets.shown(finish.outputs)];
        return { ...ended, resources, outputs, calls: this.#tally.calls, seq: this.#seq };
      }
      if (this.#inbox.length === 0 && this.#failure === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      await this.#work.nextPoll();
      if (this.#failure !== undefined) throw this.#failure.error;
    }
  }

  /** Ends timers and listeners; answers of calls still under way are ignored. */
  stop(): void {
    this.#over.abort();
    this.#unlisten();
    this.#timer?.abort.abort();
  }

  async #turn(events: Event[]): Promise<Finish | undefined> {
    const { runs, clock, held, runId } = this.#work;
    const now = clock.now();
    const turn: Turn = { intents: [], record: [], forget: [], calls: [], finish: undefined };
    this.#sort(this.#handle(now, events), now, turn);
    const entries = [...events, ...turn.intents].filter((event) => this.#durable.isDurable(event));
    const { record, forget } = turn;
    if (entries.length > 0 || record.length > 0 || forget.length > 0) {
      const said = { entries, record, forget };
      this.#seq = await runs.append(held.lease, runId, this.#seq, said, structuredClone(this.#tally));
    }
    if (turn.finish !== undefined) return turn.finish;
    if (turn.intents.length > 0) {
      const told: Turn = { intents: [], record: [], forget: [], calls: turn.calls, finish: undefined };
      this.#sort(this.#handle(clock.now(), turn.intents), now, told);
      if (told.intents.length + told.record.length + told.forget.length > 0 || told.finish !== undefined) {
        throw new Error('the engine answered recorded intents with more than calls');
      }
    }
    // A lease lost during the commit forbids the calls: another worker settles these intents.
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const call of turn.calls) this.#start(call);
    return undefined;
  }

  #handle(now: number, events: readonly Event[]): Command[] {
    const { engine, clock } = this.#work;
    const began = clock.monotonic();
    const commands = engine.handle(now, events);
    if (events.length > 0) this.#eventUs?.record(((clock.monotonic() - began) * 1_000) / events.length);
    return commands;
  }

  #sort(commands: Command[], now: number, turn: Turn): void {
    for (const command of commands) {
      switch (command.type) {
        case 'recordIntent': {
          const { step, attempt, clientToken } = command;
          turn.intents.push({ type: 'intentRecorded', step, attempt, clientToken, at: now });
          break;
        }
        case 'recordResource':
          turn.record.push(command.resource);
          break;
        case 'forgetResource':
          turn.forget.push(command.logicalId);
          break;
        case 'sleep':
          this.#sleep(command.until);
          break;
        case 'report':
          this.#work.emit({
            event: 'resource',
            at: iso(now),
            ...resourceDocument(this.#work.secrets.shown(command.resource)),
          });
          break;
        case 'finish':
          turn.finish = command;
          break;
        default:
          turn.calls.push(command);
      }
    }
  }

  #start(command: CallCommand): void {
    const caller = { ...this.#work, calls: this.#tally.calls };
    void perform(command, caller).then(
      (events) => this.#push(events),
      (error: unknown) => this.#fail(error),
    );
  }

  #push(events: readonly Event[]): void {
    this.#inbox.push(...events);
    this.#wake?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  #cancel(request: true | 'now' = true): void {
    if (this.#cancelled === request || this.#cancelled === 'now') return;
    if (this.#cancelled === false && this.#work.settleOnly !== true) {
      this.#work.emit({ event: 'cancelling', at: iso(this.#work.clock.now()) });
    }
    this.#cancelled = request;
    this.#push([{ type: 'cancelRequested', ...(request === 'now' ? { now: true } : {}) }]);
  }

  #suspend(): void {
    const { clock, suspendGraceMs = 0, emit } = this.#work;
    emit({ event: 'suspending', at: iso(clock.now()), graceMs: suspendGraceMs });
    this.#push([{ type: 'suspendRequested', until: clock.now() + suspendGraceMs }]);
  }

  #sleep(until: number): void {
    if (this.#timer?.until === until) return;
    this.#timer?.abort.abort();
    const timer = { until, abort: new AbortController() };
    this.#timer = timer;
    void this.#work.clock.sleep(until, timer.abort.signal).then(() => {
      if (timer.abort.signal.aborted || this.#timer !== timer) return;
      this.#timer = undefined;
      this.#push([{ type: 'timerFired' }]);
    });
  }

  async #lookForCancel(): Promise<void> {
    const { clock, runs, runId } = this.#work;
    while (!this.#over.signal.aborted && this.#cancelled !== 'now') {
      await clock.sleep(clock.now() + LOOK_FOR_CANCEL_MS, this.#over.signal);
      if (this.#over.signal.aborted) return;
      // A look that fails ends nothing: the next one may succeed, and without the store the lease is lost soon.
      const request = await runs.cancelRequested(runId).catch(() => false as const);
      if (request !== false) this.#cancel(request);
    }
  }

  #listen(signal: AbortSignal | undefined, then: () => void): void {
    if (signal === undefined) return;
    if (signal.aborted) then();
    else signal.addEventListener('abort', then, { once: true, signal: this.#over.signal });
  }
}
