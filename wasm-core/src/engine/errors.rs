//! One table: what a failure means for the engine.
//!
//! Cloud Control names the same failure twice: as `HandlerErrorCode` of a progress event (`Throttling`) and as an
//! exception (`ThrottlingException`); the table holds the bare name. A code alone does not decide: handlers pass on what
//! their services say under codes that mean something else. So a few message classes come first, each with the reports
//! it was learned from. What is in neither table is terminal: what we do not understand we do not repeat.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>

use crate::model::{Millis, Operation};

use super::random::Random;

/// What is to be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It passes by itself: a new attempt after a pause.
    Transient,
    /// The service accepts less than Cloud Control does: like [`Class::Transient`], for as long as it takes.
    Throttled,
    /// The handler's own credentials are not accepted for a moment; ours are fine.
    Hiccup,
    /// What is new in IAM is not known everywhere yet.
    Propagating,
    /// What was made a moment ago is not seen everywhere yet.
    Unseen,
    /// Something else is being done to the resource: like [`Class::Transient`], with more patience.
    Conflict,
    /// A bucket of this name is being worked on, or was deleted within the last hour.
    Busy,
    /// Something that AWS itself takes away later still holds it.
    Held,
    /// What had its name is deleted and not gone: in a moment, or in days, if it may still be restored.
    Ending,
    /// May hide anything: read first; where nothing exists, two more attempts.
    Vague,
    /// The operation may have worked: read first; without an identifier nothing can be read and it is terminal.
    Unsettled,
    /// Another resource has this identifier: terminal, and the identifier is not ours.
    Taken,
    /// There is no such resource: success of a deletion, otherwise terminal.
    Absent,
    /// The request is no longer known, or too old to be asked for: what became of it must be read.
    Forgotten,
    /// No repetition helps.
    Terminal,
}

const TABLE: [(&str, Class); 33] = [
    ("AccessDenied", Class::Terminal),
    ("AlreadyExists", Class::Taken),
    ("ClientTokenConflict", Class::Terminal),
    ("ConcurrentModification", Class::Conflict),
    ("ConcurrentOperation", Class::Conflict),
    ("GeneralService", Class::Vague),
    ("HandlerFailure", Class::Vague),
    ("HandlerInternalFailure", Class::Vague),
    ("InternalFailure", Class::Vague),
    ("InvalidCredentials", Class::Terminal),
    ("InvalidRequest", Class::Terminal),
    ("InvalidTypeConfiguration", Class::Terminal),
    ("NetworkFailure", Class::Transient),
    ("NonCompliant", Class::Terminal),
    ("NotFound", Class::Absent),
    ("NotStabilized", Class::Unsettled),
    ("NotUpdatable", Class::Terminal),
    ("PrivateType", Class::Terminal),
    ("RequestTokenNotFound", Class::Forgotten),
    ("ResourceConflict", Class::Conflict),
    ("ResourceNotFound", Class::Absent),
    ("ServiceInternalError", Class::Transient),
    ("ServiceLimitExceeded", Class::Terminal),
    ("ServiceTimeout", Class::Unsettled),
    ("Throttling", Class::Throttled),
    ("TypeNotFound", Class::Terminal),
    ("UnauthorizedTaggingOperation", Class::Terminal),
    ("UnsupportedAction", Class::Terminal),
    ("UnsupportedTarget", Class::Terminal),
    ("Validation", Class::Terminal),
    // Our own: the intent is too old to be sent again.
    ("intent_expired", Class::Forgotten),
    // Our own: it did not end, and may have worked.
    ("operation_cancelled", Class::Unsettled),
    ("operation_timed_out", Class::Unsettled),
];

/// What else must hold for a message class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// It builds on something in IAM that this run has just made or changed.
    FreshIam,
    /// It builds on something that this run has just made.
    Fresh,
    /// It is being deleted.
    Deleting,
}

