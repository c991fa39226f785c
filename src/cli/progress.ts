// What a run shows while it goes on: a few lines redrawn on a terminal, one line per change elsewhere.
import type { Action } from '#wasm';
import type { ResourceDocument, RunEvent } from '../app/documents/events.ts';
import type { Io } from './io.ts';
import { symbol } from './render/plan.ts';
import { count, cut, duration, type Paint, painter, plain, seconds } from './render/style.ts';
import { verdictText } from './render/verdict.ts';

const REDRAW_MS = 100;
const MAX_LINES = 12;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** Takes a run's events; `stop` leaves the terminal as it was. */
export interface Progress {
  show(event: RunEvent): void;
  /** Says something without disturbing what is drawn. */
  note(text: string): void;
  /** Operations that have begun and not ended. */
  inFlight(): number;
  stop(): void;
}

/** The fitting one for where stderr goes. */
export function progress(io: Io, now: () => number): Progress {
  return io.live ? new LiveProgress(io, now) : new LineProgress(io);
}

/** Shows nothing, but counts. */
export class SilentProgress implements Progress {
  protected readonly resources = new Map<string, ResourceDocument>();

  show(event: RunEvent): void {
    if (event.event === 'resource') this.resources.set(event.logicalId, event);
  }

  note(_text: string): void {
    // Nothing is shown.
  }

  /** What is waited for, and how long already, a line each; the longest first. */
  protected waitedFor(at: string): string {
    const since = ({ startedAt }: ResourceDocument) => Date.parse(startedAt ?? at);
    const active = [...this.resources.values()].filter(({ status }) => isActive(status));
    const lines = active
      .sort((left, right) => since(left) - since(right))
      .map(
        (one) =>
          `  waiting for ${plain(one.logicalId)} (${plain(one.type)}), ${duration(Date.parse(at) - since(one))} already\n`,
      );
    const more = lines.length - MAX_LINES;
    return more > 0 ? `${lines.slice(0, MAX_LINES).join('')}  and for ${more} more\n` : lines.join('');
  }

  inFlight(): number {
    let n = 0;
    for (const { status } of this.resources.values()) if (isActive(status)) n += 1;
    return n;
  }

  stop(): void {
    // Nothing was drawn.
  }
}

/** For logs and pipes: no colour beyond what the stream takes, no cursor movement, one line per change. */
export class LineProgress extends SilentProgress {
  readonly #io: Io;
  readonly #paint: Paint;

  constructor(io: Io) {
    super();
    this.#io = io;
    this.#paint = painter(io.colour.err);
  }

  override show(event: RunEvent): void {
    const before = event.event === 'resource' ? this.resources.get(event.logicalId)?.status : undefined;
    super.show(event);
    if (event.event === 'cancelling') this.#io.err(sentence(event) + this.waitedFor(event.at));
    else if (event.event !== 'resource') this.#io.err(sentence(event));
    else if (event.status !== before) this.#io.err(changeLine(event, this.#paint));
  }

  override note(text: string): void {
    this.#io.err(text);
  }
}

/** For terminals: counts, elapsed and remaining time, the longest-running operations; failures stay on screen. */
export class LiveProgress extends SilentProgress {
  readonly #io: Io;
  readonly #now: () => number;
  readonly #paint: Paint;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #frame = 0;
  #start = 0;
  #stack = '';
  #total = 0;
  #makespanMs: number | undefined;
  readonly #since = new Map<string, number>();

  constructor(io: Io, now: () => number) {
    super();
    this.#io = io;
    this.#now = now;
    this.#paint = painter(io.colour.err);
  }

