//! The RFC 6902 patch of an update, decided while planning.
//!
//! Three values meet at each path: what was applied last, what is wanted, what a read returned. Only paths where applied
//! and wanted differ are touched, and not those that are already as wanted. Each touched path that exists gets a `test`
//! with the value of the read, so that AWS refuses the update of a resource that changed since (RFC 6902, 4.6); none where
//! the value may hold a secret or may come back in another order. Of the latter the operation says what the read returned
//! if it is not what was applied, so that whoever approves sees what is overwritten. Objects are walked, lists and free-form JSON are
//! replaced whole. Write-only properties are added again, because Cloud Control applies a patch to what a read returns; for
//! the same reason empty lists that a read shows and nobody declared are removed: validation refuses them as values. So are
//! the twins of declared values; a list whose items hold either is replaced by the declared one.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-update.html>

use std::collections::BTreeSet;

use serde_json::Value;

use crate::expr::Expr;
use crate::model::{PatchKind, PatchOperation};
use crate::same::{agrees, at as at_path, find, is_empty, is_orderly, member, same, sorted, without};
use crate::schema::{Kind, ResourceType, is_within, touches};

/// What a patch is made of.
pub struct Subject<'a> {
    /// The resource's type.
    pub kind: ResourceType,
    /// What may be in force by our doing: applied last, and attempted since.
    pub before: Vec<&'a Expr>,
    /// What is wanted.
    pub desired: &'a Expr,
    /// What a read returned; absent: nobody looked, and what was applied stands in, without tests.
    pub live: Option<&'a Value>,
    /// Ids of secrets whose value has changed.
    pub renewed: &'a BTreeSet<String>,
}

/// A property that somebody else has changed and that nothing is done about.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Slash-separated.
    pub path: String,
    /// As applied.
    pub recorded: Value,
    /// As read; `None`: it is not there any more.
    pub live: Option<Value>,
}

/// What is to be done about the differences, and what is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patched {
    /// In this order.
    pub operations: Vec<PatchOperation>,
    /// Left alone.
    pub drifted: Vec<Drift>,
}

/// The operations that lead to what is wanted.
#[must_use]
pub fn patch(subject: &Subject<'_>) -> Patched {
    let stand_in = match subject.live {
        Some(_) => Value::Null,
        None => subject.before.first().map_or(Value::Null, |applied| applied.to_json()),
    };
    let mut walk = Walk {
        subject,
        read_only: subject.kind.read_only(),
        write_only: subject.kind.write_only(),
        rewritten: subject.kind.property_transforms().into_iter().map(|(path, _)| path).collect(),
        path: Vec::new(),
        patched: Patched::default(),
    };
    let before: Vec<Option<&Expr>> = subject.before.iter().map(|before| Some(*before)).collect();
    let live = subject.live.unwrap_or(&stand_in);
    walk.object(Some(Kind::Object(subject.kind.object())), &before, subject.desired, live);
    walk.write_only_again(live);
    if subject.live.is_some() && !walk.patched.operations.is_empty() {
        walk.without_injected(Some(subject.desired), live);
    }
    walk.patched
}

struct Walk<'a> {
    subject: &'a Subject<'a>,
    read_only: Vec<&'static str>,
    write_only: Vec<&'static str>,
    /// Paths where the provider returns something else than it was given.
    rewritten: Vec<&'static str>,
    path: Vec<String>,
    patched: Patched,
}

