//! The evaluator: walks values, hands functions to their files, collects problems and lookups.
//!
//! A failed part gives [`Stop`] and has already been reported, so that nothing is said twice; its siblings are still
//! evaluated. In what a false condition leaves out the evaluator is `dead`: names and shapes are checked, values are
//! not, nothing is looked up and nothing is counted as used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::bounds;
use super::document::{Document, macro_name, macro_problem};
use super::foreach::{self, Member};
use super::parameters::{self, Given};
use super::place::Place;
use super::world::{EvaluatedResource, Evaluation, World};
use super::{Effective, refused};
use crate::call::Lookup;
use crate::expr::{Expr, Scope};
use crate::problem::{Problem, Severity, Span};
use crate::secret::SecretValues;
use crate::template::{Entry, Kind, Node};

/// A problem or a lookup has been noted; there is no value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop;

/// A value; `None` is `AWS::NoValue`.
pub(super) type Evaluated = Result<Option<Expr>, Stop>;

/// What is being evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Rules,
    Conditions,
    /// The collection of a loop, a deletion policy, an export name: what has to be known when planning.
    Early,
    Resources,
    Outputs,
}

/// What became of a resource of the template.
#[derive(Clone, Debug)]
pub(super) enum Presence {
    Present,
    /// Left out by this condition.
    Off(String),
    /// `AWS::CDK::Metadata`.
    Dropped,
}

/// See the module's header.
pub(super) struct Evaluator<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) extensions: bool,
    /// Every declared parameter; `None`: it has no usable value.
    pub(super) given: HashMap<&'a str, Option<Given>>,
    pub(super) mappings: HashMap<&'a str, &'a [Entry]>,
    pub(super) conditions: BTreeMap<String, Result<bool, Stop>>,
    pub(super) presence: HashMap<String, Presence>,
    pub(super) section: Section,
    pub(super) dead: bool,
    /// What the resource or output being evaluated refers to.
    pub(super) references: BTreeSet<(String, String)>,
    /// NoEcho parameters used so far.
    pub(super) no_echo: BTreeSet<String>,
    /// Nodes that loops may still make.
    pub(super) budget: usize,
    /// Bytes that functions may still make.
    pub(super) room: usize,
    found: BTreeMap<&'a Lookup, &'a Value>,
    /// With each whether the plan can do without.
    needs: BTreeMap<Lookup, bool>,
    problems: Vec<Problem>,
}

impl<'a> Evaluator<'a> {
    /// With the parameters' values settled and the mappings indexed.
    pub(super) fn new(world: &'a World<'a>, document: &Document<'a>, mut problems: Vec<Problem>) -> Self {
        let declarations = parameters::declarations(document, &mut problems);
        let given = parameters::given(&declarations, world, &mut problems);
        Self {
            world,
            extensions: document.extensions,
            given,
            mappings: super::lookups::mappings(document, &mut problems),
            conditions: BTreeMap::new(),
            presence: HashMap::with_capacity(document.resources.len()),
            section: Section::Early,
            dead: false,
            references: BTreeSet::new(),
            no_echo: BTreeSet::new(),
            budget: foreach::BUDGET,
            room: bounds::TOTAL,
            found: world.found.iter().map(|found| (&found.lookup, &found.value)).collect(),
            needs: BTreeMap::new(),
            problems,
        }
    }

