//! Which resource types can be deployed at all, and what to do about the others.

use crate::problem::{Problem, Span};
use crate::schema::{self, Handler, ResourceType};

/// The schema of a deployable type.
///
/// # Errors
/// A problem that names the type and the way out.
pub fn deployable(logical_id: &str, type_name: &str, span: Span) -> Result<ResourceType, Problem> {
    let refuse = |code: &str, message: String, help: &str| {
        Err(Problem::error(code, span, message).at(format!("Resources/{logical_id}/Type")).help(help))
    };
    let name = type_name;
    if name.starts_with("Custom::") || name == "AWS::CloudFormation::CustomResource" {
        return refuse(
            "custom_resource",
            format!("{logical_id} is a custom resource ({name}), which only CloudFormation itself can run"),
            "replace it with a resource type of the registry, or deploy that part with CloudFormation and import its outputs",
        );
    }
    match name {
        "AWS::CloudFormation::Stack" => {
            return refuse(
                "nested_stack",
                format!("{logical_id} is a nested stack, which only CloudFormation itself can create"),
                "deploy the child template as a stack of its own and pass its values with Export and Fn::ImportValue",
            );
        }
        "AWS::CloudFormation::WaitCondition" | "AWS::CloudFormation::WaitConditionHandle" => {
            return refuse(
                "wait_condition",
                format!("{logical_id} waits for a signal ({name}), which only CloudFormation itself receives"),
                "remove it: Assent starts a dependent when its dependency reports success",
            );
        }
        "AWS::CloudFormation::Macro" => {
            return refuse(
                "macro",
                format!("{logical_id} defines a macro, which only CloudFormation itself can run"),
                "define macros in a stack that CloudFormation deploys",
            );
        }
        _ => {}
    }
    if name.starts_with("AWS::Serverless::") {
        return refuse(
            "sam_transform",
            format!("{logical_id} is a SAM resource ({name}), which is not CloudFormation yet"),
            "translate the template first (`sam translate`, or `sam package` and the processed template of a change set)",
        );
    }
    let Some(kind) = schema::lookup(name) else {
        let help = schema::suggest(name).map_or_else(
            || "check the spelling against the CloudFormation resource type reference".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        return refuse(
            "unknown_resource_type",
            format!("{logical_id} has a type the registry does not know: {name}"),
            &help,
        );
    };
    if !kind.provisionable() || !kind.has(Handler::Create) {
        return refuse(
            "type_not_supported",
            format!("{logical_id} has a type that Cloud Control API cannot create: {name}"),
            "deploy that part with CloudFormation and import its outputs",
        );
    }
    Ok(kind)
}
