//! Instances, functions, containers, notebooks, builds.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Critical, High, Low, Medium};
use crate::scan::value::{Flag, V, Val};
use crate::scan::{addresses, secrets};

/// Deprecated by the date of this table, 2026-11-01, with no doubt; functions in them get no security patches.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
const DEPRECATED: [&str; 31] = [
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "ruby2.5",
    "ruby2.7",
    "ruby3.2",
    "java8",
    "go1.x",
    "provided",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "dotnet5.0",
    "dotnet6",
    "dotnet7",
    "nodejs15.x",
    "nodejs13.x",
];

/// Services that act for whoever set them up: without a source, anybody's bucket or rule can call the function.
const DEPUTIES: [&str; 8] = [
    "s3.amazonaws.com",
    "sns.amazonaws.com",
    "events.amazonaws.com",
    "logs.amazonaws.com",
    "apigateway.amazonaws.com",
    "iot.amazonaws.com",
    "ses.amazonaws.com",
    "cognito-idp.amazonaws.com",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ec2-imdsv2",
        title: "Instance answers metadata requests without a token",
        severity: Medium,
        types: &["AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"],
        help: "Set MetadataOptions: {HttpTokens: required}",
        aliases: &["CKV_AWS_79", "EC2_IMDSV2_CHECK"],
        bad: "Type: AWS::EC2::LaunchTemplate\nProperties:\n  LaunchTemplateData: {ImageId: ami-1, MetadataOptions: {HttpTokens: optional}}",
        good: "Type: AWS::EC2::LaunchTemplate\nProperties:\n  LaunchTemplateData: {ImageId: ami-1, MetadataOptions: {HttpTokens: required}}",
        check: Resource(metadata),
    },
    Rule {
        id: "ec2-public-address",
        title: "Instance gets a public address",
        severity: Low,
        types: &["AWS::EC2::Instance", "AWS::AutoScaling::LaunchConfiguration"],
        help: "Put it into a private subnet behind a load balancer, or set AssociatePublicIpAddress: false",
        aliases: &["EC2_INSTANCE_NO_PUBLIC_IP", "AUTOSCALING_LAUNCH_CONFIG_PUBLIC_IP_DISABLED", "CKV_AWS_88"],
        bad: "Type: AWS::EC2::Instance\nProperties:\n  ImageId: ami-1\n  NetworkInterfaces: [{DeviceIndex: '0', AssociatePublicIpAddress: true}]",
        good: "Type: AWS::EC2::Instance\nProperties:\n  ImageId: ami-1",
        check: Resource(|check| {
            let interfaces = check.at("NetworkInterfaces").each().len();
            for index in 0..interfaces {
                check.must_be_off(
                    &format!("NetworkInterfaces/{index}/AssociatePublicIpAddress"),
                    false,
                    "The instance gets a public address",
                );
            }
            check.must_be_off("AssociatePublicIpAddress", false, "Its instances get public addresses");
        }),
    },
    Rule {
        id: "lambda-public-permission",
        title: "Anybody can call the function",
        severity: Critical,
        types: &["AWS::Lambda::Permission"],
        help: "Name the principal, or set SourceArn, SourceAccount or PrincipalOrgID",
        aliases: &["LAMBDA_NO_WILDCARD_PRINCIPAL", "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", "F13", "CKV_AWS_301"],
        bad: "Type: AWS::Lambda::Permission\nProperties:\n  FunctionName: jobs\n  Action: lambda:InvokeFunction\n  Principal: '*'",
        good: "Type: AWS::Lambda::Permission\nProperties:\n  FunctionName: jobs\n  Action: lambda:InvokeFunction\n  Principal: s3.amazonaws.com\n  SourceArn: arn:aws:s3:::data\n  SourceAccount: '111122223333'",
        check: Resource(|check| {
            let narrowed = ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType"]
                .iter()
                .any(|name| !check.at(name).is_absent() && check.at(name).text() != Some("*"));
            match check.at("Principal").text() {
                // With FunctionUrlAuthType it is about a URL, which has a rule of its own; InvokedViaFunctionUrl likewise.
                Some("*") if !narrowed && check.at("InvokedViaFunctionUrl").flag() != Flag::True => {
                    check.fail("Principal", "Every AWS account may call the function");
                }
                _ if check.at("Principal").is_unknown() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "lambda-permission-source",
        title: "A service may call the function for anybody",
        severity: Medium,
        types: &["AWS::Lambda::Permission"],
        help: "Set SourceArn, and for S3 SourceAccount too",
        aliases: &["CKV_AWS_364"],
        bad: "Type: AWS::Lambda::Permission\nProperties:\n  FunctionName: jobs\n  Action: lambda:InvokeFunction\n  Principal: s3.amazonaws.com",
        good: "Type: AWS::Lambda::Permission\nProperties:\n  FunctionName: jobs\n  Action: lambda:InvokeFunction\n  Principal: s3.amazonaws.com\n  SourceAccount: '111122223333'",
        check: Resource(|check| {
            let narrowed =
                ["SourceArn", "SourceAccount", "PrincipalOrgID"].iter().any(|name| !check.at(name).is_absent());
            let principal = check.at("Principal");
            if let Some(service) = principal.text().filter(|service| DEPUTIES.contains(service) && !narrowed) {
                check.fail("Principal", format!("{service} may call the function for every account's resources"));
            } else if principal.is_unknown() {
                check.unsure();
            }
        }),
    },
    Rule {
        id: "lambda-url-auth",
        title: "Function URL asks nobody who they are",
        severity: High,
        types: &["AWS::Lambda::Url"],
        help: "Set AuthType: AWS_IAM, or put the function behind CloudFront or an API with an authorizer",
        aliases: &["CKV_AWS_258"],
        bad: "Type: AWS::Lambda::Url\nProperties:\n  TargetFunctionArn: jobs\n  AuthType: NONE",
        good: "Type: AWS::Lambda::Url\nProperties:\n  TargetFunctionArn: jobs\n  AuthType: AWS_IAM",
        check: Resource(|check| {
            let auth = check.at("AuthType");
            match auth.text() {
                Some("NONE") => check.fail("AuthType", "Everybody on the internet can call the function"),
                _ if auth.is_unknown() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "lambda-runtime",
        title: "Runtime gets no security patches any more",
        severity: Medium,
        types: &["AWS::Lambda::Function", "AWS::Serverless::Function"],
        help: "Move to a supported version of the runtime",
        aliases: &["CKV_AWS_363"],
        bad: "Type: AWS::Lambda::Function\nProperties:\n  Runtime: nodejs14.x",
        good: "Type: AWS::Lambda::Function\nProperties:\n  Runtime: nodejs24.x",
        check: Resource(|check| {
            let runtime = check.at("Runtime");
            match runtime.text() {
                Some(name) if DEPRECATED.contains(&name) => check.fail("Runtime", format!("{name} is deprecated")),
                _ if runtime.is_unknown() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "ecs-privileged",
        title: "Container runs privileged",
        severity: High,
        types: &["AWS::ECS::TaskDefinition"],
        help: "Leave Privileged out and add the capabilities that are needed by LinuxParameters",
        aliases: &["CKV_AWS_334"],
        bad: "Type: AWS::ECS::TaskDefinition\nProperties:\n  ContainerDefinitions: [{Name: web, Image: web, Privileged: true}]",
        good: "Type: AWS::ECS::TaskDefinition\nProperties:\n  ContainerDefinitions: [{Name: web, Image: web}]",
        check: Resource(|check| {
            let containers = check.at("ContainerDefinitions");
            if let V::Unknown = containers.kind {
                check.unsure();
            }
            for index in 0..containers.each().len() {
                check.must_be_off(
                    &format!("ContainerDefinitions/{index}/Privileged"),
                    false,
                    "The container has root's rights on the host",
                );
            }
        }),
    },
    Rule {
        id: "eks-public-endpoint",
        title: "Cluster endpoint is open to the world",
        severity: Medium,
        types: &["AWS::EKS::Cluster"],
        help: "Set EndpointPublicAccess: false, or PublicAccessCidrs to the addresses that need it",
        aliases: &["CKV_AWS_39", "CKV_AWS_38"],
        bad: "Type: AWS::EKS::Cluster\nProperties:\n  ResourcesVpcConfig: {EndpointPublicAccess: true, PublicAccessCidrs: [0.0.0.0/0]}",
        good: "Type: AWS::EKS::Cluster\nProperties:\n  ResourcesVpcConfig: {EndpointPublicAccess: false, EndpointPrivateAccess: true}",
        check: Resource(|check| {
            let cidrs = check.at("ResourcesVpcConfig/PublicAccessCidrs");
            let open = cidrs.is_absent() || addresses::are_the_world(cidrs.each().iter().filter_map(Val::text));
            match check.at("ResourcesVpcConfig/EndpointPublicAccess").flag() {
                Flag::False => {}
                Flag::Unknown => check.unsure(),
                _ if cidrs.is_unknown() => check.unsure(),
                Flag::True | Flag::Absent if open => {
                    check.fail("ResourcesVpcConfig/EndpointPublicAccess", "The API server answers the whole internet");
                }
                _ => {}
            }
        }),
    },
    Rule {
        id: "sagemaker-internet",
        title: "Notebook has direct internet access",
        severity: Low,
        types: &["AWS::SageMaker::NotebookInstance"],
        help: "Set DirectInternetAccess: Disabled with a subnet",
        aliases: &["SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS", "CKV_AWS_122"],
        bad: "Type: AWS::SageMaker::NotebookInstance",
        good: "Type: AWS::SageMaker::NotebookInstance\nProperties:\n  DirectInternetAccess: Disabled",
        check: Resource(|check| {
            let access = check.at("DirectInternetAccess");
            match access.text() {
                Some("Disabled") => {}
                None if !access.is_absent() => check.unsure(),
                _ => check.fail("DirectInternetAccess", "Direct internet access is on"),
            }
        }),
    },
    Rule {
        id: "codebuild-credentials",
        title: "Credentials of a build stand in plain text",
        severity: High,
        types: &["AWS::CodeBuild::Project"],
        help: "Use Type: SECRETS_MANAGER or PARAMETER_STORE, and the project's role instead of access keys",
        aliases: &["CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK"],
        bad: "Type: AWS::CodeBuild::Project\nProperties:\n  Environment:\n    EnvironmentVariables: [{Name: AWS_SECRET_ACCESS_KEY, Value: some value}]",
        good: "Type: AWS::CodeBuild::Project\nProperties:\n  Environment:\n    EnvironmentVariables: [{Name: AWS_SECRET_ACCESS_KEY, Value: build/key, Type: SECRETS_MANAGER}]",
        check: Resource(|check| {
            let path = "Environment/EnvironmentVariables";
            for (index, variable) in check.at(path).each().iter().enumerate() {
                let plain =
                    matches!(variable.get("Type").text(), Some("PLAINTEXT")) || variable.get("Type").is_absent();
                let name = variable.get("Name").text().unwrap_or_default();
                let credential = matches!(name, "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY");
                let literal = variable.get("Value").text().is_some_and(|value| !secrets::is_placeholder(value));
                if plain && credential && literal {
                    check.fail(format!("{path}/{index}/Value"), format!("{name} is in plain text"));
                }
            }
        }),
    },
];

fn metadata(check: &mut Check<'_>) {
    let base = if check.resource.type_name == "AWS::EC2::LaunchTemplate" { "LaunchTemplateData/" } else { "" };
    let tokens = check.at(&format!("{base}MetadataOptions/HttpTokens"));
    let endpoint = check.at(&format!("{base}MetadataOptions/HttpEndpoint"));
    match (tokens.text(), endpoint.text()) {
        (Some("required"), _) | (_, Some("disabled")) => {}
        _ if tokens.is_unknown() || endpoint.is_unknown() => check.unsure(),
        (None, _) if !tokens.is_absent() => check.unsure(),
        _ => check.fail(format!("{base}MetadataOptions"), "IMDSv1 is not switched off"),
    }
}
