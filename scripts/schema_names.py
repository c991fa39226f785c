"""Which property names a resource that needs none, and what a name of it may look like (wasm-core/schema/names.tsv).

A type is listed when its primary identifier is one property that nobody has to give, that is set at creation, and that
is a name or an identifier the caller chooses. Length and alphabet come from the property's pattern and maxLength; where the
schema has neither, from AWS's documentation, below. The style says what may stand between the parts ("-", "_", or nothing)
and, by a capital or a small A before it, whether capitals may be in it.
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


def names(schemas):
    """Rows (type, property, longest, style)."""
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
    head = "# type\tproperty\tlongest\tstyle   (scripts/schema_names.py)\n"
    return head + "".join("\t".join(map(str, row)) + "\n" for row in names(schemas))
