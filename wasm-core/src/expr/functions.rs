//! The functions themselves, over values of which parts may be unknown.
//!
//! Each computes when it can and otherwise gives the symbolic call in one normal form: texts are flattened and merged,
//! `Fn::Join` over a written list is a concatenation. Evaluation at plan time and [`Expr::resolve`] at run time both
//! end here. An `Err` is a sentence about arguments that no later knowledge can mend; it quotes no argument, because
//! an argument may be a secret.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::borrow::Cow;

use serde_json::Number;

use super::{Call, Expr, cidr as blocks, references};

/// What a function comes to.
pub type Computed = Result<Expr, String>;

fn symbolic(call: Call) -> Computed {
    Ok(Expr::Call(Box::new(call)))
}

/// A scalar as CloudFormation puts it into texts.
#[must_use]
pub fn text(scalar: &Expr) -> Option<Cow<'_, str>> {
    match scalar {
        Expr::Str(text) => Some(Cow::Borrowed(text)),
        Expr::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Expr::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// `Fn::Join`.
///
/// # Errors
/// When `items` is no list of scalars.
pub fn join(delimiter: &str, items: Expr) -> Computed {
    match items {
        Expr::List(items) => {
            let mut parts = Vec::with_capacity(items.len() * 2);
            for item in items {
                if !parts.is_empty() {
                    parts.push(Expr::Str(delimiter.to_owned()));
                }
                parts.push(item);
            }
            concat(parts).map_err(|_| "Fn::Join takes a list of strings; an item is a list or an object".to_owned())
        }
        unknown if may_be_list(&unknown) => symbolic(Call::Join(delimiter.to_owned(), unknown)),
        _ => Err("Fn::Join takes a list of strings as its second argument".into()),
    }
}

/// The parts of a text, one after the other.
///
/// # Errors
/// When a part is a list, an object or null.
pub fn concat(parts: Vec<Expr>) -> Computed {
    let mut merged: Vec<Expr> = Vec::with_capacity(parts.len());
    append(&mut merged, parts)?;
    Ok(match <[Expr; 1]>::try_from(merged) {
        Ok([Expr::Str(whole)]) => Expr::Str(whole),
        Ok([only]) if is_text(&only) => only,
        Ok([only]) => Expr::Call(Box::new(Call::Concat(vec![only]))),
        Err(none) if none.is_empty() => Expr::Str(String::new()),
        Err(several) => Expr::Call(Box::new(Call::Concat(several))),
    })
}

fn append(merged: &mut Vec<Expr>, parts: Vec<Expr>) -> Result<(), String> {
    for part in parts {
        match part {
            Expr::Call(call) if matches!(*call, Call::Concat(_)) => {
                if let Call::Concat(inner) = *call {
                    append(merged, inner)?;
                }
            }
            unknown if unknown.is_symbolic() => merged.push(unknown),
            known => {
                let Some(text) = text(&known) else { return Err("A text cannot hold a list or an object".into()) };
                match merged.last_mut() {
                    _ if text.is_empty() => {}
                    Some(Expr::Str(before)) => before.push_str(&text),
                    _ => merged.push(Expr::Str(text.into_owned())),
                }
            }
        }
    }
    Ok(())
}

/// Whether a symbolic part is a text whatever happens, so that a concatenation of it alone is itself.
fn is_text(part: &Expr) -> bool {
    match part {
        Expr::Secret(_) | Expr::Import(_) => true,
        Expr::Call(call) => matches!(
            **call,
            Call::Join(..) | Call::Concat(_) | Call::Base64(_) | Call::ToJsonString(_) | Call::Dynamic(_)
        ),
        _ => false,
    }
}

/// Whether a symbolic part can still turn out to be a list.
fn may_be_list(part: &Expr) -> bool {
    part.is_symbolic() && !is_text(part) && !matches!(part, Expr::Call(call) if matches!(**call, Call::Length(_)))
}

/// `Fn::Select`.
///
/// # Errors
/// When the index is no whole number within the list, the list is none, or the item is null.
pub fn select(index: Expr, list: Expr) -> Computed {
    let index = if index.is_symbolic() {
        index
    } else {
        let position = text(&index).and_then(|text| text.trim().parse::<u32>().ok());
        Expr::Number(position.ok_or("Fn::Select takes a whole number from 0 as its index")?.into())
    };
    match (index, list) {
        (Expr::Number(position), Expr::List(items)) => {
            let (length, position) = (items.len(), position.as_u64().unwrap_or(u64::MAX));
            let item = usize::try_from(position).ok().and_then(|position| items.into_iter().nth(position));
            match item {
                Some(Expr::Null) => Err(format!("Fn::Select: the item at index {position} is null")),
                Some(item) => Ok(item),
                None => Err(format!("Fn::Select: index {position} is outside of the list, which has {length} items")),
            }
        }
        (index, list) if may_be_list(&list) || matches!(list, Expr::List(_)) => symbolic(Call::Select(index, list)),
        _ => Err("Fn::Select takes a list as its second argument".into()),
    }
}

/// `Fn::Split`.
///
/// # Errors
/// When the delimiter is empty or the source is no text.
pub fn split(delimiter: &str, source: Expr) -> Computed {
    if delimiter.is_empty() {
        return Err("Fn::Split takes a delimiter that is not empty".into());
    }
    if source.is_symbolic() {
        return symbolic(Call::Split(delimiter.to_owned(), source));
    }
    let text = text(&source).ok_or("Fn::Split takes a string as its second argument")?;
    Ok(Expr::List(text.split(delimiter).map(|part| Expr::Str(part.to_owned())).collect()))
}

/// `Fn::Base64` (RFC 4648, section 4).
///
/// # Errors
/// When the source is no text.
pub fn base64(source: Expr) -> Computed {
    if source.is_symbolic() {
        return symbolic(Call::Base64(source));
    }
    let text = text(&source).ok_or("Fn::Base64 takes a string")?;
    let mut encoded = String::with_capacity(text.len().div_ceil(3) * 4);
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for digit in 0..4 {
            encoded.push(if digit > chunk.len() { '=' } else { base64_digit((bits >> (18 - 6 * digit)) & 63) });
        }
    }
    Ok(Expr::Str(encoded))
}

