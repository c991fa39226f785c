//! The scan of one text: parse, look, suppress, fingerprint. One file, because these are the steps of one pass over one
//! collection of findings; what is looked for is decided in `rules`, `secrets` and `suppress`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::resolved;
use super::rules::{self, Check, Checker, Resource, Rule};
use super::suppress::{self, Suppression};
use super::value::{V, Val, View};
use super::{Category, Finding, FindingSeverity, RuleResult, RuleStatus, ScanAnswer, ScanCall, Suppressed, secrets};
use crate::call::PlanCall;
use crate::digest;
use crate::model::{Context, Mode};
use crate::plan;
use crate::plan::planned::Planned;
use crate::problem::{Problem, Severity, Span};
use crate::template::{self, Node};

/// The way out of every secret.
pub(super) const SECRET_HELP: &str = "Revoke it now: it is in the history of this file. Keep the new one in Secrets Manager and use {{resolve:secretsmanager:…}}, or a NoEcho parameter";

/// What hangs on values that are not given, not on the template.
const OF_VALUES: [&str; 8] = [
    "missing_parameter",
    "parameter_required",
    "rule_failed",
    "unknown_region",
    "unknown_ssm_parameter",
    "unknown_export",
    "unknown_resource",
    "rule_not_checked",
];

/// What hangs on the stack as it is, not on the template.
const OF_STACK: [&str; 3] = ["drifted", "maybe_replaced", "secret_unread"];

/// Rules about what stands in the template: a secret is what they ask for, so they never look at the value of one.
const OF_TEXT: [&str; 3] = ["database-plain-password", "codebuild-credentials", "cfn-init-credentials"];

/// What Assent does not deploy, though it is no mistake.
const OF_ASSENT: [&str; 9] = [
    "macro",
    "sam_transform",
    "unsupported_transform",
    "unsupported_section",
    "custom_resource",
    "nested_stack",
    "type_not_supported",
    "wait_condition",
    "snapshot_not_supported",
];

/// Scans a text that is not about to be deployed, or not yet.
#[must_use]
pub fn scan(text: &str, parsed: Result<&Node, &[Problem]>, call: &ScanCall) -> ScanAnswer {
    let template = match parsed {
        Ok(template) => template,
        Err(problems) if looks_like_template(text) => {
            let mut desk = Desk { call, findings: Vec::new(), ignored: HashMap::new() };
            for problem in problems {
                desk.problem(problem.clone(), FindingSeverity::Critical);
            }
            let results = desk.secrets(text, None);
            return desk.answer(results);
        }
        Err(problems) => return ScanAnswer::NotTemplate { problems: problems.to_vec() },
    };
    if let Some(problem) = is_something_else(template) {
        return ScanAnswer::NotTemplate { problems: vec![problem] };
    }
    let mut desk = Desk { call, findings: Vec::new(), ignored: suppressions(template, call) };
    desk.problems(template);
    let view = View::new(template, &call.parameters);
    let written = resources(template, &view);
    let mut results = desk.rules(template, &view, &Seen { shown: &written, revealed: None, written: &written });
    results.extend(desk.secrets(text, Some(template)));
    desk.unreasoned();
    desk.answer(results)
}

/// Scans a plan: the very values that a deployment of it sends, those of secrets included. No part of the answer is made
/// from a secret, but whether a rule found something.
#[must_use]
pub fn judge(text: &str, template: &Node, planned: &Planned, call: &ScanCall) -> ScanAnswer {
    let mut ignored = suppressions(template, call);
    for (id, node) in planned.origin.unrolled.iter().filter(|_| !call.no_suppressions) {
        ignored.insert(id, suppress::read(node));
    }
    let mut desk = Desk { call, findings: Vec::new(), ignored };
    desk.warnings(&planned.problems);
    let public = planned.parameters.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
    let view = View::new(template, &public);
    let seen = resolved::see(template, planned, &view);
    let revealed = seen.revealed.as_deref();
    let mut results = desk.rules(template, &view, &Seen { shown: &seen.shown, revealed, written: &seen.written });
    results.extend(desk.secrets(text, Some(template)));
    desk.unreasoned();
    desk.answer(results)
}

