//! Putting values in the place of symbolic parts.
//!
//! `plan` simplifies with what is recorded, `engine` resolves just before a call. Both compute with the functions of
//! [`super::functions`], the ones that evaluation uses: what is known early and what is known late comes
//! to the same value.

use std::collections::BTreeSet;

use serde_json::Value;

use super::functions;
use super::{Call, Expr, ResolveError, Scope};

impl Expr {
    /// The value, with every symbolic part taken from `scope`.
    ///
    /// # Errors
    /// When `scope` lacks a part, or a function cannot take what it got.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, ResolveError> {
        match self {
            Self::Null => Ok(Value::Null),
            Self::Bool(flag) => Ok(Value::Bool(*flag)),
            Self::Number(number) => Ok(Value::Number(number.clone())),
            Self::Str(text) => Ok(Value::String(text.clone())),
            Self::List(items) => {
                items.iter().map(|item| item.resolve(scope)).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Map(entries) => entries
                .iter()
                .map(|(key, item)| Ok((key.clone(), item.resolve(scope)?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
            Self::Ref(id) => scope
                .reference(id)
                .ok_or_else(|| ResolveError::Unknown { logical_id: id.clone(), attribute: "Ref".into() }),
            Self::Att(id, attribute) => scope
                .attribute(id, attribute)
                .ok_or_else(|| ResolveError::Unknown { logical_id: id.clone(), attribute: attribute.clone() }),
            Self::Secret(id) => scope.secret(id).ok_or_else(|| ResolveError::Secret(id.clone())),
            Self::Import(name) => Err(ResolveError::Import(name.clone())),
            Self::Call(call) => {
                let computed = call.map(&mut |part| part.resolve(scope).map(Self::known))?;
                match computed.map_err(ResolveError::Function)? {
                    // A dynamic reference whose text has just become known.
                    Self::Secret(id) => Self::Secret(id).resolve(scope),
                    known => known.into_value().map_err(|_| ResolveError::Function("a part stayed unknown".into())),
                }
            }
        }
    }

    /// The same expression with the references and attributes that `scope` knows put in and everything computed that
    /// can be. Secrets stay. A function that fails on the values stays too, so that [`Expr::resolve`] reports it.
    #[must_use]
    pub fn simplify(&self, scope: &dyn Scope) -> Self {
        self.put_in(scope, false)
    }

    /// [`Self::simplify`] of what nobody needs any more as it was: what is known already stays where it is.
    #[must_use]
    pub fn into_simpler(self, scope: &dyn Scope) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(|item| item.into_simpler(scope)).collect()),
            Self::Map(entries) => {
                Self::Map(entries.into_iter().map(|(key, item)| (key, item.into_simpler(scope))).collect())
            }
            plain @ (Self::Null | Self::Bool(_) | Self::Number(_) | Self::Str(_)) => plain,
            symbolic => symbolic.simplify(scope),
        }
    }

    /// [`Self::simplify`] with the secrets put in too: to be looked at, never to be stored or shown.
    #[must_use]
    pub fn reveal(&self, scope: &dyn Scope) -> Self {
        self.put_in(scope, true)
    }

