//! Canonical JSON (see `canonical`) straight from what serializes, without a tree in between: of a plan of 1,000
//! resources the tree alone cost as much as hashing it.
//!
//! Members are written as they come and put in order when their object ends, where they are not yet. The text is the
//! one that `canonical` gives for `serde_json::to_value` of the same value; a property test holds that.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use serde::ser::{self, Serialize};

use super::canonical::{write_double, write_string};

/// A member that is left out: how many objects its own lies in, and its name.
pub type Omitted<'a> = (usize, &'a str);

/// The canonical text of a value without some members; empty when it has no JSON form (a map whose keys are no texts).
#[must_use]
pub fn canonical_of<T: Serialize + ?Sized>(value: &T, omitted: &[Omitted<'_>]) -> String {
    write(value, omitted, false).text
}

/// The canonical text of a value, and which parts of it make up the text without some members: one text for two uses.
#[must_use]
pub fn canonical_apart<T: Serialize + ?Sized>(value: &T, omitted: &[Omitted<'_>]) -> Apart {
    write(value, omitted, true)
}

/// See [`canonical_apart`].
pub struct Apart {
    /// The whole text; empty when the value has no JSON form.
    pub text: String,
    /// Where in it the members are that are to be left out, each with the comma that goes with it; rising.
    pub omitted: Vec<Range<usize>>,
    /// Whether reading the text gives the same value: RFC 8785 writes the double `1.0` as `1`, which reads as an integer.
    pub is_exact: bool,
}

impl Apart {
    /// The text without the members, which is what [`canonical_of`] gives, in its parts.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let ends = self.omitted.iter().map(|omitted| omitted.start).chain([self.text.len()]);
        let starts = std::iter::once(0).chain(self.omitted.iter().map(|omitted| omitted.end));
        starts.zip(ends).map(|(start, end)| self.text.get(start..end).unwrap_or_default())
    }
}

fn write<T: Serialize + ?Sized>(value: &T, omitted: &[Omitted<'_>], keep: bool) -> Apart {
    let mut writer =
        Writer { text: String::new(), depth: 0, omitted, keep, apart: Vec::new(), body: String::new(), is_exact: true };
    if let Err(NoJson) = value.serialize(&mut writer) {
        return Apart { text: String::new(), omitted: Vec::new(), is_exact: true };
    }
    let Writer { text, apart, is_exact, .. } = writer;
    Apart { text, omitted: apart, is_exact }
}

struct Writer<'a> {
    text: String,
    /// Objects around what is written now.
    depth: usize,
    omitted: &'a [Omitted<'a>],
    /// Whether what is to be omitted is written, and its place noted.
    keep: bool,
    /// These places.
    apart: Vec<Range<usize>>,
    /// Where an object is put in order.
    body: String,
    is_exact: bool,
}

/// The value has no JSON form.
#[derive(Debug)]
struct NoJson;

impl fmt::Display for NoJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no JSON form")
    }
}

impl std::error::Error for NoJson {}

impl ser::Error for NoJson {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A list that is being written.
struct List<'w, 'a> {
    writer: &'w mut Writer<'a>,
    empty: bool,
    /// Of the variant around it.
    wrapped: bool,
}

/// An object that is being written.
struct Object<'w, 'a> {
    writer: &'w mut Writer<'a>,
    start: usize,
    members: Vec<Member>,
    /// How many places were noted before it.
    noted: usize,
    wrapped: bool,
}

/// Places in the text: of the key with its quotes, and of the end of the value.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
    end: usize,
    /// What the key begins with, for most keys enough to tell their order; `None`: it is not what it looks like.
    head: Option<u64>,
    /// Whether it is one to be omitted.
    apart: bool,
}

impl<'a> Writer<'a> {
    fn list(&mut self, wrapped: bool) -> List<'_, 'a> {
        self.text.push('[');
        List { writer: self, empty: true, wrapped }
    }

    fn object(&mut self, wrapped: bool) -> Object<'_, 'a> {
        self.text.push('{');
        self.depth += 1;
        let (start, noted) = (self.text.len(), self.apart.len());
        Object { writer: self, start, members: Vec::new(), noted, wrapped }
    }

    /// `{"name":`, closed by whoever writes the content.
    fn wrap(&mut self, name: &str) {
        self.text.push('{');
        write_string(name, &mut self.text);
        self.text.push(':');
        self.depth += 1;
    }

    fn unwrap(&mut self, wrapped: bool) {
        if wrapped {
            self.text.push('}');
            self.depth -= 1;
        }
    }
}

impl List<'_, '_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        if !self.empty {
            self.writer.text.push(',');
        }
        self.empty = false;
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.text.push(']');
        self.writer.unwrap(self.wrapped);
    }
}

