//! A property value of which some parts are known only while a deployment runs.
//!
//! `intrinsics` makes it from the template (everything known at plan time is already computed), `plan` stores and
//! digests it, `engine` resolves it just before a call (simplify first, then ask which secrets it needs: the name of
//! a secret may itself come from a reference). As JSON it is the plain value, with symbolic parts as one-key
//! objects: `{"$ref":"Id"}`, `{"$att":["Id","Name"]}`, `{"$secret":"parameter:Name"}`, `{"$import":"ExportName"}`,
//! `{"$fn":["join", …]}`; a real
//! object that has a key starting with `$` is written `{"$map":{…}}`.

mod cidr;
pub mod functions;
pub mod references;
mod resolve;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value, json};

/// A value, known or symbolic.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// JSON null (rare: CloudFormation refuses it; kept for free-form JSON properties).
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Str(String),
    /// A list.
    List(Vec<Expr>),
    /// An object; entries in template order, keys unique.
    Map(Vec<(String, Expr)>),
    /// `Ref` of a resource, by logical id.
    Ref(String),
    /// `Fn::GetAtt` of a resource: logical id, attribute (dots kept).
    Att(String, String),
    /// A value that is never stored: `parameter:<NoEcho parameter>` or `secretsmanager:…` / `ssm-secure:…` as written
    /// in the dynamic reference.
    Secret(String),
    /// `Fn::ImportValue` of an export that is still to be made: such a plan is looked at, and made again to be carried out.
    Import(String),
    /// A function with an argument that is not known yet.
    Call(Box<Call>),
}

/// A function of which at least one argument is symbolic.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// `Fn::Join`: delimiter, items (a list expression or a symbolic expression that yields one).
    Join(String, Expr),
    /// `Fn::Sub` after its variables were put in place: the parts concatenated.
    Concat(Vec<Expr>),
    /// `Fn::Select`: index, list.
    Select(Expr, Expr),
    /// `Fn::Split`: delimiter, source.
    Split(String, Expr),
    /// `Fn::Base64`.
    Base64(Expr),
    /// `Fn::Cidr`: block, count, cidr bits.
    Cidr(Expr, Expr, Expr),
    /// `Fn::ToJsonString`.
    ToJsonString(Expr),
    /// `Fn::Length`.
    Length(Expr),
    /// A dynamic reference to a secret whose name is not known yet (`{{resolve:secretsmanager:${Secret}}}`): the text
    /// after `resolve:`. Once the text is known it is an [`Expr::Secret`]; see [`Expr::simplify`].
    Dynamic(Expr),
}

/// Why an expression could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// The attribute (`Ref` for the reference value) of this logical id is not known.
    Unknown {
        /// Logical id.
        logical_id: String,
        /// Attribute name, or `Ref`.
        attribute: String,
    },
    /// The secret of this id was not given.
    Secret(String),
    /// The export of this name was not there when the plan was made.
    Import(String),
    /// A function got an argument it cannot take, e.g. an index out of range.
    Function(String),
}

/// Where the values of symbolic parts come from.
pub trait Scope {
    /// The value of `Ref` of a resource.
    fn reference(&self, logical_id: &str) -> Option<Value>;
    /// The value of an attribute of a resource.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value>;
    /// The value of a secret.
    fn secret(&self, id: &str) -> Option<Value>;
}

const MARKS: [&str; 6] = ["$ref", "$att", "$secret", "$import", "$fn", "$map"];

/// Whether an object with this key has to be told from a symbolic part.
fn is_mark(key: &str) -> bool {
    // Nearly every key is answered by its first letter.
    key.starts_with('$') && MARKS.contains(&key)
}

