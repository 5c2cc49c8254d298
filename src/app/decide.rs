//! How a decision enters the journal: look at everything decided so far, decide, append only if
//! nothing came between; else look again.

use crate::app::{AppError, Context, Project};
use crate::failpoint;
use crate::ledger::{Kinds, Ledger, LedgerError, Reader};
use crate::model::{Event, Head, Seq, Timestamp};
use crate::record::{PathFilter, Record};

/// Folds the whole journal, checking every hash and link, and keeping the observations that
/// `scope` wants.
pub(super) fn fold(reader: &Reader, scope: Option<PathFilter<'_>>) -> Result<Record, AppError> {
    let mut record = Record::default();
    catch_up(reader, &mut record, scope)?;
    Ok(record)
}

/// Folds the journal up to an event: what held then.
pub(super) fn fold_until(
    reader: &Reader,
    until: Seq,
    scope: Option<PathFilter<'_>>,
) -> Result<Record, AppError> {
    let mut record = Record::default();
    let kinds = if scope.is_some() { Kinds::All } else { Kinds::Decisions };
    let each = &mut |recorded| record.apply(recorded, scope);
    let head = reader.read(Head::EMPTY, Some(until), kinds, each)?;
    record.head = Some(head);
    Ok(record)
}

/// What was decided, by a history that holds from its first event. Asked before the ledger is
/// opened for writing: nothing is added to one that does not hold, and its file stays as it was
/// found. Costs little beside anything else: 200,000 files are checked in a hundredth of a second.
pub(super) fn whole(project: &Project) -> Result<Record, AppError> {
    fold(&project.reader()?, None)
}

/// Folds in what was appended since.
pub(super) fn catch_up(
    reader: &Reader,
    record: &mut Record,
    scope: Option<PathFilter<'_>>,
) -> Result<(), AppError> {
    let from = record.head.unwrap_or(Head::EMPTY);
    let kinds = if scope.is_some() { Kinds::All } else { Kinds::Decisions };
    let head = reader.read(from, None, kinds, &mut |recorded| record.apply(recorded, scope))?;
    record.head = Some(head);
    if scope.is_none() {
        // What was observed was not folded, and nothing is earlier than that either.
        record.newest = Some(reader.newest()?);
    }
    Ok(())
}

/// What people decided, for display: reads only those events.
pub(super) fn decisions(reader: &Reader) -> Result<Record, AppError> {
    let mut record = Record::default();
    reader.read_decisions(&mut |recorded| record.apply(recorded, None))?;
    record.newest = Some(reader.newest()?);
    Ok(record)
}

/// Decides on the ground of everything decided so far and journals it in one transaction.
///
/// `decision` may run more than once: when somebody else's decision came between, it is taken
/// again on the new ground.
pub(super) fn decide<T>(
    project: &Project,
    context: &Context<'_>,
    decision: impl FnMut(&Record) -> Result<(Vec<Event>, T), AppError>,
) -> Result<T, AppError> {
    decide_on(whole(project)?, project, context, decision)
}

/// The same on the ground of a record that was folded just now.
pub(super) fn decide_on<T>(
    mut record: Record,
    project: &Project,
    context: &Context<'_>,
    mut decision: impl FnMut(&Record) -> Result<(Vec<Event>, T), AppError>,
) -> Result<T, AppError> {
    let mut ledger = project.ledger()?;
    let reader = ledger.reader()?;
    loop {
        let (events, answer) = decision(&record)?;
        failpoint::hit("decision-taken");
        match append(&mut ledger, context, &record, context.now(), &events) {
            Ok(_) => return Ok(answer),
            Err(LedgerError::HeadMoved { .. }) => catch_up(&reader, &mut record, None)?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Appends on the ground of `record`; refuses if the journal moved on since.
pub(super) fn append(
    ledger: &mut Ledger,
    context: &Context<'_>,
    record: &Record,
    now: Timestamp,
    events: &[Event],
) -> Result<Head, LedgerError> {
    let expected = record.head.unwrap_or(Head::EMPTY);
    ledger.append(Some(expected), now, &context.actor, events)
}