fn base64_digit(six: u32) -> char {
    let byte = match u8::try_from(six).unwrap_or(0) {
        six @ 0..26 => b'A' + six,
        six @ 26..52 => b'a' + (six - 26),
        six @ 52..62 => b'0' + (six - 52),
        62 => b'+',
        _ => b'/',
    };
    char::from(byte)
}

/// `Fn::Cidr`; `bits` null: 8, which an IPv6 block does not have as a default.
///
/// # Errors
/// When an argument is out of range or the block too small.
pub fn cidr(block: Expr, count: Expr, bits: Expr) -> Computed {
    let count = whole(count, 1..=256, "Fn::Cidr takes a count from 1 to 256")?;
    let bits = match bits {
        Expr::Null => Expr::Null,
        given => whole(given, 1..=128, "Fn::Cidr takes as cidrBits a whole number from 1 to 128")?,
    };
    if block.is_symbolic() || count.is_symbolic() || bits.is_symbolic() {
        return symbolic(Call::Cidr(block, count, bits));
    }
    let number = |part: &Expr| if let Expr::Number(number) = part { number.as_u64() } else { None };
    let block = text(&block).ok_or("Fn::Cidr takes an address block as its first argument")?;
    let blocks = blocks::subnets(&block, number(&count).unwrap_or(0), number(&bits))?;
    Ok(Expr::List(blocks.into_iter().map(Expr::Str).collect()))
}

fn whole(given: Expr, range: std::ops::RangeInclusive<u64>, refusal: &str) -> Computed {
    if given.is_symbolic() {
        return Ok(given);
    }
    match text(&given).and_then(|text| text.trim().parse().ok()) {
        Some(number) if range.contains(&number) => Ok(Expr::Number(number.into())),
        _ => Err(refusal.to_owned()),
    }
}

/// `Fn::ToJsonString`: without blanks, keys sorted by code point. (CloudFormation keeps the order they are written in;
/// here a plan must not change with it, and its readers parse the text.)
///
/// # Errors
/// When the source is neither list nor object.
pub fn to_json_string(source: Expr) -> Computed {
    if !source.is_symbolic() && !matches!(source, Expr::List(_) | Expr::Map(_)) {
        return Err("Fn::ToJsonString takes an object or a list".into());
    }
    if !source.is_known() {
        return symbolic(Call::ToJsonString(source));
    }
    source.into_value().map(|value| Expr::Str(value.to_string())).map_err(|_| "A part stayed unknown".into())
}

/// `Fn::Length`.
///
/// # Errors
/// When the argument is no list.
pub fn length(list: Expr) -> Computed {
    match list {
        Expr::List(items) => Ok(Expr::Number(Number::from(items.len()))),
        unknown if may_be_list(&unknown) => symbolic(Call::Length(unknown)),
        _ => Err("Fn::Length takes a list".into()),
    }
}

/// A dynamic reference to a secret: the text after `resolve:`.
///
/// # Errors
/// When it names no secret.
pub fn dynamic(text: Expr) -> Computed {
    match text {
        Expr::Str(id) => references::secret(&id).map(|()| Expr::Secret(id)),
        unknown if unknown.is_symbolic() => symbolic(Call::Dynamic(unknown)),
        _ => Err("A dynamic reference is a text".into()),
    }
}
