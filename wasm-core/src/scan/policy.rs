//! Policy documents: statements, and whom and what they let in. A document may be an object or JSON text.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
mod document;
mod glob;

use std::borrow::Cow;

use super::value::{HOLE, V, Val};
use glob::{is_wild, matches};

/// A statement with its path below the resource's properties.
pub struct Statement<'a> {
    /// The statement.
    pub body: Cow<'a, Val>,
    /// Its path.
    pub path: String,
}

/// Whether a value is certainly a document whose parts are known: not so a text that cannot be read as one.
#[must_use]
pub fn is_readable(value: &Val) -> bool {
    !value.is_unknown() && document::read(value).is_some()
}

/// The statements of a document at a path; of the properties themselves where the path is empty.
#[must_use]
pub fn statements<'a>(properties: &'a Val, path: &str) -> Vec<Statement<'a>> {
    let Some(document) = document::read(properties.at(path)) else { return Vec::new() };
    let base = if path.is_empty() { String::new() } else { format!("{path}/") };
    // What was read from a text has no places of its own: they are all the text's.
    let (list, own): (Cow<'a, Val>, bool) = match document {
        Cow::Borrowed(document) => (Cow::Borrowed(document.get("Statement")), true),
        Cow::Owned(document) => (Cow::Owned(document.get("Statement").clone()), false),
    };
    // The list, or the one, may be text in turn.
    let list = match list {
        Cow::Borrowed(list) => document::read(list).unwrap_or(Cow::Borrowed(list)),
        owned @ Cow::Owned(_) => owned,
    };
    let single = !matches!(list.kind, V::List(_));
    let bodies: Vec<Cow<'a, Val>> = match list {
        Cow::Borrowed(list) => list.each().iter().map(Cow::Borrowed).collect(),
        Cow::Owned(list) => list.each().iter().cloned().map(Cow::Owned).collect(),
    };
    let path = |index: usize| match (own, single) {
        (false, _) => path.to_owned(),
        (true, true) => format!("{base}Statement"),
        (true, false) => format!("{base}Statement/{index}"),
    };
    bodies.into_iter().enumerate().map(|(index, body)| Statement { body, path: path(index) }).collect()
}

impl Statement<'_> {
    /// Whether it certainly allows.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.body.get("Effect").text() == Some("Allow")
    }

    /// Whether it certainly denies.
    #[must_use]
    pub fn denies(&self) -> bool {
        self.body.get("Effect").text() == Some("Deny")
    }

    /// Whether something that decides is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let unknown = |key: &str| self.body.get(key).each().iter().any(Val::is_unknown);
        self.body.is_unknown() || ["Effect", "Action", "Principal", "Resource"].into_iter().any(unknown)
    }

    /// Whether its principal is everybody, of any kind.
    #[must_use]
    pub fn for_everybody(&self) -> bool {
        let principal = self.body.get("Principal");
        let wild = |value: &Val| value.each().iter().any(|item| item.text() == Some("*"));
        wild(principal) || principal.entries().iter().any(|(_, value)| wild(value))
    }

    /// Whether a condition narrows who may ask.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        condition::names_somebody(self.body.get("Condition"))
    }

    /// Whether a condition limits what may be done with what; of an identity's policy, which has no principal.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        condition::limits(self.body.get("Condition"))
    }

    /// Whether one of its actions, in any spelling, satisfies `test` (given in lower case).
    pub fn action(&self, test: impl Fn(&str) -> bool) -> bool {
        self.body.get("Action").each().iter().filter_map(Val::text).any(|action| test(&action.to_ascii_lowercase()))
    }

    /// Whether it allows every action there is.
    #[must_use]
    pub fn every_action(&self) -> bool {
        self.action(|action| action.split(':').all(is_wild))
    }

    /// The first service, of those given, of which it allows every action on every resource.
    #[must_use]
    pub fn all_of<'s>(&self, services: &[&'s str]) -> Option<&'s str> {
        services.iter().copied().find(|service| {
            let whole = |action: &str| {
                action.split_once(':').is_some_and(|(of, name)| !is_wild(of) && matches(of, service) && is_wild(name))
            };
            self.action(whole) && (self.on_everything() || self.on_all_of(service))
        })
    }

    /// Whether it allows every action of a service other than these, on every resource.
    #[must_use]
    pub fn all_of_another(&self, services: &[&str]) -> bool {
        self.action(|action| {
            action.split_once(':').is_some_and(|(of, name)| {
                let another = !is_wild(of) && !services.iter().any(|service| matches(of, service));
                another && is_wild(name) && (self.on_everything() || self.on_all_of(of))
            })
        })
    }

    /// Whether it names the passing of roles; a whole service is more than that.
    #[must_use]
    pub fn passes_roles(&self) -> bool {
        self.action(|action| {
            let whole = action.rsplit(':').next().is_none_or(is_wild);
            !whole && matches(action, "iam:passrole")
        })
    }

    /// Whether its resources are all there are, in any spelling: `*`, `arn:*:*:*:*:*`, all but a few. All of one
    /// account or region are all that a credential of that account meets.
    #[must_use]
    pub fn on_everything(&self) -> bool {
        self.body.get("NotResource").each().iter().any(|resource| resource.pattern().is_some())
            || self.resource(|service, resource| is_wild(service) && is_wild(resource))
    }

    /// Whether its resources are all of a service.
    #[must_use]
    pub fn on_all_of(&self, wanted: &str) -> bool {
        self.resource(|service, resource| matches(service, wanted) && resource.split(['/', ':']).all(is_wild))
    }

    /// Whether its resources are all of a kind of a service: `role` for `arn:aws:iam::*:role/*`.
    #[must_use]
    pub fn on_every(&self, wanted: &str, kind: &str) -> bool {
        self.resource(|service, resource| {
            let rest = resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix(['/', ':']));
            matches(service, wanted) && rest.is_some_and(|rest| rest.split('/').all(is_wild))
        })
    }

    /// Whether a resource's service and own part satisfy `test`; a part that is left out behind a `*` is one.
    fn resource(&self, test: impl Fn(&str, &str) -> bool) -> bool {
        self.body.get("Resource").each().iter().filter_map(Val::pattern).any(|pattern| {
            let mut parts = pattern.splitn(6, ':');
            let arn = parts.next().unwrap_or_default();
            let partition = parts.next();
            let (service, _, _, resource) = (parts.next(), parts.next(), parts.next(), parts.next());
            let shape =
                (is_wild(arn) || matches(arn, "arn")) && partition.is_none_or(|partition| !partition.is_empty());
            // What comes after a last `*` is anything.
            let cut = pattern.ends_with('*');
            let or_all =
                |part: Option<&str>| part.map_or_else(|| cut.then(|| "*".to_owned()), |part| Some(part.into()));
            match (or_all(service), or_all(resource)) {
                (Some(service), Some(resource)) if shape => test(&service, &resource),
                _ => false,
            }
        })
    }

    /// Whether it has a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        !self.body.get(key).is_absent()
    }
}

/// Whether a text has a part that is not known.
fn has_hole(text: &str) -> bool {
    text.contains(HOLE)
}
