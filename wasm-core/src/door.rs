//! The only door from JavaScript: each export is a thin line over a pure function. One file, because it is the list of what
//! JavaScript may call and decides nothing; what the proof and the sealing give stands in files of their own.
//!
//! Expected refusals are answer variants; a `JsError` is a malformed call and our own bug. The engine's hot path
//! takes and gives JSON text, everything else typed objects.

mod proof;
mod seal;

use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;
use zeroize::Zeroize;

use crate::call::{InspectAnswer, PlanAnswer, PlanCall, PlanSummary, SimulateCall, Simulated};
use crate::circle::{self, AnsweredQuestions, Brief, BuiltinVotes, DecideAnswer, DecideCall, ExpertsAnswer};
use crate::consensus::columns::{Columns, Parts};
use crate::consensus::tables::{self, Forecasts, ForecastsSummary, Labels, LabelsSummary, TableMethod};
use crate::consensus::{ConsensusAnswer, ConsensusCall, aggregate};
use crate::durations::{Learned, Observed};
use crate::engine::{Schemas, unresolved};
use crate::model::{Event, Millis, Plan};
use crate::permissions::PermissionsAnswer;
use crate::plan::drift::{DriftCall, Drifted};
use crate::plan::planned::Planning;
use crate::plan::rollback::{RollbackAnswer, RollbackCall};
use crate::plan::undo::PlanUndo;
use crate::scan::{RulesAnswer, ScanAnswer, ScanCall};
use crate::secret::SecretValues;
use crate::session;
use crate::share::{Claim, Share};
use crate::shown::PlanChanges;
use crate::sketch::{Sketch, SketchAnswer};

/// What is there against what was deployed.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn drift(call: Ts<DriftCall>) -> Result<Ts<Drifted>, JsError> {
    Ok(crate::plan::drift::drift(&call.to_rust()?).into_ts()?)
}

/// The way back from a deployment that failed.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn rollback(call: Ts<RollbackCall>) -> Result<Ts<RollbackAnswer>, JsError> {
    Ok(crate::plan::rollback::rollback(&call.to_rust()?).into_ts()?)
}

/// The digest that a stored plan (JSON) has by what it says.
///
/// # Errors
/// When the text is no plan.
#[wasm_bindgen(js_name = planDigest)]
pub fn plan_digest(plan: &str) -> Result<String, JsError> {
    Ok(crate::plan::digest_of(&serde_json::from_str(plan)?))
}

/// The text whose SHA-256 a stored plan's (JSON) digest is.
///
/// # Errors
/// When the text is no plan.
#[wasm_bindgen(js_name = digestedPlan)]
pub fn digested_plan(plan: &str) -> Result<String, JsError> {
    Ok(crate::plan::digested(&serde_json::from_str(plan)?))
}

/// What a failure's message says that its class depends on: fixed words, joined by commas, and nothing that it quotes.
#[wasm_bindgen(js_name = tellingWords)]
#[must_use]
pub fn telling_words(message: &str) -> String {
    crate::engine::errors::telling_words(message).join(", ")
}

/// What a stored plan (JSON) changes, property by property.
///
/// # Errors
/// When the text is no plan.
#[wasm_bindgen(js_name = planChanges)]
pub fn plan_changes(plan: &str) -> Result<Ts<PlanChanges>, JsError> {
    Ok(crate::shown::changes(&serde_json::from_str(plan)?).into_ts()?)
}

/// How each step of a stored plan (JSON) would be undone if the deployment failed.
///
/// # Errors
/// When the text is no plan.
#[wasm_bindgen(js_name = planUndo)]
pub fn plan_undo(plan: &str) -> Result<Ts<PlanUndo>, JsError> {
    Ok(crate::plan::undo::undo(&serde_json::from_str(plan)?).into_ts()?)
}

/// Runs a plan (JSON) with the real engine on a virtual clock.
///
/// # Errors
/// When the plan or the call is malformed.
#[wasm_bindgen]
pub fn simulate(plan: &str, call: Ts<SimulateCall>) -> Result<Ts<Simulated>, JsError> {
    Ok(crate::simulate::simulate(&serde_json::from_str(plan)?, &call.to_rust()?)?.into_ts()?)
}

