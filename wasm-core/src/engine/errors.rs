//! One table: what a failure code means for the engine.
//!
//! Cloud Control names the same failure twice: as `HandlerErrorCode` of a progress event (`Throttling`) and as an
//! exception (`ThrottlingException`); the table holds the bare name. A code that is not in it is terminal: what we
//! do not understand we do not repeat.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>

use crate::model::Millis;

use super::random::Random;

/// What is to be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It passes by itself: a new attempt after a pause.
    Transient,
    /// Something else is being done to the resource: like [`Class::Transient`], with more patience.
    Conflict,
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

const TABLE: [(&str, Class); 31] = [
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
    ("Throttling", Class::Transient),
    ("TypeNotFound", Class::Terminal),
    ("UnauthorizedTaggingOperation", Class::Terminal),
    ("UnsupportedAction", Class::Terminal),
    ("UnsupportedTarget", Class::Terminal),
    ("Validation", Class::Terminal),
    // Our own: the intent is too old to be sent again.
    ("intent_expired", Class::Forgotten),
];

/// Class of a handler error code or exception name.
#[must_use]
pub fn class(code: &str) -> Class {
    let bare = code.strip_suffix("Exception").unwrap_or(code);
    TABLE.iter().find(|(name, _)| *name == bare).map_or(Class::Terminal, |(_, class)| *class)
}

impl Class {
    /// Attempts at most, the first included; each is a new client token.
    #[must_use]
    pub fn attempts(self) -> u32 {
        match self {
            Self::Transient => 8,
            Self::Conflict => 20,
            Self::Vague | Self::Forgotten => 3,
            Self::Unsettled | Self::Taken | Self::Absent | Self::Terminal => 1,
        }
    }
}

/// Pause after the `count`-th failure in a row: 1 s doubled each time up to 60 s, of which a random half is taken off
/// so that what failed together does not return together. A conflict grows by half only and stays under 30 s: it
/// ends when the other operation ends, and nobody tells us when.
pub fn pause(class: Class, count: u32, random: &mut Random) -> Millis {
    let (base, growth, cap) =
        if class == Class::Conflict { (2_000.0, 1.5, 30_000.0) } else { (1_000.0, 2.0, 60_000.0) };
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
    }

    #[test]
    fn a_code_and_its_exception_mean_the_same() {
        for (code, expected) in [
            ("Throttling", Class::Transient),
            ("ThrottlingException", Class::Transient),
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
    fn pauses_grow_stay_under_their_cap_and_differ() {
        let mut random = Random::new(7);
        for class in [Class::Transient, Class::Conflict] {
            for count in 1..40 {
                let length = pause(class, count, &mut random);
                assert!((500..=60_000).contains(&length), "{class:?} {count}: {length}");
            }
        }
        assert!(pause(Class::Transient, 1, &mut random) <= 1_000);
        assert!(pause(Class::Transient, 12, &mut random) >= 30_000);
        assert_ne!(pause(Class::Transient, 9, &mut random), pause(Class::Transient, 9, &mut random));
    }
}