impl Object<'_, '_> {
    fn separate(&mut self) {
        if !self.members.is_empty() {
            self.writer.text.push(',');
        }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NoJson> {
        let depth = self.writer.depth - 1;
        let apart = self.writer.omitted.contains(&(depth, name));
        if apart && !self.writer.keep {
            return Ok(());
        }
        self.separate();
        let start = self.writer.text.len();
        write_string(name, &mut self.writer.text);
        self.value(start, apart, value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, start: usize, apart: bool, value: &T) -> Result<(), NoJson> {
        let key_end = self.writer.text.len();
        let head = self.writer.text.get(start + 1..key_end - 1).and_then(head);
        self.writer.text.push(':');
        value.serialize(&mut *self.writer)?;
        self.members.push(Member { start, key_end, end: self.writer.text.len(), head, apart });
        Ok(())
    }

    fn close(mut self) {
        let Writer { text, body, apart, .. } = &mut *self.writer;
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let order = |one: &Member, other: &Member| match (one.head, other.head) {
            (Some(left), Some(right)) if left != right => left.cmp(&right),
            (Some(_), Some(_)) => part(one.start + 1, one.key_end - 1).cmp(part(other.start + 1, other.key_end - 1)),
            _ => by_key(part(one.start, one.key_end), part(other.start, other.key_end)),
        };
        if !self.members.is_sorted_by(|one, other| order(one, other) != Ordering::Greater) {
            self.members.sort_by(order);
            let noted = apart.split_off(self.noted);
            body.clear();
            for member in &mut self.members {
                if !body.is_empty() {
                    body.push(',');
                }
                let Member { start, end, .. } = *member;
                let now = self.start + body.len();
                body.push_str(part(start, end));
                let within = noted.iter().filter(|place| start <= place.start && place.end <= end);
                apart.extend(within.map(|place| place.start - start + now..place.end - start + now));
                (member.start, member.end) = (now, now + end - start);
            }
            text.truncate(self.start);
            text.push_str(body);
        }
        note(&self.members, apart, self.noted);
        text.push('}');
        self.writer.depth -= 1;
        self.writer.unwrap(self.wrapped);
    }
}

/// Notes the members that are to be omitted, each with the comma before it, the first ones with the one after; the places
/// in their object, which begin with this one, are in order then.
fn note(members: &[Member], noted: &mut Vec<Range<usize>>, from: usize) {
    let mut is_first = true;
    for (place, Member { start, end, apart, .. }) in members.iter().enumerate() {
        match (apart, is_first) {
            (false, _) => is_first = false,
            (true, true) => noted.push(*start..end + usize::from(place + 1 < members.len())),
            (true, false) => noted.push(start - 1..*end),
        }
    }
    noted.get_mut(from..).unwrap_or_default().sort_by_key(|place| place.start);
}

/// RFC 8785, 3.2.3: by UTF-16 code units. `one` and `other` are keys as JSON texts.
fn by_key(one: &str, other: &str) -> Ordering {
    unquoted(one).encode_utf16().cmp(unquoted(other).encode_utf16())
}

/// The first eight bytes of a key of plain ASCII without escapes, whose order is that of its bytes; a shorter one is
/// filled up with zeros, which no such key has.
fn head(key: &str) -> Option<u64> {
    if !key.bytes().all(|byte| byte.is_ascii() && byte != b'\\') {
        return None;
    }
    Some(key.bytes().chain([0; 8]).take(8).fold(0, |head, byte| head << 8 | u64::from(byte)))
}

fn unquoted(key: &str) -> Cow<'_, str> {
    serde_json::from_str::<String>(key).map_or(Cow::Borrowed(key), Cow::Owned)
}

impl<'w, 'a> ser::Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = NoJson;
    type SerializeSeq = List<'w, 'a>;
    type SerializeTuple = List<'w, 'a>;
    type SerializeTupleStruct = List<'w, 'a>;
    type SerializeTupleVariant = List<'w, 'a>;
    type SerializeMap = MapWriter<'w, 'a>;
    type SerializeStruct = Object<'w, 'a>;
    type SerializeStructVariant = Object<'w, 'a>;

    fn serialize_bool(self, value: bool) -> Result<(), NoJson> {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), NoJson> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), NoJson> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), NoJson> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), NoJson> {
        self.text.push_str(&value.to_string());
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), NoJson> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), NoJson> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), NoJson> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), NoJson> {
        self.text.push_str(&value.to_string());
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), NoJson> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), NoJson> {
        if value.is_finite() {
            let start = self.text.len();
            write_double(value, &mut self.text);
            // A double to every reader of JSON that tells them from integers.
            self.is_exact &= self.text.get(start..).is_some_and(|text| text.contains(['.', 'e']));
            Ok(())
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Result<(), NoJson> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), NoJson> {
        write_string(value, &mut self.text);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), NoJson> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoJson> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NoJson> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        self.wrap(variant);
        value.serialize(&mut *self)?;
        self.unwrap(true);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NoJson> {
        Ok(self.list(false))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoJson> {
        Ok(self.list(false))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NoJson> {
        Ok(self.list(false))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoJson> {
        self.wrap(variant);
        Ok(self.list(true))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoJson> {
        Ok(MapWriter { object: self.object(false), key: None })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, NoJson> {
        Ok(self.object(false))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoJson> {
        self.wrap(variant);
        Ok(self.object(true))
    }
}

/// A map, whose keys come apart from their values.
struct MapWriter<'w, 'a> {
    object: Object<'w, 'a>,
    /// Where the key begins whose value comes next.
    key: Option<usize>,
}

impl ser::SerializeMap for MapWriter<'_, '_> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoJson> {
        self.object.separate();
        let start = self.object.writer.text.len();
        key.serialize(&mut *self.object.writer)?;
        self.key = Some(start);
        let text = &self.object.writer.text;
        if text.get(start..).is_some_and(|key| key.starts_with('"')) { Ok(()) } else { Err(NoJson) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        let start = self.key.take().ok_or(NoJson)?;
        self.object.value(start, false, value)
    }

    fn end(self) -> Result<(), NoJson> {
        self.object.close();
        Ok(())
    }
}

/// The list traits differ in the name of their one method.
macro_rules! list {
    ($($name:ident $method:ident),*) => {$(
        impl ser::$name for List<'_, '_> {
            type Ok = ();
            type Error = NoJson;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
                self.item(value)
            }

            fn end(self) -> Result<(), NoJson> {
                self.close();
                Ok(())
            }
        }
    )*};
}

list!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! object {
    ($($name:ident),*) => {$(
        impl ser::$name for Object<'_, '_> {
            type Ok = ();
            type Error = NoJson;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NoJson> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), NoJson> {
                self.close();
                Ok(())
            }
        }
    )*};
}

object!(SerializeStruct, SerializeStructVariant);