impl Expr {
    /// The known value as an expression.
    #[must_use]
    pub fn known(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Str(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::known).collect()),
            Value::Object(entries) => {
                Self::Map(entries.into_iter().map(|(key, item)| (key, Self::known(item))).collect())
            }
        }
    }

    /// Its JSON form (see the module's header).
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Str(text) => Value::String(text.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => {
                let object = Value::Object(entries.iter().map(|(key, item)| (key.clone(), item.to_json())).collect());
                if entries.iter().any(|(key, _)| is_mark(key)) { json!({ "$map": object }) } else { object }
            }
            Self::Ref(id) => json!({ "$ref": id }),
            Self::Att(id, attribute) => json!({ "$att": [id, attribute] }),
            Self::Secret(id) => json!({ "$secret": id }),
            Self::Import(name) => json!({ "$import": name }),
            Self::Call(call) => json!({ "$fn": call.to_json() }),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// A sentence naming what is malformed.
    pub fn from_json(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => items.into_iter().map(Self::from_json).collect::<Result<_, _>>().map(Self::List),
            Value::Object(mut object) => {
                let mark = if object.len() == 1 { MARKS.iter().find(|mark| object.contains_key(**mark)) } else { None };
                let Some(mark) = mark else { return entries(object).map(Self::Map) };
                let content = object.remove(*mark).unwrap_or(Value::Null);
                Self::marked(mark, content)
            }
            plain => Ok(Self::known(plain)),
        }
    }

    /// What an object of this one key stands for.
    fn marked(mark: &str, content: Value) -> Result<Self, String> {
        match (mark, content) {
            ("$ref", Value::String(id)) => Ok(Self::Ref(id)),
            ("$secret", Value::String(id)) => Ok(Self::Secret(id)),
            ("$import", Value::String(name)) => Ok(Self::Import(name)),
            ("$att", Value::Array(pair)) => match <[Value; 2]>::try_from(pair) {
                Ok([Value::String(id), Value::String(attribute)]) => Ok(Self::Att(id, attribute)),
                _ => Err("$att takes a logical id and an attribute".into()),
            },
            ("$fn", Value::Array(call)) => Call::from_json(call).map(|call| Self::Call(Box::new(call))),
            ("$map", Value::Object(object)) => entries(object).map(Self::Map),
            (mark, _) => Err(format!("malformed {mark} in a stored expression")),
        }
    }
}

fn entries(object: Map<String, Value>) -> Result<Vec<(String, Expr)>, String> {
    object.into_iter().map(|(key, item)| Ok((key, Expr::from_json(item)?))).collect()
}

impl Call {
    fn to_json(&self) -> Value {
        match self {
            Self::Join(delimiter, items) => json!(["join", delimiter, items.to_json()]),
            Self::Concat(parts) => json!(["concat", parts.iter().map(Expr::to_json).collect::<Vec<_>>()]),
            Self::Select(index, list) => json!(["select", index.to_json(), list.to_json()]),
            Self::Split(delimiter, source) => json!(["split", delimiter, source.to_json()]),
            Self::Base64(source) => json!(["base64", source.to_json()]),
            Self::Cidr(block, count, bits) => json!(["cidr", block.to_json(), count.to_json(), bits.to_json()]),
            Self::ToJsonString(source) => json!(["toJsonString", source.to_json()]),
            Self::Length(list) => json!(["length", list.to_json()]),
            Self::Dynamic(text) => json!(["dynamic", text.to_json()]),
        }
    }

    fn from_json(call: Vec<Value>) -> Result<Self, String> {
        let mut call = call.into_iter();
        let Some(Value::String(name)) = call.next() else { return Err("$fn without a name".into()) };
        let mut next = || Expr::from_json(call.next().unwrap_or(Value::Null));
        let text =
            |part: Expr| if let Expr::Str(text) = part { Ok(text) } else { Err(format!("{name} takes a delimiter")) };
        match name.as_str() {
            "join" => Ok(Self::Join(text(next()?)?, next()?)),
            "concat" => match next()? {
                Expr::List(parts) => Ok(Self::Concat(parts)),
                _ => Err("concat takes a list".into()),
            },
            "select" => Ok(Self::Select(next()?, next()?)),
            "split" => Ok(Self::Split(text(next()?)?, next()?)),
            "base64" => Ok(Self::Base64(next()?)),
            "cidr" => Ok(Self::Cidr(next()?, next()?, next()?)),
            "toJsonString" => Ok(Self::ToJsonString(next()?)),
            "length" => Ok(Self::Length(next()?)),
            "dynamic" => Ok(Self::Dynamic(next()?)),
            other => Err(format!("unknown function {other} in a stored expression")),
        }
    }
}

