/* tslint:disable */
/* eslint-disable */
/**
 * A call of a step; says which call an exception belongs to.
 */
export type CallKind = "create" | "update" | "delete" | "get" | "poll" | "cancel" | "listRequests" | "listResources";

/**
 * A call that changes something.
 */
export type Operation = "create" | "update" | "delete";

/**
 * A fact that a plan needs from outside the template.
 */
export type Lookup = { kind: "ssmParameter"; name: string } | { kind: "availabilityZones"; region: string } | { kind: "import"; name: string } | { kind: "output"; stack: string; output: string; region: string } | { kind: "resource"; typeName: string; identifier: string } | { kind: "resources"; typeName: string };

/**
 * A log after an append.
 */
export interface Appended {
    /**
     * How many leaves it has now.
     */
    size: number;
    /**
     * Tiles that are new or longer.
     */
    tiles: Tile[];
    /**
     * The text of its checkpoint, to be signed.
     */
    checkpoint: string;
}

/**
 * A log, and what is to be added to it.
 */
export interface AppendCall {
    /**
     * Which log.
     */
    origin: string;
    /**
     * How many leaves it has.
     */
    size: number;
    /**
     * The tiles at its right edge.
     */
    edge: Tile[];
    /**
     * New leaves, whole.
     */
    leaves: string[];
}

/**
 * A lookup with its answer; `null`: it does not exist.
 */
