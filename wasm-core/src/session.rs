//! One template through all that is asked about it: parsed once, planned, and then judged as it was planned.
//!
//! [`Template`] serves what it declares, its scan before it is deployed, and its plans. [`Planned`] is one of these plans:
//! its scan sees the very values that are sent, those of secrets included, and none of them comes out.
//! Callers: the door, and through it `src/core/template.ts`.

use std::fmt;
use std::rc::Rc;

use crate::call::{InspectAnswer, PlanCall, PlanSummary, Reference};
use crate::circle::{self, Brief, BuiltinVotes};
use crate::model::Plan;
use crate::plan::planned::Planning;
use crate::problem::Problem;
use crate::scan::{ScanAnswer, ScanCall};
use crate::template::{self, Limits, Node};
use crate::{plan, scan};

/// A text that is to be a template.
#[derive(Clone)]
pub struct Template(Rc<Source>);

struct Source {
    text: String,
    parsed: Result<Node, Vec<Problem>>,
}

impl Template {
    /// Parses the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        let parsed = template::parse(&text, &Limits::default());
        Self(Rc::new(Source { text, parsed }))
    }

    /// What it declares.
    #[must_use]
    pub fn declared(&self) -> InspectAnswer {
        plan::inspect(self.parsed())
    }

    /// What a scan of it finds that does not know what will be deployed of it.
    #[must_use]
    pub fn scan(&self, call: &ScanCall) -> ScanAnswer {
        scan::scan(&self.0.text, self.parsed(), call)
    }

    /// Plans it, or the end of a stack (`mode: destroy`; the text is not looked at).
    #[must_use]
    pub fn plan(&self, call: PlanCall) -> Planning {
        plan::plan(self.parsed(), call)
    }

    fn parsed(&self) -> Result<&Node, &[Problem]> {
        self.0.parsed.as_ref().map_err(Vec::as_slice)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("bytes", &self.0.text.len()).finish()
    }
}

/// A plan of a template.
#[derive(Debug)]
pub struct Planned {
    template: Template,
    planned: plan::planned::Planned,
}

impl Planned {
    /// Of a template that gave it.
    #[must_use]
    pub fn new(template: Template, planned: plan::planned::Planned) -> Self {
        Self { template, planned }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.planned.plan
    }

    /// The plan's JSON text, which is long: once it has been given, it has to be made again.
    ///
    /// # Errors
    /// Never.
    pub fn text(&mut self) -> serde_json::Result<String> {
        self.planned.text.take().map_or_else(|| serde_json::to_string(&self.planned.plan), Ok)
    }

    /// What is worth knowing of it first.
    #[must_use]
    pub fn summary(&self) -> PlanSummary {
        let planned = &self.planned;
        PlanSummary {
            digest: planned.plan.digest.clone(),
            problems: planned.problems.clone(),
            forecast: planned.forecast.clone(),
            parameters: planned.parameters.clone(),
            tags: planned.tags.clone(),
            no_echo: planned.no_echo.clone(),
            references: planned.references(),
        }
    }

    /// Takes in what came of reading its dynamic references; the digest is another one then.
    pub fn bind(&mut self, references: Vec<Reference>) {
        self.planned.bind(references);
    }

    /// What the built-in experts say of it.
    #[must_use]
    pub fn builtin_votes(&self, brief: &Brief) -> BuiltinVotes {
        let places = &self.planned.origin.spans;
        circle::builtin_votes(&circle::ConsultCall { plan: &self.planned.plan, brief, places })
    }

    /// The plan alone: template, values and all else that it was made with are gone.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        self.planned.plan
    }

    /// What the scan finds in the values that a deployment of it sends. A plan without a template has none.
    #[must_use]
    pub fn scan(&self, call: &ScanCall) -> ScanAnswer {
        match self.template.parsed() {
            Ok(template) => scan::judge(&self.template.0.text, template, &self.planned, call),
            Err(problems) => ScanAnswer::NotTemplate { problems: problems.to_vec() },
        }
    }
}