    /// Conditions and rules evaluated, loops expanded, resources indexed: the members of `Resources` and `Outputs`.
    #[allow(clippy::type_complexity)]
    pub(super) fn prepare<'t>(&mut self, document: &Document<'t>) -> Result<(Vec<Member<'t>>, Vec<Member<'t>>), Stop> {
        let conditions = self.members(document.conditions, "Conditions");
        if let Ok(conditions) = &conditions {
            self.evaluate_conditions(conditions);
        }
        self.check_rules(document.rules);
        conditions?;
        let resources = self.members(document.resources, "Resources");
        let outputs = self.members(document.outputs, "Outputs");
        let (resources, outputs) = (resources?, outputs?);
        self.index(&resources);
        Ok((resources, outputs))
    }

    /// Whether there is an error or a lookup.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.needs.is_empty() || self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The errors, or else what to look up.
    pub(super) fn unfinished(self, sound: Vec<EvaluatedResource<'_>>) -> Evaluation<'_> {
        if self.problems.iter().any(|problem| problem.severity == Severity::Error) {
            return refused(self.problems, sound);
        }
        let (optional, lookups): (Vec<_>, Vec<_>) = self.needs.into_iter().partition(|(_, optional)| *optional);
        let names = |needs: Vec<(Lookup, bool)>| needs.into_iter().map(|(lookup, _)| lookup).collect();
        Evaluation::Needs { lookups: names(lookups), optional: names(optional) }
    }

    /// Values of the NoEcho parameters.
    pub(super) fn secrets(&self) -> SecretValues {
        let hidden = self.given.iter().filter_map(|(name, given)| {
            let text = given.as_ref()?.hidden()?;
            Some((format!("parameter:{name}"), Value::String(text.to_owned())))
        });
        hidden.collect()
    }

    /// Whether each condition holds.
    pub(super) fn outcomes(&self) -> BTreeMap<String, bool> {
        self.conditions.iter().filter_map(|(name, holds)| Some((name.clone(), (*holds).ok()?))).collect()
    }

    /// Effective parameters, used NoEcho parameters, warnings.
    pub(super) fn into_parts(self) -> (Effective, Vec<String>, Vec<Problem>) {
        let effective = self.given.into_iter().filter_map(|(name, given)| Some((name.to_owned(), given?.recorded())));
        let effective = effective.collect();
        (effective, self.no_echo.into_iter().collect(), self.problems)
    }

    /// An error here.
    pub(super) fn problem(&self, code: &str, span: Span, at: &Place<'_>, message: impl Into<String>) -> Problem {
        Problem::error(code, span, message).at(at.to_string())
    }

    /// Notes a problem.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Notes a problem; there is no value then.
    pub(super) fn refuse<T>(&mut self, problem: Problem) -> Result<T, Stop> {
        self.problems.push(problem);
        Err(Stop)
    }

    /// Notes a problem of values, which what a false condition leaves out does not have.
    pub(super) fn refuse_value<T>(&mut self, problem: Problem) -> Result<T, Stop> {
        if self.dead { Err(Stop) } else { self.refuse(problem) }
    }

    /// What a function came to.
    pub(super) fn computed<T>(&mut self, outcome: Result<T, String>, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        outcome.or_else(|sentence| {
            let problem = self.problem("invalid_argument", span, at, sentence);
            self.refuse_value(problem)
        })
    }

    /// A value of a property or output: dynamic references are settled.
    pub(super) fn value(&mut self, node: &Node, at: &Place<'_>) -> Evaluated {
        match &node.kind {
            Kind::List(items) => self.items(items, at, Self::value).map(|items| Some(Expr::List(items))),
            Kind::Map(entries) if function(entries).is_none() => self.map(entries, at, Self::value),
            _ => match self.raw(node, at)? {
                Some(expr) if matches!(self.section, Section::Resources | Section::Outputs) => {
                    self.settle(expr, node.span, at).map(Some)
                }
                same => Ok(same),
            },
        }
    }

    /// A value before dynamic references are settled, as the arguments of most functions are.
    pub(super) fn raw(&mut self, node: &Node, at: &Place<'_>) -> Evaluated {
        Ok(Some(match &node.kind {
            Kind::Bool(flag) => Expr::Bool(*flag),
            Kind::Number(number) => Expr::Number(number.clone()),
            Kind::String(text) => Expr::Str(text.clone()),
            Kind::List(items) => Expr::List(self.items(items, at, Self::raw)?),
            Kind::Map(entries) => {
                return match function(entries) {
                    Some(entry) => {
                        let at = at.key(&entry.key);
                        let value = self.call(&entry.key, &entry.value, entry.key_span, &at);
                        self.bounded(value, entry.key_span, &at)
                    }
                    None => self.map(entries, at, Self::raw),
                };
            }
            Kind::Null => {
                let problem = self
                    .problem("null_value", node.span, at, "Null is not a value here")
                    .help("Leave the key out, or use `Ref: AWS::NoValue`");
                return self.refuse(problem);
            }
        }))
    }

    /// The items of a list, those that are `AWS::NoValue` left out.
    pub(super) fn items(
        &mut self,
        items: &[Node],
        at: &Place<'_>,
        each: fn(&mut Self, &Node, &Place<'_>) -> Evaluated,
    ) -> Result<Vec<Expr>, Stop> {
        let mut values = Vec::with_capacity(items.len());
        let mut stopped = false;
        for (index, item) in items.iter().enumerate() {
            match each(self, item, &at.index(index)) {
                Ok(value) => values.extend(value),
                Err(Stop) => stopped = true,
            }
        }
        if stopped { Err(Stop) } else { Ok(values) }
    }

    fn map(
        &mut self,
        entries: &[Entry],
        at: &Place<'_>,
        each: fn(&mut Self, &Node, &Place<'_>) -> Evaluated,
    ) -> Evaluated {
        let mut values = Vec::with_capacity(entries.len());
        let mut stopped = false;
        for entry in entries {
            let at = at.key(&entry.key);
            if entry.key.starts_with("Fn::") {
                let problem = self.misplaced(entry, &at);
                self.note(problem);
                stopped = true;
                continue;
            }
            match each(self, &entry.value, &at) {
                Ok(value) => values.extend(value.map(|value| (entry.key.clone(), value))),
                Err(Stop) => stopped = true,
            }
        }
        if stopped { Err(Stop) } else { Ok(Some(Expr::Map(values))) }
    }

    /// The problem of a function that has siblings.
    pub(super) fn misplaced(&self, entry: &Entry, at: &Place<'_>) -> Problem {
        if entry.key == "Fn::Transform" {
            return macro_problem(&macro_name(&entry.value), entry.key_span).at(at.to_string());
        }
        if entry.key.starts_with("Fn::ForEach") && !self.extensions {
            return self.needs_extensions("Fn::ForEach", entry.key_span, at);
        }
        self.problem("misplaced_function", entry.key_span, at, format!("`{}` stands beside other keys", entry.key))
            .help("A function is the only key of its object")
    }

    /// The problem of a function that `AWS::LanguageExtensions` brings.
    pub(super) fn needs_extensions(&self, what: &str, span: Span, at: &Place<'_>) -> Problem {
        self.problem(
            "needs_language_extensions",
            span,
            at,
            format!("{what} needs the transform AWS::LanguageExtensions"),
        )
        .help("Add `Transform: AWS::LanguageExtensions` at the top of the template")
    }

    /// Evaluates an argument that has to be there.
    pub(super) fn argument(&mut self, node: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        match self.raw(node, at)? {
            Some(expr) => Ok(expr),
            None => self.no_value(node.span, at),
        }
    }

    /// Evaluates an argument that has to be there, dynamic references settled.
    pub(super) fn settled_argument(&mut self, node: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        match self.value(node, at)? {
            Some(expr) => Ok(expr),
            None => self.no_value(node.span, at),
        }
    }

    fn no_value<T>(&mut self, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let problem = self
            .problem("invalid_argument", span, at, "AWS::NoValue cannot be an argument of a function")
            .help("It removes a property or an item of a list");
        self.refuse_value(problem)
    }

    /// Evaluates a text that has to be known when planning. `Err` of the inner result: it is, but it comes from a
    /// NoEcho parameter, so that it may be compared and never shown.
    pub(super) fn known_text(
        &mut self,
        node: &Node,
        at: &Place<'_>,
        what: &str,
    ) -> Result<Result<String, String>, Stop> {
        let expr = self.within(self.early_section(), |this| this.argument(node, at))?;
        self.text_of(&expr, node.span, at, what)
    }

    /// [`Self::public_text`] where nothing may be said either.
    pub(super) fn optional_text(&mut self, node: &Node, at: &Place<'_>, what: &str) -> Result<Option<String>, Stop> {
        let Some(expr) = self.within(self.early_section(), |this| this.raw(node, at))? else { return Ok(None) };
        let text = self.text_of(&expr, node.span, at, what)?;
        self.public(text, node.span, at, what).map(Some)
    }

    /// Where everything has to be known when planning.
    fn early_section(&self) -> Section {
        if self.early() { self.section } else { Section::Early }
    }

    fn text_of(&mut self, expr: &Expr, span: Span, at: &Place<'_>, what: &str) -> Result<Result<String, String>, Stop> {
        let secret = !expr.secrets().is_empty();
        let value = expr.resolve(&RealValues(&self.given)).ok().map(Expr::known);
        match value.as_ref().and_then(crate::expr::functions::text) {
            Some(text) if secret => Ok(Err(text.into_owned())),
            Some(text) => Ok(Ok(text.into_owned())),
            None => {
                let problem = self.problem("invalid_argument", span, at, format!("{what} is not a string"));
                self.refuse_value(problem)
            }
        }
    }

    /// [`Self::known_text`] for what is shown or stored, where a NoEcho parameter has no place.
    pub(super) fn public_text(&mut self, node: &Node, at: &Place<'_>, what: &str) -> Result<String, Stop> {
        let text = self.known_text(node, at, what)?;
        self.public(text, node.span, at, what)
    }

    fn public(&mut self, text: Result<String, String>, span: Span, at: &Place<'_>, what: &str) -> Result<String, Stop> {
        match text {
            Ok(text) => Ok(text),
            Err(_) => {
                let problem = self
                    .problem("secret_not_allowed", span, at, format!("{what} comes from a NoEcho parameter"))
                    .help("It would be stored and shown; use a parameter without NoEcho");
                self.refuse(problem)
            }
        }
    }

    /// Whether only what is known when planning may be used here.
    pub(super) fn early(&self) -> bool {
        !matches!(self.section, Section::Resources | Section::Outputs)
    }

    /// The answer to a lookup.
    pub(super) fn find(&mut self, lookup: Lookup, span: Span, at: &Place<'_>) -> Result<&'a Value, Stop> {
        if self.dead {
            return Err(Stop);
        }
        let optional = self.section == Section::Rules && matches!(lookup, Lookup::SsmParameter { .. });
        match self.found.get(&lookup) {
            Some(Value::Null) if optional => {
                let Lookup::SsmParameter { name } = &lookup else { return Err(Stop) };
                let message = format!(
                    "SSM parameter `{name}` does not exist or cannot be read: what a rule says about it is not checked"
                );
                self.note(
                    Problem::warning("rule_not_checked", span, message)
                        .at(at.to_string())
                        .help("Nothing else uses it; create it in this account and region if the rule matters"),
                );
                Err(Stop)
            }
            Some(Value::Null) => {
                let problem = match &lookup {
                    Lookup::SsmParameter { name } => self
                        .problem("unknown_ssm_parameter", span, at, format!("There is no SSM parameter `{name}`"))
                        .help("Create it in this account and region, or name another"),
                    Lookup::Import { name } => self
                        .problem("unknown_export", span, at, format!("No stack exports `{name}`"))
                        .help("Deploy the stack that exports it first, in this account and region"),
                    Lookup::Output { stack, output, region } => self
                        .problem(
                            "unknown_output",
                            span,
                            at,
                            format!("There is no stack `{stack}` in {region} with an output `{output}`"),
                        )
                        .help(
                            "Deploy that stack first, with Assent and in this account: only outputs of such stacks are \
                             known. For any other, pass the value as a parameter",
                        ),
                    Lookup::AvailabilityZones { region } => {
                        self.problem("unknown_region", span, at, format!("There is no region `{region}`"))
                    }
                    Lookup::Resource { identifier, type_name } => self
                        .problem("unknown_resource", span, at, format!("There is no {type_name} `{identifier}`"))
                        .help("Name one of this account and region"),
                    Lookup::Resources { type_name } => {
                        self.problem("unknown_resource", span, at, format!("{type_name} cannot be listed"))
                    }
                };
                self.refuse(problem)
            }
            Some(value) => Ok(value),
            None => {
                self.needs.entry(lookup).and_modify(|before| *before &= optional).or_insert(optional);
                Err(Stop)
            }
        }
    }

    /// What a resource's Metadata refers to: it orders the resource, as in CloudFormation, where this is the usual way to
    /// a DependsOn that depends on a condition. Its values are sent nowhere, so that nothing else about it matters: no
    /// problem, no lookup and no secret comes of it.
    pub(super) fn mentioned(&mut self, metadata: &Node, at: &Place<'_>) -> BTreeSet<(String, String)> {
        let kept = (self.problems.len(), self.needs.clone(), self.no_echo.clone(), self.room);
        let before = std::mem::take(&mut self.references);
        self.mention(metadata, at);
        let found = std::mem::replace(&mut self.references, before);
        self.problems.truncate(kept.0);
        (_, self.needs, self.no_echo, self.room) = kept;
        found
    }

    fn mention(&mut self, node: &Node, at: &Place<'_>) {
        match &node.kind {
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.mention(item, &at.index(index));
                }
            }
            Kind::Map(entries) if function(entries).is_none() => {
                for entry in entries {
                    self.mention(&entry.value, &at.key(&entry.key));
                }
            }
            // What it comes to is of no interest, and neither is whether it comes to anything.
            Kind::Map(_) => drop(self.raw(node, at)),
            _ => {}
        }
    }

    /// Runs `work` on what a false condition leaves out, if `dead`.
    pub(super) fn with_dead<T>(&mut self, dead: bool, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.dead;
        self.dead |= dead;
        let result = work(self);
        self.dead = before;
        result
    }

    /// Runs `work` in a section.
    pub(super) fn within<T>(&mut self, section: Section, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.section, section);
        let result = work(self);
        self.section = before;
        result
    }
}

/// The function of an object, if it is one: a single key `Ref` or `Fn::…`.
pub(super) fn function(entries: &[Entry]) -> Option<&Entry> {
    match entries {
        [entry] if entry.key == "Ref" || (entry.key.starts_with("Fn::") && !entry.key.starts_with("Fn::ForEach")) => {
            Some(entry)
        }
        _ => None,
    }
}

/// NoEcho parameters by their real values, for comparisons.
pub(super) struct RealValues<'g, 'a>(pub(super) &'g HashMap<&'a str, Option<Given>>);

impl Scope for RealValues<'_, '_> {
    fn reference(&self, _: &str) -> Option<Value> {
        None
    }

    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }

    fn secret(&self, id: &str) -> Option<Value> {
        let given = self.0.get(id.strip_prefix("parameter:")?)?.as_ref()?;
        Some(Value::String(given.text().to_owned()))
    }
}