export interface Found {
    /**
     * What was asked.
     */
    lookup: Lookup;
    /**
     * A string, a list of strings, an object (of a resource), or null. `true` of an export: another stack will have made it
     * before this plan is carried out, and its value is not known yet.
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
 * A plan without what it does.
 */
export interface PlanSummary {
    /**
     * Of the plan.
     */
    digest: string;
    /**
     * Warnings.
     */
    problems: Problem[];
    /**
     * How long it will take.
     */
    forecast: Forecast;
    /**
     * Effective parameter values to record; NoEcho ones `null`.
     */
    parameters: Record<string, string | null>;
    /**
     * Tags for every taggable resource, to record.
     */
    tags: Record<string, string>;
    /**
     * NoEcho parameters whose values the deployment needs.
     */
    noEcho: string[];
    /**
     * Dynamic references whose values it uses, sorted: to be read and bound before the digest is shown to anybody.
     */
    references: string[];
}

/**
 * A proof (INTERFACE.md, `audit prove`).
 */
export interface ProofFile {
    /**
     * 1.
     */
    version: number;
    /**
     * `proof`.
     */
    kind: string;
    /**
     * Run.
     */
    run: string;
    /**
     * Its plan.
     */
    planDigest: string;
    /**
     * The plan itself: the text whose SHA-256 the digest is.
     */
    plan: string;
    /**
     * What was said, in the order of the log.
     */
    statements: ProvenStatement[];
    /**
     * What statements name: SHA-256 to text.
     */
    details: Record<string, string>;
    /**
     * Size and root of the log, a signed note.
     */
    checkpoint: string;
    /**
     * The end of the log.
     */
    history: LogHistory;
}

/**
 * A property that differs.
 */
export interface Difference {
    /**
     * Slash-separated, below the resource's properties.
     */
    path: string;
    /**
     * As deployed; null where it was not there.
     */
    recorded: unknown;
    /**
     * As read; null where it is gone.
     */
    live: unknown;
    /**
     * Whether the template says something about it.
     */
    declared: boolean;
}

/**
 * A public key that the verifier has pinned.
 */
export interface TrustedKey {
    /**
     * PEM (SubjectPublicKeyInfo), its 32 bytes in Base64, or a note's verifier key (`name+hash+key`).
     */
    publicKey: string;
    /**
     * What was signed before this moment (ISO 8601, UTC, ms) is not believed.
     */
    validFrom?: string;
    /**
     * What was signed after it is not.
     */
    validUntil?: string;
}

/**
 * A question that has been answered by what happened.
 */
export interface Answered {
    /**
     * The votes that were given.
     */
    votes: Vote[];
    /**
     * Whether approving was right.
     */
    good: boolean;
    /**
     * What kind of change it was about; absent: nobody knows.
     */
    class?: ChangeClass;
    /**
     * How that came to be known.
     */
    end?: End;
}

/**
 * A request as a list of requests shows it.
 */
export interface ListedRequest {
    /**
     * Its handle.
     */
    requestToken: string;
    /**
     * Where it stands.
     */
    status: RequestStatus;
    /**
     * Primary identifier, when it is known.
     */
    identifier?: string;
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
    /**
     * What became of the resources that this one takes the place of.
     */
    replaced?: ReplacedReport[];
}

/**
 * A resource that another one has taken, or takes, the place of.
 */
export interface OldResource {
    /**
     * Cloud Control's primary identifier.
     */
    physicalId: string;
    /**
     * Its type, which need not be that of its successor.
     */
    type: string;
}

/**
 * A resource that another one makes change.
 */
export interface Caused {
    /**
     * Its name.
     */
    logicalId: string;
    /**
     * What is done with it.
     */
    action: Action;
}

/**
 * A resource that gave way, in a run's document.
 */
export interface ReplacedReport {
    /**
     * Identifier.
     */
    physicalId: string;
    /**
     * Resource type.
     */
    type: string;
    /**
     * `succeeded`: deleted; `retained`: kept by its UpdateReplacePolicy and no longer managed.
     */
    status: StepStatus;
}

/**
 * A resource that is not brought back to what it was.
 */
export interface Unrestored {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * Its type.
     */
    type: string;
    /**
     * What exists of it.
     */
    physicalId?: string;
    /**
     * Why, one sentence.
     */
    message: string;
}

/**
 * A rule as `rules` shows it.
 */
export interface RuleInfo {
    /**
     * Stable name.
     */
    id: string;
    /**
     * What its findings are about.
     */
    category: Category;
    /**
     * How much they matter.
     */
    severity: FindingSeverity;
    /**
     * One line.
     */
    title: string;
    /**
     * The way out.
     */
    help: string;
    /**
     * Resource types it looks at; none: any text.
     */
    types: string[];
    /**
     * What other tools call it.
     */
    aliases: string[];
    /**
     * A resource that fails; empty for secrets.
     */
    fails: string;
    /**
     * A resource that passes; empty for secrets.
     */
    passes: string;
}

/**
 * A rule's outcome on a file.
 */
export interface RuleResult {
    /**
     * The rule.
     */
    ruleId: string;
    /**
     * The file.
     */
    file: string;
    /**
     * Its outcome.
     */
    status: RuleStatus;
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
 * A scan of one text.
 */
export interface ScanCall {
    /**
     * Name of the text in findings.
     */
    file: string;
    /**
     * Values of parameters; one left out has its default, or is unknown.
     */
    parameters?: Record<string, string>;
    /**
     * Where it will be deployed to; without it nothing that depends on the region is a problem.
     */
    context?: Context;
    /**
     * Fingerprints that are known already.
     */
    baseline?: string[];
    /**
     * What the template says should not be reported is reported.
     */
    noSuppressions?: boolean;
}

/**
 * A secret's value.
 */
export interface ReadSecret {
    /**
     * What is looked at.
     */
    value: unknown;
    /**
     * What the digest binds.
     */
    fingerprint: string;
}

/**
 * A share of the roster, or all that a quorum can be.
 */
export type QuorumRule = number | Quorum;

/**
 * A signed payload.
 */
export interface Envelope {
    /**
     * Base64.
     */
    payload: string;
    /**
     * What it is, a media type.
     */
    payloadType: string;
    /**
     * At least one.
     */
    signatures: EnvelopeSignature[];
}

/**
 * A statement about a plan, in our words.
 */
export interface Statement {
    /**
     * Which.
     */
    says: Said;
    /**
     * Digest of the plan that it is about.
     */
    planDigest: string;
    /**
     * What is said.
     */
    predicate: Predicate;
}

/**
 * A statement with its place in the log.
 */
export interface ProvenStatement {
    /**
     * Which entry.
     */
    index: number;
    /**
     * Signed.
     */
    envelope: Envelope;
    /**
     * That it is in the log (RFC 9162, 2.1.3): hashes in Base64, from the leaf up.
     */
    inclusion: string[];
}

/**
 * A tile as it is kept: its hashes in one Base64 text.
 */
export interface Tile {
    /**
     * 0: hashes of leaves.
     */
    level: number;
    /**
     * Which, from the left.
     */
    index: number;
    /**
     * 32 bytes each, at most 256 of them.
     */
    hashes: string;
}

/**
 * An expert of the circle and what is known of it.
 */
export interface ExpertRecord {
    /**
     * Its name.
     */
    expert: string;
    /**
     * What it is asked; empty for one that is no longer in the circle.
     */
    question: string;
    /**
     * Questions it was asked that were answered.
     */
    asked: number;
    /**
     * Of these, with an opinion.
     */
    voted: number;
    /**
     * Of these, right.
     */
    right: number;
    /**
     * Mean of the posterior of being right.
     */
    reliability: number;
    /**
     * About 95 % of it (normal approximation of the Beta posterior, kept inside 0 and 1).
     */
    interval: [number, number];
    /**
     * Weight it has in the circle on a change of no class.
     */
    weight: number;
    /**
     * The same per class of change on which it has had an opinion.
     */
    classes: ClassRecord[];
    /**
     * Mean of (p − outcome)² of its probability that approving is right; null without votes.
     */
    brier: number | null;
    /**
     * Expected calibration error over ten bins of its confidence; null without votes.
     */
    ece: number | null;
    /**
     * Decisions that would have been others without it.
     */
    changed: number;
    /**
     * An expert that has always said the same.
     */
    redundantWith?: string;
}

/**
 * Asks for what proofs are made of.
 */
export interface ProveCall {
    /**
     * Leaves of the log.
     */
    size: number;
    /**
     * All tiles that `needed` named.
     */
    tiles: Tile[];
    /**
     * Entries whose inclusion is to be proved.
     */
    indices: number[];
    /**
     * How far back the history goes.
     */
    since: number;
}

/**
 * Asks whether a run may be worked on.
 */
export interface WorkCall {
    /**
     * Run.
     */
    run: string;
    /**
     * The plan that it is to carry out.
     */
    planDigest: string;
    /**
     * Whether that plan does anything.
     */
    changes: boolean;
    /**
     * What the log has about the run, in its order.
     */
    entries: string[];
    /**
     * Keys that are believed here.
     */
    keys: TrustedKey[];
}

/**
 * Asks whether an envelope is signed by enough of the keys.
 */
export interface DsseCall {
    /**
     * The envelope, JSON text.
     */
    envelope: string;
    /**
     * Pinned ones.
     */
    keys: TrustedKey[];
    /**
     * How many different keys must have signed; at least 1.
     */
    threshold: number;
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
     * Recorded resources that another stack has made anew, as their tags say: logical id to the name of that stack.
     */
    foreign?: Record<string, string>;
    /**
     * Facts found so far.
     */
    found?: Found[];
    /**
     * Keyed fingerprints of the secrets given now: secret id to hex.
     */
    fingerprints?: Record<string, string>;
    /**
     * Tags for every taggable resource, in addition to those of the last deployment; an empty value removes one.
     */
    tags?: Record<string, string>;
    /**
     * Resources that exist already and are to be taken over: logical id to primary identifier.
     */
    imports?: Record<string, string>;
    /**
     * Resources that the template calls by another name: old logical id to new one.
     */
    moved?: Record<string, string>;
    /**
     * How many runs have begun on the stack, those before it was destroyed too; names of what is created are made from it.
     * Absent: none are given.
     */
    incarnation?: number;
    /**
     * The way back to what is recorded, instead of the way to a template.
     */
    reconcile?: Reconcile;
    /**
     * Names and identifiers may be made from secrets.
     */
    allowSecretIdentifiers?: boolean;
    /**
     * For the forecast.
     */
    maxConcurrency: number;
    /**
     * How many times longer everything takes than the schema table says: below 1 in a sandbox that is faster than AWS.
     */
    durationScale?: number;
    /**
     * What earlier runs have learned of the account and region. For estimates and the forecast alone.
     */
    learned?: KeptNotes;
}

/**
 * How a resource stands.
 */
export type DriftStatus = "in_sync" | "modified" | "deleted" | "unreadable";

/**
 * How a run ended, as the engine sees it.
 */
export type Outcome = "succeeded" | "no_changes" | "failed" | "rolled_back" | "cancelled" | "unreachable" | "suspended";

/**
 * How a step is undone.
 */
export interface Undo {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * What becomes of it.
     */
    action: UndoAction;
    /**
     * Why, one sentence each.
     */
    reasons: string[];
}

/**
 * How a table becomes answers.
 */
export type TableMethod = "majority" | "weighted" | "bayesian" | "log-pool" | "dawid-skene";

/**
 * How a table of forecasts was answered.
 */
export interface ForecastsSummary {
    /**
     * Factor by which known outcomes corrected the extremising; 1 without any, and for methods without.
     */
    fitted: number;
    /**
     * Share of errors that forecasters seem to have in common, in [0, 1].
     */
    shared: number;
    /**
     * Rounds of expectation maximisation; 0 for methods without.
     */
    rounds: number;
    /**
     * Whether they came to rest.
     */
    converged: boolean;
}

/**
 * How a table of labels was answered.
 */
export interface LabelsSummary {
    /**
     * Rows in which a worker labels a task again; each counts.
     */
    repeated: number;
    /**
     * Rounds of expectation maximisation; 0 for methods without.
     */
    rounds: number;
    /**
     * Whether they came to rest.
     */
    converged: boolean;
    /**
     * Krippendorff's alpha, nominal, of the labels as they were given; null where no disagreement is possible.
     */
    alpha: number | null;
    /**
     * Tasks without a single best label.
     */
    ties: number;
    /**
     * Tasks whose true label is known.
     */
    judged: number;
    /**
     * Right ones among them; a tie of n labels with the true one among them is right by 1/n.
     */
    right: number;
}

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
    /**
     * The plan was made from reads: what it updates without a test is read once more before. Absent in runs from before.
     */
    freshReads?: boolean;
    /**
     * What is created is tagged with stack and logical id. Absent in runs from before: a call that is made again must be
     * the same call.
     */
    ownershipTags?: boolean;
}

/**
 * How bad an expert finds what it objects to.
 */
export type VoteSeverity = "low" | "medium" | "high" | "critical";

/**
 * How earlier runs of the stack ended.
 */
export interface History {
    /**
     * Runs that ended.
     */
    runs: number;
    /**
     * Of these, failed or rolled back.
     */
    failures: number;
    /**
     * Whether the last one failed.
     */
    lastFailed: boolean;
    /**
     * Of the failures, rolled back.
     */
    rolledBack?: number;
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
 * How long one operation took.
 */
export interface Observed {
    /**
     * Resource type.
     */
    type: string;
    /**
     * Which operation.
     */
    operation: Operation;
    /**
     * From its acceptance to its end.
     */
    ms: number;
}

/**
 * How much a finding matters; in this order.
 */
export type FindingSeverity = "critical" | "high" | "medium" | "low" | "info";

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
 * How often an expert was right about changes of one class.
 */
export interface ClassRecord {
    /**
     * The class.
     */
    class: ChangeClass;
    /**
     * Questions with an opinion.
     */
    voted: number;
    /**
     * Of these, right.
     */
    right: number;
    /**
     * Probability of being right, drawn to that over all classes.
     */
    reliability: number;
    /**
     * Weight it has in the circle on such a change.
     */
    weight: number;
}

/**
 * How often an expert was right.
 */
export interface Tally {
    /**
     * Questions on which it had an opinion and that were answered.
     */
    voted: number;
    /**
     * Of these, right.
     */
    right: number;
}

/**
 * How votes become one answer.
 */
export type Method = "majority" | "weighted" | "bayesian" | "log-pool" | "median" | "dawid-skene";

/**
 * Leaves up to the checkpoint, and what there was before them.
 */
export interface LogHistory {
    /**
     * How many leaves there were before.
     */
    size: number;
    /**
     * The complete subtrees of these, largest first, Base64.
     */
    frontier: string[];
    /**
     * Hashes of the leaves since, Base64.
     */
    leaves: string[];
}

/**
 * Milliseconds since the Unix epoch.
 */
export type Millis = number;

/**
 * Notes of the account and region, as the core wrote them; whatever is absent or damaged is not known.
 */
export interface KeptNotes {
    /**
     * Of `learnDurations`.
     */
    durations?: string;
    /**
     * Of `claimRate`.
     */
    rate?: string;
}

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
    /**
     * Probability per option in place of option and confidence; they sum to 1, options left out have none. Its option is
     * the most probable one; where several are, it is an abstention.
     */
    probabilities?: Record<string, number>;
    /**
     * What it was seen to say: true option to said option to count, from questions that were answered. Method `bayesian`
     * learns a confusion matrix from it, with a Dirichlet prior worth 20 answers at its reliability.
     */
    confusion?: Record<string, Record<string, number>>;
    /**
     * How bad it finds it; not evidence.
     */
    severity?: VoteSeverity;
    /**
     * What the answer cost, US dollars; not evidence.
     */
    costUsd?: number;
    /**
     * How long it took, milliseconds; not evidence.
     */
    elapsedMs?: number;
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
     * About 95 % of it, from the counts of `confusion` and the prior; null for those that did not vote.
     */
    interval: [number, number] | null;
    /**
     * Share of the whole weight, 0 for those that did not vote.
     */
    weightUsed: number;
    /**
     * What the posterior of the outcome loses without this expert (leave one out); negative: it spoke against.
     */
    contribution: number;
    /**
     * The same in log-odds of the outcome, kept within ±20.
     */
    logOdds: number;
    /**
     * Whether the outcome would be another without this expert.
     */
    pivotal: boolean;
}

/**
 * One expert's place in the circle.
 */
export interface ExpertPolicy {
    /**
     * False: it is not in the circle.
     */
    enabled?: boolean;
    /**
     * Times what it gives itself and what was learned of it; above 0.
     */
    weight?: number;
    /**
     * Experts of one lineage err together; default: its own.
     */
    lineage?: string;
    /**
     * Its strong objection refuses, and without its answer nothing is approved.
     */
    veto?: boolean;
    /**
     * Expected price of an answer, US dollars.
     */
    costUsd?: number;
    /**
     * Expected time of an answer, milliseconds.
     */
    latencyMs?: number;
}

/**
 * One operation of an update's patch document (RFC 6902).
 */
export interface PatchOperation {
    /**
     * What is done.
     */
    op: PatchKind;
    /**
     * RFC 6901 pointer.
     */
    path: string;
    /**
     * Of `test`: the value that a read returned when the plan was made. Of `remove`: absent.
     */
    value?: unknown;
    /**
     * What a read returned there when the plan was made, where it is not what was applied and no `test` can say so: it
     * comes in another order each time. Its lists are sorted.
     */
    found?: unknown;
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
 * One property. References are written as a template writes them, secrets as `(secret …)`.
 */
export interface PropertyChange {
    /**
     * Slash-separated.
     */
    path: string;
    /**
     * As applied last; null: it was not there.
     */
    before: unknown;
    /**
     * As wanted; null: it goes.
     */
    after: unknown;
    /**
     * As a read returned it, where that is not as applied: somebody else has changed it. Null: it is not there any more.
     */
    live?: unknown;
    /**
     * Set where a part is not shown.
     */
    secret?: boolean;
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
     * What comes first where that is not what it refers to (rollback).
     */
    after?: string[];
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
     * What the stack has called it so far: it is renamed, not replaced.
     */
    movedFrom?: string;
    /**
     * The name in the wanted properties that the template does not give.
     */
    givenName?: string;
    /**
     * What else is worth knowing before it is approved, one sentence each.
     */
    notes?: string[];
    /**
     * How it is brought from what it is to what is wanted (update, import). Empty: no call, what is recorded changes.
     */
    patch?: PatchOperation[];
    /**
     * In which order it is replaced (replace).
     */
    replacement?: Replacement;
    /**
     * Resources to be deleted besides: the one it replaces, unless it is kept, and what earlier runs left. The recorded
     * one is deleted first where the replacement says so or its creation had failed, all others when everything else
     * has succeeded.
     */
    old?: OldResource[];
    /**
     * Logical ids of what has a name or a place that this one takes: what is recorded of them is deleted first.
     */
    takesFrom?: string[];
    /**
     * It does not wait until everything else has succeeded (delete): what it has is taken in the same plan, or it uses
     * something of which that is so.
     */
    early?: boolean;
    /**
     * Expected duration of the action; not part of the digest.
     */
    estimateMs: Millis;
}

/**
 * One resource.
 */
export interface ResourceDrift {
    /**
     * Name in the template.
     */
    logicalId: string;
    /**
     * e.g. `AWS::SQS::Queue`.
     */
    type: string;
    /**
     * Primary identifier.
     */
    physicalId: string;
    /**
     * How it stands.
     */
    status: DriftStatus;
    /**
     * By path; empty unless modified.
     */
    differences: Difference[];
    /**
     * It was read, but there is no baseline: what the template does not mention was not compared.
     */
    declaredOnly?: boolean;
}

/**
 * One thing that was looked at.
 */
export interface Check {
    /**
     * What was checked: `checkpoint`, `signature`, `inclusion`, ...
     */
    name: string;
    /**
     * Whether it holds.
     */
    ok: boolean;
    /**
     * What it was about, or what is wrong with it.
     */
    message: string;
}

/**
 * Order of a replacement.
 */
export type Replacement = "createBeforeDelete" | "deleteBeforeCreate";

/**
 * Order of the ready list.
 */
export type Policy = "critical-path" | "fifo";

/**
 * Pinned keys.
 */
export interface TrustedKeys {
    /**
     * Each with the time that it is good for.
     */
    keys: TrustedKey[];
}

/**
 * Questions that were answered.
 */
export interface AnsweredQuestions {
    /**
     * In any order.
     */
    outcomes: Answered[];
}

/**
 * Something found.
 */
export interface Finding {
    /**
     * Stable name of the rule.
     */
    ruleId: string;
    /**
     * What it is about.
     */
    category: Category;
    /**
     * How much it matters.
     */
    severity: FindingSeverity;
    /**
     * The rule's title.
     */
    title: string;
    /**
     * Logical id; empty where no resource is concerned.
     */
    resource: string;
    /**
     * Slash-separated path in the template.
     */
    path: string;
    /**
     * As given in the call.
     */
    file: string;
    /**
     * From 1; 0 where it has no place.
     */
    line: number;
    /**
     * From 1; 0 where it has no place.
     */
    column: number;
    /**
     * Last line of what is concerned.
     */
    endLine: number;
    /**
     * One sentence.
     */
    message: string;
    /**
     * The way out.
     */
    help: string;
    /**
     * Of rule, file, path: the same after lines moved. Never made from a secret.
     */
    fingerprint: string;
    /**
     * Set when it is not to be reported.
     */
    suppressed?: Suppressed;
}

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
export type PlanAnswer = { type: "planned"; planned: PlanSummary } | { type: "needs"; lookups: Lookup[]; optional?: Lookup[] } | { type: "refused"; problems: Problem[] };

/**
 * The answer to [`ScanCall`].
 */
export type ScanAnswer = { type: "scanned"; findings: Finding[]; rules: RuleResult[] } | { type: "notTemplate"; problems: Problem[] };

/**
 * The answer to `inspect(text)`.
 */
export type InspectAnswer = { type: "inspected"; declared: Declared } | { type: "refused"; problems: Problem[] };

/**
 * The answer to `permissions(text)`.
 */
export type PermissionsAnswer = { type: "needed"; needed: Needed } | { type: "refused"; problems: Problem[] };

/**
 * The answer to a [`Claim`].
 */
export interface Share {
    /**
     * What is to be kept, in the place of what was.
     */
    kept: string;
    /**
     * Calls per second until the next claim.
     */
    rate: number;
    /**
     * Of these, so many at once after a pause.
     */
    burst: number;
    /**
     * When to claim again, in ms.
     */
    refreshMs: Millis;
}

/**
 * The answer to a [`ConsensusCall`].
 */
export interface Consensus {
    /**
     * The option, `tie`, `no_quorum`, `no_votes` or `uncertain`.
     */
    outcome: string;
    /**
     * What it rests on.
     */
    why: Why;
    /**
     * `ask` for every outcome that is no option; absent where the options are not `approve` and `refuse`.
     */
    decision?: Decision;
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
     * The fewest experts, by their contributions, who would have had to vote for the second option to make the outcome
     * another; empty where there is none or a veto decided.
     */
    flip: string[];
    /**
     * How.
     */
    method: Method;
    /**
     * Version of the rules: another one may answer the same votes differently.
     */
    methodVersion: number;
    /**
     * Rounds of expectation maximisation, where the method has any.
     */
    rounds?: number;
    /**
     * Whether they came to rest.
     */
    converged?: boolean;
    /**
     * The expert whose veto decided.
     */
    veto?: string;
}

/**
 * The answer to a [`DecideCall`].
 */
export type DecideAnswer = { type: "decided"; consultation: Consultation } | { type: "ask"; next: string[] } | { type: "refused"; problems: string[] };

/**
 * The answer to a call about something that was signed, kept or shown.
 */
export type ProofAnswer = { type: "holds" } | { type: "payload"; payload: string; payloadType: string } | { type: "text"; text: string } | { type: "appended"; appended: Appended } | { type: "proved"; proved: Proved } | { type: "refused"; code: string; message: string };

/**
 * The answer to a call that reads encoded sketches.
 */
export type SketchAnswer = { type: "summarized"; summary: SketchSummary } | { type: "refused"; message: string };

/**
 * The answer, in the order of the plan.
 */
export interface PlanChanges {
    /**
     * Of each resource of the plan.
     */
    resources: ResourceChanges[];
}

/**
 * The answer; steps that leave nothing to be undone are not in it.
 */
export interface PlanUndo {
    /**
     * By logical id.
     */
    steps: Undo[];
}

/**
 * The built-in rules.
 */
export interface RulesAnswer {
    /**
     * By category, then as grouped.
     */
    rules: RuleInfo[];
}

/**
 * The circle's answer.
 */
export interface Consultation {
    /**
     * What happens next.
     */
    decision: Decision;
    /**
     * Why, one sentence each.
     */
    reasons: string[];
    /**
     * One per expert that was asked, in the order of the roster, with the weights that were used.
     */
    votes: Vote[];
    /**
     * How the votes were aggregated.
     */
    consensus: Consensus;
    /**
     * Why nobody else was asked.
     */
    stopped: Stopped;
    /**
     * Experts of the circle that were not asked.
     */
    unasked: string[];
    /**
     * Probability that each expert is right about such a change, where it has a record.
     */
    reliability: Record<string, number>;
    /**
     * What past outcomes allow, where an error rate is to be kept.
     */
    calibration?: Calibration;
}

/**
 * The gravest thing that a plan does.
 */
export type ChangeClass = "data" | "permissions" | "replacement" | "update" | "creation";

/**
 * The operations that patches of a plan use.
 */
export type PatchKind = "test" | "add" | "replace" | "remove";

/**
 * The way back.
 */
export interface RollbackAnswer {
    /**
     * What is to be done; without resources where there is nothing to do.
     */
    plan: Plan;
    /**
     * How long it will take.
     */
    forecast: Forecast;
    /**
     * What is left as it is.
     */
    unrestored: Unrestored[];
}

/**
 * Votes of the built-in experts.
 */
export interface BuiltinVotes {
    /**
     * One per expert, in the order of their names.
     */
    votes: Vote[];
    /**
     * What kind of change it is.
     */
    class: ChangeClass;
    /**
     * SHA-256 of what the plan wants there to be; equal where two plans want the same.
     */
    desired: string;
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
     * The possible answers; default: those voted for. Where none but `approve` or `refuse` are named, both.
     */
    options?: string[];
    /**
     * The votes.
     */
    votes: Vote[];
    /**
     * Experts that were to be asked; default: those in `votes`. Nobody else may vote.
     */
    roster?: string[];
    /**
     * Who must have voted: a share of the roster in [0, 1], or a `Quorum`; default 0: any.
     */
    quorum?: QuorumRule;
    /**
     * Probability that the outcome must have, in [0, 1]; below, it is `uncertain`. Default 0.
     */
    threshold?: number;
    /**
     * What it costs to answer the first option when the second is true; 0 where they are the same and 1 elsewhere, unless
     * given. The outcome is the option of the least expected loss; where `ask` is a row and costs less, `uncertain`.
     */
    loss?: Record<string, Record<string, number>>;
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
 * Votes so far, and what they are to be judged by.
 */
export interface DecideCall {
    /**
     * For people.
     */
    question?: string;
    /**
     * The circle.
     */
    policy?: CirclePolicy;
    /**
     * In any order; those of experts that are not in the circle are left out.
     */
    votes: Vote[];
    /**
     * Questions that were answered, newest first: what weights are learned from, and thresholds.
     */
    outcomes?: Answered[];
    /**
     * What kind of change is asked about: experts weigh as they did on such; default: as over all.
     */
    class?: ChangeClass;
    /**
     * Experts to ask at a time; default: all.
     */
    wave?: number;
    /**
     * What may still be spent, US dollars; default: anything.
     */
    budgetUsd?: number;
    /**
     * True: nobody is asked any more, whoever is left.
     */
    last?: boolean;
}

/**
 * What a finding is about.
 */
export type Category = "policy" | "secret" | "template";

/**
 * What a plan does with a resource.
 */
export type Action = "create" | "update" | "replace" | "delete" | "retain" | "import" | "noop";

/**
 * What a process says when it claims its share.
 */
export interface Claim {
    /**
     * Names the claimant among all that share the rate.
     */
    holder: string;
    /**
     * When.
     */
    now: Millis;
    /**
     * Calls made since the last claim, throttled ones included.
     */
    calls: number;
    /**
     * Of these, throttled.
     */
    throttled: number;
    /**
     * It makes no more calls: its share is free.
     */
    leave?: boolean;
}

/**
 * What a read of a recorded resource returned.
 */
export type Live = { status: "present"; properties: unknown } | { status: "absent" } | { status: "unreadable" };

/**
 * What a resource type needs.
 */
export interface TypePermissions {
    /**
     * The type.
     */
    typeName: string;
    /**
     * Actions to create it, sorted; so the others.
     */
    create: string[];
    /**
     * Actions to read it.
     */
    read: string[];
    /**
     * Actions to update it.
     */
    update: string[];
    /**
     * Actions to delete it.
     */
    delete: string[];
    /**
     * Actions to list the type.
     */
    list: string[];
}

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
 * What a statement says.
 */
export type Said = "plan" | "scan" | "verdict" | "approval" | "outcome";

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
 * What a template's deployment needs.
 */
export interface Needed {
    /**
     * Its resource types, by name.
     */
    types: TypePermissions[];
    /**
     * SSM parameters it reads, by name; `*` in a name stands for anything.
     */
    parameters: string[];
    /**
     * Of these, whether some are read decrypted.
     */
    decrypts: boolean;
    /**
     * Secrets of Secrets Manager it reads, by name or ARN; `*` in it stands for anything.
     */
    secrets: string[];
    /**
     * Whether it asks for availability zones.
     */
    zones: boolean;
    /**
     * Warnings: what cannot be deployed and a condition may leave out.
     */
    problems: Problem[];
}

/**
 * What an expert needs to know of a finding.
 */
export interface FindingBrief {
    /**
     * Rule.
     */
    ruleId: string;
    /**
     * How bad.
     */
    severity: FindingSeverity;
    /**
     * Logical id; empty for the template as a whole.
     */
    resource: string;
    /**
     * One sentence.
     */
    message: string;
    /**
     * Whether the last successful deployment had it too.
     */
    known?: boolean;
}

/**
 * What an outcome rests on.
 */
export type Why = "clear" | "tie" | "no_quorum" | "no_votes" | "vetoed" | "uncertain";

/**
 * What became of a deployment that experts voted on.
 */
export type End = "succeeded" | "failed" | "rolled_back" | "drifted" | "reverted" | "overridden";

/**
 * What becomes of one step.
 */
export type UndoAction = "delete" | "retain" | "restore" | "recreate" | "leave";

/**
 * What came of a rule on a file.
 */
export type RuleStatus = "pass" | "fail" | "skip" | "unknown";

/**
 * What came of looking.
 */
export interface Verification {
    /**
     * Whether everything holds.
     */
    valid: boolean;
    /**
     * Of the first check that fails.
     */
    code?: string;
    /**
     * All that was looked at, in that order.
     */
    checks: Check[];
}

/**
 * What came of reading a dynamic reference. The value goes into the core and never out of it.
 */
export interface Reference {
    /**
     * As in the plan.
     */
    id: string;
    /**
     * Absent: it cannot be read now.
     */
    read?: ReadSecret;
}

/**
 * What changes of one resource.
 */
export interface ResourceChanges {
    /**
     * Its name.
     */
    logicalId: string;
    /**
     * Property by property; none where it is deleted, kept or left as it is.
     */
    changes: PropertyChange[];
    /**
     * Resources that change because this one does: they use what becomes another.
     */
    causes: Caused[];
}

/**
 * What else the way back to what is recorded needs.
 */
export interface Reconcile {
    /**
     * See `DriftCall`.
     */
    baseline: Record<string, unknown>;
    /**
     * As recorded; they stay.
     */
    outputs: PlannedOutput[];
}

/**
 * What happened. A step is one operation of the run, named `<operation>:<logicalId>` (`create:Table`).
 */
export type Event = { type: "started" } | { type: "intentRecorded"; step: string; attempt: number; clientToken: string; at: Millis } | { type: "accepted"; step: string; requestToken: string; identifier?: string; retryAfter?: Millis; at: Millis } | { type: "progress"; step: string; status: RequestStatus; identifier?: string; model?: unknown; errorCode?: string; message?: string; retryAfter?: Millis; at: Millis } | { type: "read"; step: string; properties?: unknown; at: Millis } | { type: "requestsListed"; step: string; requests: ListedRequest[]; next?: string; at: Millis } | { type: "resourcesListed"; step: string; identifiers: string[]; next?: string; at: Millis } | { type: "rejected"; step: string; call: CallKind; errorCode: string; message: string; at: Millis } | { type: "throttled"; step: string; call: CallKind } | { type: "lost"; step: string; call: CallKind; message: string } | { type: "rateShare"; rate: number; burst: number } | { type: "timerFired" } | { type: "cancelRequested"; now?: boolean } | { type: "suspendRequested"; until: Millis };

/**
 * What has drifted.
 */
export interface Drifted {
    /**
     * Every recorded resource.
     */
    resources: ResourceDrift[];
}

/**
 * What is compared.
 */
export interface DriftCall {
    /**
     * As recorded.
     */
    resources: StackResource[];
    /**
     * What reads returned, by logical id; one that is missing was not read.
     */
    live: Record<string, Live>;
    /**
     * The model the cloud returned when the resource was last deployed, by logical id; without it only declared
     * properties are compared.
     */
    baseline?: Record<string, unknown>;
}

/**
 * What is known of a plan besides itself.
 */
export interface Brief {
    /**
     * Unsuppressed findings.
     */
    findings: FindingBrief[];
    /**
     * Past runs.
     */
    history: History;
    /**
     * Logical ids whose losses were named and allowed: they are no objection any more.
     */
    allowed?: string[];
}

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
    /**
     * Resources that this one has taken the place of and that are still to be deleted.
     */
    replaced?: OldResource[];
    /**
     * The properties that a failed update was to bring about: what it has reached of them is not known.
     */
    attempted?: unknown;
    /**
     * The name that it was given because the template gives none; it keeps it as long as it lives.
     */
    givenName?: string;
}

/**
 * What is known of the experts.
 */
export interface ExpertsAnswer {
    /**
     * By name.
     */
    experts: ExpertRecord[];
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
    /**
     * Tags of the last deployment for every taggable resource.
     */
    tags?: Record<string, string>;
}

/**
 * What is said; which members there are depends on the statement.
 */
export interface Predicate {
    /**
     * Run.
     */
    run: string;
    /**
     * When it was said: ISO 8601, UTC, ms.
     */
    at: string;
    /**
     * Of a plan: endpoint, account, region and name of the stack.
     */
    stack?: string[];
    /**
     * Of a plan: `deploy` or `destroy`. Of a verdict: `approve`, `refuse` or `ask`. Of an approval: `approve` or
     * `reject`. Of an outcome: the run's. Of a scan: how many findings count, by severity.
     */
    result: string;
    /**
     * Who says so: of a verdict policy, circle or nobody, of an approval a person.
     */
    by?: string;
    /**
     * Of a verdict: gates that were not passed on request.
     */
    skipped?: string[];
    /**
     * SHA-256 of all that there is to it, a JSON text.
     */
    details?: string;
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
     * Keyed fingerprints of the secrets that it was made with, NoEcho parameters and dynamic references: secret id to
     * hex. Another value is another plan.
     */
    fingerprints?: Record<string, string>;
    /**
     * Dynamic references that could not be read when it was made: nobody has judged their values. Sorted.
     */
    unread?: string[];
    /**
     * SHA-256 (hex) over the canonical JSON of everything above but estimates.
     */
    digest: string;
}

/**
 * What is to be done, where the options are `approve` and `refuse`.
 */
export type Decision = "approve" | "refuse" | "ask";

/**
 * What is told of a sketch.
 */
export interface SketchSummary {
    /**
     * Number of values.
     */
    count: number;
    /**
     * Sum, exact but for rounding.
     */
    sum: number;
    /**
     * Smallest value, exact; 0 when empty.
     */
    min: number;
    /**
     * Largest value, exact; 0 when empty.
     */
    max: number;
    /**
     * As asked, in that order; empty when the sketch is.
     */
    quantiles: number[];
}

/**
 * What past outcomes allow.
 */
export interface Calibration {
    /**
     * Share of decisions that may be wrong.
     */
    errorRate: number;
    /**
     * Outcomes that it was calibrated on.
     */
    cases: number;
    /**
     * Outcomes that are needed at least.
     */
    needed: number;
    /**
     * Posterior from which the circle acts; absent: no guarantee can be given.
     */
    threshold?: number;
}

/**
 * What proofs are made of.
 */
export interface Proved {
    /**
     * As asked, in that order.
     */
    inclusions: string[][];
    /**
     * As asked.
     */
    history: LogHistory;
}

/**
 * What the door gives back.
 */
export type ConsensusAnswer = { type: "aggregated"; consensus: Consensus } | { type: "refused"; problems: string[] };

/**
 * What the driver is to do.
 */
export type Command = { type: "recordIntent"; step: string; attempt: number; clientToken: string } | { type: "create"; step: string; typeName: string; clientToken: string; secrets: string[] } | { type: "update"; step: string; typeName: string; identifier: string; clientToken: string; secrets: string[] } | { type: "delete"; step: string; typeName: string; identifier: string; clientToken: string } | { type: "get"; step: string; typeName: string; identifier: string } | { type: "poll"; step: string; requestToken: string } | { type: "listRequests"; step: string; typeName: string; since: Millis; until: Millis; next?: string } | { type: "listResources"; step: string; typeName: string; resourceModel?: Record<string, unknown>; next?: string } | { type: "sleep"; until: Millis } | { type: "cancel"; step: string; requestToken: string } | { type: "recordResource"; resource: StackResource } | { type: "forgetResource"; logicalId: string } | { type: "report"; resource: ResourceReport } | { type: "finish"; outcome: Outcome; resources: ResourceReport[]; outputs: Record<string, unknown>; resumeInMs?: Millis };

/**
 * What the way back is made of.
 */
export interface RollbackCall {
    /**
     * The plan that failed; what it found recorded is what is restored.
     */
    forward: Plan;
    /**
     * What is recorded now.
     */
    recorded: StackState;
    /**
     * What reads returned of resources that were touched, by logical id: of the one that was in force before.
     */
    live?: Record<string, Live>;
    /**
     * Ids of secrets whose earlier value is not at hand.
     */
    lost?: string[];
    /**
     * For the forecast.
     */
    maxConcurrency: number;
    /**
     * See `PlanCall`.
     */
    durationScale?: number;
    /**
     * See `PlanCall`.
     */
    learned?: KeptNotes;
}

/**
 * When asking ends. Each rule ends it too where no answer that is left could change the decision.
 */
export type Stop = { rule: "lossless" } | { rule: "sprt"; wrongApprovals: number; wrongRefusals: number } | { rule: "evoi"; wrongApprovalUsd: number; wrongRefusalUsd: number; askUsd: number };

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
export type VoteStatus = "ok" | "abstained" | "timed_out" | "invalid" | "failed";

/**
 * Who must have voted; each that is given must hold.
 */
export interface Quorum {
    /**
     * Valid votes.
     */
    count?: number;
    /**
     * Share of the roster, in [0, 1].
     */
    fraction?: number;
    /**
     * Different lineages among the valid votes; an expert without one is its own.
     */
    lineages?: number;
}

/**
 * Who said that a finding is not to be reported.
 */
export interface Suppressed {
    /**
     * `assent`, `cfn_nag`, `checkov`, `guard`: the form in the template's metadata; `baseline`.
     */
    by: string;
    /**
     * The reason given; empty where there is none.
     */
    reason: string;
    /**
     * Who answers for it, where somebody is named.
     */
    author?: string;
}

/**
 * Who signed it.
 */
export interface EnvelopeSignature {
    /**
     * A hint which key; proves nothing.
     */
    keyid?: string;
    /**
     * Base64.
     */
    sig: string;
}

/**
 * Who sits in the circle, and what makes its answer clear.
 */
export interface CirclePolicy {
    /**
     * By name: built-in experts that differ from their default, and experts beside them.
     */
    experts?: Record<string, ExpertPolicy>;
    /**
     * Who must have voted; default: three.
     */
    quorum?: Quorum;
    /**
     * Posterior from which an approval is clear, above 0.5.
     */
    approve?: number;
    /**
     * Posterior from which a refusal is clear, above 0.5.
     */
    refuse?: number;
    /**
     * Confidence from which one objection is enough to ask a person; above 1: none is.
     */
    objection?: number;
    /**
     * Share of decisions that may be wrong. Given, a threshold is calibrated on past outcomes, and a person is asked
     * wherever it does not reach; without enough outcomes a person is always asked.
     */
    errorRate?: number;
    /**
     * When asking ends before everybody has answered.
     */
    stop?: Stop;
    /**
     * A person decides whatever the circle approves.
     */
    alwaysAsk?: boolean;
}

/**
 * Why nobody else is asked.
 */
export type Stopped = "answered" | "settled" | "rule" | "budget" | "deadline";


/**
 * The deployment engine: events in, commands out.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
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
     * `plan_altered` when the plan is not the one that its digest was made of; when either is malformed, or the plan
     * wants what the engine does not do.
     */
    constructor(plan: string, config: string);
    /**
     * How long operations took (JSON list of `Observed`), for `learnDurations`.
     *
     * # Errors
     * Never.
     */
    observed(): string;
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
 * Answers to a table of forecasts, columns again.
 */
export class ForecastAnswers {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * From columns of indices of questions and forecasters and one of probabilities, the counts of both, and `outcomes`
     * as `Forecasts::pooled` takes it.
     *
     * # Errors
     * When the columns are malformed.
     */
    constructor(questions: Uint32Array | number[], forecasters: Uint32Array | number[], p: Float64Array | number[], counts: Uint32Array | number[], method: TableMethod, outcomes: Float64Array | number[]);
    /**
     * One probability per question.
     */
    p(): Float64Array;
    /**
     * How they were made.
     *
     * # Errors
     * Never.
     */
    summary(): ForecastsSummary;
}

/**
 * Answers to a table of labels: columns out of the core without a detour through objects.
 */
export class LabelAnswers {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * From columns of indices (see `Labels`), the counts of tasks, workers and labels, and `truth` as
     * `tables::answer` takes it.
     *
     * # Errors
     * When the columns are malformed.
     */
    constructor(tasks: Uint32Array | number[], workers: Uint32Array | number[], labels: Uint32Array | number[], counts: Uint32Array | number[], method: TableMethod, truth: Int32Array | number[]);
    /**
     * Per task the probability of its label.
     */
    probabilities(): Float64Array;
    /**
     * Why there are no answers: the table is too large for the method.
     */
    refused(): string | undefined;
    /**
     * How it was answered.
     *
     * # Errors
     * Never.
     */
    summary(): LabelsSummary;
    /**
     * Per task the index of its label, −1: a tie.
     */
    winners(): Int32Array;
}

/**
 * Reads a whole log against its checkpoint.
 */
export class LogReader {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What came of it.
     *
     * # Errors
     * Never.
     */
    finish(): Verification;
    /**
     * `since`: a checkpoint from before.
     *
     * # Errors
     * When the keys are malformed.
     */
    constructor(keys: TrustedKeys, checkpoint: string, since?: string | null);
    /**
     * The next entry, absent where it is gone; `recorded`: the hash that the log's tiles have of it.
     */
    push(entry?: string | null, recorded?: Uint8Array | number[] | null): void;
}

/**
 * A plan, with the values that it was made with.
 */
export class Planned {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Takes in what came of reading its dynamic references; digest and text are others then.
     *
     * # Errors
     * When they are malformed.
     */
    bind(references: string): PlanSummary;
    /**
     * What the built-in experts say of it, its findings and the stack's history.
     *
     * # Errors
     * When the call is malformed.
     */
    builtinVotes(brief: Brief): BuiltinVotes;
    /**
     * SHA-256 (hex).
     */
    digest(): string;
    /**
     * The engine that carries it out, from an `EngineConfig` (JSON text). The plan moves into it; nothing else of what
     * it was made with is kept.
     *
     * # Errors
     * When the configuration is malformed, or the plan wants what the engine does not do.
     */
    engine(config: string): Engine;
    /**
     * What the scan finds in the values that a deployment of it sends.
     *
     * # Errors
     * When the call itself is malformed.
     */
    scan(call: ScanCall): ScanAnswer;
    /**
     * The plan, JSON text.
     *
     * # Errors
     * Never.
     */
    text(): string;
}

/**
 * A template: parsed once, then asked.
 */
export class Template {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What it declares.
     *
     * # Errors
     * Never on account of the text.
     */
    declared(): InspectAnswer;
    /**
     * From a text, which may be anything: what is wrong with it is an answer to each question. Empty for the end of a
     * stack.
     */
    constructor(text: string);
    /**
     * Plans it (`mode: deploy`), or the end of a stack (`mode: destroy`). A plan stays inside: see `planned`. What is
     * recorded and what is live may come as the JSON texts that they are kept as, in place of the call's.
     *
     * # Errors
     * When the call itself is malformed.
     */
    plan(call: PlanCall, recorded?: string | null, live?: string | null): PlanAnswer;
    /**
     * The plan that the last `plan` made, once.
     */
    planned(): Planned | undefined;
    /**
     * Policy, secrets, the template itself; for a text that is not about to be deployed.
     *
     * # Errors
     * When the call itself is malformed.
     */
    scan(call: ScanCall): ScanAnswer;
}

/**
 * Answers to many votes on one question: columns in and out, without an object per vote.
 */
export class VoteAnswers {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The answer without its experts, or why there is none.
     *
     * # Errors
     * Never.
     */
    answer(): ConsensusAnswer;
    /**
     * See `Parts`.
     */
    flags(): Uint8Array;
    /**
     * See `Parts`.
     */
    flip(): Uint32Array;
    /**
     * From a call without these votes, and columns (see `Columns`).
     *
     * # Errors
     * When the call or the columns are malformed.
     */
    constructor(call: ConsensusCall, names: string, counts: Uint32Array | number[], codes: Uint32Array | number[], numbers: Float64Array | number[]);
    /**
     * See `Parts`.
     */
    numbers(): Float64Array;
    /**
     * See `Parts`.
     */
    who(): Uint32Array;
}

/**
 * What an append changes of a log.
 *
 * # Errors
 * When the call is malformed.
 */
export function appendToLog(call: AppendCall): ProofAnswer;

/**
 * Puts a claim to a share of the account's and region's rate to what is kept of it.
 *
 * # Errors
 * When the claim is malformed. Never on account of what is kept.
 */
export function claimRate(kept: string | null | undefined, claim: Claim): Share;

/**
 * Aggregates votes on one question.
 *
 * # Errors
 * When the call itself is malformed.
 */
export function consensus(call: ConsensusCall): ConsensusAnswer;

/**
 * The decision that votes on a plan allow, or who is to be asked next.
 *
 * # Errors
 * When the call itself is malformed.
 */
export function decide(call: DecideCall): DecideAnswer;

/**
 * The text whose SHA-256 a stored plan's (JSON) digest is.
 *
 * # Errors
 * When the text is no plan.
 */
export function digestedPlan(plan: string): string;

/**
 * What is there against what was deployed.
 *
 * # Errors
 * When the call is malformed.
 */
export function drift(call: DriftCall): Drifted;

/**
 * The circle's experts, and what is known of them from what became of their votes.
 *
 * # Errors
 * When the call is malformed.
 */
export function experts(call: AnsweredQuestions): ExpertsAnswer;

/**
 * What is kept of durations, with what a run observed (JSON list) added; the answer takes its place.
 *
 * # Errors
 * When the list is malformed. Never on account of what is kept.
 */
export function learnDurations(kept: string | null | undefined, observed: string): string;

/**
 * A statement's payload with its signature: an entry of the log.
 *
 * # Errors
 * When the key is none.
 */
export function logEntry(payload: string, public_key: Uint8Array | number[], signature: Uint8Array | number[]): string;

/**
 * Whether what is signed of a run allows its plan to be carried out.
 *
 * # Errors
 * When the call is malformed.
 */
export function mayWork(call: WorkCall): ProofAnswer;

/**
 * Tiles that proofs about a leaf need, and those at the right edge: level and index, in turn.
 *
 * # Errors
 * When a number is no size.
 */
export function neededTiles(index: number, size: number): Float64Array;

/**
 * What whoever deploys a template must be allowed to do.
 *
 * # Errors
 * Never on account of the text: that is an answer.
 */
export function permissions(text: string): PermissionsAnswer;

/**
 * What a stored plan (JSON) changes, property by property.
 *
 * # Errors
 * When the text is no plan.
 */
export function planChanges(plan: string): PlanChanges;

/**
 * The digest that a stored plan (JSON) has by what it says.
 *
 * # Errors
 * When the text is no plan.
 */
export function planDigest(plan: string): string;

/**
 * How each step of a stored plan (JSON) would be undone if the deployment failed.
 *
 * # Errors
 * When the text is no plan.
 */
export function planUndo(plan: string): PlanUndo;

/**
 * What is signed of a statement's payload.
 */
export function preAuthentication(payload: string): Uint8Array;

/**
 * Makes proofs from tiles.
 *
 * # Errors
 * When the call is malformed.
 */
export function proveFromTiles(call: ProveCall): ProofAnswer;

/**
 * Schema of a resource type as JSON, `undefined` for a type the registry does not know.
 */
export function resourceSchema(type_name: string): string | undefined;

/**
 * The way back from a deployment that failed.
 *
 * # Errors
 * When the call is malformed.
 */
export function rollback(call: RollbackCall): RollbackAnswer;

/**
 * The built-in rules, explained.
 *
 * # Errors
 * Never.
 */
export function rules(): RulesAnswer;

/**
 * Seals bytes; the nonce may be used once with the key.
 *
 * # Errors
 * When key or nonce have another length.
 */
export function seal(key: Uint8Array | number[], nonce: Uint8Array | number[], context: Uint8Array | number[], plain: Uint8Array | number[]): Uint8Array;

/**
 * A checkpoint's text with the signature over it, as a signed note.
 *
 * # Errors
 * When the text is no checkpoint, or the key none.
 */
export function signedCheckpoint(text: string, public_key: Uint8Array | number[], signature: Uint8Array | number[]): string;

/**
 * Runs a plan (JSON) with the real engine on a virtual clock.
 *
 * # Errors
 * When the plan or the call is malformed.
 */
export function simulate(plan: string, call: SimulateCall): Simulated;

/**
 * Encodes what a recorder counted: bucket indices (`sketch`'s, as the high word of a value shifted by 14) with their
 * counts, the number of zeros, and sum, smallest and largest value.
 */
export function sketchFromCounts(indices: Uint32Array | number[], counts: Float64Array | number[], zero: number, sum: number, min: number, max: number): Uint8Array;

/**
 * Both sketches in one; `undefined` where either is not a sketch of this version.
 */
export function sketchMerge(one: Uint8Array | number[], other: Uint8Array | number[]): Uint8Array | undefined;

/**
 * Count, sum, extremes and quantiles of an encoded sketch.
 *
 * # Errors
 * Never on account of the bytes: that is an answer.
 */
export function sketchSummary(bytes: Uint8Array | number[], quantiles: Float64Array | number[]): SketchAnswer;

/**
 * Values of an encoded sketch and how often each was there, in turn, rising; empty where it is no sketch.
 */
export function sketchValues(bytes: Uint8Array | number[]): Float64Array;

/**
 * The payload of a statement, to be signed as `preAuthentication` gives it.
 *
 * # Errors
 * When the call is malformed.
 */
export function statementPayload(statement: Statement): ProofAnswer;

/**
 * What a failure's message says that its class depends on: fixed words, joined by commas, and nothing that it quotes.
 */
export function tellingWords(message: string): string;

/**
 * The text that was sealed, made straight into a string of the caller's; `undefined` where this is not it.
 *
 * # Errors
 * When the key has another length.
 */
export function unsealed(key: Uint8Array | number[], context: Uint8Array | number[], sealed: Uint8Array | number[]): string | undefined;

/**
 * A key as notes name it: `name+hash+key`.
 *
 * # Errors
 * When the key is none.
 */
export function verifierKey(name: string, public_key: Uint8Array | number[]): string;

/**
 * Whether a tree continues another (RFC 9162, 2.1.4.2). `proof`: its hashes one after the other.
 *
 * # Errors
 * When a hash is not of 32 bytes, or a number no size.
 */
export function verifyConsistency(first: number, first_root: Uint8Array | number[], second: number, second_root: Uint8Array | number[], proof: Uint8Array | number[]): ProofAnswer;

/**
 * Whether an envelope is signed by pinned keys, and what it carries.
 *
 * # Errors
 * When the call is malformed.
 */
export function verifyDsse(call: DsseCall): ProofAnswer;

/**
 * Whether a leaf is in a tree (RFC 9162, 2.1.3.2). `proof`: its hashes one after the other.
 *
 * # Errors
 * When a hash is not of 32 bytes, or a number no size.
 */
export function verifyInclusion(index: number, size: number, leaf: Uint8Array | number[], proof: Uint8Array | number[], root: Uint8Array | number[]): ProofAnswer;

/**
 * Whether a run's proof holds.
 *
 * # Errors
 * When the keys are malformed. Never on account of the proof.
 */
export function verifyProof(text: string, keys: TrustedKeys, since?: string | null): Verification;

/**
 * Whether an Ed25519 signature is the key's (RFC 8032), strictly; whatever the bytes are, that is an answer.
 */
export function verifySignature(public_key: Uint8Array | number[], message: Uint8Array | number[], signature: Uint8Array | number[]): boolean;
