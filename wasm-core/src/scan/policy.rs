//! Policy documents: statements, and whom they let in.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use super::value::{V, Val};

/// A statement with its path below the resource's properties.
pub struct Statement<'a> {
    /// The statement.
    pub body: &'a Val,
    /// Its path.
    pub path: String,
}

/// Condition keys that say how a request comes, not from whom: a statement with nothing else is as open as without.
const NO_RESTRICTION: [&str; 12] = [
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "aws:currenttime",
    "aws:epochtime",
    "aws:requestedregion",
    "s3:prefix",
    "s3:delimiter",
    "s3:max-keys",
    "s3:x-amz-acl",
    "s3:x-amz-server-side-encryption",
    "s3:tlsversion",
];

/// The statements of a document at a path.
pub fn statements<'a>(properties: &'a Val, path: &str) -> Vec<Statement<'a>> {
    let list = properties.at(path).get("Statement");
    let single = !matches!(list.kind, V::List(_));
    let numbered = list.each().iter().enumerate();
    numbered
        .map(|(index, body)| Statement {
            body,
            path: if single { format!("{path}/Statement") } else { format!("{path}/Statement/{index}") },
        })
        .collect()
}

impl Statement<'_> {
    /// Whether it certainly allows.
    pub fn allows(&self) -> bool {
        self.body.get("Effect").text() == Some("Allow")
    }

    /// Whether it certainly denies.
    pub fn denies(&self) -> bool {
        self.body.get("Effect").text() == Some("Deny")
    }

    /// Whether something that decides is not known.
    pub fn is_unknown(&self) -> bool {
        let unknown = |key: &str| self.body.get(key).each().iter().any(Val::is_unknown);
        self.body.is_unknown() || ["Effect", "Action", "Principal", "Resource"].into_iter().any(unknown)
    }

    /// Whether its principal is everybody.
    pub fn for_everybody(&self) -> bool {
        let principal = self.body.get("Principal");
        let wild = |value: &Val| value.each().iter().any(|item| item.text() == Some("*"));
        wild(principal) || wild(principal.get("AWS"))
    }

    /// Whether a condition narrows who may ask.
    pub fn is_narrowed(&self) -> bool {
        let condition = self.body.get("Condition");
        if condition.is_unknown() {
            return true;
        }
        condition.entries().iter().any(|(operator, keys)| {
            // A key that may be missing (`…IfExists`, `Null`) keeps nobody out.
            let optional = operator.ends_with("IfExists") || operator == "Null";
            let wild = |value: &Val| matches!(value.text(), Some("*" | "0.0.0.0/0" | "::/0"));
            keys.is_unknown()
                || (!optional
                    && keys.entries().iter().any(|(key, value)| {
                        !NO_RESTRICTION.contains(&key.to_ascii_lowercase().as_str()) && !value.each().iter().any(wild)
                    }))
        })
    }

    /// Whether one of its actions, in any spelling, satisfies `test` (given in lower case).
    pub fn action(&self, test: impl Fn(&str) -> bool) -> bool {
        self.body.get("Action").each().iter().filter_map(Val::text).any(|action| test(&action.to_ascii_lowercase()))
    }

    /// Whether its resources are all there are.
    pub fn on_everything(&self) -> bool {
        self.body.get("Resource").each().iter().any(|resource| resource.text() == Some("*"))
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        !self.body.get(key).is_absent()
    }
}
