"""Which property names a resource that needs none, and what a name of it may look like (wasm-core/schema/names.tsv).

A type is listed when its primary identifier is one property that nobody has to give, that is set at creation, and that
is a name or an identifier the caller chooses. Length and alphabet come from the property's pattern and maxLength; where the
schema has neither, from AWS's documentation, below. The style says what may stand between the parts ("-", "_", or nothing)
and, by a capital or a small A before it, whether capitals may be in it.

Types whose identifier the service makes (an ARN, a URL, a number) but which CloudFormation names all the same are in the
table BESIDE, with a source each; the schema is held against it. A fifth column says what is special about their names:
`FifoQueue=.fifo`, an ending where that property is true; `!sg-`, what they may not begin with.
"""

import re

# Longer names help nobody, and some services take less than their schemas say.
LONGEST = 255
# Not a name, or one with a meaning of its own.
LEFT_OUT = {"AWS::ApiGateway::DomainName", "AWS::ARCZonalShift::ZonalAutoshiftConfiguration", "AWS::CloudWatch::View",
            "AWS::IoTWireless::PartnerAccount", "AWS::SecurityHub::SecurityControl", "AWS::Config::ConfigurationRecorder",
            "AWS::Config::DeliveryChannel", "AWS::S3Express::DirectoryBucket", "AWS::S3Express::AccessPoint"}
# They give names back in small letters, or take no others.
SMALL = {"RDS", "DocDB", "Neptune", "Redshift", "ElastiCache", "DAX", "DMS", "OpenSearchService", "Glue::Database"}
# Where the schema says nothing: from the API reference of each service.
LENGTHS = {"AWS::ElastiCache::ReplicationGroup": 40, "AWS::ElastiCache::CacheCluster": 50,
           "AWS::ElasticLoadBalancing::LoadBalancer": 32, "AWS::OpenSearchService::Domain": 28,
           "AWS::CodePipeline::Pipeline": 100, "AWS::Config::ConfigRule": 128, "AWS::Neptune::DBInstance": 63,
           "AWS::SES::ReceiptRuleSet": 64, "AWS::Route53RecoveryReadiness::ResourceSet": 64,
           "AWS::MediaConvert::Queue": 80, "AWS::MediaConvert::Preset": 80, "AWS::MediaConvert::JobTemplate": 80,
           "AWS::Redshift::ClusterParameterGroup": 255, "AWS::Batch::JobDefinition": 128, "AWS::Lambda::Function": 64}
PLAIN = {"AWS::Route53RecoveryReadiness::ResourceSet": "A_"}
# Named beside their identifier: property, characters, style, what is special, and the page that says so: one of
# docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-*, then the API where that has the bounds. Where
# the page does not say that CloudFormation makes the name, aws-properties-name.html says it of all types with custom names.
BESIDE = {
    "AWS::ApiGateway::ApiKey": ("Name", 128, "A-", "", "apigateway-apikey.html#cfn-apigateway-apikey-name"),
    "AWS::ApiGateway::Model": ("Name", 128, "A", "", "apigateway-model.html#cfn-apigateway-model-name"),
    "AWS::AppRunner::Service": ("ServiceName", 40, "A-", "", "apprunner-service.html#cfn-apprunner-service-servicename"),
    "AWS::AppRunner::VpcConnector": ("VpcConnectorName", 40, "A-", "", "apprunner-vpcconnector.html"),
    "AWS::Batch::ComputeEnvironment": ("ComputeEnvironmentName", 128, "A-", "", "batch-computeenvironment.html"),
    "AWS::Batch::JobQueue": ("JobQueueName", 128, "A-", "", "batch-jobqueue.html#cfn-batch-jobqueue-jobqueuename"),
    "AWS::Cassandra::Table": ("TableName", 48, "A_", "", "cassandra-table.html#cfn-cassandra-table-tablename"),
    "AWS::CodeDeploy::DeploymentGroup": ("DeploymentGroupName", 100, "A-", "", "codedeploy-deploymentgroup.html"),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName", 128, "A-", "", "ec2-launchtemplate.html; CreateLaunchTemplate: 3-128"),
    "AWS::EC2::SecurityGroup": ("GroupName", 255, "A-", "!sg-", "ec2-securitygroup.html#cfn-ec2-securitygroup-groupname"),
    "AWS::ECS::Service": ("ServiceName", 255, "A-", "", "ecs-service.html#cfn-ecs-service-servicename"),
    "AWS::ECS::TaskDefinition": ("Family", 255, "A-", "", "ecs-taskdefinition.html#cfn-ecs-taskdefinition-family"),
    "AWS::EKS::Nodegroup": ("NodegroupName", 63, "A-", "", "eks-nodegroup.html; CreateNodegroup: 63 characters"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", 32, "A-", "!internal-", "elasticloadbalancingv2-loadbalancer.html"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", 32, "A-", "", "elasticloadbalancingv2-targetgroup.html"),
    "AWS::Events::Rule": ("Name", 64, "A-", "", "events-rule.html#cfn-events-rule-name"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128, "A-", "", "iam-managedpolicy.html; CreatePolicy: 1-128"),
    "AWS::SNS::Topic": ("TopicName", 255, "A-", "FifoTopic=.fifo", "sns-topic.html#cfn-sns-topic-topicname"),
    "AWS::SQS::Queue": ("QueueName", 80, "A-", "FifoQueue=.fifo", "sqs-queue.html; CreateQueue: 80 characters"),
    "AWS::SecretsManager::Secret": ("Name", 255, "A-", "", "secretsmanager-secret.html#cfn-secretsmanager-secret-name"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80, "A-", "", "stepfunctions-statemachine.html"),
    "AWS::VpcLattice::Listener": ("Name", 63, "a-", "!listener-", "vpclattice-listener.html#cfn-vpclattice-listener-name"),
    "AWS::VpcLattice::Rule": ("Name", 63, "a-", "!rule-", "vpclattice-rule.html#cfn-vpclattice-rule-name"),
    "AWS::VpcLattice::Service": ("Name", 40, "a-", "!svc-", "vpclattice-service.html#cfn-vpclattice-service-name"),
    "AWS::VpcLattice::ServiceNetwork": ("Name", 63, "a-", "!servicenetwork-", "vpclattice-servicenetwork.html"),
    "AWS::VpcLattice::TargetGroup": ("Name", 128, "a-", "!tg-", "vpclattice-targetgroup.html#cfn-vpclattice-targetgroup-name"),
    "AWS::WAFv2::IPSet": ("Name", 128, "A-", "", "wafv2-ipset.html#cfn-wafv2-ipset-name"),
    "AWS::WAFv2::RegexPatternSet": ("Name", 128, "A-", "", "wafv2-regexpatternset.html#cfn-wafv2-regexpatternset-name"),
    "AWS::WAFv2::RuleGroup": ("Name", 128, "A-", "", "wafv2-rulegroup.html#cfn-wafv2-rulegroup-name"),
    "AWS::WAFv2::WebACL": ("Name", 128, "A-", "", "wafv2-webacl.html#cfn-wafv2-webacl-name"),
}
STYLES = ["A-", "A_", "A", "a-", "a_", "a"]


