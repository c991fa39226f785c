//! Values of secrets, as the core holds them while it judges: nothing here can be written out, and nothing stays.
//!
//! Callers: `plan` and `scan` take the values of parameters, NoEcho ones among them; `plan` keeps those, the scan of a plan
//! looks at them together with those of dynamic references; the engine puts them into what it sends. There is no
//! serialized form, the debug form names ids only, and the memory is wiped when they are let go.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroize;

/// Secret id (`parameter:Name`, `secretsmanager:…`, `ssm-secure:…`) to value.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
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

    /// Takes in others; of an id that both have the other's value stays.
    pub fn extend(&mut self, others: impl IntoIterator<Item = (String, Value)>) {
        for (id, value) in others {
            if let Some(mut former) = self.0.insert(id, value) {
                wipe(&mut former);
            }
        }
    }
}

impl Drop for SecretValues {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

/// Overwrites every text in a value.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(entries) => {
            for (mut key, mut value) in std::mem::take(entries) {
                key.zeroize();
                wipe(&mut value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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

/// Parameter name to the value given now; which of them are NoEcho only the template says.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct GivenParameters(BTreeMap<String, String>);

impl GivenParameters {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The parameters that have one, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Drop for GivenParameters {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl From<BTreeMap<String, String>> for GivenParameters {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }
}

impl FromIterator<(String, String)> for GivenParameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for GivenParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Where both hold, calls through it are ambiguous and this file does not compile.
    trait NotSerialized<Marker> {
        fn holds() {}
    }
    impl<T: ?Sized> NotSerialized<()> for T {}
    struct Serialized;
    impl<T: ?Sized + serde::Serialize> NotSerialized<Serialized> for T {}

    #[test]
    fn what_holds_secrets_cannot_be_serialized() {
        <SecretValues as NotSerialized<_>>::holds();
        <GivenParameters as NotSerialized<_>>::holds();
        <crate::call::PlanCall as NotSerialized<_>>::holds();
        <crate::scan::ScanCall as NotSerialized<_>>::holds();
    }

    #[test]
    fn a_call_in_its_debug_form_names_parameters_only() {
        let call = json!({"file": "t", "parameters": {"Pass": "canary"}});
        let call: crate::scan::ScanCall = serde_json::from_value(call).unwrap();
        let shown = format!("{call:?}");
        assert!(shown.contains("Pass") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn its_debug_form_names_ids_only() {
        let values: SecretValues = [("parameter:Pass".to_owned(), json!({"user": "canary"}))].into_iter().collect();
        assert_eq!(format!("{values:?}"), r#"{"parameter:Pass"}"#);
    }

    #[test]
    fn what_is_wiped_is_gone_at_any_depth() {
        let mut value = json!(["canary", {"canary": ["canary", 1, null]}]);
        wipe(&mut value);
        assert!(!value.to_string().contains("canary"));
        assert_eq!(value, json!(["", {}]));
    }

    #[test]
    fn the_later_value_of_an_id_stays() {
        let mut values: SecretValues = [("a".to_owned(), json!(1)), ("b".to_owned(), json!(2))].into_iter().collect();
        values.extend([("b".to_owned(), json!(3))]);
        assert_eq!((values.get("a"), values.get("b")), (Some(&json!(1)), Some(&json!(3))));
    }
}