impl Walk<'_> {
    fn object(&mut self, kind: Option<Kind>, before: &[Option<&Expr>], desired: &Expr, live: &Value) {
        let wanted = entries(desired);
        let mut keys: Vec<&str> = wanted.iter().map(|(key, _)| key.as_str()).collect();
        for (key, _) in before.iter().copied().flatten().flat_map(entries) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        for key in keys {
            let old: Vec<Option<&Expr>> =
                before.iter().map(|before| before.and_then(|old| find(entries(old), key))).collect();
            self.path.push(key.to_owned());
            self.value(member(kind, key), &old, find(wanted, key), live.get(key));
            self.path.pop();
        }
    }

    fn value(&mut self, kind: Option<Kind>, before: &[Option<&Expr>], desired: Option<&Expr>, live: Option<&Value>) {
        let name = self.path.join("/");
        if is_within(&self.read_only, &name) || is_within(&self.write_only, &name) {
            return;
        }
        if !self.is_touched(kind, before, desired) {
            self.watch(kind, before.first().copied().flatten(), live, name);
            return;
        }
        let secret = |expr: &Expr| !expr.secrets().is_empty();
        let hidden = desired.is_some_and(secret) || before.iter().copied().flatten().any(secret);
        let is_read = self.subject.live.is_some();
        match (desired, live) {
            (Some(wanted @ Expr::Map(_)), Some(found @ Value::Object(_))) if matches!(kind, Some(Kind::Object(_))) => {
                self.object(kind, before, wanted, found);
            }
            (Some(wanted), Some(found))
                if is_read && !hidden && same(kind, wanted, &sorted(kind, &Expr::known(found.clone()))) => {}
            (Some(wanted), Some(found)) => {
                self.test(kind, hidden, found);
                self.push(PatchKind::Replace, Some(wanted.clone()));
                self.note(kind, hidden, before.first().copied().flatten(), found);
            }
            (Some(wanted), None) => self.push(PatchKind::Add, Some(wanted.clone())),
            (None, Some(found)) => {
                self.test(kind, hidden, found);
                self.push(PatchKind::Remove, None);
                self.note(kind, hidden, before.first().copied().flatten(), found);
            }
            (None, None) => {}
        }
    }

    fn is_touched(&self, kind: Option<Kind>, before: &[Option<&Expr>], desired: Option<&Expr>) -> bool {
        let differs = |old: &Option<&Expr>| match (old, desired) {
            (Some(old), Some(wanted)) => !same(kind, old, wanted),
            (None, None) => false,
            _ => true,
        };
        before.iter().any(differs)
            || desired.is_some_and(|wanted| wanted.secrets().iter().any(|id| self.subject.renewed.contains(id)))
    }

    /// Looks at a path that is not touched.
    fn watch(&mut self, kind: Option<Kind>, applied: Option<&Expr>, live: Option<&Value>, name: String) {
        let Some(applied) = applied.filter(|applied| self.subject.live.is_some() && applied.is_known()) else { return };
        if self.rewritten.iter().any(|path| touches(&name, path)) {
            return;
        }
        if let (Expr::Map(entries), Some(Value::Object(_)), Some(Kind::Object(_))) = (applied, live, kind) {
            for (key, value) in entries {
                let path = format!("{name}/{key}");
                if !is_within(&self.read_only, &path) && !is_within(&self.write_only, &path) {
                    self.watch(member(kind, key), Some(value), live.and_then(|live| live.get(key)), path);
                }
            }
            return;
        }
        // A read leaves out what holds nothing but what it never returns.
        let unreadable = self.write_only.iter().any(|path| touches(&name, path));
        let kept = live.map_or(unreadable || is_empty(applied), |live| {
            unreadable || agrees(kind, applied, &Expr::known(live.clone()))
        });
        if !kept {
            self.patched.drifted.push(Drift { path: name, recorded: applied.to_json(), live: live.cloned() });
        }
    }

    fn test(&mut self, kind: Option<Kind>, hidden: bool, live: &Value) {
        if self.subject.live.is_some() && !hidden && is_orderly(kind) {
            self.push(PatchKind::Test, Some(Expr::known(live.clone())));
        }
    }

    fn push(&mut self, op: PatchKind, value: Option<Expr>) {
        let path = pointer(self.path.iter().map(String::as_str));
        self.patched.operations.push(PatchOperation { op, path, value, found: None });
    }

    /// Says of the last operation what it overwrites, where no test does.
    fn note(&mut self, kind: Option<Kind>, hidden: bool, applied: Option<&Expr>, live: &Value) {
        let found = sorted(kind, &Expr::known(live.clone()));
        let as_applied = applied.map_or(is_empty(&found), |applied| agrees(kind, applied, &found));
        if self.subject.live.is_none() || hidden || is_orderly(kind) || as_applied {
            return;
        }
        if let Some(operation) = self.patched.operations.last_mut() {
            operation.found = Some(found);
        }
    }

    /// Removes what nobody declared and no update may hold. What is removed is not tested: it is there or the read was another.
    fn without_injected(&mut self, desired: Option<&Expr>, live: &Value) {
        let Value::Object(members) = live else { return };
        let create_only = self.subject.kind.create_only();
        for (key, found) in members {
            let wanted = desired.and_then(|desired| find(entries(desired), key));
            self.path.push(key.clone());
            let name = self.path.join("/");
            let fixed = is_within(&self.read_only, &name) || is_within(&create_only, &name);
            let covered = pointer(self.path.iter().map(String::as_str));
            let covered = self.patched.operations.iter().any(|operation| operation.path == covered);
            match (wanted, found) {
                _ if fixed || covered => {}
                (None, Value::Array(items)) if items.is_empty() => self.push(PatchKind::Remove, None),
                (None, _) if desired.is_some_and(|desired| is_twin(key, &[desired])) => {
                    self.push(PatchKind::Remove, None);
                }
                (Some(wanted), Value::Array(_)) if holds_injected(&[wanted], found) => {
                    self.declared_again(wanted, found)
                }
                (None | Some(Expr::Map(_)), Value::Object(_)) => self.without_injected(wanted, found),
                _ => {}
            }
            self.path.pop();
        }
    }

    /// Replaces a list by the declared one, where that is what it is but for what nobody declared.
    fn declared_again(&mut self, wanted: &Expr, found: &Value) {
        let name = self.path.join("/");
        let kind = at_path(Some(Kind::Object(self.subject.kind.object())), &name);
        if agrees(kind, &without(wanted, &name, &self.write_only), &Expr::known(found.clone())) {
            self.test(kind, false, found);
            self.push(PatchKind::Replace, Some(wanted.clone()));
        }
    }

    fn write_only_again(&mut self, live: &Value) {
        let create_only = self.subject.kind.create_only();
        let mut paths: Vec<Vec<&str>> = self
            .write_only
            .iter()
            .filter(|path| !is_within(&create_only, path))
            // The items of a list cannot be told apart in a read: all of it is added again.
            .map(|path| path.split('/').take_while(|part| *part != "*").collect())
            .collect();
        paths.sort_by_key(Vec::len);
        let changed = paths.iter().any(|path| {
            let wanted = at(self.subject.desired, path);
            wanted.is_some() && {
                let before: Vec<Option<&Expr>> = self.subject.before.iter().map(|before| at(before, path)).collect();
                self.is_touched(None, &before, wanted)
            }
        });
        if !changed && self.patched.operations.is_empty() {
            return;
        }
        for path in paths {
            // Up to the first part that the read does not have: what is in it is added with it.
            let mut found = Some(live);
            let mut depth = 0;
            while let Some(part) = path.get(depth).filter(|_| depth + 1 < path.len()) {
                found = found.and_then(|live| live.get(*part));
                depth += 1;
                if found.is_none() {
                    break;
                }
            }
            let reach = if found.is_none() { depth } else { path.len() };
            let path: Vec<&str> = path.into_iter().take(reach).collect();
            let place = pointer(path.iter().copied());
            let covered = self.patched.operations.iter().any(|PatchOperation { op, path, .. }| {
                matches!(op, PatchKind::Add | PatchKind::Replace)
                    && (place == *path || place.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/')))
            });
            if let Some(value) = at(self.subject.desired, &path).filter(|_| !covered) {
                let value = Some(without(value, &path.join("/"), &create_only));
                self.patched.operations.push(PatchOperation { op: PatchKind::Add, path: place, value, found: None });
            }
        }
    }
}