/// The resources as rules look at them.
struct Seen<'s, 't> {
    /// With the values that may be shown.
    shown: &'s [Resource<'t>],
    /// With those of secrets too; absent where there are none.
    revealed: Option<&'s [Resource<'t>]>,
    /// As they stand in the template.
    written: &'s [Resource<'t>],
}

fn suppressions<'t>(template: &'t Node, call: &ScanCall) -> HashMap<&'t str, Vec<Suppression>> {
    if call.no_suppressions {
        return HashMap::new();
    }
    let entries = template.get("Resources").and_then(Node::as_map).unwrap_or_default();
    let mut ignored: HashMap<&str, Vec<Suppression>> =
        entries.iter().map(|entry| (entry.key.as_str(), suppress::read(&entry.value))).collect();
    ignored.insert("", suppress::read(template));
    ignored
}

/// What was meant as a template, though it cannot be read.
fn looks_like_template(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion") || (text.contains("Resources") && text.contains("AWS::"))
}

fn is_something_else(template: &Node) -> Option<Problem> {
    let typed = |node: &Node| node.get("Type").is_some();
    let resources = template.get("Resources").and_then(Node::as_map);
    let is_template = template.get("AWSTemplateFormatVersion").is_some()
        || resources
            .is_some_and(|entries| entries.iter().any(|entry| typed(&entry.value) || entry.key.starts_with("Fn::")));
    (!is_template).then(|| {
        Problem::error(
            "no_template",
            template.span,
            "This is not a CloudFormation template: it has no Resources with a Type",
        )
        .help("Give a template")
    })
}

struct Desk<'a> {
    call: &'a ScanCall,
    findings: Vec<Finding>,
    /// By logical id; the empty one is the template's.
    ignored: HashMap<&'a str, Vec<Suppression>>,
}

