//! Path rules that came or went since the last look: what lies or ever lay under a new one is marked,
//! and the rules in force are journalled. What a rule that went had raised does not count any more.

use crate::app::decide::decisions;
use crate::app::detection::Detection;
use crate::app::ingest::Ingest;
use crate::app::{AppError, Context, Project};
use crate::ledger::{HeldRow, Ledger, Reader};
use crate::model::{Event, RulesAdopted};

/// Whether the rules in the settings are not those that were journalled last.
pub(super) fn have_changed(reader: &Reader, detection: &Detection) -> Result<bool, AppError> {
    Ok(decisions(reader)?.rules != detection.globs())
}

/// Brings the ledger up to the rules in the settings. Nothing is read but the ledger.
pub(super) fn adopt(
    project: &Project,
    context: &Context<'_>,
    ledger: &mut Ledger,
    detection: &Detection,
) -> Result<(), AppError> {
    let reader = ledger.reader()?;
    let known = decisions(&reader)?.rules;
    let globs = detection.globs();
    let is_new = |glob: &str| !known.contains(glob);
    if globs.iter().any(|glob| is_new(glob)) {
        for root in &project.config.roots {
            let mut ingest = Ingest::new(ledger, context, detection, root.name.clone());
            let mut failed = Ok(());
            reader.held(&mut |HeldRow { path, asset, .. }| {
                if path.root == root.name && failed.is_ok() {
                    failed = ingest.attach(asset, detection.of_rules(&path, &is_new));
                }
            })?;
            failed?;
            ingest.flush()?;
        }
    }
    // Last, so that an end before it does all of it again.
    let event = Event::RulesAdopted(RulesAdopted { globs });
    ledger.append(None, context.now(), &context.actor, &[event])?;
    Ok(())
}
