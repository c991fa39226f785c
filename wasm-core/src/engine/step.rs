//! One step of a run and where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Index, IndexMut};

use serde_json::Value;

use crate::model::{CallKind, Millis};

use super::errors::{self, Class};
use super::phase::Phase;
use super::ready::Rank;
use super::refused::Refused;

/// What a step does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Create,
    Update,
    Delete,
    /// Reads an existing resource and records it.
    Import,
    /// Reads an unchanged resource for values that others need now and did not before.
    Read,
    /// Forgets the resource without a call.
    Retain,
    /// Unchanged, and all that is needed of it is known.
    Nothing,
}

impl Work {
    /// First part of the step's name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Read => "read",
            Self::Retain => "retain",
            Self::Nothing => "noop",
        }
    }

    /// Deletions of a deployment wait until everything else has succeeded.
    pub(super) fn cleans_up(self) -> bool {
        matches!(self, Self::Delete | Self::Retain)
    }
}

/// Where a creation that nobody remembers is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Search {
    /// Among the requests of its time.
    #[default]
    Requests,
    /// Among all resources of its type.
    Resources,
}

/// What a creation may have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) identifier: Option<String>,
    pub(super) request_token: String,
    /// It has the properties that were asked for, as far as a read tells.
    pub(super) alike: bool,
    /// Its tags say that it is what this creation has made.
    pub(super) ours: bool,
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) class: Class,
    /// What is waited for before the next attempt, one sentence; empty: nothing in particular.
    pub(super) waits_for: String,
}

impl Failure {
    /// Judged by its code alone.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        let class = errors::class(code);
        Self { code: code.to_owned(), message: message.into(), class, waits_for: String::new() }
    }
}

/// A step; everything but queue positions follows from the journal.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) name: String,
    /// Index of the resource in the plan.
    pub(super) resource: usize,
    pub(super) work: Work,
    /// Which of the resource's old ones it deletes.
    pub(super) old: Option<usize>,
    /// Waits until everything else has succeeded.
    pub(super) gated: bool,
    pub(super) phase: Phase,
    /// When that began.
    pub(super) since: Millis,
    /// How many steps (and the gate before deletions) must come first.
    pub(super) waits_for: u32,
    pub(super) type_index: usize,
    /// Expected duration; 0: unknown.
    pub(super) estimate: Millis,
    pub(super) rank: Rank,
    /// Heaviest chain of steps that wait for this one.
    pub(super) below: Millis,
    /// Counts changes of place: queue entries with an older stamp are void.
    pub(super) stamp: u32,
    /// Counts against the concurrency bound.
    pub(super) slot: bool,
    /// Unanswered call.
    pub(super) call: Option<CallKind>,
    /// The cloud may have got the call although no answer came.
    pub(super) ambiguous: bool,
    pub(super) attempt: u32,
    pub(super) client_token: String,
    pub(super) intent_at: Millis,
    pub(super) request_token: Option<String>,
    /// Its duration was watched from the start (not resumed).
    pub(super) watched: bool,
    /// When it was last seen running, in ms since it was accepted.
    pub(super) seen: Millis,
    pub(super) retry_after: Option<Millis>,
    /// The operation was cancelled in the cloud, for its deadline.
    pub(super) cancelled_at: Option<Millis>,
    /// When the next poll was to be, in ms since the operation was accepted.
    pub(super) placed: Millis,
    pub(super) identifier: Option<String>,
    /// Unanswered or refused calls in a row: how long the pause before the next is.
    pub(super) troubles: u32,
    /// Its calls are refused for now.
    pub(super) refused: Option<Refused>,
    /// Its read is throttled for now. Not in the journal.
    pub(super) throttled: Option<Refused>,
    pub(super) failure: Option<Failure>,
    /// A failed attempt at this creation may have made something.
    pub(super) left_something: bool,
    /// Each way in which attempts have failed: since when, and how often.
    pub(super) failing: Vec<(Class, Millis, u32)>,
    /// Known values of the resource by attribute name (or `Ref`).
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) started_at: Option<Millis>,
    pub(super) ended_at: Option<Millis>,
    /// Paths of the patch that an earlier attempt has brought to the wanted value.
    pub(super) reached: BTreeSet<String>,
    /// When it was last seen to be as the plan found it.
    pub(super) looked_at: Option<Millis>,
    pub(super) search: Search,
    /// Page of the search that comes next.
    pub(super) next: Option<String>,
    pub(super) candidates: Vec<Candidate>,
    /// Candidates before this one have been read.
    pub(super) unread: usize,
    /// How many have been read, those that were none included.
    pub(super) reads: usize,
    /// The creation whose remnant this step deletes.
    pub(super) parent: Option<StepId>,
    /// The step that deletes the remnants of this creation.
    pub(super) remover: Option<StepId>,
}

