/* tslint:disable */
/* eslint-disable */
/**
 * A call of a step; says which call an exception belongs to.
 */
export type CallKind = "create" | "update" | "delete" | "get" | "poll";

/**
 * A call that changes something.
 */
export type Operation = "create" | "update" | "delete";

/**
 * A fact that a plan needs from outside the template.
 */
export type Lookup = { kind: "ssmParameter"; name: string } | { kind: "availabilityZones"; region: string } | { kind: "import"; name: string };

/**
 * A lookup with its answer; `null`: it does not exist.
 */
export interface Found {
    /**
     * What was asked.
     */
    lookup: Lookup;
    /**
     * A string, a list of strings, or null.
     */
    value: unknown;
}

/**
 * A parameter as declared.
 */
export interface DeclaredParameter {
    /**
     * Name.
     */
    name: string;
    /**
     * Type as written.
     */
    type: string;
    /**
     * Default as text.
     */
    default?: string;
    /**
     * Never to be shown or stored.
     */
    noEcho: boolean;
    /**
     * Permitted values.
     */
    allowedValues: string[];
}

/**
 * A place in a source text; both numbers count from 1, columns in Unicode scalar values.
 */
export interface Span {
    /**
     * Line, from 1.
     */
    line: number;
    /**
     * Column, from 1.
     */
    column: number;
}

/**
 * A resource in a run's document.
 */
export interface ResourceReport {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * Resource type.
     */
    type: string;
    /**
     * Identifier, once known.
     */
    physicalId: string | null;
    /**
     * What the plan wanted.
     */
    action: Action;
    /**
     * How far it is.
     */
    status: StepStatus;
    /**
     * First intent, if any; the driver turns it into ISO 8601.
     */
    startedAt: Millis | null;
    /**
     * From first intent to end (or to now).
     */
    elapsedMs: Millis;
    /**
     * Attempts made.
     */
    attempts: number;
    /**
     * Error code of a failure.
     */
    errorCode?: string;
    /**
     * Message of a failure or of the last progress.
     */
    message?: string;
}

/**
 * A run on the virtual clock.
 */
export interface SimulateCall {
    /**
     * Operations in flight at most.
     */
    maxConcurrency: number;
    /**
     * Calls per second that the simulated cloud accepts; absent: no limit, and completion is known at once.
     */
    rate?: number;
    /**
     * Order of the ready list.
     */
    policy?: Policy;
    /**
     * Decimal, 64 bits: varies durations around their estimates by `noise`.
     */
    seed: string;
    /**
     * Relative spread of true durations around estimates; 0: exact.
     */
    noise?: number;
}

/**
 * Direction of a plan.
 */
export type Mode = "deploy" | "destroy";

/**
 * Everything a plan depends on besides the template text.
 */
export interface PlanCall {
    /**
     * Stack name.
     */
    stack: string;
    /**
     * Direction; `destroy` takes no template.
     */
    mode: Mode;
    /**
     * Where.
     */
    context: Context;
    /**
     * Values given now; a NoEcho value is checked and forgotten.
     */
    parameters?: Record<string, string>;
    /**
     * What is recorded, if the stack exists.
     */
    recorded?: StackState;
    /**
     * Live resources by logical id; empty without refresh.
     */
    live?: Record<string, Live>;
    /**
     * Facts found so far.
     */
    found?: Found[];
    /**
     * Keyed fingerprints of the secrets given now: secret id to hex.
     */
    fingerprints?: Record<string, string>;
    /**
     * Tags for every taggable resource.
     */
    tags?: Record<string, string>;
    /**
     * For the forecast.
     */
    maxConcurrency: number;
    /**
     * Measured duration divided by estimate, learned by earlier runs.
     */
    durationScale?: number;
}

/**
 * How a run ended, as the engine sees it.
 */
export type Outcome = "succeeded" | "no_changes" | "failed" | "rolled_back" | "cancelled" | "unreachable";

/**
 * How an engine works; constant over a run and stored with it.
 */
export interface EngineConfig {
    /**
     * Goes into every client token.
     */
    runId: string;
    /**
     * Operations in flight at most (accepted and not yet terminal count).
     */
    maxConcurrency: number;
    /**
     * Calls per second to start with, all kinds counted; it adapts (AIMD) between 1 and `max_rate`.
     */
    rate: number;
    /**
     * Upper end of the adaptive rate.
     */
    maxRate: number;
    /**
     * Bucket size in calls.
     */
    burst: number;
    /**
     * Order of the ready list.
     */
    policy?: Policy;
    /**
     * For jitter; a decimal string, 64 bits.
     */
    seed: string;
    /**
     * Measured duration divided by estimate, learned by earlier runs; absent: nothing learned, polls follow RetryAfter.
     */
    durationScale?: number;
}

