//! Security groups, network ACLs, subnets.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{self, Critical, High, Low};
use crate::scan::addresses;
use crate::scan::value::{V, Val};

const GROUPS: &[&str] = &["AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"];

/// Services that nobody means to offer to the world: databases, caches, file shares, remote control.
const PRIVATE: [(i64, &str); 22] = [
    (20, "FTP"),
    (21, "FTP"),
    (23, "Telnet"),
    (135, "RPC"),
    (139, "NetBIOS"),
    (445, "SMB"),
    (1433, "SQL Server"),
    (1434, "SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (2375, "Docker"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5439, "Redshift"),
    (5601, "Kibana"),
    (5900, "VNC"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9092, "Kafka"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
];

const OPEN_HELP: &str = "Name the addresses that need it, refer to another security group, or use Session Manager";

macro_rules! group_rule {
    ($id:literal, $title:literal, $severity:expr, $aliases:expr, $from:literal, $to:literal, $protocol:literal, $class:expr) => {
        Rule {
            id: $id,
            title: $title,
            severity: $severity,
            types: GROUPS,
            help: OPEN_HELP,
            aliases: $aliases,
            bad: concat!(
                "Type: AWS::EC2::SecurityGroup\nProperties:\n  GroupDescription: example\n  SecurityGroupIngress:\n    - IpProtocol: '",
                $protocol,
                "'\n      FromPort: ",
                $from,
                "\n      ToPort: ",
                $to,
                "\n      CidrIp: 0.0.0.0/0"
            ),
            good: concat!(
                "Type: AWS::EC2::SecurityGroup\nProperties:\n  GroupDescription: example\n  SecurityGroupIngress:\n    - IpProtocol: '",
                $protocol,
                "'\n      FromPort: ",
                $from,
                "\n      ToPort: ",
                $to,
                "\n      CidrIp: 10.0.0.0/8"
            ),
            check: Resource(|check| ingress(check, |opening| if opening.is($class) { Some(opening.says()) } else { None })),
        }
    };
}

pub(super) const RULES: &[Rule] = &[
    group_rule!(
        "sg-open-ssh",
        "SSH is open to the world",
        Critical as FindingSeverity,
        &["RESTRICTED_SSH", "INCOMING_SSH_DISABLED", "CKV_AWS_24"],
        22,
        22,
        "tcp",
        Class::Ssh
    ),
    group_rule!(
        "sg-open-rdp",
        "Remote Desktop is open to the world",
        Critical as FindingSeverity,
        &["RESTRICTED_COMMON_PORTS", "RESTRICTED_INCOMING_TRAFFIC", "CKV_AWS_25"],
        3389,
        3389,
        "tcp",
        Class::Rdp
    ),
    group_rule!(
        "sg-open-all",
        "Every port is open to the world",
        Critical as FindingSeverity,
        &["SECURITY_GROUP_INGRESS_ALL_PROTOCOLS_RULE", "W42"],
        0,
        65535,
        "-1",
        Class::All
    ),
    group_rule!(
        "sg-open-service",
        "A database or internal service is open to the world",
        High as FindingSeverity,
        &["RESTRICTED_COMMON_PORTS", "RESTRICTED_INCOMING_TRAFFIC"],
        3306,
        3306,
        "tcp",
        Class::Private
    ),
    group_rule!(
        "sg-open-port",
        "A port other than HTTP and HTTPS is open to the world",
        Low as FindingSeverity,
        &["EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD_RULE", "W2", "W9", "CKV_AWS_260"],
        8080,
        8080,
        "tcp",
        Class::Other
    ),
    Rule {
        id: "nacl-open",
        title: "Network ACL lets everything in",
        severity: Low,
        types: &["AWS::EC2::NetworkAclEntry"],
        help: "Name protocols and addresses; security groups alone are often enough",
        aliases: &["EC2_NETWORK_ACL_PROTOCOL_RULE", "W66"],
        bad: "Type: AWS::EC2::NetworkAclEntry\nProperties:\n  NetworkAclId: acl-1\n  RuleNumber: 100\n  Protocol: -1\n  RuleAction: allow\n  CidrBlock: 0.0.0.0/0",
        good: "Type: AWS::EC2::NetworkAclEntry\nProperties:\n  NetworkAclId: acl-1\n  RuleNumber: 100\n  Protocol: 6\n  RuleAction: allow\n  CidrBlock: 10.0.0.0/8",
        check: Resource(|check| {
            use crate::scan::value::Flag;
            let allows = check.at("RuleAction").text() == Some("allow") && check.at("Egress").flag() != Flag::True;
            if allows
                && check.at("Protocol").integer() == Some(-1)
                && (world(check.at("CidrBlock")) || world(check.at("Ipv6CidrBlock")))
            {
                check.fail("Protocol", "All protocols are allowed in from everywhere");
            }
        }),
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    All,
    Ssh,
    Rdp,
    Private,
    Other,
    /// HTTP, HTTPS, ICMP: offered to the world on purpose.
    Web,
}

struct Opening {
    class: Class,
    /// As a number where it has one.
    protocol: String,
    ports: (i64, i64),
    from: String,
}

impl Opening {
    fn is(&self, class: Class) -> bool {
        self.class == class
    }

    fn says(&self) -> String {
        let (low, high) = self.ports;
        let ports = match self.class {
            Class::All => "Every port".to_owned(),
            _ if low == high => match PRIVATE.iter().find(|(port, _)| *port == low) {
                Some((_, name)) => format!("Port {low} ({name})"),
                None => format!("Port {low}"),
            },
            _ => format!("Ports {low} to {high}"),
        };
        format!("{ports} can be reached from {}", self.from)
    }
}

fn ingress(check: &mut Check<'_>, says: impl Fn(&Opening) -> Option<String>) {
    let group = group_of(check);
    if check.resource.type_name == "AWS::EC2::SecurityGroupIngress" {
        let properties: &Val = &check.resource.properties;
        return one(check, properties, "", &group, &says);
    }
    let list = check.at("SecurityGroupIngress");
    for (index, rule) in list.each().iter().enumerate() {
        one(check, rule, &format!("SecurityGroupIngress/{index}"), &group, &says);
    }
}

/// All rules of the group that a resource is, or adds to, wherever in the template they stand.
fn group_of<'a>(check: &Check<'a>) -> Vec<&'a Val> {
    const ADDED: &str = "AWS::EC2::SecurityGroupIngress";
    let resource = check.resource;
    let name = |properties: &'a Val| match &properties.get("GroupId").kind {
        V::Link(id) => Some(id.as_str()),
        _ => properties.get("GroupId").text().or_else(|| properties.get("GroupName").text()),
    };
    let own = if resource.type_name == ADDED { name(&resource.properties) } else { Some(resource.logical_id) };
    let mut rules: Vec<&Val> = Vec::new();
    for other in check.all {
        if other.type_name == "AWS::EC2::SecurityGroup" && own == Some(other.logical_id) {
            rules.extend(other.properties.get("SecurityGroupIngress").each());
        } else if other.type_name == ADDED && own.is_some() && name(&other.properties) == own {
            rules.push(&other.properties);
        }
    }
    rules
}