/// The built-in rules, explained.
///
/// # Errors
/// Never.
#[wasm_bindgen]
pub fn rules() -> Result<Ts<RulesAnswer>, JsError> {
    Ok(crate::scan::rules().into_ts()?)
}

/// Schema of a resource type as JSON, `undefined` for a type the registry does not know.
#[wasm_bindgen(js_name = resourceSchema)]
#[must_use]
pub fn resource_schema(type_name: &str) -> Option<String> {
    crate::schema::resource_schema(type_name).map(|schema| schema.to_string())
}

/// What whoever deploys a template must be allowed to do.
///
/// # Errors
/// Never on account of the text: that is an answer.
#[wasm_bindgen]
pub fn permissions(text: &str) -> Result<Ts<PermissionsAnswer>, JsError> {
    Ok(crate::permissions::permissions(text).into_ts()?)
}

/// The circle's experts, and what is known of them from what became of their votes.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn experts(call: Ts<AnsweredQuestions>) -> Result<Ts<ExpertsAnswer>, JsError> {
    let outcomes = call.to_rust()?.outcomes;
    Ok(ExpertsAnswer { experts: circle::records(&outcomes) }.into_ts()?)
}

/// Aggregates votes on one question.
///
/// # Errors
/// When the call itself is malformed.
#[wasm_bindgen]
pub fn consensus(call: Ts<ConsensusCall>) -> Result<Ts<ConsensusAnswer>, JsError> {
    Ok(match aggregate(&call.to_rust()?) {
        Ok(consensus) => ConsensusAnswer::Aggregated { consensus },
        Err(problems) => ConsensusAnswer::Refused { problems },
    }
    .into_ts()?)
}

/// Answers to many votes on one question: columns in and out, without an object per vote.
#[wasm_bindgen]
#[derive(Debug)]
pub struct VoteAnswers {
    parts: Result<Parts, Vec<String>>,
}

#[wasm_bindgen]
impl VoteAnswers {
    /// From a call without these votes, and columns (see `Columns`).
    ///
    /// # Errors
    /// When the call or the columns are malformed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        call: Ts<ConsensusCall>,
        names: &str,
        counts: &[u32],
        codes: &[u32],
        numbers: &[f64],
    ) -> Result<VoteAnswers, JsError> {
        let columns = Columns { names, counts: <[u32; 2]>::try_from(counts)?, codes, numbers };
        Ok(Self { parts: columns.aggregate(&call.to_rust()?).ok_or_else(malformed)? })
    }

    /// The answer without its experts, or why there is none.
    ///
    /// # Errors
    /// Never.
    pub fn answer(&self) -> Result<Ts<ConsensusAnswer>, JsError> {
        Ok(match &self.parts {
            Ok(parts) => ConsensusAnswer::Aggregated { consensus: parts.head.clone() },
            Err(problems) => ConsensusAnswer::Refused { problems: problems.clone() },
        }
        .into_ts()?)
    }

    /// See `Parts`.
    #[must_use]
    pub fn who(&self) -> Vec<u32> {
        self.column(|parts| &parts.who)
    }

    /// See `Parts`.
    #[must_use]
    pub fn flags(&self) -> Vec<u8> {
        self.column(|parts| &parts.flags)
    }

    /// See `Parts`.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        self.column(|parts| &parts.numbers)
    }

    /// See `Parts`.
    #[must_use]
    pub fn flip(&self) -> Vec<u32> {
        self.column(|parts| &parts.flip)
    }

    fn column<T: Clone>(&self, of: impl Fn(&Parts) -> &Vec<T>) -> Vec<T> {
        self.parts.as_ref().map(|parts| of(parts).clone()).unwrap_or_default()
    }
}

/// The decision that votes on a plan allow, or who is to be asked next.
///
/// # Errors
/// When the call itself is malformed.
#[wasm_bindgen]
pub fn decide(call: Ts<DecideCall>) -> Result<Ts<DecideAnswer>, JsError> {
    Ok(circle::decide(&call.to_rust()?).into_ts()?)
}

