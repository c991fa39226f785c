/* @ts-self-types="./assent_core.d.ts" */

/**
 * The deployment engine: events in, commands out.
 */
class Engine {
    static __wrap(ptr) {
        const obj = Object.create(Engine.prototype);
        obj.__wbg_ptr = ptr;
        EngineFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        EngineFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_engine_free(ptr, 0);
    }
    /**
     * Events (JSON list) that came by `now` (ms); returns commands (JSON list).
     *
     * # Errors
     * When they are malformed.
     * @param {number} now
     * @param {string} events
     * @returns {string}
     */
    handle(now, events) {
        let deferred4_0;
        let deferred4_1;
        try {
            const val2 = +now;
            const ptr0 = passStringToWasm0(events, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len0 = WASM_VECTOR_LEN;
            const ret = wasm.engine_handle(this.__wbg_ptr, val2, ptr0, len0);
            var ptr3 = ret[0];
            var len3 = ret[1];
            if (ret[3]) {
                ptr3 = 0; len3 = 0;
                throw takeFromExternrefTable0(ret[2]);
            }
            deferred4_0 = ptr3;
            deferred4_1 = len3;
            return getStringFromWasm0(ptr3, len3);
        } finally {
            wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
        }
    }
    /**
     * From a plan and an `EngineConfig`, both JSON text.
     *
     * # Errors
     * `plan_altered` when the plan is not the one that its digest was made of; when either is malformed, or the plan
     * wants what the engine does not do.
     * @param {string} plan
     * @param {string} config
     */
    constructor(plan, config) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(config, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.engine_new(ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        EngineFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How long operations took (JSON list of `Observed`), for `learnDurations`.
     *
     * # Errors
     * Never.
     * @returns {string}
     */
    observed() {
        let deferred2_0;
        let deferred2_1;
        try {
            const ret = wasm.engine_observed(this.__wbg_ptr);
            var ptr1 = ret[0];
            var len1 = ret[1];
            if (ret[3]) {
                ptr1 = 0; len1 = 0;
                throw takeFromExternrefTable0(ret[2]);
            }
            deferred2_0 = ptr1;
            deferred2_1 = len1;
            return getStringFromWasm0(ptr1, len1);
        } finally {
            wasm.__wbindgen_free(deferred2_0, deferred2_1, 1);
        }
    }
    /**
     * The desired state (create) or patch document (update) of a step, JSON text; `secrets`: JSON object id to value.
     *
     * # Errors
     * When a reference or secret is unknown.
     * @param {string} step
     * @param {string} secrets
     * @returns {string}
     */
    payload(step, secrets) {
        let deferred4_0;
        let deferred4_1;
        try {
            let ptr0, len0, ptr1, len1;
            try {
                ptr0 = passStringToWasm0(step, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
                len0 = WASM_VECTOR_LEN;
                ptr1 = passStringToWasm0(secrets, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
                len1 = WASM_VECTOR_LEN;
            } catch (e) {
                if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
                if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
                throw e;
            }
            const ret = wasm.engine_payload(this.__wbg_ptr, ptr0, len0, ptr1, len1);
            var ptr3 = ret[0];
            var len3 = ret[1];
            if (ret[3]) {
                ptr3 = 0; len3 = 0;
                throw takeFromExternrefTable0(ret[2]);
            }
            deferred4_0 = ptr3;
            deferred4_1 = len3;
            return getStringFromWasm0(ptr3, len3);
        } finally {
            wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
        }
    }
    /**
     * Feeds journaled events (JSON list) without producing commands; before the first `handle` of a resumption.
     *
     * # Errors
     * When they are malformed.
     * @param {string} events
     */
    replay(events) {
        const ptr0 = passStringToWasm0(events, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.engine_replay(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
}
if (Symbol.dispose) Engine.prototype[Symbol.dispose] = Engine.prototype.free;
exports.Engine = Engine;

/**
 * Answers to a table of forecasts, columns again.
 */
class ForecastAnswers {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ForecastAnswersFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_forecastanswers_free(ptr, 0);
    }
    /**
     * From columns of indices of questions and forecasters and one of probabilities, the counts of both, and `outcomes`
     * as `Forecasts::pooled` takes it.
     *
     * # Errors
     * When the columns are malformed.
     * @param {Uint32Array | number[]} questions
     * @param {Uint32Array | number[]} forecasters
     * @param {Float64Array | number[]} p
     * @param {Uint32Array | number[]} counts
     * @param {TableMethod} method
     * @param {Float64Array | number[]} outcomes
     */
    constructor(questions, forecasters, p, counts, method, outcomes) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4;
        try {
            ptr0 = passArray32ToWasm0(questions, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(forecasters, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArrayF64ToWasm0(p, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray32ToWasm0(counts, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            ptr4 = passArrayF64ToWasm0(outcomes, wasm.__wbindgen_malloc);
            len4 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr4) { wasm.__wbindgen_free(ptr4, len4 * 8, 8); }
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 4, 4); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.forecastanswers_new(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, method, ptr4, len4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        ForecastAnswersFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * One probability per question.
     * @returns {Float64Array}
     */
    p() {
        const ret = wasm.forecastanswers_p(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * How they were made.
     *
     * # Errors
     * Never.
     * @returns {ForecastsSummary}
     */
    summary() {
        const ret = wasm.forecastanswers_summary(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) ForecastAnswers.prototype[Symbol.dispose] = ForecastAnswers.prototype.free;
exports.ForecastAnswers = ForecastAnswers;

/**
 * Answers to a table of labels: columns out of the core without a detour through objects.
 */
class LabelAnswers {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LabelAnswersFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_labelanswers_free(ptr, 0);
    }
    /**
     * From columns of indices (see `Labels`), the counts of tasks, workers and labels, and `truth` as
     * `tables::answer` takes it.
     *
     * # Errors
     * When the columns are malformed.
     * @param {Uint32Array | number[]} tasks
     * @param {Uint32Array | number[]} workers
     * @param {Uint32Array | number[]} labels
     * @param {Uint32Array | number[]} counts
     * @param {TableMethod} method
     * @param {Int32Array | number[]} truth
     */
    constructor(tasks, workers, labels, counts, method, truth) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4;
        try {
            ptr0 = passArray32ToWasm0(tasks, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(workers, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray32ToWasm0(labels, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray32ToWasm0(counts, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            ptr4 = passArray32ToWasm0(truth, wasm.__wbindgen_malloc);
            len4 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr4) { wasm.__wbindgen_free(ptr4, len4 * 4, 4); }
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 4, 4); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 4, 4); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.labelanswers_new(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, method, ptr4, len4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LabelAnswersFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Per task the probability of its label.
     * @returns {Float64Array}
     */
    probabilities() {
        const ret = wasm.labelanswers_probabilities(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Why there are no answers: the table is too large for the method.
     * @returns {string | undefined}
     */
    refused() {
        const ret = wasm.labelanswers_refused(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * How it was answered.
     *
     * # Errors
     * Never.
     * @returns {LabelsSummary}
     */
    summary() {
        const ret = wasm.labelanswers_summary(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Per task the index of its label, −1: a tie.
     * @returns {Int32Array}
     */
    winners() {
        const ret = wasm.labelanswers_winners(this.__wbg_ptr);
        var v1 = getArrayI32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) LabelAnswers.prototype[Symbol.dispose] = LabelAnswers.prototype.free;
exports.LabelAnswers = LabelAnswers;

/**
 * Reads a whole log against its checkpoint.
 */
class LogReader {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LogReaderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_logreader_free(ptr, 0);
    }
    /**
     * What came of it.
     *
     * # Errors
     * Never.
     * @returns {Verification}
     */
    finish() {
        const ptr = this.__destroy_into_raw();
        const ret = wasm.logreader_finish(ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * `since`: a checkpoint from before.
     *
     * # Errors
     * When the keys are malformed.
     * @param {TrustedKeys} keys
     * @param {string} checkpoint
     * @param {string | null} [since]
     */
    constructor(keys, checkpoint, since) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(checkpoint, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(since) ? 0 : passStringToWasm0(since, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.logreader_new(keys, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LogReaderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The next entry, absent where it is gone; `recorded`: the hash that the log's tiles have of it.
     * @param {string | null} [entry]
     * @param {Uint8Array | number[] | null} [recorded]
     */
    push(entry, recorded) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = isLikeNone(entry) ? 0 : passStringToWasm0(entry, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(recorded) ? 0 : passArray8ToWasm0(recorded, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        wasm.logreader_push(this.__wbg_ptr, ptr0, len0, ptr1, len1);
    }
}
if (Symbol.dispose) LogReader.prototype[Symbol.dispose] = LogReader.prototype.free;
exports.LogReader = LogReader;

/**
 * A plan, with the values that it was made with.
 */
class Planned {
    static __wrap(ptr) {
        const obj = Object.create(Planned.prototype);
        obj.__wbg_ptr = ptr;
        PlannedFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        PlannedFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_planned_free(ptr, 0);
    }
    /**
     * Takes in what came of reading its dynamic references; digest and text are others then.
     *
     * # Errors
     * When they are malformed.
     * @param {string} references
     * @returns {PlanSummary}
     */
    bind(references) {
        const ptr0 = passStringToWasm0(references, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.planned_bind(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * What the built-in experts say of it, its findings and the stack's history.
     *
     * # Errors
     * When the call is malformed.
     * @param {Brief} brief
     * @returns {BuiltinVotes}
     */
    builtinVotes(brief) {
        const ret = wasm.planned_builtinVotes(this.__wbg_ptr, brief);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * SHA-256 (hex).
     * @returns {string}
     */
    digest() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.planned_digest(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * The engine that carries it out, from an `EngineConfig` (JSON text). The plan moves into it; nothing else of what
     * it was made with is kept.
     *
     * # Errors
     * When the configuration is malformed, or the plan wants what the engine does not do.
     * @param {string} config
     * @returns {Engine}
     */
    engine(config) {
        let ptr, ptr0, len0;
        try {
            ptr = this.__destroy_into_raw();
            ptr0 = passStringToWasm0(config, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            if (ptr) wasm.__wbg_planned_free(ptr, 1);
            throw e;
        }
        const ret = wasm.planned_engine(ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Engine.__wrap(ret[0]);
    }
    /**
     * What the scan finds in the values that a deployment of it sends.
     *
     * # Errors
     * When the call itself is malformed.
     * @param {ScanCall} call
     * @returns {ScanAnswer}
     */
    scan(call) {
        const ret = wasm.planned_scan(this.__wbg_ptr, call);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The plan, JSON text.
     *
     * # Errors
     * Never.
     * @returns {string}
     */
    text() {
        let deferred2_0;
        let deferred2_1;
        try {
            const ret = wasm.planned_text(this.__wbg_ptr);
            var ptr1 = ret[0];
            var len1 = ret[1];
            if (ret[3]) {
                ptr1 = 0; len1 = 0;
                throw takeFromExternrefTable0(ret[2]);
            }
            deferred2_0 = ptr1;
            deferred2_1 = len1;
            return getStringFromWasm0(ptr1, len1);
        } finally {
            wasm.__wbindgen_free(deferred2_0, deferred2_1, 1);
        }
    }
}
if (Symbol.dispose) Planned.prototype[Symbol.dispose] = Planned.prototype.free;
exports.Planned = Planned;

/**
 * A template: parsed once, then asked.
 */
class Template {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TemplateFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_template_free(ptr, 0);
    }
    /**
     * What it declares.
     *
     * # Errors
     * Never on account of the text.
     * @returns {InspectAnswer}
     */
    declared() {
        const ret = wasm.template_declared(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * From a text, which may be anything: what is wrong with it is an answer to each question. Empty for the end of a
     * stack.
     * @param {string} text
     */
    constructor(text) {
        const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.template_new(ptr0, len0);
        this.__wbg_ptr = ret;
        TemplateFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Plans it (`mode: deploy`), or the end of a stack (`mode: destroy`). A plan stays inside: see `planned`. What is
     * recorded and what is live may come as the JSON texts that they are kept as, in place of the call's.
     *
     * # Errors
     * When the call itself is malformed.
     * @param {PlanCall} call
     * @param {string | null} [recorded]
     * @param {string | null} [live]
     * @returns {PlanAnswer}
     */
    plan(call, recorded, live) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = isLikeNone(recorded) ? 0 : passStringToWasm0(recorded, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(live) ? 0 : passStringToWasm0(live, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.template_plan(this.__wbg_ptr, call, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The plan that the last `plan` made, once.
     * @returns {Planned | undefined}
     */
    planned() {
        const ret = wasm.template_planned(this.__wbg_ptr);
        return ret === 0 ? undefined : Planned.__wrap(ret);
    }
    /**
     * Policy, secrets, the template itself; for a text that is not about to be deployed.
     *
     * # Errors
     * When the call itself is malformed.
     * @param {ScanCall} call
     * @returns {ScanAnswer}
     */
    scan(call) {
        const ret = wasm.template_scan(this.__wbg_ptr, call);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) Template.prototype[Symbol.dispose] = Template.prototype.free;
exports.Template = Template;

/**
 * Answers to many votes on one question: columns in and out, without an object per vote.
 */
class VoteAnswers {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        VoteAnswersFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_voteanswers_free(ptr, 0);
    }
    /**
     * The answer without its experts, or why there is none.
     *
     * # Errors
     * Never.
     * @returns {ConsensusAnswer}
     */
    answer() {
        const ret = wasm.voteanswers_answer(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * See `Parts`.
     * @returns {Uint8Array}
     */
    flags() {
        const ret = wasm.voteanswers_flags(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * See `Parts`.
     * @returns {Uint32Array}
     */
    flip() {
        const ret = wasm.voteanswers_flip(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * From a call without these votes, and columns (see `Columns`).
     *
     * # Errors
     * When the call or the columns are malformed.
     * @param {ConsensusCall} call
     * @param {string} names
     * @param {Uint32Array | number[]} counts
     * @param {Uint32Array | number[]} codes
     * @param {Float64Array | number[]} numbers
     */
    constructor(call, names, counts, codes, numbers) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passStringToWasm0(names, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(counts, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray32ToWasm0(codes, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArrayF64ToWasm0(numbers, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 4, 4); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.voteanswers_new(call, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        VoteAnswersFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * See `Parts`.
     * @returns {Float64Array}
     */
    numbers() {
        const ret = wasm.voteanswers_numbers(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * See `Parts`.
     * @returns {Uint32Array}
     */
    who() {
        const ret = wasm.voteanswers_who(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) VoteAnswers.prototype[Symbol.dispose] = VoteAnswers.prototype.free;
exports.VoteAnswers = VoteAnswers;

/**
 * What an append changes of a log.
 *
 * # Errors
 * When the call is malformed.
 * @param {AppendCall} call
 * @returns {ProofAnswer}
 */
function appendToLog(call) {
    const ret = wasm.appendToLog(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.appendToLog = appendToLog;

/**
 * Puts a claim to a share of the account's and region's rate to what is kept of it.
 *
 * # Errors
 * When the claim is malformed. Never on account of what is kept.
 * @param {string | null | undefined} kept
 * @param {Claim} claim
 * @returns {Share}
 */
function claimRate(kept, claim) {
    var ptr0 = isLikeNone(kept) ? 0 : passStringToWasm0(kept, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len0 = WASM_VECTOR_LEN;
    const ret = wasm.claimRate(ptr0, len0, claim);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.claimRate = claimRate;

/**
 * Aggregates votes on one question.
 *
 * # Errors
 * When the call itself is malformed.
 * @param {ConsensusCall} call
 * @returns {ConsensusAnswer}
 */
function consensus(call) {
    const ret = wasm.consensus(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.consensus = consensus;

/**
 * The decision that votes on a plan allow, or who is to be asked next.
 *
 * # Errors
 * When the call itself is malformed.
 * @param {DecideCall} call
 * @returns {DecideAnswer}
 */
function decide(call) {
    const ret = wasm.decide(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.decide = decide;

/**
 * The text whose SHA-256 a stored plan's (JSON) digest is.
 *
 * # Errors
 * When the text is no plan.
 * @param {string} plan
 * @returns {string}
 */
function digestedPlan(plan) {
    let deferred3_0;
    let deferred3_1;
    try {
        const ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.digestedPlan(ptr0, len0);
        var ptr2 = ret[0];
        var len2 = ret[1];
        if (ret[3]) {
            ptr2 = 0; len2 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred3_0 = ptr2;
        deferred3_1 = len2;
        return getStringFromWasm0(ptr2, len2);
    } finally {
        wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
}
exports.digestedPlan = digestedPlan;

/**
 * What is there against what was deployed.
 *
 * # Errors
 * When the call is malformed.
 * @param {DriftCall} call
 * @returns {Drifted}
 */
function drift(call) {
    const ret = wasm.drift(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.drift = drift;

/**
 * The circle's experts, and what is known of them from what became of their votes.
 *
 * # Errors
 * When the call is malformed.
 * @param {AnsweredQuestions} call
 * @returns {ExpertsAnswer}
 */
function experts(call) {
    const ret = wasm.experts(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.experts = experts;

/**
 * What is kept of durations, with what a run observed (JSON list) added; the answer takes its place.
 *
 * # Errors
 * When the list is malformed. Never on account of what is kept.
 * @param {string | null | undefined} kept
 * @param {string} observed
 * @returns {string}
 */
function learnDurations(kept, observed) {
    let deferred4_0;
    let deferred4_1;
    try {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = isLikeNone(kept) ? 0 : passStringToWasm0(kept, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(observed, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.learnDurations(ptr0, len0, ptr1, len1);
        var ptr3 = ret[0];
        var len3 = ret[1];
        if (ret[3]) {
            ptr3 = 0; len3 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred4_0 = ptr3;
        deferred4_1 = len3;
        return getStringFromWasm0(ptr3, len3);
    } finally {
        wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
    }
}
exports.learnDurations = learnDurations;

/**
 * A statement's payload with its signature: an entry of the log.
 *
 * # Errors
 * When the key is none.
 * @param {string} payload
 * @param {Uint8Array | number[]} public_key
 * @param {Uint8Array | number[]} signature
 * @returns {string}
 */
function logEntry(payload, public_key, signature) {
    let deferred5_0;
    let deferred5_1;
    try {
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(payload, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(public_key, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(signature, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.logEntry(ptr0, len0, ptr1, len1, ptr2, len2);
        var ptr4 = ret[0];
        var len4 = ret[1];
        if (ret[3]) {
            ptr4 = 0; len4 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred5_0 = ptr4;
        deferred5_1 = len4;
        return getStringFromWasm0(ptr4, len4);
    } finally {
        wasm.__wbindgen_free(deferred5_0, deferred5_1, 1);
    }
}
exports.logEntry = logEntry;

/**
 * Whether what is signed of a run allows its plan to be carried out.
 *
 * # Errors
 * When the call is malformed.
 * @param {WorkCall} call
 * @returns {ProofAnswer}
 */
function mayWork(call) {
    const ret = wasm.mayWork(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.mayWork = mayWork;

/**
 * Tiles that proofs about a leaf need, and those at the right edge: level and index, in turn.
 *
 * # Errors
 * When a number is no size.
 * @param {number} index
 * @param {number} size
 * @returns {Float64Array}
 */
function neededTiles(index, size) {
    const ret = wasm.neededTiles(index, size);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v1;
}
exports.neededTiles = neededTiles;

/**
 * What whoever deploys a template must be allowed to do.
 *
 * # Errors
 * Never on account of the text: that is an answer.
 * @param {string} text
 * @returns {PermissionsAnswer}
 */
function permissions(text) {
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.permissions(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.permissions = permissions;

/**
 * What a stored plan (JSON) changes, property by property.
 *
 * # Errors
 * When the text is no plan.
 * @param {string} plan
 * @returns {PlanChanges}
 */
function planChanges(plan) {
    const ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.planChanges(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.planChanges = planChanges;

/**
 * The digest that a stored plan (JSON) has by what it says.
 *
 * # Errors
 * When the text is no plan.
 * @param {string} plan
 * @returns {string}
 */
function planDigest(plan) {
    let deferred3_0;
    let deferred3_1;
    try {
        const ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.planDigest(ptr0, len0);
        var ptr2 = ret[0];
        var len2 = ret[1];
        if (ret[3]) {
            ptr2 = 0; len2 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred3_0 = ptr2;
        deferred3_1 = len2;
        return getStringFromWasm0(ptr2, len2);
    } finally {
        wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
}
exports.planDigest = planDigest;

/**
 * How each step of a stored plan (JSON) would be undone if the deployment failed.
 *
 * # Errors
 * When the text is no plan.
 * @param {string} plan
 * @returns {PlanUndo}
 */
function planUndo(plan) {
    const ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.planUndo(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.planUndo = planUndo;

/**
 * What is signed of a statement's payload.
 * @param {string} payload
 * @returns {Uint8Array}
 */
function preAuthentication(payload) {
    const ptr0 = passStringToWasm0(payload, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.preAuthentication(ptr0, len0);
    var v2 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v2;
}
exports.preAuthentication = preAuthentication;

/**
 * Makes proofs from tiles.
 *
 * # Errors
 * When the call is malformed.
 * @param {ProveCall} call
 * @returns {ProofAnswer}
 */
function proveFromTiles(call) {
    const ret = wasm.proveFromTiles(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.proveFromTiles = proveFromTiles;

/**
 * Schema of a resource type as JSON, `undefined` for a type the registry does not know.
 * @param {string} type_name
 * @returns {string | undefined}
 */
function resourceSchema(type_name) {
    const ptr0 = passStringToWasm0(type_name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.resourceSchema(ptr0, len0);
    let v2;
    if (ret[0] !== 0) {
        v2 = getStringFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v2;
}
exports.resourceSchema = resourceSchema;

/**
 * The way back from a deployment that failed.
 *
 * # Errors
 * When the call is malformed.
 * @param {RollbackCall} call
 * @returns {RollbackAnswer}
 */
function rollback(call) {
    const ret = wasm.rollback(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.rollback = rollback;

/**
 * The built-in rules, explained.
 *
 * # Errors
 * Never.
 * @returns {RulesAnswer}
 */
function rules() {
    const ret = wasm.rules();
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.rules = rules;

/**
 * Seals bytes; the nonce may be used once with the key.
 *
 * # Errors
 * When key or nonce have another length.
 * @param {Uint8Array | number[]} key
 * @param {Uint8Array | number[]} nonce
 * @param {Uint8Array | number[]} context
 * @param {Uint8Array | number[]} plain
 * @returns {Uint8Array}
 */
function seal(key, nonce, context, plain) {
    let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
    try {
        ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArray8ToWasm0(context, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
        ptr3 = passArray8ToWasm0(plain, wasm.__wbindgen_malloc);
        len3 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 1, 1); }
        if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.seal(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v5;
}
exports.seal = seal;

/**
 * A checkpoint's text with the signature over it, as a signed note.
 *
 * # Errors
 * When the text is no checkpoint, or the key none.
 * @param {string} text
 * @param {Uint8Array | number[]} public_key
 * @param {Uint8Array | number[]} signature
 * @returns {string}
 */
function signedCheckpoint(text, public_key, signature) {
    let deferred5_0;
    let deferred5_1;
    try {
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(public_key, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(signature, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.signedCheckpoint(ptr0, len0, ptr1, len1, ptr2, len2);
        var ptr4 = ret[0];
        var len4 = ret[1];
        if (ret[3]) {
            ptr4 = 0; len4 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred5_0 = ptr4;
        deferred5_1 = len4;
        return getStringFromWasm0(ptr4, len4);
    } finally {
        wasm.__wbindgen_free(deferred5_0, deferred5_1, 1);
    }
}
exports.signedCheckpoint = signedCheckpoint;

/**
 * Runs a plan (JSON) with the real engine on a virtual clock.
 *
 * # Errors
 * When the plan or the call is malformed.
 * @param {string} plan
 * @param {SimulateCall} call
 * @returns {Simulated}
 */
function simulate(plan, call) {
    const ptr0 = passStringToWasm0(plan, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.simulate(ptr0, len0, call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.simulate = simulate;

/**
 * Encodes what a recorder counted: bucket indices (`sketch`'s, as the high word of a value shifted by 14) with their
 * counts, the number of zeros, and sum, smallest and largest value.
 * @param {Uint32Array | number[]} indices
 * @param {Float64Array | number[]} counts
 * @param {number} zero
 * @param {number} sum
 * @param {number} min
 * @param {number} max
 * @returns {Uint8Array}
 */
function sketchFromCounts(indices, counts, zero, sum, min, max) {
    const val3 = +zero;
    const val4 = +sum;
    const val5 = +min;
    const val6 = +max;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray32ToWasm0(indices, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayF64ToWasm0(counts, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.sketchFromCounts(ptr0, len0, ptr1, len1, val3, val4, val5, val6);
    var v7 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v7;
}
exports.sketchFromCounts = sketchFromCounts;

/**
 * Both sketches in one; `undefined` where either is not a sketch of this version.
 * @param {Uint8Array | number[]} one
 * @param {Uint8Array | number[]} other
 * @returns {Uint8Array | undefined}
 */
function sketchMerge(one, other) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray8ToWasm0(one, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(other, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.sketchMerge(ptr0, len0, ptr1, len1);
    let v3;
    if (ret[0] !== 0) {
        v3 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v3;
}
exports.sketchMerge = sketchMerge;

/**
 * Count, sum, extremes and quantiles of an encoded sketch.
 *
 * # Errors
 * Never on account of the bytes: that is an answer.
 * @param {Uint8Array | number[]} bytes
 * @param {Float64Array | number[]} quantiles
 * @returns {SketchAnswer}
 */
function sketchSummary(bytes, quantiles) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayF64ToWasm0(quantiles, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.sketchSummary(ptr0, len0, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.sketchSummary = sketchSummary;

/**
 * Values of an encoded sketch and how often each was there, in turn, rising; empty where it is no sketch.
 * @param {Uint8Array | number[]} bytes
 * @returns {Float64Array}
 */
function sketchValues(bytes) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.sketchValues(ptr0, len0);
    var v2 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}
exports.sketchValues = sketchValues;

/**
 * The payload of a statement, to be signed as `preAuthentication` gives it.
 *
 * # Errors
 * When the call is malformed.
 * @param {Statement} statement
 * @returns {ProofAnswer}
 */
function statementPayload(statement) {
    const ret = wasm.statementPayload(statement);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.statementPayload = statementPayload;

/**
 * What a failure's message says that its class depends on: fixed words, joined by commas, and nothing that it quotes.
 * @param {string} message
 * @returns {string}
 */
function tellingWords(message) {
    let deferred2_0;
    let deferred2_1;
    try {
        const ptr0 = passStringToWasm0(message, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.tellingWords(ptr0, len0);
        deferred2_0 = ret[0];
        deferred2_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred2_0, deferred2_1, 1);
    }
}
exports.tellingWords = tellingWords;

/**
 * The text that was sealed, made straight into a string of the caller's; `undefined` where this is not it.
 *
 * # Errors
 * When the key has another length.
 * @param {Uint8Array | number[]} key
 * @param {Uint8Array | number[]} context
 * @param {Uint8Array | number[]} sealed
 * @returns {string | undefined}
 */
function unsealed(key, context, sealed) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
        ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(context, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArray8ToWasm0(sealed, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.unsealed(ptr0, len0, ptr1, len1, ptr2, len2);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.unsealed = unsealed;

/**
 * A key as notes name it: `name+hash+key`.
 *
 * # Errors
 * When the key is none.
 * @param {string} name
 * @param {Uint8Array | number[]} public_key
 * @returns {string}
 */
function verifierKey(name, public_key) {
    let deferred4_0;
    let deferred4_1;
    try {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(public_key, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.verifierKey(ptr0, len0, ptr1, len1);
        var ptr3 = ret[0];
        var len3 = ret[1];
        if (ret[3]) {
            ptr3 = 0; len3 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred4_0 = ptr3;
        deferred4_1 = len3;
        return getStringFromWasm0(ptr3, len3);
    } finally {
        wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
    }
}
exports.verifierKey = verifierKey;

/**
 * Whether a tree continues another (RFC 9162, 2.1.4.2). `proof`: its hashes one after the other.
 *
 * # Errors
 * When a hash is not of 32 bytes, or a number no size.
 * @param {number} first
 * @param {Uint8Array | number[]} first_root
 * @param {number} second
 * @param {Uint8Array | number[]} second_root
 * @param {Uint8Array | number[]} proof
 * @returns {ProofAnswer}
 */
function verifyConsistency(first, first_root, second, second_root, proof) {
    const val4 = +first;
    const val5 = +second;
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
        ptr0 = passArray8ToWasm0(first_root, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(second_root, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArray8ToWasm0(proof, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.verifyConsistency(val4, ptr0, len0, val5, ptr1, len1, ptr2, len2);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.verifyConsistency = verifyConsistency;

/**
 * Whether an envelope is signed by pinned keys, and what it carries.
 *
 * # Errors
 * When the call is malformed.
 * @param {DsseCall} call
 * @returns {ProofAnswer}
 */
function verifyDsse(call) {
    const ret = wasm.verifyDsse(call);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.verifyDsse = verifyDsse;

/**
 * Whether a leaf is in a tree (RFC 9162, 2.1.3.2). `proof`: its hashes one after the other.
 *
 * # Errors
 * When a hash is not of 32 bytes, or a number no size.
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array | number[]} leaf
 * @param {Uint8Array | number[]} proof
 * @param {Uint8Array | number[]} root
 * @returns {ProofAnswer}
 */
function verifyInclusion(index, size, leaf, proof, root) {
    const val4 = +index;
    const val5 = +size;
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
        ptr0 = passArray8ToWasm0(leaf, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(proof, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArray8ToWasm0(root, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.verifyInclusion(val4, val5, ptr0, len0, ptr1, len1, ptr2, len2);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.verifyInclusion = verifyInclusion;

/**
 * Whether a run's proof holds.
 *
 * # Errors
 * When the keys are malformed. Never on account of the proof.
 * @param {string} text
 * @param {TrustedKeys} keys
 * @param {string | null} [since]
 * @returns {Verification}
 */
function verifyProof(text, keys, since) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = isLikeNone(since) ? 0 : passStringToWasm0(since, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.verifyProof(ptr0, len0, keys, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
exports.verifyProof = verifyProof;

/**
 * Whether an Ed25519 signature is the key's (RFC 8032), strictly; whatever the bytes are, that is an answer.
 * @param {Uint8Array | number[]} public_key
 * @param {Uint8Array | number[]} message
 * @param {Uint8Array | number[]} signature
 * @returns {boolean}
 */
function verifySignature(public_key, message, signature) {
    let ptr0, len0, ptr1, len1, ptr2, len2;
    try {
        ptr0 = passArray8ToWasm0(public_key, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(message, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
        ptr2 = passArray8ToWasm0(signature, wasm.__wbindgen_malloc);
        len2 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.verifySignature(ptr0, len0, ptr1, len1, ptr2, len2);
    return ret !== 0;
}
exports.verifySignature = verifySignature;
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_208446807d0d1e30: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg___wbindgen_is_undefined_be5b34249ff1fc15: function(arg0) {
            const ret = arg0 === undefined;
            return ret;
        },
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_parse_c3f72b5a24f83c01: function() { return handleError(function (arg0, arg1) {
            const ret = JSON.parse(getStringFromWasm0(arg0, arg1));
            return ret;
        }, arguments); },
        __wbg_stringify_0a0fbf2ef722380a: function() { return handleError(function (arg0) {
            const ret = JSON.stringify(arg0);
            return ret;
        }, arguments); },
        __wbindgen_generic_0000000000000001: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./assent_core_bg.js": import0,
    };
}

const EngineFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_engine_free(ptr, 1));
const ForecastAnswersFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_forecastanswers_free(ptr, 1));
const LabelAnswersFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_labelanswers_free(ptr, 1));
const LogReaderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_logreader_free(ptr, 1));
const PlannedFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_planned_free(ptr, 1));
const TemplateFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_template_free(ptr, 1));
const VoteAnswersFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_voteanswers_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function getArrayF64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayI32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getInt32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

let cachedInt32ArrayMemory0 = null;
function getInt32ArrayMemory0() {
    if (cachedInt32ArrayMemory0 === null || cachedInt32ArrayMemory0.byteLength === 0) {
        cachedInt32ArrayMemory0 = new Int32Array(wasm.memory.buffer);
    }
    return cachedInt32ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getUint32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    if (len > 200 && cachedTextEncoder.encodeInto(arg, mem.subarray(ptr, ptr + len)).read === len) offset = len;
    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
function decodeText(bytes) {
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

const wasmPath = `${__dirname}/assent_core_bg.wasm`;
const wasmBytes = require('fs').readFileSync(wasmPath);
const wasmModule = new WebAssembly.Module(wasmBytes);
let wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());
let wasm = wasmInstance.exports;
wasm.__wbindgen_start();
