//! Who may approve: `.genlock/approvers`, an OpenSSH `allowed_signers` file, and the policy beside it.
//! Whatever is read of them goes on record, with its full text, before anything rests on it.

use std::path::PathBuf;

use crate::app::project::{adopted, word};
use crate::app::{AppError, Project};
use crate::attest::{AllowedSigners, NAMESPACE};
use crate::model::{ApproversAdopted, AssetId, Event, Timestamp};
use crate::policy::Policy;
use crate::record::Record;

/// The list of approvers as it is on disk.
pub(super) struct Approvers {
    /// Its text; empty when there is no file.
    pub(super) text: String,
    /// What it says.
    pub(super) signers: AllowedSigners,
}

impl Approvers {
    /// Reads the list. A wrong one is an error: a line that is not understood could be the one that
    /// narrows.
    pub(super) fn read(project: &Project) -> Result<Self, AppError> {
        let path = path(project);
        let bytes = word(&path)?.unwrap_or_default();
        match AllowedSigners::parse(&bytes) {
            // What was parsed is UTF-8.
            Ok(signers) => Ok(Self { text: String::from_utf8_lossy(&bytes).into_owned(), signers }),
            Err(source) => Err(AppError::ApproversInvalid { path, source }),
        }
    }

    /// The event that puts the list on record, where it is not what is there. A list that never named
    /// anybody is not worth one.
    pub(super) fn news(&self, record: &Record) -> Option<Event> {
        let hash = AssetId::from(blake3::hash(self.text.as_bytes()));
        let news = match record.texts.approvers_hash() {
            Some(known) => known != hash,
            None => !self.signers.is_empty(),
        };
        let (text, shown) = (self.text.clone(), false);
        news.then_some(Event::ApproversAdopted(ApproversAdopted { hash, text, shown }))
    }

    /// Refuses a name that is not on the list with a key that is good for approvals, once there is or was
    /// one. A list that was emptied or removed admits nobody: whoever can do that could otherwise approve.
    pub(super) fn check(&self, record: &Record, by: &str, now: Timestamp) -> Result<(), AppError> {
        if self.signers.is_empty() && !ever_named(record, None) {
            return Ok(());
        }
        if self.signers.admits(by, NAMESPACE, record.moment(now)) {
            return Ok(());
        }
        if self.signers.names(by) {
            let ahead = ahead(now, record.moment(now));
            return Err(AppError::usage(
                format!("no key of {by:?} is good for approvals now{ahead}"),
                ".genlock/approvers says whose key is good for what and when",
            ));
        }
        let hint = if self.signers.is_empty() {
            "it had entries before: put them back, genlock log says when they went"
        } else {
            "they are listed in .genlock/approvers, by their principals"
        };
        Err(AppError::usage(format!("{by:?} is not among the approvers of this project"), hint))
    }
}

/// Why what the clock allows is refused, where what is on record is later than it says.
pub(super) fn ahead(now: Timestamp, newest: Timestamp) -> String {
    if newest <= now {
        return String::new();
    }
    let newest = newest.to_the_second();
    format!(
        ": the newest event is of {newest}, later than this clock, and nothing counts as earlier"
    )
}

/// Whether a list of approvers on record, before an event, ever named somebody.
pub(super) fn ever_named(record: &Record, before: Option<crate::model::Seq>) -> bool {
    let lists = record.texts.approvers.iter();
    lists
        .take_while(|entry| before.is_none_or(|before| entry.seq < before))
        // Only lists that could be read are put on record; one that cannot names nobody it admits.
        .any(|entry| {
            AllowedSigners::parse(entry.fact.text.as_bytes()).is_ok_and(|list| !list.is_empty())
        })
}

/// The event that puts a policy on record, where it is not what is there.
pub(super) fn policy_news(policy: &Policy, record: &Record) -> Option<Event> {
    let known = record.policy().is_some_and(|known| known.fact.hash == policy.hash);
    (!known).then(|| adopted(policy))
}

fn path(project: &Project) -> PathBuf {
    project.control().join("approvers")
}