def property_of(schema, name):
    found = schema["properties"].get(name, {})
    while "$ref" in found:
        found = {**schema["definitions"][found["$ref"].split("/")[-1]], **{k: v for k, v in found.items() if k != "$ref"}}
    return found


def sample(style, length):
    between = style[1:]
    text = between.join(["Stack", "Logical" * 60, "A1B2C3D4E5F6"])[: length - 13] + between + "A1B2C3D4E5F6"
    text = text[-length:] if not between else text[:length]
    return text.lower() if style[0] == "a" else text


def beside(schemas):
    """Rows of the table, each held against its schema: what it says must fit, and a read must show the name."""
    rows = []
    for name, (own, longest, style, special, source) in BESIDE.items():
        schema, path = schemas[name], f"/properties/{own}"
        said = property_of(schema, own)
        hidden = schema.get("readOnlyProperties", []) + schema.get("writeOnlyProperties", [])
        matcher = re.compile(said.get("pattern", ".*"))
        fits = (
            path in schema["createOnlyProperties"] and path not in hidden and own not in schema.get("required", [])
            and schema["primaryIdentifier"] != [path] and {"create", "read", "delete", "list"} <= set(schema["handlers"])
            and longest <= said.get("maxLength", LONGEST)
            and all(matcher.fullmatch(sample(style, n)) for n in range(24, longest + 1)) and source)
        if not fits:
            raise SystemExit(f"scripts/schema_names.py: {name}: the schema does not agree with the table")
        rows.append((name, own, longest, style, special) if special else (name, own, longest, style))
    return rows


def names(schemas):
    """Rows (type, property, longest, style) of types that are identified by their name."""
    rows = []
    for name, schema in sorted(schemas.items()):
        identifier = schema.get("primaryIdentifier", [])
        if len(identifier) != 1 or not {"create", "delete"} <= set(schema.get("handlers", {})) or name in LEFT_OUT:
            continue
        path = identifier[0]
        own = path.removeprefix("/properties/")
        fixed = path in schema.get("createOnlyProperties", []) and path not in schema.get("readOnlyProperties", [])
        if not fixed or own in schema.get("required", []) or not re.fullmatch("[A-Za-z0-9]*(Name|Identifier|GroupId)", own):
            continue
        said = property_of(schema, own)
        pattern = said.get("pattern")
        small = any(name.startswith(f"AWS::{service}::") or name == f"AWS::{service}" for service in SMALL)
        styles = [style for style in STYLES if style[0] == "a"] if small else STYLES
        longest = min(LENGTHS.get(name, LONGEST), said.get("maxLength", LONGEST), LONGEST)
        if pattern is None:
            rows.append((name, own, longest, PLAIN.get(name, styles[0])))
            continue
        # Java's and ECMAScript's patterns, as far as Python reads them alike.
        matcher = re.compile(pattern.replace(r"\Z", "").replace(r"\d", "[0-9]"))
        for style in styles:
            fits = [n for n in range(24, longest + 1) if matcher.fullmatch(sample(style, n))]
            if fits and fits == list(range(24, fits[-1] + 1)):
                rows.append((name, own, fits[-1], style))
                break
    return rows


def text(schemas):
    head = "# type\tproperty\tlongest\tstyle\tspecial   (scripts/schema_names.py)\n"
    return head + "".join("\t".join(map(str, row)) + "\n" for row in sorted(names(schemas) + beside(schemas)))
