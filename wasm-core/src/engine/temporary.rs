//! Until `intrinsics` lands.
use crate::expr::*;
use serde_json::Value;
impl Expr {
    /// tmp
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, ResolveError> {
        Ok(match self {
            Self::List(items) => Value::Array(items.iter().map(|i| i.resolve(scope)).collect::<Result<_, _>>()?),
            Self::Map(e) => Value::Object(
                e.iter().map(|(k, v)| Ok((k.clone(), v.resolve(scope)?))).collect::<Result<_, ResolveError>>()?,
            ),
            Self::Ref(id) => scope
                .reference(id)
                .ok_or(ResolveError::Unknown { logical_id: id.clone(), attribute: "Ref".into() })?,
            Self::Att(id, a) => scope
                .attribute(id, a)
                .ok_or(ResolveError::Unknown { logical_id: id.clone(), attribute: a.clone() })?,
            Self::Secret(id) => scope.secret(id).ok_or(ResolveError::Secret(id.clone()))?,
            Self::Call(_) => return Err(ResolveError::Function("call".into())),
            plain => plain.to_json(),
        })
    }
    /// tmp
    pub fn simplify(&self, scope: &dyn Scope) -> Expr {
        match self {
            Self::List(items) => Self::List(items.iter().map(|i| i.simplify(scope)).collect()),
            Self::Map(e) => Self::Map(e.iter().map(|(k, v)| (k.clone(), v.simplify(scope))).collect()),
            Self::Ref(_) | Self::Att(..) => self.resolve(scope).map(Expr::known).unwrap_or(self.clone()),
            o => o.clone(),
        }
    }
    /// tmp
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Self::List(items) => items.iter().flat_map(|i| i.secrets()).collect(),
            Self::Map(e) => e.iter().flat_map(|(_, v)| v.secrets()).collect(),
            Self::Secret(s) => vec![s.clone()],
            _ => vec![],
        }
    }
}