/**
 * How long a plan will take.
 */
export interface Forecast {
    /**
     * Expected makespan under the given concurrency.
     */
    makespanMs: Millis;
    /**
     * Logical ids on the longest path, first to last.
     */
    criticalPath: string[];
}

/**
 * How much the experts agree.
 */
export interface Agreement {
    /**
     * Krippendorff's alpha, nominal; null where it is not defined (no disagreement is possible).
     */
    alpha: number | null;
    /**
     * Shannon entropy of the posterior.
     */
    entropyBits: number;
}

/**
 * How votes become one answer.
 */
export type Method = "majority" | "weighted" | "bayesian" | "log-pool";

/**
 * Milliseconds since the Unix epoch.
 */
export type Millis = number;

/**
 * One expert's answer.
 */
export interface Vote {
    /**
     * Who; unique in a call.
     */
    expert: string;
    /**
     * What; absent only when it abstained or failed.
     */
    option?: string;
    /**
     * Probability in [0, 1] the expert gives its own option; default 0.8.
     */
    confidence?: number;
    /**
     * Weight > 0; default 1. Methods `weighted` and `log-pool`.
     */
    weight?: number;
    /**
     * Share of past answers that were right, in [0, 1]; default: the confidence. Method `bayesian`.
     */
    reliability?: number;
    /**
     * Experts of one lineage (the same model, the same rules) err together.
     */
    lineage?: string;
    /**
     * Whether it counts.
     */
    status?: VoteStatus;
    /**
     * This option wins whatever the others say (a security veto is explicit, never a large weight).
     */
    veto?: boolean;
    /**
     * Why, for people; not evidence.
     */
    reasons?: string[];
}

/**
 * One expert's part in the answer.
 */
export interface PerExpert {
    /**
     * Who.
     */
    expert: string;
    /**
     * The reliability that was used.
     */
    reliability: number | null;
    /**
     * Share of the whole weight, 0 for those that did not vote.
     */
    weightUsed: number;
    /**
     * What the posterior of the outcome loses without this expert (leave one out); negative: it spoke against.
     */
    contribution: number;
}

/**
 * One output of a plan.
 */
export interface PlannedOutput {
    /**
     * Output name.
     */
    name: string;
    /**
     * Its value.
     */
    value: unknown;
    /**
     * Template text.
     */
    description?: string;
    /**
     * Export name, known at plan time.
     */
    exportName?: string;
}

/**
 * One problem of a template, a parameter or a request.
 */
export interface Problem {
    /**
     * Stable snake_case code that scripts match on.
     */
    code: string;
    /**
     * Whether it stops the work.
     */
    severity: Severity;
    /**
     * One sentence: what is wrong, with the offending name in it.
     */
    message: string;
    /**
     * Line, from 1; 0 where the problem has no place in the text.
     */
    line: number;
    /**
     * Column, from 1; 0 where the problem has no place in the text.
     */
    column: number;
    /**
     * Slash-separated path in the template (`Resources/Table/Properties/KeySchema`); empty where there is none.
     */
    path?: string;
    /**
     * The way out, one sentence; empty where the message says it.
     */
    help?: string;
}

/**
 * One resource of a plan.
 */
export interface PlannedResource {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * Resource type.
     */
    type: string;
    /**
     * What is done with it.
     */
    action: Action;
    /**
     * Why, one sentence each.
     */
    reasons: string[];
    /**
     * Logical ids that come first. For create, update, replace, noop: what it refers to. For delete: the recorded
     * resources that refer to it (they are deleted first).
     */
    dependsOn: string[];
    /**
     * The wanted properties (create, update, replace, noop); absent for delete and retain.
     */
    desired?: unknown;
    /**
     * What is recorded of it, if it exists.
     */
    recorded?: StackResource;
    /**
     * Attribute names (`Ref` included) that other resources or outputs use; the engine must know them when it is done.
     */
    needs: string[];
    /**
     * References of this one alone (without explicit DependsOn), as recorded in [`StackResource::depends_on`] after
     * success together with it: all logical ids it depends on.
     */
    deletionPolicy: string;
    /**
     * What happens to the old one on replacement.
     */
    updateReplacePolicy: string;
    /**
     * What cannot be undone, one sentence each.
     */
    irreversible: string[];
    /**
     * Expected duration of the action; not part of the digest.
     */
    estimateMs: Millis;
}

/**
 * Order of the ready list.
 */
export type Policy = "critical-path" | "fifo";

/**
 * State of a recorded resource.
 */
export type ResourceStatus = "complete" | "createFailed" | "updateFailed" | "deleteFailed";

/**
 * State of a resource within a run.
 */
export type StepStatus = "waiting" | "in_progress" | "retrying" | "succeeded" | "failed" | "blocked" | "cancelled" | "unchanged" | "retained";