/// Writes what [`Expr::to_json`] gives, members in template order, without making it.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Str(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) if entries.iter().any(|(key, _)| is_mark(key)) => {
                serializer.collect_map([("$map", Members(entries))])
            }
            Self::Map(entries) => Members(entries).serialize(serializer),
            Self::Ref(id) => serializer.collect_map([("$ref", id)]),
            Self::Att(id, attribute) => serializer.collect_map([("$att", (id, attribute))]),
            Self::Secret(id) => serializer.collect_map([("$secret", id)]),
            Self::Import(name) => serializer.collect_map([("$import", name)]),
            Self::Call(call) => serializer.collect_map([("$fn", call)]),
        }
    }
}

struct Members<'a>(&'a [(String, Expr)]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, item)| (key, item)))
    }
}

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Join(delimiter, items) => ("join", delimiter, items).serialize(serializer),
            Self::Concat(parts) => ("concat", parts).serialize(serializer),
            Self::Select(index, list) => ("select", index, list).serialize(serializer),
            Self::Split(delimiter, source) => ("split", delimiter, source).serialize(serializer),
            Self::Base64(source) => ("base64", source).serialize(serializer),
            Self::Cidr(block, count, bits) => ("cidr", block, count, bits).serialize(serializer),
            Self::ToJsonString(source) => ("toJsonString", source).serialize(serializer),
            Self::Length(list) => ("length", list).serialize(serializer),
            Self::Dynamic(text) => ("dynamic", text).serialize(serializer),
        }
    }
}

/// Reads what [`Expr::from_json`] reads, and to the same value, without a tree in between.
impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Expr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored expression")
    }

    fn visit_unit<E>(self) -> Result<Expr, E> {
        Ok(Expr::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Expr, E> {
        Ok(Expr::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Expr, E> {
        Ok(Expr::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Expr, E> {
        Ok(Expr::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Expr, E> {
        Ok(Number::from_f64(number).map_or(Expr::Null, Expr::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Expr, E> {
        Ok(Expr::Str(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Expr, E> {
        Ok(Expr::Str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Expr, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Expr::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Expr, A::Error> {
        let mut entries: Vec<(String, Expr)> = Vec::new();
        let mut marked = None;
        while let Some(key) = object.next_key::<String>()? {
            // Whether a mark is one is known only when the object has no other key.
            let again = marked.as_ref().is_some_and(|(mark, _)| *mark == key);
            if again || entries.is_empty() && marked.is_none() && is_mark(&key) {
                marked = Some((key, object.next_value::<Value>()?));
                continue;
            }
            if let Some((mark, content)) = marked.take() {
                entries.push((mark, Expr::from_json(content).map_err(A::Error::custom)?));
            }
            entries.push((key, object.next_value()?));
        }
        match marked {
            Some((mark, content)) => Expr::marked(&mark, content).map_err(A::Error::custom),
            None => Ok(Expr::Map(in_order(entries))),
        }
    }
}

/// Sorted by key as a JSON tree keeps its members; of equal keys the last counts.
fn in_order(mut entries: Vec<(String, Expr)>) -> Vec<(String, Expr)> {
    if !entries.is_sorted_by(|(one, _), (other, _)| one < other) {
        let object: BTreeMap<String, Expr> = entries.into_iter().collect();
        entries = object.into_iter().collect();
    }
    entries
}