impl Desk<'_> {
    /// What planning would say of a new stack, as far as it does not hang on values that are not given.
    fn problems(&mut self, template: &Node) {
        let context = self.call.context.clone().unwrap_or_else(anywhere);
        let call = PlanCall {
            incarnation: None,
            reconcile: None,
            allow_secret_identifiers: false,
            stack: "scan".to_owned(),
            mode: Mode::Deploy,
            context,
            parameters: self.call.parameters.clone(),
            recorded: None,
            live: BTreeMap::new(),
            foreign: BTreeMap::new(),
            found: Vec::new(),
            fingerprints: BTreeMap::new(),
            tags: BTreeMap::new(),
            max_concurrency: 1,
            imports: BTreeMap::new(),
            moved: Default::default(),
            duration_scale: None,
            learned: Default::default(),
        };
        self.warnings(&plan::problems(template, call));
    }

    /// What planning said of the template.
    fn warnings(&mut self, problems: &[Problem]) {
        for problem in problems {
            let code = problem.code.as_str();
            // Depends on the region, and on which resources the defaults switch off.
            let elsewhere = matches!(code, "unknown_mapping_key" | "unresolved_reference");
            let regional = self.call.context.is_none() && elsewhere;
            if OF_VALUES.contains(&code) || OF_STACK.contains(&code) || regional {
                continue;
            }
            let severity = match problem.severity {
                _ if OF_ASSENT.contains(&code) => FindingSeverity::Info,
                Severity::Error => FindingSeverity::High,
                Severity::Warning => FindingSeverity::Low,
            };
            self.problem(problem.clone(), severity);
        }
    }

    fn problem(&mut self, problem: Problem, severity: FindingSeverity) {
        let resource = resource_of(&problem.path);
        let span = Span { line: problem.line, column: problem.column };
        self.add(Finding {
            rule_id: format!("template-{}", problem.code.replace('_', "-")),
            category: Category::Template,
            severity,
            title: title_of(&problem.code),
            help: problem.help,
            message: problem.message,
            ..self.blank(resource, problem.path, span)
        });
    }

    fn secrets(&mut self, text: &str, template: Option<&Node>) -> Vec<RuleResult> {
        let mut found = BTreeSet::new();
        for hit in secrets::find(text, template) {
            let Some(rule) = secrets::RULES.iter().find(|rule| rule.id == hit.rule) else { continue };
            let path =
                hit.path.unwrap_or_else(|| template.map(|template| path_at(template, hit.span)).unwrap_or_default());
            let resource = resource_of(&path);
            self.add(Finding {
                rule_id: rule.id.to_owned(),
                category: Category::Secret,
                severity: rule.severity,
                title: rule.title.to_owned(),
                message: format!("{} in the template: {}", rule.title, hit.masked),
                help: SECRET_HELP.to_owned(),
                ..self.blank(resource, path, hit.span)
            });
            found.insert(rule.id);
        }
        let status = |id| if found.contains(id) { RuleStatus::Fail } else { RuleStatus::Pass };
        let result = |rule: &secrets::SecretRule| RuleResult {
            rule_id: rule.id.to_owned(),
            file: self.call.file.clone(),
            status: status(rule.id),
        };
        secrets::RULES.iter().map(result).collect()
    }

    fn rules(&mut self, template: &Node, view: &View<'_>, seen: &Seen<'_, '_>) -> Vec<RuleResult> {
        let whole = Resource {
            logical_id: "",
            type_name: "",
            properties: Val { kind: V::Absent, span: template.span },
            node: template,
        };
        let mut results = Vec::new();
        for rule in rules::all() {
            let status = match rule.check {
                Checker::Resource(check) => {
                    let of_text = OF_TEXT.contains(&rule.id);
                    let (open, revealed) = if of_text { (seen.written, None) } else { (seen.shown, seen.revealed) };
                    let told = run(rule, check, open, view);
                    match revealed {
                        None => self.tell(rule, told, open),
                        Some(revealed) => {
                            let found = run(rule, check, revealed, view);
                            self.tell(rule, without_secrets(rule, found, &told, seen.shown), revealed)
                        }
                    }
                }
                Checker::Template(check) => {
                    let mut at_work =
                        Check { resource: &whole, all: seen.shown, view, failures: Vec::new(), unknown: false };
                    check(&mut at_work, template);
                    let status = match template.get("Parameters") {
                        Some(_) => worse(RuleStatus::Skip, &at_work),
                        None => RuleStatus::Skip,
                    };
                    for (path, message) in at_work.failures {
                        let span = span_of(template, &path);
                        self.add(policy(rule, message, self.blank(String::new(), path, span)));
                    }
                    status
                }
            };
            results.push(RuleResult { rule_id: rule.id.to_owned(), file: self.call.file.clone(), status });
        }
        results
    }

    /// Makes findings of what a rule said.
    fn tell(&mut self, rule: &Rule, told: Told, resources: &[Resource<'_>]) -> RuleStatus {
        for Failure { at, path, message } in told.failures {
            if let Some(resource) = resources.get(at) {
                self.failure(rule, resource, &path, message);
            }
        }
        told.status
    }

    fn failure(&mut self, rule: &Rule, resource: &Resource<'_>, path: &str, message: String) {
        let id = resource.logical_id;
        let (full, span, end) = match path.strip_prefix("../") {
            // Beside the properties.
            Some(beside) => {
                let span = span_of(resource.node, beside);
                (format!("Resources/{id}/{beside}"), span, span.line)
            }
            None => {
                let span = resource.properties.span_of(path);
                let end = last_line(resource.properties.at(path)).max(span.line);
                (format!("Resources/{id}/Properties/{path}"), span, end)
            }
        };
        let blank = self.blank(id.to_owned(), full.trim_end_matches('/').to_owned(), span);
        self.add(policy(rule, message, Finding { end_line: end, ..blank }));
    }

    /// Suppressions that say not why, and those that mean nothing here.
    fn unreasoned(&mut self) {
        let mut found = Vec::new();
        for (resource, suppressions) in &self.ignored {
            for suppression in suppressions {
                let owner = if resource.is_empty() { String::new() } else { format!("Resources/{resource}/") };
                let path = format!("{owner}Metadata/{}/{}", suppression.form, suppression.id);
                let blank = self.blank((*resource).to_owned(), path, suppression.span);
                let known = suppression.form != "assent" || is_rule(&suppression.id);
                let (rule_id, title, message, help) = if !known {
                    (
                        "suppression-unknown-rule",
                        "Suppression of a rule that does not exist",
                        format!("There is no rule `{}`", suppression.id),
                        "The list of rules has all that there are",
                    )
                } else if suppression.reason.is_empty() {
                    (
                        "suppression-without-reason",
                        "Suppression without a reason",
                        format!("{} is suppressed and nobody says why", suppression.id),
                        "Add `reason` (checkov: `comment`; Guard: `{id, reason}` in place of the name)",
                    )
                } else {
                    continue;
                };
                found.push(Finding {
                    rule_id: rule_id.to_owned(),
                    category: Category::Policy,
                    severity: FindingSeverity::Low,
                    title: title.to_owned(),
                    message,
                    help: help.to_owned(),
                    ..blank
                });
            }
        }
        for finding in found {
            self.add(finding);
        }
    }

    fn blank(&self, resource: String, path: String, span: Span) -> Finding {
        Finding {
            rule_id: String::new(),
            category: Category::Policy,
            severity: FindingSeverity::Info,
            title: String::new(),
            resource,
            path,
            file: self.call.file.clone(),
            line: span.line,
            column: span.column,
            end_line: span.line,
            message: String::new(),
            help: String::new(),
            fingerprint: String::new(),
            suppressed: None,
        }
    }

    fn add(&mut self, mut finding: Finding) {
        let owners = [finding.resource.as_str(), ""];
        let suppression = owners
            .iter()
            .filter_map(|owner| self.ignored.get(owner))
            .flatten()
            .find(|one| one.covers(&finding.rule_id));
        finding.suppressed = suppression.map(|one| Suppressed {
            by: one.form.to_owned(),
            reason: one.reason.clone(),
            author: one.author.clone(),
        });
        self.findings.push(finding);
    }

    fn answer(mut self, rules: Vec<RuleResult>) -> ScanAnswer {
        self.findings.sort_by(|left, right| {
            (left.line, left.column, &left.rule_id, &left.path).cmp(&(
                right.line,
                right.column,
                &right.rule_id,
                &right.path,
            ))
        });
        // The same rule twice at one path: told apart by their order.
        let mut seen: HashMap<String, u32> = HashMap::new();
        for finding in &mut self.findings {
            let key = format!("{}\n{}\n{}", finding.rule_id, finding.file, finding.path);
            let count = seen.entry(key.clone()).or_default();
            let full = digest::sha256_hex(format!("{key}\n{count}").as_bytes());
            *count += 1;
            finding.fingerprint = full.get(..32).unwrap_or(&full).to_owned();
            if finding.suppressed.is_none() && self.call.baseline.contains(&finding.fingerprint) {
                finding.suppressed =
                    Some(Suppressed { by: "baseline".to_owned(), reason: String::new(), author: None });
            }
        }
        ScanAnswer::Scanned { findings: self.findings, rules }
    }
}