/// Answers to a table of labels: columns out of the core without a detour through objects.
#[wasm_bindgen]
#[derive(Debug)]
pub struct LabelAnswers {
    answered: tables::Answered,
    refused: Option<String>,
}

#[wasm_bindgen]
impl LabelAnswers {
    /// From columns of indices (see `Labels`), the counts of tasks, workers and labels, and `truth` as
    /// `tables::answer` takes it.
    ///
    /// # Errors
    /// When the columns are malformed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        tasks: &[u32],
        workers: &[u32],
        labels: &[u32],
        counts: &[u32],
        method: Ts<TableMethod>,
        truth: &[i32],
    ) -> Result<LabelAnswers, JsError> {
        let labels = Labels::new([tasks, workers, labels], <[u32; 3]>::try_from(counts)?).ok_or_else(malformed)?;
        Ok(match tables::answer(&labels, method.to_rust()?, truth) {
            Ok(answered) => Self { answered, refused: None },
            Err(why) => Self { answered: tables::Answered::default(), refused: Some(why) },
        })
    }

    /// Why there are no answers: the table is too large for the method.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        self.refused.clone()
    }

    /// Per task the index of its label, −1: a tie.
    #[must_use]
    pub fn winners(&self) -> Vec<i32> {
        self.answered.winners.clone()
    }

    /// Per task the probability of its label.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        self.answered.probabilities.clone()
    }

    /// How it was answered.
    ///
    /// # Errors
    /// Never.
    pub fn summary(&self) -> Result<Ts<LabelsSummary>, JsError> {
        Ok(self.answered.summary.clone().into_ts()?)
    }
}

/// Answers to a table of forecasts, columns again.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ForecastAnswers {
    pooled: tables::Pooled,
}

#[wasm_bindgen]
impl ForecastAnswers {
    /// From columns of indices of questions and forecasters and one of probabilities, the counts of both, and `outcomes`
    /// as `Forecasts::pooled` takes it.
    ///
    /// # Errors
    /// When the columns are malformed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        questions: &[u32],
        forecasters: &[u32],
        p: &[f64],
        counts: &[u32],
        method: Ts<TableMethod>,
        outcomes: &[f64],
    ) -> Result<ForecastAnswers, JsError> {
        let counts = <[u32; 2]>::try_from(counts)?;
        let forecasts = Forecasts::new([questions, forecasters], p, counts).ok_or_else(malformed)?;
        Ok(Self { pooled: forecasts.pooled(method.to_rust()?, outcomes) })
    }

    /// One probability per question.
    #[must_use]
    pub fn p(&self) -> Vec<f64> {
        self.pooled.p.clone()
    }

    /// How they were made.
    ///
    /// # Errors
    /// Never.
    pub fn summary(&self) -> Result<Ts<ForecastsSummary>, JsError> {
        Ok(self.pooled.summary.clone().into_ts()?)
    }
}

/// Encodes what a recorder counted: bucket indices (`sketch`'s, as the high word of a value shifted by 14) with their
/// counts, the number of zeros, and sum, smallest and largest value.
#[wasm_bindgen(js_name = sketchFromCounts)]
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn sketch_from_counts(indices: &[u32], counts: &[f64], zero: f64, sum: f64, min: f64, max: f64) -> Vec<u8> {
    let counts: Vec<(u32, u64)> = indices.iter().copied().zip(counts.iter().map(|count| *count as u64)).collect();
    Sketch::encode_counts(&counts, zero as u64, [sum, min, max])
}

/// Both sketches in one; `undefined` where either is not a sketch of this version.
#[wasm_bindgen(js_name = sketchMerge)]
#[must_use]
pub fn sketch_merge(one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let mut merged = Sketch::decode(one).ok()?;
    merged.merge(&Sketch::decode(other).ok()?);
    Some(merged.encode())
}

/// Count, sum, extremes and quantiles of an encoded sketch.
///
/// # Errors
/// Never on account of the bytes: that is an answer.
#[wasm_bindgen(js_name = sketchSummary)]
pub fn sketch_summary(bytes: &[u8], quantiles: &[f64]) -> Result<Ts<SketchAnswer>, JsError> {
    Ok(crate::sketch::summarize(bytes, quantiles).into_ts()?)
}

