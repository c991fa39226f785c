//! Values of secrets, as the core holds them while it judges: nothing here can be written out.
//!
//! Callers: `plan` keeps the NoEcho values it was given, the scan of a plan looks at them together with those of dynamic
//! references. There is no serialized form, and the debug form names ids only.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Secret id (`parameter:Name`, `secretsmanager:…`, `ssm-secure:…`) to value.
#[derive(Clone, Default, PartialEq)]
pub struct SecretValues(BTreeMap<String, Value>);

impl SecretValues {
    /// The value of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.0.get(id)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and others; of an id that both have the other's value.
    #[must_use]
    pub fn with(&self, others: BTreeMap<String, Value>) -> Self {
        let mut values = self.0.clone();
        values.extend(others);
        Self(values)
    }
}

impl FromIterator<(String, Value)> for SecretValues {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
