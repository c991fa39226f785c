//! The short forms of CloudFormation's functions: which there are and what each may be put on.
//!
//! Only the outer shape is checked here, so that a wrong one is reported at its place in the YAML; what the arguments
//! mean is the business of `intrinsics`, for short and long form alike.
//! AWS: "Intrinsic function reference" and "Rule-specific intrinsic functions", CloudFormation User Guide.

use super::tree::Kind;

/// A short form.
pub(super) struct Form {
    /// Without the `!`.
    pub(super) tag: &'static str,
    /// The key of the long form.
    pub(super) key: &'static str,
    scalar: bool,
    map: bool,
    list: Option<(usize, usize)>,
    /// How it is written, for help.
    pub(super) usage: &'static str,
}

const MANY: usize = usize::MAX;

const fn form(tag: &'static str, key: &'static str, usage: &'static str) -> Form {
    Form { tag, key, scalar: false, map: false, list: None, usage }
}

impl Form {
    const fn text(mut self) -> Self {
        self.scalar = true;
        self
    }

    const fn map(mut self) -> Self {
        self.map = true;
        self
    }

    const fn list(mut self, least: usize, most: usize) -> Self {
        self.list = Some((least, most));
        self
    }

    /// Why a value cannot stand under the tag.
    pub(super) fn refuses(&self, value: &Kind) -> Option<String> {
        match value {
            Kind::List(items) => match self.list {
                Some((least, most)) if (least..=most).contains(&items.len()) => None,
                Some((least, most)) => {
                    let wanted = match (least, most) {
                        (least, MANY) => format!("at least {least}"),
                        (least, most) if least == most => format!("{least}"),
                        (least, most) => format!("{least} to {most}"),
                    };
                    let plural = if wanted == "1" || wanted == "at least 1" { "item" } else { "items" };
                    Some(format!("`!{}` takes a list of {wanted} {plural}, not of {}", self.tag, items.len()))
                }
                None => Some(self.takes(value)),
            },
            Kind::Map(_) => (!self.map).then(|| self.takes(value)),
            _ => (!self.scalar).then(|| self.takes(value)),
        }
    }

    fn takes(&self, value: &Kind) -> String {
        let mut wanted = Vec::new();
        if self.scalar {
            wanted.push("a string");
        }
        if self.list.is_some() {
            wanted.push("a list");
        }
        if self.map {
            wanted.push("an object");
        }
        let given = match value {
            Kind::String(text) if text.is_empty() => "nothing",
            other => other.name(),
        };
        format!("`!{}` takes {}, not {given}", self.tag, wanted.join(" or "))
    }
}

/// Every short form. Rule functions have one by the same habit as the others.
static FORMS: [Form; 27] = [
    form("Ref", "Ref", "!Ref LogicalId").text(),
    form("Condition", "Condition", "!Condition Name").text(),
    form("GetAtt", "Fn::GetAtt", "!GetAtt LogicalId.Attribute").text().list(2, 2),
    form("Sub", "Fn::Sub", "!Sub 'text with ${Name}', or a list of the text and an object of variables")
        .text()
        .list(2, 2),
    form("Join", "Fn::Join", "!Join [delimiter, [value, ...]]").list(2, 2),
    form("Select", "Fn::Select", "!Select [index, [value, ...]]").list(2, 2),
    form("Split", "Fn::Split", "!Split [delimiter, text]").list(2, 2),
    form("If", "Fn::If", "!If [ConditionName, value_if_true, value_if_false]").list(3, 3),
    form("And", "Fn::And", "!And [condition, condition, ...]").list(2, 10),
    form("Or", "Fn::Or", "!Or [condition, condition, ...]").list(2, 10),
    form("Not", "Fn::Not", "!Not [condition]").list(1, 1),
    form("Equals", "Fn::Equals", "!Equals [value, value]").list(2, 2),
    form("FindInMap", "Fn::FindInMap", "!FindInMap [MapName, TopLevelKey, SecondLevelKey]").list(3, 4),
    form("ImportValue", "Fn::ImportValue", "!ImportValue ExportName").text().map(),
    form("GetStackOutput", "Fn::GetStackOutput", "!GetStackOutput {StackName: name, OutputName: name}").map(),
    form("GetAZs", "Fn::GetAZs", "!GetAZs '' or !GetAZs {Ref: AWS::Region}").text().map(),
    form("Cidr", "Fn::Cidr", "!Cidr [block, count, bits]").list(2, 3),
    form("Base64", "Fn::Base64", "!Base64 text").text().map(),
    form("Transform", "Fn::Transform", "!Transform {Name: macro, Parameters: {...}}").map(),
    form("ToJsonString", "Fn::ToJsonString", "!ToJsonString {...} or [...]").map().list(0, MANY),
    form("Length", "Fn::Length", "!Length [...]").map().list(0, MANY),
    form("Contains", "Fn::Contains", "!Contains [[value, ...], value]").list(2, 2),
    form("EachMemberEquals", "Fn::EachMemberEquals", "!EachMemberEquals [[value, ...], value]").list(2, 2),
    form("EachMemberIn", "Fn::EachMemberIn", "!EachMemberIn [[value, ...], [value, ...]]").list(2, 2),
    form("RefAll", "Fn::RefAll", "!RefAll ParameterType").text(),
    form("ValueOf", "Fn::ValueOf", "!ValueOf [Parameter, Attribute]").list(2, 2),
    form("ValueOfAll", "Fn::ValueOfAll", "!ValueOfAll [ParameterType, Attribute]").list(2, 2),
];

/// The short form of a tag.
pub(super) fn find(tag: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.tag == tag)
}

/// The way out of an unknown tag.
pub(super) fn instead(tag: &str) -> String {
    let bare = tag.trim_start_matches("Fn::").trim_start_matches("Fn:");
    if bare.eq_ignore_ascii_case("ForEach") {
        return "Fn::ForEach has no short form: write the key `Fn::ForEach::LoopName`".to_owned();
    }
    if bare.starts_with("Rain::") {
        return "Run `rain pkg` first and give its output".to_owned();
    }
    match FORMS.iter().find(|form| form.tag.eq_ignore_ascii_case(bare)) {
        Some(form) => format!("Write `!{}`", form.tag),
        None => {
            let known: Vec<&str> = FORMS.iter().map(|form| form.tag).collect();
            format!("Quote the value if the ! belongs to it; the tags there are: {}", known.join(", "))
        }
    }
}