/// Values of an encoded sketch and how often each was there, in turn, rising; empty where it is no sketch.
#[wasm_bindgen(js_name = sketchValues)]
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts are below 2^53
pub fn sketch_values(bytes: &[u8]) -> Vec<f64> {
    let sketch = Sketch::decode(bytes).unwrap_or_default();
    sketch.values().flat_map(|(value, count)| [value, count as f64]).collect()
}

/// Puts a claim to a share of the account's and region's rate to what is kept of it.
///
/// # Errors
/// When the claim is malformed. Never on account of what is kept.
#[wasm_bindgen(js_name = claimRate)]
#[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
pub fn claim_rate(kept: Option<String>, claim: Ts<Claim>) -> Result<Ts<Share>, JsError> {
    Ok(crate::share::claim(kept.as_deref(), &claim.to_rust()?).into_ts()?)
}

/// What is kept of durations, with what a run observed (JSON list) added; the answer takes its place.
///
/// # Errors
/// When the list is malformed. Never on account of what is kept.
#[wasm_bindgen(js_name = learnDurations)]
#[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
pub fn learn_durations(kept: Option<String>, observed: &str) -> Result<String, JsError> {
    let mut learned = Learned::read(kept.as_deref());
    learned.add(&serde_json::from_str::<Vec<Observed>>(observed)?);
    Ok(learned.text())
}

/// A template: parsed once, then asked.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Template {
    template: session::Template,
    planned: Option<session::Planned>,
}

#[wasm_bindgen]
impl Template {
    /// From a text, which may be anything: what is wrong with it is an answer to each question. Empty for the end of a
    /// stack.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(text: String) -> Template {
        Self { template: session::Template::new(text), planned: None }
    }

    /// What it declares.
    ///
    /// # Errors
    /// Never on account of the text.
    pub fn declared(&self) -> Result<Ts<InspectAnswer>, JsError> {
        Ok(self.template.declared().into_ts()?)
    }

    /// Policy, secrets, the template itself; for a text that is not about to be deployed.
    ///
    /// # Errors
    /// When the call itself is malformed.
    pub fn scan(&self, call: Ts<ScanCall>) -> Result<Ts<ScanAnswer>, JsError> {
        Ok(self.template.scan(&call.to_rust()?).into_ts()?)
    }

    /// Plans it (`mode: deploy`), or the end of a stack (`mode: destroy`). A plan stays inside: see `planned`. What is
    /// recorded and what is live may come as the JSON texts that they are kept as, in place of the call's.
    ///
    /// # Errors
    /// When the call itself is malformed.
    #[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
    pub fn plan(
        &mut self,
        call: Ts<PlanCall>,
        recorded: Option<String>,
        live: Option<String>,
    ) -> Result<Ts<PlanAnswer>, JsError> {
        let mut call = call.to_rust()?;
        if let Some(recorded) = recorded {
            call.recorded = Some(serde_json::from_str(&recorded)?);
        }
        if let Some(live) = live {
            call.live = serde_json::from_str(&live)?;
        }
        let planning = self.template.plan(call);
        self.planned = None;
        Ok(match planning {
            Planning::Planned(planned) => {
                let planned = session::Planned::new(self.template.clone(), *planned);
                let summary = planned.summary();
                self.planned = Some(planned);
                PlanAnswer::Planned { planned: summary }
            }
            Planning::Needs { lookups, optional } => PlanAnswer::Needs { lookups, optional },
            Planning::Refused { problems } => PlanAnswer::Refused { problems },
        }
        .into_ts()?)
    }

    /// The plan that the last `plan` made, once.
    pub fn planned(&mut self) -> Option<Planned> {
        self.planned.take().map(|planned| Planned { planned })
    }
}

/// A plan, with the values that it was made with.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Planned {
    planned: session::Planned,
}

#[wasm_bindgen]
impl Planned {
    /// Takes in what came of reading its dynamic references; digest and text are others then.
    ///
    /// # Errors
    /// When they are malformed.
    pub fn bind(&mut self, references: &str) -> Result<Ts<PlanSummary>, JsError> {
        self.planned.bind(serde_json::from_str(references).map_err(|_| malformed())?);
        Ok(self.planned.summary().into_ts()?)
    }