    fn put_in(&self, scope: &dyn Scope, secrets: bool) -> Self {
        match self {
            Self::List(items) => Self::List(items.iter().map(|item| item.put_in(scope, secrets)).collect()),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|(key, item)| (key.clone(), item.put_in(scope, secrets))).collect())
            }
            Self::Ref(id) => scope.reference(id).map_or_else(|| self.clone(), Self::known),
            Self::Att(id, attribute) => scope.attribute(id, attribute).map_or_else(|| self.clone(), Self::known),
            Self::Secret(id) if secrets => scope.secret(id).map_or_else(|| self.clone(), Self::known),
            Self::Call(call) => {
                let computed: Result<_, std::convert::Infallible> =
                    call.map(&mut |part| Ok(part.put_in(scope, secrets)));
                match computed {
                    Ok(Ok(simpler)) => simpler,
                    Ok(Err(_)) => self.clone(),
                }
            }
            plain => plain.clone(),
        }
    }

    /// Every resource attribute it needs, as (logical id, attribute or `Ref`), sorted, each once.
    #[must_use]
    pub fn references(&self) -> Vec<(String, String)> {
        let mut found = BTreeSet::new();
        self.visit(&mut |part| {
            match part {
                Self::Ref(id) => found.insert((id.clone(), "Ref".to_owned())),
                Self::Att(id, attribute) => found.insert((id.clone(), attribute.clone())),
                _ => false,
            };
        });
        found.into_iter().collect()
    }

    /// Ids of the secrets it needs, sorted, each once. A [`Call::Dynamic`] has none until its text is known:
    /// simplify first.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        self.visit(&mut |part| {
            if let Self::Secret(id) = part {
                found.insert(id.clone());
            }
        });
        found.into_iter().collect()
    }

    /// Whether it has no symbolic part.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self {
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Map(entries) => entries.iter().all(|(_, item)| item.is_known()),
            plain => !plain.is_symbolic(),
        }
    }

    /// Whether it is itself a reference, a secret or a function (its parts are not looked at).
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        matches!(self, Self::Ref(_) | Self::Att(..) | Self::Secret(_) | Self::Import(_) | Self::Call(_))
    }

    /// The plain value.
    ///
    /// # Errors
    /// Gives the symbolic part that stands in the way.
    pub fn into_value(self) -> Result<Value, Self> {
        match self {
            Self::Null => Ok(Value::Null),
            Self::Bool(flag) => Ok(Value::Bool(flag)),
            Self::Number(number) => Ok(Value::Number(number)),
            Self::Str(text) => Ok(Value::String(text)),
            Self::List(items) => items.into_iter().map(Self::into_value).collect::<Result<_, _>>().map(Value::Array),
            Self::Map(entries) => entries
                .into_iter()
                .map(|(key, item)| Ok((key, item.into_value()?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
            symbolic => Err(symbolic),
        }
    }

    /// Calls `look` with every part, itself first.
    pub fn visit(&self, look: &mut dyn FnMut(&Self)) {
        look(self);
        match self {
            Self::List(items) => items.iter().for_each(|item| item.visit(look)),
            Self::Map(entries) => entries.iter().for_each(|(_, item)| item.visit(look)),
            Self::Call(call) => call.parts().into_iter().for_each(|part| part.visit(look)),
            _ => {}
        }
    }
}

impl Call {
    /// The arguments that may be symbolic.
    #[must_use]
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Self::Join(_, part)
            | Self::Split(_, part)
            | Self::Base64(part)
            | Self::ToJsonString(part)
            | Self::Length(part)
            | Self::Dynamic(part) => vec![part],
            Self::Concat(parts) => parts.iter().collect(),
            Self::Select(index, list) => vec![index, list],
            Self::Cidr(block, count, bits) => vec![block, count, bits],
        }
    }

    /// Maps the arguments and computes the function anew; the inner result is the function's.
    fn map<E>(&self, change: &mut dyn FnMut(&Expr) -> Result<Expr, E>) -> Result<Result<Expr, String>, E> {
        Ok(match self {
            Self::Join(delimiter, items) => functions::join(delimiter, change(items)?),
            Self::Concat(parts) => functions::concat(parts.iter().map(change).collect::<Result<_, _>>()?),
            Self::Select(index, list) => functions::select(change(index)?, change(list)?),
            Self::Split(delimiter, source) => functions::split(delimiter, change(source)?),
            Self::Base64(source) => functions::base64(change(source)?),
            Self::Cidr(block, count, bits) => functions::cidr(change(block)?, change(count)?, change(bits)?),
            Self::ToJsonString(source) => functions::to_json_string(change(source)?),
            Self::Length(list) => functions::length(change(list)?),
            Self::Dynamic(text) => functions::dynamic(change(text)?),
        })
    }
}
