//! From a function's name to its evaluation, and the shape of its arguments.

use super::bounds::Growing;
use super::document::{macro_name, macro_problem};
use super::evaluate::{Evaluated, Evaluator, Section, Stop};
use super::nearest::did_you_mean;
use super::place::Place;
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::Span;
use crate::template::{Kind, Node};

/// Functions that have a value.
const VALUES: [&str; 17] = [
    "Ref",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ForEach",
];

/// Functions that are true or false.
const CONDITIONS: [&str; 4] = ["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];

/// Functions that only rules know.
const RULES: [&str; 6] =
    ["Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

/// Those of them that need to know the account's resources.
const ACCOUNT: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

impl Evaluator<'_> {
    /// Evaluates the function `name`; `span` is its key's, `at` includes the key.
    pub(super) fn call(&mut self, name: &str, argument: &Node, span: Span, at: &Place<'_>) -> Evaluated {
        match name {
            "Ref" => self.reference(argument, at),
            "Fn::GetAtt" => self.attribute(argument, at).map(Some),
            "Fn::Sub" => self.sub(argument, at).map(Some),
            "Fn::If" => self.choose(argument, at),
            "Fn::FindInMap" => self.find_in_map(argument, at),
            "Fn::ImportValue" => self.import_value(argument, at).map(Some),
            "Fn::GetStackOutput" => self.stack_output(argument, at).map(Some),
            "Fn::GetAZs" => self.availability_zones(argument, at).map(Some),
            "Fn::Join" => {
                let [delimiter, items] = self.exactly(name, argument, at, "a delimiter and a list")?;
                let delimiter = self.literal(delimiter, &at.index(0), "The delimiter of Fn::Join");
                let items = self.argument(items, &at.index(1));
                let (delimiter, items) = (delimiter?, items?);
                let mut growing = Growing::new();
                let gaps = if let Expr::List(items) = &items { items.len() } else { 0 };
                if !growing.fits(&items, 1) || !growing.fits(&Expr::Str(delimiter.clone()), gaps) {
                    return self.too_large(span, at);
                }
                let joined = functions::join(&delimiter, items);
                self.computed(joined, argument.span, at).map(Some)
            }
            "Fn::Split" => {
                let [delimiter, source] = self.exactly(name, argument, at, "a delimiter and a string")?;
                let delimiter = self.literal(delimiter, &at.index(0), "The delimiter of Fn::Split");
                let source = self.settled_argument(source, &at.index(1));
                let split = functions::split(&delimiter?, source?);
                self.computed(split, argument.span, at).map(Some)
            }
            "Fn::Select" => {
                let [index, list] = self.exactly(name, argument, at, "an index and a list")?;
                let index = self.argument(index, &at.index(0));
                let list = self.argument(list, &at.index(1));
                let selected = functions::select(index?, list?);
                self.computed(selected, argument.span, at).map(Some)
            }
            "Fn::Base64" => {
                let source = self.settled_argument(argument, at)?;
                self.computed(functions::base64(source), argument.span, at).map(Some)
            }
            "Fn::Cidr" => self.cidr(argument, at).map(Some),
            "Fn::ToJsonString" => {
                self.extension(name, span, at)?;
                let source = self.settled_argument(argument, at)?;
                self.computed(functions::to_json_string(source), argument.span, at).map(Some)
            }
            "Fn::Length" => {
                self.extension(name, span, at)?;
                let list = self.argument(argument, at)?;
                self.computed(functions::length(list), argument.span, at).map(Some)
            }
            _ if self.section == Section::Rules && ACCOUNT.contains(&name) => {
                self.account_function(name, argument, at).map(Some)
            }
            "Fn::Transform" => {
                let problem = macro_problem(&macro_name(argument), span).at(at.to_string());
                self.refuse(problem)
            }
            other => self.unknown_function(other, span, at),
        }
    }

    fn cidr(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        let (block, count, bits) = match &argument.kind {
            Kind::List(items) => match items.as_slice() {
                [block, count] => (block, count, None),
                [block, count, bits] => (block, count, Some(bits)),
                _ => return self.arity("Fn::Cidr", argument, at, "ipBlock, count and cidrBits"),
            },
            _ => return self.arity("Fn::Cidr", argument, at, "ipBlock, count and cidrBits"),
        };
        let block = self.argument(block, &at.index(0));
        let count = self.argument(count, &at.index(1));
        let bits = bits.map_or(Ok(Expr::Null), |bits| self.argument(bits, &at.index(2)));
        let blocks = functions::cidr(block?, count?, bits?);
        self.computed(blocks, argument.span, at)
    }

    /// The refusal of a function that is not one, or not here.
    pub(super) fn unknown_function<T>(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let problem = if CONDITIONS.contains(&name) {
            self.problem("misplaced_function", span, at, format!("`{name}` is a condition and has no value here"))
                .help("Give it a name in the section `Conditions` and choose by `Fn::If`")
        } else if self.section == Section::Rules && ACCOUNT.contains(&name) {
            self.problem("misplaced_function", span, at, format!("`{name}` has a value, where a condition is expected"))
                .help("Compare it by `Fn::Equals`, `Fn::EachMemberEquals`, `Fn::EachMemberIn` or `Fn::Contains`")
        } else if RULES.contains(&name) {
            self.problem("misplaced_function", span, at, format!("`{name}` is only known to the section `Rules`"))
        } else if VALUES.contains(&name) {
            self.problem("misplaced_function", span, at, format!("`{name}` has a value, where a condition is expected"))
                .help("Compare it by `Fn::Equals`")
        } else {
            let near = did_you_mean(name, VALUES.into_iter().chain(CONDITIONS).chain(RULES));
            self.problem("unknown_function", span, at, format!("There is no function `{name}`"))
                .help(near.unwrap_or_default())
        };
        self.refuse(problem)
    }

    /// The arguments of a function that takes exactly `N`.
    pub(super) fn exactly<'n, const N: usize>(
        &mut self,
        name: &str,
        argument: &'n Node,
        at: &Place<'_>,
        what: &str,
    ) -> Result<&'n [Node; N], Stop> {
        match &argument.kind {
            Kind::List(items) => match <&[Node; N]>::try_from(items.as_slice()) {
                Ok(arguments) => Ok(arguments),
                Err(_) => self.arity(name, argument, at, what),
            },
            _ => self.arity(name, argument, at, what),
        }
    }

    /// The refusal of arguments that are not `what`.
    pub(super) fn arity<T>(&mut self, name: &str, argument: &Node, at: &Place<'_>, what: &str) -> Result<T, Stop> {
        let problem = self.problem("invalid_argument", argument.span, at, format!("{name} takes a list of {what}"));
        self.refuse(problem)
    }

    /// A text that has to be written out.
    pub(super) fn literal(&mut self, node: &Node, at: &Place<'_>, what: &str) -> Result<String, Stop> {
        match super::document::scalar(node) {
            Some(text) => Ok(text),
            None => {
                let problem = self
                    .problem("invalid_argument", node.span, at, format!("{what} is not a string"))
                    .help("It has to be written out: no function can compute it");
                self.refuse(problem)
            }
        }
    }

    /// Refuses what needs `AWS::LanguageExtensions` where the template does not name it.
    pub(super) fn extension(&mut self, what: &str, span: Span, at: &Place<'_>) -> Result<(), Stop> {
        if self.extensions {
            return Ok(());
        }
        let problem = self.needs_extensions(what, span, at);
        self.refuse(problem)
    }

    /// `Fn::If`; the branch that is not taken is only checked.
    fn choose(&mut self, argument: &Node, at: &Place<'_>) -> Evaluated {
        if matches!(self.section, Section::Conditions | Section::Rules) {
            let problem = self
                .problem("misplaced_function", argument.span, at, "`Fn::If` cannot stand in a condition")
                .help("Combine conditions by `Fn::And`, `Fn::Or` and `Fn::Not`");
            return self.refuse(problem);
        }
        let [name, then, otherwise] = self.exactly("Fn::If", argument, at, "a condition's name and two values")?;
        let condition = self
            .literal(name, &at.index(0), "The condition of Fn::If")
            .and_then(|text| self.condition_value(&text, name.span, &at.index(0)));
        let taken = condition.unwrap_or(false);
        let first = self.with_dead(condition.is_err() || !taken, |this| this.raw(then, &at.index(1)));
        let second = self.with_dead(condition.is_err() || taken, |this| this.raw(otherwise, &at.index(2)));
        condition.and_then(|taken| if taken { first } else { second })
    }
}
