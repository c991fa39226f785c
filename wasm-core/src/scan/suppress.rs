//! What a template itself says should not be reported.
//!
//! On a resource, or (Assent's own form) on the template as a whole:
//! `Metadata: {assent: {ignore: [{id: s3-versioning, reason: …, author: …}]}}` (an author where one answers for it). What
//! users of other tools already have counts too, by the names those tools have for our rules: `cfn_nag: {rules_to_suppress: [{id, reason}]}`,
//! `checkov: {skip: [{id, comment}]}`, `guard: {SuppressedRules: [NAME]}`. A suppression without reason is honoured and
//! reported (`suppression-without-reason`, low). Guard's own form has no place for one: `{id, reason}` in place of the name
//! is taken there too.

use super::rules;
use crate::problem::Span;
use crate::template::{Kind, Node};

/// One suppression.
pub struct Suppression {
    /// As written.
    pub id: String,
    /// Empty where there is none.
    pub reason: String,
    /// Who answers for it (`author`), where somebody is named.
    pub author: Option<String>,
    /// Where it stands.
    pub span: Span,
    /// Whose form it is.
    pub form: &'static str,
}

impl Suppression {
    /// Whether it means a rule.
    pub fn covers(&self, rule: &str) -> bool {
        if self.form == "assent" {
            return self.id == rule;
        }
        rules::all().any(|known| known.id == rule && known.aliases.contains(&self.id.as_str()))
    }
}

/// The suppressions in the `Metadata` of a resource or template.
#[must_use]
pub fn read(owner: &Node) -> Vec<Suppression> {
    let Some(metadata) = owner.get("Metadata") else { return Vec::new() };
    let mut found = Vec::new();
    for (form, section, list, reason) in [
        ("assent", "assent", "ignore", "reason"),
        ("cfn_nag", "cfn_nag", "rules_to_suppress", "reason"),
        ("checkov", "checkov", "skip", "comment"),
        ("guard", "guard", "SuppressedRules", "reason"),
    ] {
        let items = metadata.get(section).and_then(|section| section.get(list)).and_then(Node::as_list);
        for item in items.unwrap_or_default() {
            let text = |key: &str| item.get(key).and_then(Node::as_str).unwrap_or_default().trim().to_owned();
            let (id, reason) = match &item.kind {
                Kind::String(id) => (id.clone(), String::new()),
                _ => (text("id"), text(reason)),
            };
            if !id.is_empty() {
                let author = Some(text("author")).filter(|author| !author.is_empty());
                found.push(Suppression { id, reason, author, span: item.span, form });
            }
        }
    }
    found
}