/// Names of one value in two forms: a read shows both, an update takes one (cloudformation-coverage-roadmap #2537).
const TWINS: [(&str, &str); 1] = [("SearchString", "SearchStringBase64")];

/// Whether a member is the other form of a declared one.
fn is_twin(key: &str, wanted: &[&Expr]) -> bool {
    let declared = |other: &str| wanted.iter().any(|wanted| find(entries(wanted), other).is_some());
    TWINS.iter().any(|(one, other)| (key == *one && declared(other)) || (key == *other && declared(one)))
}

/// Whether there is in a read what no update may hold and none of the declared values at its place has. Items are not
/// paired: a list may come back in another order.
fn holds_injected(wanted: &[&Expr], live: &Value) -> bool {
    match live {
        Value::Array(items) => {
            let declared: Vec<&Expr> = wanted.iter().flat_map(|wanted| items_of(wanted)).collect();
            items.iter().any(|item| holds_injected(&declared, item))
        }
        Value::Object(members) => members.iter().any(|(key, found)| {
            let declared: Vec<&Expr> = wanted.iter().filter_map(|wanted| find(entries(wanted), key)).collect();
            let undeclared = declared.is_empty();
            let empty = found.as_array().is_some_and(Vec::is_empty);
            (undeclared && (empty || is_twin(key, wanted))) || holds_injected(&declared, found)
        }),
        _ => false,
    }
}

fn items_of(expr: &Expr) -> &[Expr] {
    if let Expr::List(items) = expr { items } else { &[] }
}

/// RFC 6901.
fn pointer<'a>(path: impl Iterator<Item = &'a str>) -> String {
    path.map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Members of an object.
pub fn entries(expr: &Expr) -> &[(String, Expr)] {
    if let Expr::Map(entries) = expr { entries } else { &[] }
}

fn at<'a>(expr: &'a Expr, path: &[&str]) -> Option<&'a Expr> {
    path.iter().try_fold(expr, |expr, key| find(entries(expr), key))
}

/// A value for a message.
#[must_use]
pub fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