fn one(check: &mut Check<'_>, rule: &Val, path: &str, group: &[&Val], says: &impl Fn(&Opening) -> Option<String>) {
    if rule.is_unknown() {
        return check.unsure();
    }
    let Some(key) = SOURCES.into_iter().find(|key| rule.get(key).text().is_some()) else {
        if SOURCES.iter().any(|key| rule.get(key).is_unknown()) {
            check.unsure();
        }
        return;
    };
    let Some(mut opening) = opening(rule) else { return check.unsure() };
    let own = rule.get(key).text().unwrap_or_default();
    opening.from = own.to_owned();
    if !addresses::are_the_world([own]) {
        // A piece of the world, if other rules open the same to the rest of it.
        let same = group.iter().filter(|other| other_opens(other, &opening));
        let ranges: Vec<&str> = same.flat_map(|other| SOURCES.map(|key| other.get(key).text())).flatten().collect();
        if addresses::are_private(own) || !addresses::are_the_world(ranges.iter().copied()) {
            return;
        }
        opening.from = format!("{own} and, together with {} other ranges, nearly everywhere", ranges.len() - 1);
    }
    if let Some(message) = says(&opening) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
        check.fail(path, message);
    }
}

const SOURCES: [&str; 2] = ["CidrIp", "CidrIpv6"];

/// Whether a rule opens all that another one does.
fn other_opens(rule: &Val, wanted: &Opening) -> bool {
    let Some(other) = opening(rule) else { return false };
    let protocol = other.protocol == wanted.protocol || other.protocol == EVERY;
    protocol && other.ports.0 <= wanted.ports.0 && other.ports.1 >= wanted.ports.1
}

const EVERY: &str = "-1";

/// `None`: what is opened is not known.
fn opening(rule: &Val) -> Option<Opening> {
    let written = rule.get("IpProtocol").text()?.to_ascii_lowercase();
    let protocol = match written.as_str() {
        "all" => EVERY,
        "tcp" => "6",
        "udp" => "17",
        other => other,
    };
    let class_of = |class, ports| Some(Opening { class, protocol: protocol.to_owned(), ports, from: String::new() });
    if protocol == EVERY {
        return class_of(Class::All, (0, 65_535));
    }
    if !matches!(protocol, "6" | "17") {
        return class_of(Class::Web, (0, 0));
    }
    let (low, high) = (rule.get("FromPort").integer()?, rule.get("ToPort").integer()?);
    let within = |port: i64| (low..=high).contains(&port);
    let tcp = protocol == "6";
    let class = if low <= 1 && high >= 65_535 || low == -1 {
        Class::All
    } else if tcp && within(22) {
        Class::Ssh
    } else if within(3389) {
        Class::Rdp
    } else if tcp && PRIVATE.iter().any(|(port, _)| within(*port)) {
        Class::Private
    } else if (low == high && matches!(low, 80 | 443)) || !tcp {
        Class::Web
    } else {
        Class::Other
    };
    class_of(class, (low, high))
}

fn world(cidr: &Val) -> bool {
    addresses::are_the_world(cidr.text())
}
