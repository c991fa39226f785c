//! Plans to schedule: graphs as real templates have them, and random ones.

use assent_core::engine::random::Random;
use assent_core::expr::Expr;
use assent_core::model::{Action, Context, Millis, Mode, Plan, PlannedResource};

/// A resource that is to be created.
pub fn creation(logical_id: String, type_name: &str, estimate_ms: Millis, depends_on: Vec<String>) -> PlannedResource {
    PlannedResource {
        logical_id,
        type_name: type_name.to_owned(),
        action: Action::Create,
        reasons: Vec::new(),
        depends_on,
        after: None,
        desired: Some(Expr::Map(Vec::new())),
        recorded: None,
        needs: Vec::new(),
        deletion_policy: "Delete".to_owned(),
        update_replace_policy: "Delete".to_owned(),
        irreversible: Vec::new(),
        moved_from: None,
        given_name: None,
        notes: Vec::new(),
        patch: Vec::new(),
        replacement: None,
        old: Vec::new(),
        takes_from: Vec::new(),
        early: false,
        estimate_ms,
    }
}

/// A plan of these, in the order of their logical ids.
pub fn plan(mode: Mode, mut resources: Vec<PlannedResource>) -> Plan {
    resources.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
    Plan {
        version: 1,
        stack: "stack".to_owned(),
        context: Context::default(),
        mode,
        resources,
        fingerprints: Default::default(),
        unread: Vec::new(),
        outputs: Vec::new(),
        digest: String::new(),
    }
}

/// Durations as templates have them: most short, some long, few very long; seconds.
const KINDS: [(&str, Millis); 8] = [
    ("AWS::IAM::Role", 18),
    ("AWS::Lambda::Function", 12),
    ("AWS::Logs::LogGroup", 3),
    ("AWS::SQS::Queue", 40),
    ("AWS::EC2::Subnet", 5),
    ("AWS::DynamoDB::Table", 30),
    ("AWS::RDS::DBInstance", 360),
    ("AWS::CloudFront::Distribution", 240),
];

fn kind(random: &mut Random) -> (&'static str, Millis) {
    let index = match random.bits() % 40 {
        0 => 6,
        1 => 7,
        rest => usize::try_from(rest % 6).unwrap(),
    };
    let (name, seconds) = KINDS[index];
    (name, seconds * 1_000)
}

/// What the resource at an index, of so many, depends on.
type Parents = fn(usize, usize, &mut Random) -> Vec<usize>;

/// Three shapes of `count` resources each: services side by side, layers, and random references.
pub fn typical(count: usize, seed: u64) -> Vec<(&'static str, Plan)> {
    let mut random = Random::new(seed);
    let shapes: [(&'static str, Parents); 3] = [
        // Each service: a chain of four to eight, and everything in it may use a shared base of five.
        ("services", |index, _, random| {
            if index < 5 {
                vec![]
            } else if index % 7 == 5 {
                vec![usize::try_from(random.bits() % 5).unwrap()]
            } else {
                vec![index - 1]
            }
        }),
        ("layers", |index, count, random| {
            let layer = (count / 6).max(1);
            if index < layer {
                return vec![];
            }
            let above = index / layer * layer - layer;
            (0..2).map(|_| above + usize::try_from(random.bits()).unwrap_or(0) % layer).collect()
        }),
        ("random", |index, _, random| {
            if index == 0 {
                return vec![];
            }
            (0..random.bits() % 3).map(|_| usize::try_from(random.bits() % index as u64).unwrap()).collect()
        }),
    ];
    shapes
        .into_iter()
        .map(|(name, parents)| {
            // Logical ids say nothing about the graph.
            let ids: Vec<String> = (0..count).map(|_| format!("R{:016x}", random.bits())).collect();
            let resources = (0..count)
                .map(|index| {
                    let (type_name, estimate) = kind(&mut random);
                    let mut depends_on: Vec<String> =
                        parents(index, count, &mut random).into_iter().map(|parent| ids[parent].clone()).collect();
                    depends_on.sort();
                    depends_on.dedup();
                    creation(ids[index].clone(), type_name, estimate, depends_on)
                })
                .collect();
            (name, plan(Mode::Deploy, resources))
        })
        .collect()
}

/// `services` side by side, as in examples/fleet.yaml: a chain of two queues, a role, a function and what feeds it, and short
/// ones around it. Ten resources each.
pub fn fleet(services: usize) -> Plan {
    let own = |index: usize| -> Vec<(&'static str, &'static str, Millis, Vec<&'static str>)> {
        let last = match index % 4 {
            0 => ("Table", "AWS::DynamoDB::Table", 15, vec![]),
            _ => ("Level", "AWS::SSM::Parameter", 1, vec![]),
        };
        vec![
            ("Logs", "AWS::Logs::LogGroup", 1, vec![]),
            ("Dead", "AWS::SQS::Queue", 72, vec![]),
            ("Jobs", "AWS::SQS::Queue", 72, vec!["Dead"]),
            ("Feed", "AWS::SNS::Subscription", 2, vec!["Jobs"]),
            ("Role", "AWS::IAM::Role", 12, vec!["Jobs", "Logs"]),
            ("Worker", "AWS::Lambda::Function", 25, vec!["Role"]),
            ("Source", "AWS::Lambda::EventSourceMapping", 10, vec!["Jobs", "Worker"]),
            ("Errors", "AWS::CloudWatch::Alarm", 2, vec!["Worker"]),
            ("Age", "AWS::CloudWatch::Alarm", 2, vec!["Jobs"]),
            last,
        ]
    };
    let resources = (0..services).flat_map(|index| {
        own(index).into_iter().map(move |(name, type_name, seconds, depends_on)| {
            let id = |name: &str| format!("{name}{index}");
            creation(id(name), type_name, seconds * 1_000, depends_on.into_iter().map(id).collect())
        })
    });
    plan(Mode::Deploy, resources.collect())
}
