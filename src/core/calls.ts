// The pure calls of the core, typed. Expected refusals are variants of the answer, not exceptions.
import type {
  Answered,
  Claim,
  ConsensusAnswer,
  ConsensusCall,
  DecideAnswer,
  DecideCall,
  DriftCall,
  Drifted,
  ExpertRecord,
  PermissionsAnswer,
  Plan,
  ResourceChanges,
  RollbackAnswer,
  RollbackCall,
  RuleInfo,
  Share,
  SimulateCall,
  Simulated,
  Undo,
} from '#wasm';
import { pure } from './instance.ts';
import { textOf } from './stored.ts';
import { COLUMNS_FROM, consensusByColumns } from './votes.ts';

/** What is there against what was deployed. */
export function compare(call: DriftCall): Drifted {
  return pure('drift', (wasm) => wasm.drift(call));
}

/** The way back from a deployment that failed. */
export function rollback(call: RollbackCall): RollbackAnswer {
  return pure('rollback', (wasm) => wasm.rollback(call));
}

/** The text whose SHA-256 a plan's digest is. */
export function digestedPlan(planned: Plan): string {
  const text = textOf(planned);
  return pure('digestedPlan', (wasm) => wasm.digestedPlan(text));
}

/** The words of a failure's message that its class depends on: fixed ones, and nothing that the message quotes. */
export function tellingWords(message: string): string {
  return pure('tellingWords', (wasm) => wasm.tellingWords(message));
}

/** What a plan changes, property by property, in its order; secrets are named and not shown. */
export function planChanges(planned: Plan): ResourceChanges[] {
  const text = textOf(planned);
  return pure('planChanges', (wasm) => wasm.planChanges(text).resources);
}

/** How each step would be undone if the deployment failed; those that leave nothing to undo are not in it. */
export function planUndo(planned: Plan): Undo[] {
  const text = textOf(planned);
  return pure('planUndo', (wasm) => wasm.planUndo(text).steps);
}

/** Runs a plan with the real engine on a virtual clock. */
export function simulate(planned: Plan, call: SimulateCall): Simulated {
  const text = textOf(planned);
  return pure('simulate', (wasm) => wasm.simulate(text, call));
}

/** The built-in rules. */
export function rules(): RuleInfo[] {
  return pure('rules', (wasm) => wasm.rules().rules);
}

/** What whoever deploys a template must be allowed to do. */
export function permissions(text: string): PermissionsAnswer {
  return pure('permissions', (wasm) => wasm.permissions(text));
}

/** Aggregates votes on one question. */
export function consensus(call: ConsensusCall): ConsensusAnswer {
  const answer = call.votes.length >= COLUMNS_FROM ? consensusByColumns(call) : undefined;
  return answer ?? pure('consensus', (wasm) => wasm.consensus(call));
}

/** The circle's experts, and what is known of them from what became of their votes. */
export function expertRecords(outcomes: Answered[]): ExpertRecord[] {
  return pure('experts', (wasm) => wasm.experts({ outcomes }).experts);
}

/** The decision that votes on a plan allow, or who is to be asked next. */
export function decide(call: DecideCall): DecideAnswer {
  return pure('decide', (wasm) => wasm.decide(call));
}

/** Puts a claim to a share of a rate to what is kept of it; the answer's `kept` takes its place. */
export function claimRate(kept: string | undefined, claim: Claim): Share {
  return pure('claimRate', (wasm) => wasm.claimRate(kept, claim));
}

/** What is kept of durations with what an engine observed (its own JSON) added. */
export function learnDurations(kept: string | undefined, observed: string): string {
  return pure('learnDurations', (wasm) => wasm.learnDurations(kept, observed));
}

/** What the application looks at of a resource type's schema; the core's `schema::json` describes all of it. */
export interface ResourceSchema {
  typeName: string;
  /** Slash-separated paths, in the order in which they make an identifier. */
  primaryIdentifier: string[];
  handlers: { create: boolean; read: boolean; update: boolean; delete: boolean; list: boolean };
  /** What a list of it has to be asked with: property names, each set is enough. Empty: nothing. */
  listedBy: string[][];
}

/** Schema of a resource type; `undefined` for a type the registry does not know. */
export function resourceSchema(typeName: string): ResourceSchema | undefined {
  const text = resourceSchemaText(typeName);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The same as JSON text, whole. */
export function resourceSchemaText(typeName: string): string | undefined {
  return pure('resourceSchema', (wasm) => wasm.resourceSchema(typeName));
}