/**
 * Status of a Cloud Control request.
 * <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>
 */
export type RequestStatus = "PENDING" | "IN_PROGRESS" | "SUCCESS" | "FAILED" | "CANCEL_IN_PROGRESS" | "CANCEL_COMPLETE";

/**
 * The answer to [`PlanCall`].
 */
export type PlanAnswer = { type: "planned"; plan: Plan; problems: Problem[]; forecast: Forecast; parameters: Record<string, string | null>; noEcho: string[] } | { type: "needs"; lookups: Lookup[] } | { type: "refused"; problems: Problem[] };

/**
 * The answer to `inspect(text)`.
 */
export type InspectAnswer = { type: "inspected"; declared: Declared } | { type: "refused"; problems: Problem[] };

/**
 * The answer to a [`ConsensusCall`].
 */
export interface Consensus {
    /**
     * The option, `tie`, `no_quorum` or `no_votes`.
     */
    outcome: string;
    /**
     * Probability per option; sums to 1.
     */
    posterior: Record<string, number>;
    /**
     * Agreement.
     */
    agreement: Agreement;
    /**
     * Effective number of independent votes.
     */
    nEff: number;
    /**
     * Per expert of the roster, sorted by name.
     */
    perExpert: PerExpert[];
    /**
     * Experts whose valid vote is not the outcome, sorted.
     */
    dissent: string[];
    /**
     * How.
     */
    method: Method;
    /**
     * The expert whose veto decided.
     */
    veto?: string;
}

/**
 * Votes on one question.
 */
export interface ConsensusCall {
    /**
     * For people.
     */
    question?: string;
    /**
     * The possible answers; default: those voted for.
     */
    options?: string[];
    /**
     * The votes.
     */
    votes: Vote[];
    /**
     * Experts that were to be asked; default: those in `votes`.
     */
    roster?: string[];
    /**
     * Share of the roster that must have voted, in [0, 1]; default 0: any.
     */
    quorum?: number;
    /**
     * Prior probability of options; default: equal.
     */
    prior?: Record<string, number>;
    /**
     * Error correlation of experts that share a lineage, in [0, 1]; default 0.5.
     */
    correlation?: number;
    /**
     * How.
     */
    method?: Method;
}

/**
 * What a plan does with a resource.
 */
export type Action = "create" | "update" | "replace" | "delete" | "retain" | "import" | "noop";

/**
 * What a read of a recorded resource returned.
 */
export type Live = { status: "present"; properties: unknown } | { status: "absent" } | { status: "unreadable" };

/**
 * What a simulated run came to.
 */
export interface Simulated {
    /**
     * Resources in the graph.
     */
    resources: number;
    /**
     * Virtual duration.
     */
    makespanMs: Millis;
    /**
     * max(critical path, work / concurrency), with a rate also (2n - burst) / rate.
     */
    lowerBoundMs: Millis;
    /**
     * makespan / lower bound.
     */
    ratio: number;
    /**
     * Operations in flight at most.
     */
    maxInFlight: number;
    /**
     * Events handled.
     */
    events: number;
}

/**
 * What a template declares, before any value is known.
 */
export interface Declared {
    /**
     * Parameters in template order.
     */
    parameters: DeclaredParameter[];
}

/**
 * What happened. A step is one operation of the run, named `<operation>:<logicalId>` (`create:Table`).
 */
export type Event = { type: "started" } | { type: "intentRecorded"; step: string; attempt: number; clientToken: string; at: Millis } | { type: "accepted"; step: string; requestToken: string; identifier?: string; retryAfter?: Millis; at: Millis } | { type: "progress"; step: string; status: RequestStatus; identifier?: string; model?: unknown; errorCode?: string; message?: string; retryAfter?: Millis; at: Millis } | { type: "read"; step: string; properties?: unknown; at: Millis } | { type: "rejected"; step: string; call: CallKind; errorCode: string; message: string; at: Millis } | { type: "throttled"; step: string; call: CallKind } | { type: "lost"; step: string; call: CallKind; message: string } | { type: "timerFired" } | { type: "cancelRequested" };

/**
 * What is known of one deployed resource: the store keeps it, a later plan starts from it.
 */
export interface StackResource {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * e.g. `AWS::SQS::Queue`.
     */
    type: string;
    /**
     * Cloud Control's primary identifier (compound parts joined with `|`).
     */
    physicalId: string;
    /**
     * `complete`, `createFailed` (it exists but its creation failed: to be deleted before a new try),
     * `updateFailed`, `deleteFailed`.
     */
    status: ResourceStatus;
    /**
     * Attribute values others have used: attribute name (or `Ref`) to value.
     */
    attributes?: Record<string, unknown>;
    /**
     * The properties as last applied, every reference resolved, secrets as `{"$secret":id}` (form of [`Expr`]).
     */
    applied: unknown;
    /**
     * Logical ids this one was deployed after; its deletion comes before theirs.
     */
    dependsOn?: string[];
    /**
     * `Delete`, `Retain`, `RetainExceptOnCreate` or `Snapshot`.
     */
    deletionPolicy: string;
    /**
     * `Delete`, `Retain` or `Snapshot`.
     */
    updateReplacePolicy: string;
}

