//! Secrets that stand in pieces: put together by `Fn::Join` or `Fn::Sub`, chosen by `Fn::If`, or wrapped in base64.
//! What a function gives is looked at as if it were written there.

use super::{Hit, forms, literal, mask};
use crate::scan::value::{HOLE, V, View};
use crate::secret::GivenParameters;
use crate::template::{Kind, Node};

/// Shorter texts in base64 occur by chance.
const LEAST_BASE64: usize = 40;

/// Longer texts are no value: Cloud Control takes this much for a whole resource.
const MOST: usize = 256 * 1024;

/// Every secret that shows only in what functions give, in the order of the tree.
pub(super) fn find(template: &Node) -> Vec<Hit> {
    let given = GivenParameters::default();
    let mut search = Search { view: View::new(template, &given), path: Vec::new(), hits: Vec::new() };
    search.node(template, "");
    search.hits
}

struct Search<'t> {
    view: View<'t>,
    path: Vec<String>,
    hits: Vec<Hit>,
}

impl<'t> Search<'t> {
    /// Looks at a node; `key` is what its value stands under.
    fn node(&mut self, node: &'t Node, key: &str) {
        match &node.kind {
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(index.to_string(), item, "");
                }
            }
            Kind::Map(entries) => {
                if let [entry] = entries.as_slice()
                    && entry.key.starts_with("Fn::")
                {
                    self.function(node, key);
                    // A branch that is taken stands where the function does.
                    let inner = if entry.key == "Fn::If" { key } else { "" };
                    self.path.push(entry.key.clone());
                    match &entry.value.kind {
                        Kind::List(items) => {
                            for (index, item) in items.iter().enumerate() {
                                self.below(index.to_string(), item, inner);
                                if let (Kind::String(text), "Fn::If", 1..) = (&item.kind, entry.key.as_str(), index) {
                                    self.path.push(index.to_string());
                                    self.text(text, inner, item);
                                    self.path.pop();
                                }
                            }
                        }
                        _ => self.node(&entry.value, inner),
                    }
                    self.path.pop();
                    return;
                }
                let name = ["Name", "Key", "ParameterKey"].iter().find_map(|name| node.get(name)?.as_str());
                for entry in entries {
                    let named = name.filter(|_| matches!(entry.key.as_str(), "Value" | "ParameterValue"));
                    self.below(entry.key.clone(), &entry.value, named.unwrap_or(&entry.key));
                }
            }
            Kind::String(text) => self.encoded(text, node),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        }
    }

    fn below(&mut self, step: String, node: &'t Node, key: &str) {
        self.path.push(step);
        self.node(node, key);
        self.path.pop();
    }

    fn function(&mut self, node: &'t Node, key: &str) {
        match self.view.value(node, node.span).map(|value| value.kind) {
            Some(V::Text(text)) if text.len() <= MOST => self.text(&text, key, node),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, key: &str, node: &Node) {
        for token in forms::tokens(text) {
            self.hit(token.rule, token.text, node);
        }
        for part in text.split(HOLE) {
            if let Some(rule) = literal(key, part) {
                self.hit(rule, part, node);
            }
        }
    }

    /// A text that is base64 of a text.
    fn encoded(&mut self, text: &str, node: &Node) {
        if text.len() < LEAST_BASE64 {
            return;
        }
        let Some(decoded) = decoded(text) else { return };
        for token in forms::tokens(&decoded) {
            self.hit(token.rule, token.text, node);
        }
    }

    fn hit(&mut self, rule: &'static str, secret: &str, node: &Node) {
        self.hits.push(Hit { rule, span: node.span, masked: mask(secret), path: Some(self.path.join("/")) });
    }
}

/// Printable text out of base64, lines and padding as they come.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t')).then_some(text)
}