/// A class by what the message says. `codes`: bare, empty for all but those that say what they are by themselves.
struct Said {
    codes: &'static [&'static str],
    /// Beginning of the type's name.
    types: &'static str,
    when: When,
    /// Lower case; one of them is enough, none: whatever it says.
    words: &'static [&'static str],
    class: Class,
}

/// What a read that is denied says, under whatever code: EC2's `UnauthorizedOperation` is no handler's `AccessDenied`
/// by itself (aws-cloudformation-resource-providers-rds #291).
const DENIED: [&str; 2] = ["not authorized to perform", "unauthorizedoperation"];

impl Said {
    fn is_said(&self, type_name: &str, bare: &str, message: &str) -> bool {
        self.codes.contains(&bare)
            && type_name.starts_with(self.types)
            && (self.words.is_empty() || self.words.iter().any(|word| message.contains(word)))
    }
}

/// Codes under which handlers pass on what their services say.
const PASSED_ON: &[&str] = &[
    "AccessDenied",
    "GeneralService",
    "HandlerFailure",
    "HandlerInternalFailure",
    "InternalFailure",
    "InvalidCredentials",
    "InvalidRequest",
    "NotStabilized",
    "ResourceConflict",
    "ServiceInternalError",
    "Throttling",
];

// The first that fits decides.
const SAID: [Said; 10] = [
    // aws-cdk-cli #194, cdkd #1468
    Said {
        codes: PASSED_ON,
        types: "",
        when: When::Always,
        words: &["security token included in the request", "invalidclienttokenid", "unrecognizedclient"],
        class: Class::Hiccup,
    },
    // pulumi-aws-native #1687 (Organizations), sst #6923 (Lambda permissions)
    Said {
        codes: PASSED_ON,
        types: "",
        when: When::Always,
        words: &["another request is already in progress", "concurrent update operation", "concurrentmodification"],
        class: Class::Conflict,
    },
    // cloudformation-coverage-roadmap #1954, aws-cli #2593
    Said {
        codes: PASSED_ON,
        types: "AWS::S3",
        when: When::Always,
        words: &["conflicting conditional operation"],
        class: Class::Busy,
    },
    // QueueDeletedRecently: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    Said {
        codes: PASSED_ON,
        types: "AWS::SQS::Queue",
        when: When::Always,
        words: &["wait 60 seconds", "queuedeletedrecently"],
        class: Class::Conflict,
    },
    // terraform-aws-eks-blueprints #1733, cdk-ec2-key-pair #2; that a deletion without recovery ends a little later too:
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    Said {
        codes: PASSED_ON,
        types: "AWS::SecretsManager::Secret",
        when: When::Always,
        words: &["scheduled for deletion"],
        class: Class::Ending,
    },
    // OperationAbortedException: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    Said {
        codes: PASSED_ON,
        types: "AWS::Logs::",
        when: When::Always,
        words: &["operationaborted", "requests to update the same resource were in conflict"],
        class: Class::Conflict,
    },
    // cloudformation-coverage-roadmap #1095, aws-cdk #15573 #5637, pulumi-cdk #277, pulumi-aws #5939
    Said {
        codes: PASSED_ON,
        types: "",
        when: When::Always,
        words: &[
            "too many requests",
            "toomanyrequests",
            "rate exceeded",
            "requestlimitexceeded",
            "throttl",
            "slow down",
        ],
        class: Class::Throttled,
    },
    // aws-cdk #14456
    Said {
        codes: PASSED_ON,
        types: "AWS::EC2::",
        when: When::Deleting,
        words: &["has a dependent object", "network interface", "mapped public address"],
        class: Class::Held,
    },
    // pulumi-aws-native #148, cdkd #805 #839 #2018
    Said {
        codes: PASSED_ON,
        types: "",
        when: When::FreshIam,
        words: &[
            "role",
            "assume",
            "principal",
            "policy",
            "accessdenied",
            "access denied",
            "not authorized",
            "permission",
            "instance profile",
        ],
        class: Class::Propagating,
    },
    // pulumi-aws-native #1139
    Said { codes: &["NotFound"], types: "", when: When::Fresh, words: &[], class: Class::Unseen },
];