/**
 * What is recorded of a stack.
 */
export interface StackState {
    /**
     * Stack name.
     */
    stack: string;
    /**
     * Where it lives.
     */
    context: Context;
    /**
     * Effective parameter values of the last deployment; a NoEcho parameter is there with `null`.
     */
    parameters: Record<string, string | null>;
    /**
     * Resources, sorted by logical id.
     */
    resources: StackResource[];
    /**
     * Keyed fingerprints of the secrets used last: secret id to hex.
     */
    fingerprints?: Record<string, string>;
}

/**
 * What is to be done, in full: an approval names its digest, an engine executes it.
 */
export interface Plan {
    /**
     * Always 1.
     */
    version: number;
    /**
     * Stack name.
     */
    stack: string;
    /**
     * Where.
     */
    context: Context;
    /**
     * Direction.
     */
    mode: Mode;
    /**
     * Every resource of the template and of the recorded stack, sorted by logical id.
     */
    resources: PlannedResource[];
    /**
     * Outputs, sorted by name.
     */
    outputs: PlannedOutput[];
    /**
     * SHA-256 (hex) over the canonical JSON of everything above but estimates.
     */
    digest: string;
}

/**
 * What the driver is to do.
 */
export type Command = { type: "recordIntent"; step: string; attempt: number; clientToken: string } | { type: "create"; step: string; typeName: string; clientToken: string; secrets: string[] } | { type: "update"; step: string; typeName: string; identifier: string; clientToken: string; secrets: string[] } | { type: "delete"; step: string; typeName: string; identifier: string; clientToken: string } | { type: "get"; step: string; typeName: string; identifier: string } | { type: "poll"; step: string; requestToken: string } | { type: "sleep"; until: Millis } | { type: "recordResource"; resource: StackResource } | { type: "forgetResource"; logicalId: string } | { type: "report"; resource: ResourceReport } | { type: "finish"; outcome: Outcome; resources: ResourceReport[]; outputs: Record<string, unknown> };

/**
 * Where a stack lives; part of every plan's digest.
 */
export interface Context {
    /**
     * Twelve digits.
     */
    account: string;
    /**
     * e.g. `eu-central-1`.
     */
    region: string;
    /**
     * `aws`, `aws-cn`, `aws-us-gov`.
     */
    partition: string;
    /**
     * `AWS::StackId`: derived from partition, account, region and stack name, so it is the same on every machine.
     */
    stackId: string;
}

/**
 * Whether a problem stops the work.
 */
export type Severity = "error" | "warning";

/**
 * Whether a vote is one.
 */
export type VoteStatus = "ok" | "abstained" | "failed";


/**
 * The deployment engine: events in, commands out.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Measured duration divided by estimate, for `EngineConfig.durationScale` of later runs.
     */
    durationScale(): number | undefined;
    /**
     * Events (JSON list) that came by `now` (ms); returns commands (JSON list).
     *
     * # Errors
     * When they are malformed.
     */
    handle(now: number, events: string): string;
    /**
     * From a plan and an `EngineConfig`, both JSON text.
     *
     * # Errors
     * When either is malformed, or the plan wants what the engine does not do.
     */
    constructor(plan: string, config: string);
    /**
     * The desired state (create) or patch document (update) of a step, JSON text; `secrets`: JSON object id to value.
     *
     * # Errors
     * When a reference or secret is unknown.
     */
    payload(step: string, secrets: string): string;
    /**
     * Feeds journaled events (JSON list) without producing commands; before the first `handle` of a resumption.
     *
     * # Errors
     * When they are malformed.
     */
    replay(events: string): void;
}

/**
 * What a template declares.
 *
 * # Errors
 * Never on account of the text: that is an answer.
 */
export function inspect(text: string): InspectAnswer;

/**
 * Plans a template (`mode: deploy`) or a stack's end (`mode: destroy`, empty text).
 *
 * # Errors
 * When the call itself is malformed.
 */
export function plan(text: string, call: PlanCall): PlanAnswer;

/**
 * Schema of a resource type as JSON, `undefined` for a type the registry does not know.
 */
export function resourceSchema(type_name: string): string | undefined;

/**
 * Runs a plan (JSON) with the real engine on a virtual clock.
 *
 * # Errors
 * When the plan or the call is malformed.
 */
export function simulate(plan: string, call: SimulateCall): Simulated;
