//! Rules: assertions about parameter values, checked before anything else happens.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>
//!
//! What only rules look up may be missing: an SSM parameter that cannot be had leaves its rule unchecked, with a warning
//! (see the header of the module).

use super::conditions::Definitions;
use super::evaluate::{Evaluator, RealValues, Section, Stop};
use super::place::Place;
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::{Problem, Span};
use crate::template::{Entry, Kind, Node};

impl Evaluator<'_> {
    /// Checks the section `Rules`.
    pub(super) fn check_rules(&mut self, rules: &[Entry]) {
        let section = Place::section("Rules");
        self.within(Section::Rules, |this| {
            for rule in rules {
                // A stop has been reported, or is a value that is not looked up.
                let _ = this.rule(rule, &section.key(&rule.key));
            }
        });
    }

    fn rule(&mut self, rule: &Entry, at: &Place<'_>) -> Result<(), Stop> {
        let Kind::Map(attributes) = &rule.value.kind else {
            return self.invalid_rule(rule.value.span, at, "A rule is an object with `Assertions`");
        };
        for attribute in attributes {
            if !matches!(attribute.key.as_str(), "RuleCondition" | "Assertions") {
                let message = format!("A rule has no attribute `{}`", attribute.key);
                let problem = self
                    .problem("unknown_attribute", attribute.key_span, &at.key(&attribute.key), message)
                    .help("It has `RuleCondition` and `Assertions`");
                self.note(problem);
            }
        }
        let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name).map(|found| &found.value);
        let applies = match find("RuleCondition") {
            Some(node) => self.condition(node, &at.key("RuleCondition"), &mut Definitions::none()),
            None => Ok(true),
        };
        let Some(Node { kind: Kind::List(assertions), .. }) = find("Assertions") else {
            return self.invalid_rule(rule.value.span, at, "A rule has a list of `Assertions`");
        };
        let at = at.key("Assertions");
        // What does not apply is checked for its shape only.
        self.with_dead(!matches!(applies, Ok(true)), |this| {
            for (index, assertion) in assertions.iter().enumerate() {
                // As above.
                let _ = this.assertion(&rule.key, assertion, &at.index(index));
            }
        });
        Ok(())
    }

    fn assertion(&mut self, rule: &str, assertion: &Node, at: &Place<'_>) -> Result<(), Stop> {
        let Kind::Map(attributes) = &assertion.kind else {
            return self.invalid_rule(assertion.span, at, "An assertion is an object with `Assert`");
        };
        for attribute in attributes {
            if !matches!(attribute.key.as_str(), "Assert" | "AssertDescription") {
                let message = format!("An assertion has no attribute `{}`; it is ignored", attribute.key);
                self.note(
                    Problem::warning("unknown_attribute", attribute.key_span, message)
                        .at(at.key(&attribute.key).to_string())
                        .help("It has `Assert` and `AssertDescription`"),
                );
            }
        }
        let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name).map(|found| &found.value);
        let Some(assert) = find("Assert") else {
            return self.invalid_rule(assertion.span, at, "An assertion has `Assert`");
        };
        if self.condition(assert, &at.key("Assert"), &mut Definitions::none())? {
            return Ok(());
        }
        let help = match find("AssertDescription") {
            Some(Node { kind: Kind::String(text), .. }) => text.clone(),
            _ => String::new(),
        };
        let problem = self
            .problem("rule_failed", assert.span, at, format!("The parameter values break rule `{rule}`"))
            .help(help);
        self.refuse_value(problem)
    }

    fn invalid_rule(&mut self, span: Span, at: &Place<'_>, message: &str) -> Result<(), Stop> {
        let problem = self.problem("invalid_rule", span, at, message);
        self.refuse(problem)
    }

    /// The functions that only rules know.
    pub(super) fn rule_function(
        &mut self,
        name: &str,
        argument: &Node,
        span: Span,
        at: &Place<'_>,
    ) -> Result<bool, Stop> {
        match name {
            "Fn::Contains" => {
                let [members, value] = self.exactly(name, argument, at, "a list and a value")?;
                let members = self.members_of(members, &at.index(0));
                let value = self.compared(value, &at.index(1));
                let (members, value) = (members?, value?);
                Ok(members.contains(&value))
            }
            "Fn::EachMemberEquals" => {
                let [members, value] = self.exactly(name, argument, at, "a list and a value")?;
                let members = self.members_of(members, &at.index(0));
                let value = self.compared(value, &at.index(1));
                let (members, value) = (members?, value?);
                Ok(members.into_iter().all(|member| member == value))
            }
            "Fn::EachMemberIn" => {
                let [members, among] = self.exactly(name, argument, at, "two lists")?;
                let members = self.members_of(members, &at.index(0));
                let among = self.members_of(among, &at.index(1));
                let (members, among) = (members?, among?);
                Ok(members.into_iter().all(|member| among.contains(&member)))
            }
            other => self.unknown_function(other, span, at),
        }
    }

    /// A list of texts to compare, NoEcho parameters by their real values.
    fn members_of(&mut self, node: &Node, at: &Place<'_>) -> Result<Vec<String>, Stop> {
        let expr = self.argument(node, at)?;
        let value = expr.resolve(&RealValues(&self.given)).map(Expr::known);
        let members = match &value {
            Ok(Expr::List(items)) => {
                items.iter().map(|item| functions::text(item).map(std::borrow::Cow::into_owned)).collect()
            }
            _ => None,
        };
        match members {
            Some(members) => Ok(members),
            None => {
                let problem = self.problem("invalid_argument", node.span, at, "This is not a list of strings");
                self.refuse_value(problem)
            }
        }
    }
}