/// A failure as the cloud told it, and what the run knows about it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Type of the resource.
    pub type_name: &'a str,
    /// What failed.
    pub operation: Operation,
    /// Handler error code or exception name.
    pub code: &'a str,
    /// Status message.
    pub message: &'a str,
    /// The operation was accepted and its handler says so; else the call itself was refused.
    pub by_handler: bool,
    /// Something it builds on was made in this run a moment ago.
    pub fresh: bool,
    /// And is of IAM.
    pub fresh_iam: bool,
}

/// Class of a handler error code or exception name alone.
#[must_use]
pub fn class(code: &str) -> Class {
    let bare = bare(code);
    TABLE.iter().find(|(name, _)| *name == bare).map_or(Class::Terminal, |(_, class)| *class)
}

/// Class of a refused read or list. There is no operation: the call itself is refused in the handler's name
/// (aws-cloudformation-resource-providers-cloudformation #113).
#[must_use]
pub fn class_of_read(type_name: &str, code: &str, message: &str) -> Class {
    let (bare, message) = (bare(code), message.to_lowercase());
    if DENIED.iter().any(|word| message.contains(word)) {
        return Class::Terminal;
    }
    let fits = |said: &&Said| said.when == When::Always && said.is_said(type_name, bare, &message);
    SAID.iter().find(fits).map_or_else(|| class(code), |said| said.class)
}

/// Class of a failed operation.
#[must_use]
pub fn classify(told: Told<'_>) -> Class {
    if !told.by_handler {
        return class(told.code);
    }
    let (bare, message) = (bare(told.code), told.message.to_lowercase());
    let fits = |said: &&Said| {
        let holds = match said.when {
            When::Always => true,
            When::FreshIam => told.fresh_iam && told.operation != Operation::Delete,
            When::Fresh => told.fresh && told.operation == Operation::Create,
            When::Deleting => told.operation == Operation::Delete,
        };
        holds && said.is_said(told.type_name, bare, &message)
    };
    SAID.iter().find(fits).map_or_else(|| class(told.code), |said| said.class)
}

/// The words of the tables above that a message says, sorted: all that its class depends on, and nothing of what it may
/// quote. For a message that nobody may see.
#[must_use]
pub fn telling_words(message: &str) -> Vec<&'static str> {
    let message = message.to_lowercase();
    let words = SAID.iter().flat_map(|said| said.words).chain(&DENIED).copied();
    let mut said: Vec<&'static str> = words.filter(|word| message.contains(word)).collect();
    said.sort_unstable();
    said.dedup();
    said
}

fn bare(code: &str) -> &str {
    code.strip_suffix("Exception").unwrap_or(code)
}

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;

impl Class {
    /// Whether it passes by itself.
    #[must_use]
    pub fn is_passing(self) -> bool {
        self.patience() > 0
    }

    /// Whether the handler may have made something before it failed so.
    #[must_use]
    pub fn may_leave(self) -> bool {
        matches!(self, Self::Transient | Self::Vague | Self::Unsettled | Self::Forgotten)
    }

    /// So long after the first failure of this kind no new attempt begins any more; 0: the number of attempts decides.
    fn patience(self) -> Millis {
        match self {
            Self::Propagating => 90 * SECOND,
            Self::Hiccup | Self::Unseen | Self::Ending => 2 * MINUTE,
            Self::Transient => 15 * MINUTE,
            Self::Conflict => 20 * MINUTE,
            // A function's network interfaces take up to 45 minutes.
            Self::Throttled | Self::Held => 60 * MINUTE,
            // A bucket's name is free again after an hour.
            Self::Busy => 75 * MINUTE,
            Self::Vague | Self::Unsettled | Self::Taken | Self::Absent | Self::Forgotten | Self::Terminal => 0,
        }
    }

    /// How long a call is repeated that is refused in this way. Where a failed operation may hide anything, a refused call
    /// has done nothing.
    #[must_use]
    pub fn patience_with_calls(self) -> Millis {
        if self == Self::Vague { 15 * MINUTE } else { self.patience() }
    }

