//! Whether the cloud still answers.
//!
//! Lost calls are repeated with the same token for as long as there is hope. When nothing but trouble has come back for
//! long enough the run stops, resumable, instead of waiting for ever: after one minute if there never was an answer
//! (a wrong endpoint, no network), else after ten.

use crate::model::Millis;

const PATIENCE: Millis = 600_000;
const PATIENCE_AT_FIRST: Millis = 60_000;
/// A suspended machine wakes up to one stale failure per call; so few prove nothing.
const AT_LEAST: u32 = 6;

/// Answers and failures to answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    ever: bool,
    /// First trouble since the last answer, and how many there were.
    trouble: Option<(Millis, u32)>,
    said: String,
}

impl Contact {
    /// The cloud has answered.
    pub(super) fn answered(&mut self) {
        self.ever = true;
        self.trouble = None;
    }

    /// It has not, or only to say that it will not now.
    pub(super) fn trouble(&mut self, now: Millis, said: &str) {
        let (since, count) = self.trouble.unwrap_or((now, 0));
        self.trouble = Some((since, count.saturating_add(1)));
        said.clone_into(&mut self.said);
    }

    /// What was said last, when hope is over.
    pub(super) fn is_over(&self, now: Millis) -> Option<&str> {
        let patience = if self.ever { PATIENCE } else { PATIENCE_AT_FIRST };
        let (since, count) = self.trouble?;
        (count >= AT_LEAST && now >= since.saturating_add(patience)).then_some(&self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hope_ends_after_a_minute_without_any_answer_and_after_ten_with_one() {
        let mut contact = Contact::default();
        for second in 0..60 {
            assert_eq!(contact.is_over(second * 1_000), None);
            contact.trouble(second * 1_000, "refused");
        }
        assert_eq!(contact.is_over(60_000), Some("refused"));
        contact.answered();
        for second in 0..600 {
            assert_eq!(contact.is_over(second * 1_000), None);
            contact.trouble(second * 1_000, "refused");
        }
        assert_eq!(contact.is_over(600_000), Some("refused"));
    }

    #[test]
    fn six_failures_are_enough_and_five_are_not() {
        let mut contact = Contact::default();
        for _ in 0..5 {
            contact.trouble(0, "reset");
        }
        assert_eq!(contact.is_over(PATIENCE), None);
        contact.trouble(0, "reset");
        assert_eq!(contact.is_over(PATIENCE), Some("reset"));
    }

    #[test]
    fn a_few_failures_after_a_long_sleep_prove_nothing() {
        let mut contact = Contact::default();
        contact.trouble(0, "reset");
        contact.trouble(90_000_000, "reset");
        assert_eq!(contact.is_over(90_000_000), None);
    }
}
