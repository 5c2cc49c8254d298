//! `policy ack`.

use serde::Serialize;

use crate::app::{self, AckOptions, AppError, Context, Project};
use crate::cli::args::PolicyCommand;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::people::sign;
use crate::report::count;

#[derive(Serialize)]
struct AckView {
    policy: String,
    approvers: Option<String>,
    changes: usize,
}

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    command: &PolicyCommand,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let PolicyCommand::Ack { by, note, sign: key } = command;
    let options = AckOptions {
        by: by.clone().unwrap_or_else(|| context.actor.clone()),
        note: note.clone(),
        sign: sign(key.as_ref()),
    };
    let known = app::acknowledge(project, context, &options)?;
    if output.is_json() {
        let approvers = known.approvers.map(|hash| hash.to_string());
        output.json(&AckView {
            policy: known.policy.to_string(),
            approvers,
            changes: known.changes,
        });
    } else {
        let changes = count(known.changes as u64, "change");
        output.remark(&format!("{changes} acknowledged; policy {}", known.policy.short()));
    }
    Ok(Exit::Ok)
}