    /// Whether there is hope: after so many failures of this kind, and so long after the first of them.
    #[must_use]
    pub fn hopes(self, failures: u32, since: Millis) -> bool {
        match self {
            Self::Vague | Self::Forgotten => failures < 3,
            _ => since < self.patience(),
        }
    }

    /// First pause, growth and longest pause, in ms: short where it is over within seconds, long where nobody tells us
    /// when it ends.
    fn pace(self) -> (f64, f64, f64) {
        match self {
            Self::Propagating => (1_500.0, 1.3, 6_000.0),
            Self::Unseen | Self::Ending => (1_000.0, 1.5, 10_000.0),
            Self::Conflict => (2_000.0, 1.5, 30_000.0),
            Self::Held | Self::Busy => (4_000.0, 1.5, 60_000.0),
            _ => (1_000.0, 2.0, 60_000.0),
        }
    }
}

/// Pause after the `count`-th failure in a row, of which a random half is taken off so that what failed together does not
/// return together.
pub fn pause(class: Class, count: u32, random: &mut Random) -> Millis {
    let (base, growth, cap) = class.pace();
    let exponent = i32::try_from(count.saturating_sub(1).min(16)).unwrap_or(16);
    let full = f64::min(base * f64::powi(growth, exponent), cap);
    (full * (0.5 + random.unit() / 2.0)) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_nothing_twice() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SAID.iter().flat_map(|said| said.words).all(|word| *word == word.to_lowercase()));
    }

    #[test]
    fn a_code_and_its_exception_mean_the_same() {
        for (code, expected) in [
            ("Throttling", Class::Throttled),
            ("ThrottlingException", Class::Throttled),
            ("GeneralServiceException", Class::Vague),
            ("ResourceConflictException", Class::Conflict),
            ("ServiceTimeout", Class::Unsettled),
            ("NotFound", Class::Absent),
            ("ResourceNotFoundException", Class::Absent),
            ("AlreadyExistsException", Class::Taken),
            ("RequestTokenNotFoundException", Class::Forgotten),
            ("AccessDeniedException", Class::Terminal),
            ("NeverHeardOf", Class::Terminal),
            ("", Class::Terminal),
        ] {
            assert_eq!(class(code), expected, "{code}");
        }
    }

    #[test]
    fn what_is_said_decides_where_the_code_does_not() {
        use Operation::{Create, Delete};
        // Code, operation, type, message, whether something of IAM is fresh; and what it means.
        for (code, operation, type_name, message, fresh_iam, expected) in [
            (
                "InvalidRequest",
                Create,
                "AWS::ECS::Service",
                "Caught ServiceAccessDeniedException",
                true,
                Class::Propagating,
            ),
            ("InvalidRequest", Create, "AWS::KMS::Key", "one or more invalid principals", true, Class::Propagating),
            ("InvalidRequest", Create, "AWS::KMS::Key", "one or more invalid principals", false, Class::Terminal),
            ("InvalidRequest", Create, "AWS::Lambda::Function", "Unzipped size must be smaller", true, Class::Terminal),
            (
                "AccessDenied",
                Create,
                "AWS::IAM::Role",
                "The security token included in the request is invalid (Service: Iam)",
                false,
                Class::Hiccup,
            ),
            (
                "AccessDenied",
                Create,
                "AWS::IAM::Role",
                "User is not authorized to perform iam:CreateRole",
                false,
                Class::Terminal,
            ),
            (
                "GeneralServiceException",
                Create,
                "AWS::ApiGateway::Model",
                "Too Many Requests (Service: ApiGateway)",
                false,
                Class::Throttled,
            ),
            (
                "GeneralServiceException",
                Create,
                "AWS::S3::BucketPolicy",
                "A conflicting conditional operation is currently in progress",
                false,
                Class::Busy,
            ),
            (
                "Throttling",
                Create,
                "AWS::Organizations::Policy",
                "another request is already in progress",
                false,
                Class::Conflict,
            ),
            (
                "InvalidRequest",
                Create,
                "AWS::SQS::Queue",
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
                false,
                Class::Conflict,
            ),
            (
                "InvalidRequest",
                Delete,
                "AWS::EC2::SecurityGroup",
                "resource sg-1 has a dependent object",
                false,
                Class::Held,
            ),
            (
                "InvalidRequest",
                Create,
                "AWS::EC2::SecurityGroup",
                "resource sg-1 has a dependent object",
                false,
                Class::Terminal,
            ),
            (
                "InvalidRequest",
                Create,
                "AWS::SecretsManager::Secret",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
                false,
                Class::Ending,
            ),
            (
                "GeneralServiceException",
                Delete,
                "AWS::Logs::LogGroup",
                "Multiple concurrent requests to update the same resource were in conflict.",
                false,
                Class::Conflict,
            ),
            ("NotFound", Create, "AWS::SNS::Subscription", "Topic does not exist", true, Class::Unseen),
            ("NotFound", Delete, "AWS::SNS::Topic", "gone", true, Class::Absent),
        ] {
            let told = Told { type_name, operation, code, message, by_handler: true, fresh: fresh_iam, fresh_iam };
            assert_eq!(classify(told), expected, "{code} {type_name} {message}");
            let words = telling_words(message).join(", ");
            assert_eq!(classify(Told { message: &words, ..told }), expected, "withheld, but for {words}");
            // A call that is refused is about the caller.
            assert_eq!(classify(Told { by_handler: false, ..told }), class(code));
        }
    }

    #[test]
    fn the_telling_words_of_a_message_are_words_of_the_table_and_nothing_it_quotes() {
        assert_eq!(
            telling_words("Rate exceeded for hunter2 (Service: Ec2, Request ID: 4711). Rate Exceeded."),
            ["rate exceeded"]
        );
        assert!(telling_words("The password hunter2 is too short").is_empty());
    }

    #[test]
    fn a_read_is_refused_for_now_unless_it_is_denied() {
        for (code, message, expected) in [
            ("InternalFailureException", "oops", Class::Vague),
            ("GeneralServiceException", "Rate exceeded (Service: Lambda)", Class::Throttled),
            ("AccessDeniedException", "The security token included in the request is invalid", Class::Hiccup),
            ("AccessDeniedException", "User is not authorized to perform: cloudformation:GetResource", Class::Terminal),
            ("GeneralServiceException", "UnauthorizedOperation (Service: Ec2)", Class::Terminal),
            ("ResourceNotFoundException", "gone", Class::Absent),
            ("NotFound", "gone", Class::Absent),
            ("GeneralServiceException", "The role cannot be assumed", Class::Vague),
            ("UnsupportedActionException", "no read handler", Class::Terminal),
        ] {
            assert_eq!(class_of_read("AWS::Lambda::Function", code, message), expected, "{code} {message}");
            let words = telling_words(message).join(", ");
            assert_eq!(class_of_read("AWS::Lambda::Function", code, &words), expected, "withheld, but for {words}");
        }
        assert_eq!(Class::Terminal.patience_with_calls(), 0, "denied is denied");
        assert!(Class::Vague.patience_with_calls() >= 15 * MINUTE, "a service's outage is waited for");
    }

    #[test]
    fn pauses_grow_stay_under_their_cap_and_differ() {
        let mut random = Random::new(7);
        for class in [Class::Transient, Class::Conflict, Class::Propagating, Class::Held] {
            for count in 1..40 {
                let length = pause(class, count, &mut random);
                assert!((500..=60_000).contains(&length), "{class:?} {count}: {length}");
            }
        }
        assert!(pause(Class::Transient, 1, &mut random) <= 1_000);
        assert!(pause(Class::Transient, 12, &mut random) >= 30_000);
        assert!(pause(Class::Propagating, 20, &mut random) <= 6_000, "dense for as long as it lasts");
        assert_ne!(pause(Class::Transient, 9, &mut random), pause(Class::Transient, 9, &mut random));
    }
}