  override show(event: RunEvent): void {
    const before = event.event === 'resource' ? this.resources.get(event.logicalId)?.status : undefined;
    super.show(event);
    switch (event.event) {
      case 'planned':
        this.#makespanMs = event.makespanMs;
        break;
      case 'started':
        this.#begin(event.stack, event.resources);
        break;
      case 'resource':
        if (isActive(event.status) && !this.#since.has(event.logicalId)) {
          this.#since.set(event.logicalId, this.#now() - event.elapsedMs);
        }
        if (!isActive(event.status)) this.#since.delete(event.logicalId);
        if (event.status === 'failed' && before !== 'failed') this.note(changeLine(event, this.#paint));
        break;
      case 'cancelling':
        this.note(sentence(event) + this.waitedFor(event.at));
        break;
      default:
        this.note(sentence(event));
    }
  }

  override note(text: string): void {
    const drawn = this.#drawn > 0;
    this.#io.err(this.#erased() + text + (drawn ? this.#drawing() : ''));
  }

  override stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#io.err(this.#erased() + SHOW_CURSOR);
  }

  #begin(stack: string, total: number): void {
    this.#stack = stack;
    this.#total = total;
    this.#start = this.#now();
    if (this.#timer !== undefined) return;
    this.#io.err(HIDE_CURSOR);
    this.#timer = setInterval(() => {
      this.#frame += 1;
      this.#io.err(this.#erased() + this.#drawing());
    }, REDRAW_MS);
  }

  // To the first column too: the terminal itself may have echoed a `^C` there.
  // What is erased and what is drawn go out in one write, so that nothing flickers.
  #erased(): string {
    const lines = this.#drawn;
    this.#drawn = 0;
    return lines > 0 ? `\r\u001b[${lines}A\u001b[0J` : '';
  }

  #drawing(): string {
    const { columns, rows } = this.#io.size();
    const lines = [this.#summary(columns), ...this.#operations(columns, Math.min(MAX_LINES, rows - 3))];
    this.#drawn = lines.length;
    return lines.map((line) => `${line}\n`).join('');
  }

  #summary(columns: number): string {
    let ended = 0;
    let stopping = false;
    for (const { status } of this.resources.values()) {
      if (status === 'cancelled') stopping = true;
      else if (!isActive(status) && status !== 'waiting' && status !== 'blocked') ended += 1;
    }
    const elapsed = this.#now() - this.#start;
    const left = this.#makespanMs === undefined ? 0 : this.#makespanMs - elapsed;
    const parts = [
      `${SPINNER[this.#frame % SPINNER.length] ?? ''} ${this.#stack}`,
      `${ended}/${this.#total} done`,
      `${this.inFlight()} in flight`,
      `${seconds(elapsed)} elapsed`,
    ];
    if (left > 1_000 && ended < this.#total && !stopping) parts.push(`about ${seconds(left)} left`);
    return this.#paint('bold', cut(parts.join(' · '), columns - 1));
  }

  #operations(columns: number, most: number): string[] {
    const active = [...this.#since].sort(([, a], [, b]) => a - b);
    const shown = active.slice(0, Math.max(1, most));
    const lines = shown.map(([logicalId, since]) => {
      const resource = this.resources.get(logicalId);
      const verb = resource?.action === 'delete' ? '-' : '+';
      const retrying = resource?.status === 'retrying' ? ' retrying' : '';
      const age = seconds(this.#now() - since);
      const text = `  ${verb} ${plain(logicalId)} ${plain(resource?.type ?? '')} ${age}${retrying}`;
      return this.#paint('dim', cut(text, columns - 1));
    });
    if (active.length > shown.length) lines.push(this.#paint('dim', `    and ${active.length - shown.length} more`));
    return lines;
  }
}

function isActive(status: ResourceDocument['status']): boolean {
  return status === 'in_progress' || status === 'retrying';
}

function sentence(event: Exclude<RunEvent, { event: 'resource' }>): string {
  switch (event.event) {
    case 'warning':
      return `warning: ${plain(event.message)}\n`;
    case 'settling':
      return `Settling run ${event.runId}, which did not end…\n`;
    case 'refreshing':
      return `Reading ${count(event.resources, 'recorded resource')}…\n`;
    case 'planned':
      return '';
    case 'decided':
      return event.decision === 'approve' ? verdictText(event, false, painter(false)) : '';
    case 'started':
      return `Run ${event.runId} of stack ${event.stack} started.\n`;
    case 'rolling_back':
      return `It failed: rolling back ${count(event.resources, 'resource')}…\n`;
    case 'suspending':
    case 'cancelling':
      return 'Stopping in good order: nothing new is started.\n';
  }
}

const WORDS: Record<Action, readonly [doing: string, done: string]> = {
  create: ['creating', 'created'],
  update: ['updating', 'updated'],
  replace: ['replacing', 'replaced'],
  delete: ['deleting', 'deleted'],
  retain: ['keeping', 'kept'],
  import: ['importing', 'imported'],
  noop: ['reading', 'read'],
};

function changeLine(resource: ResourceDocument, paint: Paint): string {
  const { logicalId, type, action, status, physicalId, elapsedMs } = resource;
  const head = `${symbol(action, paint)} ${plain(logicalId)} ${paint('dim', `(${plain(type)})`)}`;
  const [doing, done] = WORDS[action];
  switch (status) {
    case 'in_progress':
      return `${head} ${doing}\n`;
    case 'retrying':
      return `${head} ${retried(resource, paint)}\n`;
    case 'succeeded': {
      const identifier = physicalId === null || action === 'delete' ? '' : ` ${paint('dim', plain(physicalId))}`;
      return `${head} ${paint('green', done)} in ${duration(elapsedMs)}${identifier}\n`;
    }
    case 'failed':
      return `${head} ${paint('red', 'failed')} after ${duration(elapsedMs)}: ${reason(resource, 'no reason given')}\n`;
    case 'retained':
      return `${head} kept\n`;
    case 'blocked':
      return `${head} not started: something it needs failed\n`;
    case 'waiting':
    case 'rolled_back':
    case 'rollback_failed':
    case 'cancelled':
    case 'unchanged':
      return '';
  }
}

// What is waited for is the first sentence of the message, where anything in particular is.
const WAITING = /^Waiting,? (?<what>[^.]+)\. ?(?<said>.*)$/s;

/** What a failed attempt waits for and for how long it has been at it, and what the cloud said. */
function retried(resource: ResourceDocument, paint: Paint): string {
  const { what, said } = WAITING.exec(resource.message ?? '')?.groups ?? {};
  if (what === undefined) return `will be tried again: ${reason(resource, 'no answer')}`;
  const cause = reason({ ...resource, message: said ?? '' }, '');
  return `waiting ${plain(what)}, ${duration(resource.elapsedMs)} so far${cause === '' ? '' : paint('dim', `: ${cause}`)}`;
}

function reason({ errorCode, message }: ResourceDocument, otherwise: string): string {
  const parts = [errorCode, message].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? otherwise : plain(parts.join(': '));
}