    /// SHA-256 (hex).
    #[must_use]
    pub fn digest(&self) -> String {
        self.planned.plan().digest.clone()
    }

    /// The plan, JSON text.
    ///
    /// # Errors
    /// Never.
    pub fn text(&mut self) -> Result<String, JsError> {
        Ok(self.planned.text()?)
    }

    /// What the scan finds in the values that a deployment of it sends.
    ///
    /// # Errors
    /// When the call itself is malformed.
    pub fn scan(&self, call: Ts<ScanCall>) -> Result<Ts<ScanAnswer>, JsError> {
        Ok(self.planned.scan(&call.to_rust()?).into_ts()?)
    }

    /// What the built-in experts say of it, its findings and the stack's history.
    ///
    /// # Errors
    /// When the call is malformed.
    #[wasm_bindgen(js_name = builtinVotes)]
    pub fn builtin_votes(&self, brief: Ts<Brief>) -> Result<Ts<BuiltinVotes>, JsError> {
        Ok(self.planned.builtin_votes(&brief.to_rust()?).into_ts()?)
    }

    /// The engine that carries it out, from an `EngineConfig` (JSON text). The plan moves into it; nothing else of what
    /// it was made with is kept.
    ///
    /// # Errors
    /// When the configuration is malformed, or the plan wants what the engine does not do.
    pub fn engine(self, config: &str) -> Result<Engine, JsError> {
        let config = serde_json::from_str(config)?;
        Ok(Engine { engine: crate::engine::Engine::new(self.planned.into_plan(), config, Box::new(Schemas))? })
    }
}

/// For a call with secrets in it: what is wrong with it might quote one.
fn malformed() -> JsError {
    JsError::new("the call is malformed")
}

/// The deployment engine: events in, commands out.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    engine: crate::engine::Engine,
}

#[wasm_bindgen]
impl Engine {
    /// From a plan and an `EngineConfig`, both JSON text.
    ///
    /// # Errors
    /// `plan_altered` when the plan is not the one that its digest was made of; when either is malformed, or the plan
    /// wants what the engine does not do.
    #[wasm_bindgen(constructor)]
    pub fn new(plan: &str, config: &str) -> Result<Engine, JsError> {
        let (plan, config): (Plan, _) = (serde_json::from_str(plan)?, serde_json::from_str(config)?);
        if crate::plan::digest_of(&plan) != plan.digest {
            return Err(JsError::new("plan_altered"));
        }
        Ok(Self { engine: crate::engine::Engine::new(plan, config, Box::new(Schemas))? })
    }

    /// Feeds journaled events (JSON list) without producing commands; before the first `handle` of a resumption.
    ///
    /// # Errors
    /// When they are malformed.
    pub fn replay(&mut self, events: &str) -> Result<(), JsError> {
        self.engine.replay(&serde_json::from_str::<Vec<Event>>(events)?);
        Ok(())
    }

    /// Events (JSON list) that came by `now` (ms); returns commands (JSON list).
    ///
    /// # Errors
    /// When they are malformed.
    pub fn handle(&mut self, now: f64, events: &str) -> Result<String, JsError> {
        let events: Vec<Event> = serde_json::from_str(events)?;
        // Negative and absurd times saturate.
        Ok(serde_json::to_string(&self.engine.handle(now as Millis, &events))?)
    }

    /// The desired state (create) or patch document (update) of a step, JSON text; `secrets`: JSON object id to value.
    ///
    /// # Errors
    /// When a reference or secret is unknown.
    pub fn payload(&self, step: &str, mut secrets: String) -> Result<String, JsError> {
        let given = serde_json::from_str::<SecretValues>(&secrets);
        secrets.zeroize();
        let payload = self.engine.payload(step, &given.map_err(|_| malformed())?);
        Ok(payload.map_err(|error| JsError::new(&unresolved(&error)))?.to_string())
    }

    /// How long operations took (JSON list of `Observed`), for `learnDurations`.
    ///
    /// # Errors
    /// Never.
    pub fn observed(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.engine.observed())?)
    }
}