fn is_rule(id: &str) -> bool {
    id.starts_with("template-")
        || rules::all().any(|rule| rule.id == id)
        || secrets::RULES.iter().any(|rule| rule.id == id)
}

/// Somewhere, for templates that are not about to be deployed.
fn anywhere() -> Context {
    let context = Context {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
        stack_id: String::new(),
    };
    Context { stack_id: plan::stack_id(&context, "scan"), ..context }
}

/// What a rule says of all resources.
struct Told {
    status: RuleStatus,
    failures: Vec<Failure>,
}

/// What a rule says of one.
#[derive(PartialEq)]
struct Failure {
    /// Index of the resource.
    at: usize,
    path: String,
    message: String,
}

fn run(rule: &Rule, check: fn(&mut Check<'_>), resources: &[Resource<'_>], view: &View<'_>) -> Told {
    let mut told = Told { status: RuleStatus::Skip, failures: Vec::new() };
    for (at, resource) in resources.iter().enumerate().filter(|(_, one)| rule.types.contains(&one.type_name)) {
        let mut at_work = Check { resource, all: resources, view, failures: Vec::new(), unknown: false };
        check(&mut at_work);
        told.status = worse(told.status, &at_work);
        told.failures.extend(at_work.failures.into_iter().map(|(path, message)| Failure { at, path, message }));
    }
    told
}

