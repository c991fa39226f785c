//! What faces users: CloudFront, load balancers, APIs, user pools.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{High, Low, Medium};
use crate::scan::value::{Flag, Val};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudfront-http",
        title: "Distribution serves without TLS",
        severity: Medium,
        types: &["AWS::CloudFront::Distribution"],
        help: "Set ViewerProtocolPolicy: redirect-to-https",
        aliases: &["CKV_AWS_34", "CLOUDFRONT_VIEWER_POLICY_HTTPS"],
        bad: "Type: AWS::CloudFront::Distribution\nProperties:\n  DistributionConfig:\n    DefaultCacheBehavior: {TargetOriginId: web, ViewerProtocolPolicy: allow-all}",
        good: "Type: AWS::CloudFront::Distribution\nProperties:\n  DistributionConfig:\n    DefaultCacheBehavior: {TargetOriginId: web, ViewerProtocolPolicy: redirect-to-https}",
        check: Resource(viewers),
    },
    Rule {
        id: "cloudfront-tls",
        title: "Distribution accepts old TLS",
        severity: Medium,
        types: &["AWS::CloudFront::Distribution"],
        help: "Set MinimumProtocolVersion: TLSv1.2_2021",
        aliases: &["CLOUDFRONT_MINIMUM_PROTOCOL_VERSION_RULE", "W70", "CKV_AWS_174"],
        bad: "Type: AWS::CloudFront::Distribution\nProperties:\n  DistributionConfig:\n    ViewerCertificate: {AcmCertificateArn: arn, SslSupportMethod: sni-only, MinimumProtocolVersion: TLSv1}",
        good: "Type: AWS::CloudFront::Distribution\nProperties:\n  DistributionConfig:\n    ViewerCertificate: {AcmCertificateArn: arn, SslSupportMethod: sni-only, MinimumProtocolVersion: TLSv1.2_2021}",
        check: Resource(|check| {
            // With the default certificate CloudFront takes no version; that choice is not the template's.
            let path = "DistributionConfig/ViewerCertificate";
            let certificate = check.at(path);
            if certificate.is_absent() || certificate.get("CloudFrontDefaultCertificate").flag() == Flag::True {
                return;
            }
            match certificate.get("MinimumProtocolVersion").text() {
                Some(version) if version.starts_with("TLSv1.2") || version.starts_with("TLSv1.3") => {}
                Some(version) => check.fail(format!("{path}/MinimumProtocolVersion"), format!("{version} is accepted")),
                None if certificate.get("MinimumProtocolVersion").is_absent() && !certificate.is_unknown() => {
                    check.fail(path, "TLS 1.0 is accepted: no MinimumProtocolVersion is set");
                }
                None => check.unsure(),
            }
        }),
    },
    Rule {
        id: "alb-http",
        title: "Load balancer serves without TLS",
        severity: Medium,
        types: &["AWS::ElasticLoadBalancingV2::Listener"],
        help: "Use Protocol: HTTPS with a certificate, and let the HTTP listener redirect to it",
        aliases: &["ELBV2_LISTENER_PROTOCOL_RULE", "ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK", "W56", "CKV_AWS_2"],
        bad: "Type: AWS::ElasticLoadBalancingV2::Listener\nProperties:\n  LoadBalancerArn: arn\n  Port: 80\n  Protocol: HTTP\n  DefaultActions: [{Type: forward, TargetGroupArn: arn}]",
        good: "Type: AWS::ElasticLoadBalancingV2::Listener\nProperties:\n  LoadBalancerArn: arn\n  Port: 80\n  Protocol: HTTP\n  DefaultActions: [{Type: redirect, RedirectConfig: {Protocol: HTTPS, StatusCode: HTTP_301}}]",
        check: Resource(listener),
    },
    Rule {
        id: "alb-tls",
        title: "Load balancer accepts old TLS",
        severity: Medium,
        types: &["AWS::ElasticLoadBalancingV2::Listener"],
        help: "Set SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06",
        aliases: &["ELBV2_LISTENER_SSL_POLICY_RULE", "W55", "CKV_AWS_103"],
        bad: "Type: AWS::ElasticLoadBalancingV2::Listener\nProperties:\n  Protocol: HTTPS\n  SslPolicy: ELBSecurityPolicy-2016-08\n  DefaultActions: [{Type: forward, TargetGroupArn: arn}]",
        good: "Type: AWS::ElasticLoadBalancingV2::Listener\nProperties:\n  Protocol: HTTPS\n  SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06\n  DefaultActions: [{Type: forward, TargetGroupArn: arn}]",
        check: Resource(|check| {
            if !matches!(check.at("Protocol").text(), Some("HTTPS" | "TLS")) {
                return;
            }
            let old = [
                "ELBSecurityPolicy-2015",
                "ELBSecurityPolicy-2016",
                "ELBSecurityPolicy-TLS-1-0",
                "ELBSecurityPolicy-TLS-1-1",
                "ELBSecurityPolicy-TLS13-1-0",
                "ELBSecurityPolicy-TLS13-1-1",
                "ELBSecurityPolicy-FS-2018",
                "ELBSecurityPolicy-FS-1-1",
            ];
            let policy = check.at("SslPolicy");
            match policy.text() {
                Some(name) if old.iter().any(|start| name.starts_with(start)) => {
                    check.fail("SslPolicy", format!("{name} accepts TLS before 1.2"));
                }
                None if !policy.is_absent() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "api-method-auth",
        title: "API method asks nobody who they are",
        severity: Medium,
        types: &["AWS::ApiGateway::Method"],
        help: "Set AuthorizationType (AWS_IAM, COGNITO_USER_POOLS, CUSTOM) or ApiKeyRequired: true",
        aliases: &["API_GW_METHOD_AUTHORIZATION_TYPE_RULE", "W59", "CKV_AWS_59"],
        bad: "Type: AWS::ApiGateway::Method\nProperties:\n  HttpMethod: POST\n  AuthorizationType: NONE",
        good: "Type: AWS::ApiGateway::Method\nProperties:\n  HttpMethod: POST\n  AuthorizationType: AWS_IAM",
        check: Resource(|check| {
            let method = check.at("HttpMethod").text() == Some("OPTIONS");
            let auth = check.at("AuthorizationType");
            let keyed = check.at("ApiKeyRequired").flag();
            match auth.text() {
                // A browser sends preflight requests without credentials.
                _ if method || keyed == Flag::True => {}
                Some("NONE") if keyed == Flag::Unknown => check.unsure(),
                Some("NONE") => check.fail("AuthorizationType", "Everybody may call the method"),
                _ if auth.is_unknown() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "api-logging",
        title: "API stage writes no access log",
        severity: Low,
        types: &["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"],
        help: "Set AccessLogSetting (HTTP APIs: AccessLogSettings) with a log group",
        aliases: &["API_GW_EXECUTION_LOGGING_ENABLED", "W69", "CKV_AWS_76", "CKV_AWS_95"],
        bad: "Type: AWS::ApiGateway::Stage\nProperties:\n  RestApiId: api",
        good: "Type: AWS::ApiGateway::Stage\nProperties:\n  RestApiId: api\n  AccessLogSetting: {DestinationArn: arn, Format: $context.requestId}",
        check: Resource(|check| {
            let path = if check.resource.type_name.contains("V2") { "AccessLogSettings" } else { "AccessLogSetting" };
            check.must_be_set(path, "Requests leave no trace");
        }),
    },
    Rule {
        id: "cognito-guests",
        title: "Identity pool gives credentials to guests",
        severity: High,
        types: &["AWS::Cognito::IdentityPool"],
        help: "Set AllowUnauthenticatedIdentities: false",
        aliases: &["COGNITO_ALLOW_UNAUTHENTICATED_IDENTITIES_RULE", "W57", "CKV_AWS_366"],
        bad: "Type: AWS::Cognito::IdentityPool\nProperties:\n  AllowUnauthenticatedIdentities: true",
        good: "Type: AWS::Cognito::IdentityPool\nProperties:\n  AllowUnauthenticatedIdentities: false",
        check: Resource(|check| {
            check.must_be_off(
                "AllowUnauthenticatedIdentities",
                false,
                "Everybody gets AWS credentials without signing in",
            );
        }),
    },
    Rule {
        id: "cognito-mfa",
        title: "Users are not asked for a second factor",
        severity: Low,
        types: &["AWS::Cognito::UserPool"],
        help: "Set MfaConfiguration: OPTIONAL or ON with EnabledMfas",
        aliases: &["F78"],
        bad: "Type: AWS::Cognito::UserPool\nProperties:\n  MfaConfiguration: 'OFF'",
        good: "Type: AWS::Cognito::UserPool\nProperties:\n  MfaConfiguration: 'ON'\n  EnabledMfas: [SOFTWARE_TOKEN_MFA]",
        check: Resource(|check| {
            let mfa = check.at("MfaConfiguration");
            match mfa.text() {
                // YAML reads a bare OFF or ON as a boolean.
                Some("OFF" | "false") => check.fail("MfaConfiguration", "A second factor cannot be used"),
                None if mfa.is_absent() => check.fail("MfaConfiguration", "A second factor cannot be used"),
                None => check.unsure(),
                _ => {}
            }
        }),
    },
];

fn viewers(check: &mut Check<'_>) {
    let base = "DistributionConfig";
    let config = check.at(base);
    if config.is_unknown() {
        return check.unsure();
    }
    let many = config.get("CacheBehaviors").each().len();
    let mut paths = vec![format!("{base}/DefaultCacheBehavior")];
    paths.extend((0..many).map(|index| format!("{base}/CacheBehaviors/{index}")));
    for path in paths {
        let policy: &Val = check.at(&format!("{path}/ViewerProtocolPolicy"));
        match policy.text() {
            Some("allow-all") => check.fail(format!("{path}/ViewerProtocolPolicy"), "HTTP is answered"),
            _ if policy.is_unknown() => check.unsure(),
            _ => {}
        }
    }
}

fn listener(check: &mut Check<'_>) {
    let protocol = check.at("Protocol");
    match protocol.text() {
        Some("HTTP") => {}
        _ if protocol.is_unknown() => return check.unsure(),
        _ => return,
    }
    // What speaks HTTP inside a VPC only is not for users.
    let balancer = check.at("LoadBalancerArn");
    if let crate::scan::value::V::Link(id) = &balancer.kind {
        let scheme =
            check.all.iter().find(|resource| resource.logical_id == id).map(|found| found.properties.get("Scheme"));
        match scheme.map(|scheme| (scheme.text(), scheme.is_unknown())) {
            Some((Some("internal"), _)) => return,
            Some((None, true)) => return check.unsure(),
            _ => {}
        }
    }
    let actions = check.at("DefaultActions");
    if actions.each().iter().any(Val::is_unknown) {
        return check.unsure();
    }
    let forwards = actions
        .each()
        .iter()
        .any(|action| !matches!(action.get("Type").text(), Some("redirect" | "fixed-response") | None));
    if forwards {
        check.fail("Protocol", "HTTP is served, not redirected to HTTPS");
    }
}