impl Step {
    pub(super) fn new(work: Work, logical_id: &str, resource: usize, type_index: usize, rank: Rank) -> Self {
        Self {
            name: format!("{}:{logical_id}", work.word()),
            resource,
            work,
            old: None,
            gated: work.cleans_up(),
            phase: Phase::Waiting,
            since: 0,
            waits_for: 0,
            type_index,
            estimate: 0,
            rank,
            below: 0,
            stamp: 0,
            slot: false,
            call: None,
            ambiguous: false,
            attempt: 0,
            client_token: String::new(),
            intent_at: 0,
            request_token: None,
            watched: false,
            seen: 0,
            retry_after: None,
            cancelled_at: None,
            placed: 0,
            identifier: None,
            troubles: 0,
            refused: None,
            throttled: None,
            failure: None,
            left_something: false,
            failing: Vec::new(),
            attributes: BTreeMap::new(),
            started_at: None,
            ended_at: None,
            reached: BTreeSet::new(),
            looked_at: None,
            search: Search::default(),
            next: None,
            candidates: Vec::new(),
            unread: 0,
            reads: 0,
            parent: None,
            remover: None,
        }
    }
}

impl Step {
    /// How the call is refused that is to be made again.
    pub(super) fn refusal(&self) -> Option<&Failure> {
        let repeated = matches!(self.phase, Phase::Unsent | Phase::Sent | Phase::Reading(_) | Phase::Seeking);
        let throttled = self.throttled.as_ref().filter(|throttled| throttled.lasts());
        throttled.or(self.refused.as_ref()).filter(|_| repeated).map(|refused| &refused.failure)
    }

    /// Whatever was refused or throttled is over; whether there was anything.
    pub(super) fn nothing_refused(&mut self) -> bool {
        let throttled = self.throttled.take().is_some_and(|throttled| throttled.lasts());
        self.refused.take().is_some() || throttled
    }

    /// An attempt has failed in this way.
    pub(super) fn has_failed(&mut self, class: Class, at: Millis) {
        match self.failing.iter_mut().find(|(other, ..)| *other == class) {
            Some((_, _, count)) => *count = count.saturating_add(1),
            None => self.failing.push((class, at, 1)),
        }
    }

    /// How often attempts have failed in this way, and how long ago that began.
    pub(super) fn failures(&self, class: Class, at: Millis) -> (u32, Millis) {
        let found = self.failing.iter().find(|(other, ..)| *other == class);
        found.map_or((0, 0), |(_, since, count)| (*count, at.saturating_sub(*since)))
    }
}

/// Names a step of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StepId(usize);

/// The steps of an engine. INVARIANT: a `StepId` is made here only, and steps are never removed, so indexing holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    pub(super) fn push(&mut self, step: Step) -> StepId {
        self.0.push(step);
        StepId(self.0.len() - 1)
    }

    /// Node of the graph: steps of the plan have one, the removal of a remnant has none.
    pub(super) fn node(id: StepId) -> usize {
        id.0
    }

    /// The step of a node.
    pub(super) fn at(&self, node: usize) -> Option<StepId> {
        self.0.get(node).map(|_| StepId(node))
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = StepId> + use<> {
        (0..self.0.len()).map(StepId)
    }
}

#[allow(clippy::indexing_slicing)]
impl Index<StepId> for Steps {
    type Output = Step;

    fn index(&self, id: StepId) -> &Step {
        &self.0[id.0]
    }
}

#[allow(clippy::indexing_slicing)]
impl IndexMut<StepId> for Steps {
    fn index_mut(&mut self, id: StepId) -> &mut Step {
        &mut self.0[id.0]
    }
}