/// What a rule found with secrets put in, told with nothing of them: word for word only what it says without them too.
fn without_secrets(rule: &Rule, found: Told, shown: &Told, resources: &[Resource<'_>]) -> Told {
    let failures = found.failures.into_iter().map(|failure| {
        if shown.failures.contains(&failure) {
            return failure;
        }
        let Failure { at, path, .. } = failure;
        // A path may lead into what a secret holds, a policy as text.
        let path = resources.get(at).map(|resource| known_part(&resource.properties, &path)).unwrap_or_default();
        Failure { at, path, message: format!("{}, by a secret value that is not shown", rule.title) }
    });
    Told { status: found.status, failures: failures.collect() }
}

/// The part of a path that is there.
fn known_part(value: &Val, path: &str) -> String {
    let mut value = value;
    let mut steps = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty()) {
        let there = match &value.kind {
            V::Map(entries) => entries.iter().find(|(key, _)| key == step).map(|(_, below)| below),
            V::List(items) => step.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        let Some(below) = there else { break };
        steps.push(step);
        value = below;
    }
    steps.join("/")
}

fn policy(rule: &Rule, message: String, blank: Finding) -> Finding {
    Finding {
        rule_id: rule.id.to_owned(),
        severity: rule.severity,
        title: rule.title.to_owned(),
        message,
        help: rule.help.to_owned(),
        ..blank
    }
}

fn worse(status: RuleStatus, check: &Check<'_>) -> RuleStatus {
    match status {
        RuleStatus::Fail => RuleStatus::Fail,
        _ if !check.failures.is_empty() => RuleStatus::Fail,
        _ if check.unknown => RuleStatus::Unknown,
        RuleStatus::Unknown => RuleStatus::Unknown,
        RuleStatus::Pass | RuleStatus::Skip => RuleStatus::Pass,
    }
}

fn resources<'t>(template: &'t Node, view: &View<'t>) -> Vec<Resource<'t>> {
    let entries = template.get("Resources").and_then(Node::as_map).unwrap_or_default();
    let there = entries.iter().filter(|entry| !view.left_out(&entry.value));
    let resources = there.filter_map(|entry| {
        let type_name = entry.value.get("Type")?.as_str()?;
        let properties = entry.value.get_entry("Properties");
        let properties = properties.and_then(|found| view.value(&found.value, found.key_span));
        let nothing = Val { kind: V::Map(Vec::new()), span: entry.key_span };
        Some(Resource {
            logical_id: &entry.key,
            type_name,
            properties: properties.unwrap_or(nothing),
            node: &entry.value,
        })
    });
    resources.collect()
}

fn resource_of(path: &str) -> String {
    path.strip_prefix("Resources/").and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned()
}

fn title_of(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// The place of the deepest part of a path that is there.
fn span_of(node: &Node, path: &str) -> Span {
    let mut span = node.span;
    let mut node = node;
    for step in path.split('/') {
        let Some(entry) = node.get_entry(step) else { break };
        (span, node) = (entry.key_span, &entry.value);
    }
    span
}

fn last_line(value: &Val) -> u32 {
    match &value.kind {
        V::List(items) => items.iter().map(last_line).max().unwrap_or_default().max(value.span.line),
        V::Map(entries) => {
            entries.iter().map(|(_, item)| last_line(item)).max().unwrap_or_default().max(value.span.line)
        }
        _ => value.span.line,
    }
}

/// The path of the last node that starts at or before a place.
fn path_at(template: &Node, place: Span) -> String {
    let mut node = template;
    let mut path = Vec::new();
    loop {
        let next = match &node.kind {
            template::Kind::Map(entries) => entries
                .iter()
                .filter(|entry| entry.key_span <= place)
                .max_by_key(|entry| entry.key_span)
                .map(|entry| (entry.key.clone(), &entry.value)),
            template::Kind::List(items) => items
                .iter()
                .enumerate()
                .filter(|(_, item)| item.span <= place)
                .max_by_key(|(_, item)| item.span)
                .map(|(index, item)| (index.to_string(), item)),
            _ => None,
        };
        let Some((step, below)) = next else { return path.join("/") };
        path.push(step);
        node = below;
    }
}
