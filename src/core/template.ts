// A template through all that is asked about it: parsed once in the core, planned there, and judged there as it was
// planned. Values of secrets go in and never come out.
//
// A template may be asked again after a trap: it is made anew in the fresh instance. A plan is lost with its instance.
import type {
  Brief,
  BuiltinVotes,
  DeclaredParameter,
  EngineConfig,
  Plan,
  PlanAnswer,
  PlanCall,
  PlanSummary,
  Reference,
  ScanAnswer,
  ScanCall,
  Planned as WasmPlanned,
  Template as WasmTemplate,
} from '#wasm';
import { Engine } from './engine.ts';
import { coreFailed, drop, isTrap, pure, type Wasm } from './instance.ts';
import { planOf } from './stored.ts';

/** The answer to a plan call; a plan stays in the core. */
export type Planning = { type: 'planned'; planned: PlannedInCore } | Exclude<PlanAnswer, { type: 'planned' }>;

/** A text that is to be a template; empty for the end of a stack. */
export class TemplateInCore implements Disposable {
  readonly #text: string;
  #made: { wasm: Wasm; template: WasmTemplate } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Parameters it declares; none when it is no template, for planning it then says everything about it. */
  declared(): DeclaredParameter[] {
    const answer = this.#ask('declared', (template) => template.declared());
    return answer.type === 'refused' ? [] : answer.declared.parameters;
  }

  /** Policy, secrets and mistakes of a text that is not about to be deployed. */
  scan(call: ScanCall): ScanAnswer {
    return this.#ask('scan', (template) => template.scan(call));
  }

  /**
   * Plans it, or with `mode: destroy` the end of a stack. What is recorded and what is live may come as the JSON texts
   * that they are kept as, in place of the call's.
   */
  plan(call: PlanCall, { recorded, live }: { recorded?: string; live?: string } = {}): Planning {
    return this.#ask('plan', (template) => {
      const answer = template.plan(call, recorded, live);
      if (answer.type !== 'planned') return answer;
      const planned = template.planned();
      if (planned === undefined) throw new Error('a plan that was made is not there');
      return { type: 'planned', planned: new PlannedInCore(planned, answer.planned) };
    });
  }

  [Symbol.dispose](): void {
    // After a trap it went away with its instance.
    if (this.#made !== undefined) pure('free', (wasm) => wasm === this.#made?.wasm && this.#made.template.free());
    this.#made = undefined;
  }

  #ask<T>(name: string, ask: (template: WasmTemplate) => T): T {
    return pure(name, (wasm) => {
      if (this.#made?.wasm !== wasm) this.#made = { wasm, template: new wasm.Template(this.#text) };
      return ask(this.#made.template);
    });
  }
}

/** A plan with the values that it was made with. Text and plan outlive it; disposing of it frees its memory in the core. */
export class PlannedInCore implements Disposable {
  readonly #planned: WasmPlanned;
  #summary: PlanSummary;
  #text: string | undefined;
  #plan: Plan | undefined;
  #usable = true;

  constructor(planned: WasmPlanned, summary: PlanSummary) {
    this.#planned = planned;
    this.#summary = summary;
  }

  /** Warnings, forecast, parameters, references; the digest is final once the references are bound. */
  get summary(): PlanSummary {
    return this.#summary;
  }

  /** The plan as it is stored, JSON text. */
  get text(): string {
    this.#text ??= this.#guarded('text', () => this.#planned.text());
    return this.#text;
  }

  /** The plan. */
  get plan(): Plan {
    this.#plan ??= planOf(this.text);
    return this.#plan;
  }

  /** Takes in what came of reading the references of the summary: digest and text are others then. */
  bind(references: readonly Reference[]): void {
    const text = JSON.stringify(references);
    this.#summary = this.#guarded('bind', () => this.#planned.bind(text));
    this.#text = undefined;
    this.#plan = undefined;
  }

  /** What the scan finds in the very values that a deployment of it sends. */
  scan(call: ScanCall): ScanAnswer {
    return this.#guarded('scan', () => this.#planned.scan(call));
  }

  /** What the built-in experts say of it, and what kind of change it is. */
  builtinVotes(brief: Brief): BuiltinVotes {
    return this.#guarded('builtinVotes', () => this.#planned.builtinVotes(brief));
  }

  /**
   * The engine that carries it out. The plan moves into it and the rest of what it was made with is freed, so that planner
   * and engine never hold memory at the same time: text and plan stay readable, nothing else may be asked.
   */
  engine(config: EngineConfig): Engine {
    // Read before it is gone.
    const { plan } = this;
    const text = JSON.stringify(config);
    const engine = this.#guarded('engine', () => this.#planned.engine(text));
    this.#usable = false;
    return new Engine(plan, config, engine);
  }

  [Symbol.dispose](): void {
    if (this.#usable) this.#planned.free();
    this.#usable = false;
  }

  #guarded<T>(name: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (isTrap(error)) {
        // Freeing would run code in a broken instance; it goes away as a whole.
        this.#usable = false;
        drop();
      }
      throw coreFailed(name, error);
    }
  }
}
