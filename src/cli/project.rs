//! `init`.

use serde::Serialize;

use crate::app::{self, AppError, Context, InitOptions};
use crate::cli::args::{Global, InitArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::report::clean;

#[derive(Serialize)]
struct InitView {
    project: String,
    created: bool,
    ledger: String,
}

pub(super) fn init(
    context: &Context<'_>,
    global: &Global,
    args: &InitArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let dir = args.dir.as_ref().or(global.project.as_ref());
    let dir = dir.map_or_else(|| context.cwd.clone(), |dir| context.absolute(dir));
    let options = InitOptions { profile: args.profile.clone(), ledger: args.ledger.clone() };
    let made = app::init(context, &dir, &options)?;
    let project = made.project.dir.display().to_string();
    let ledger = made.project.config.ledger.display().to_string();
    if output.is_json() {
        output.json(&InitView { project, created: made.created, ledger });
        return Ok(Exit::Ok);
    }
    if made.created {
        output.remark(&format!("project made in {}", clean(&project)));
        output.remark(&format!(
            "  policy    .genlock/policy.toml, from the profile {}",
            made.profile
        ));
        output.remark(&format!("  ledger    {}", clean(&ledger)));
        output.remark("next: genlock scan");
    } else {
        output.remark(&format!(
            "there is a project in {} already; nothing was changed",
            clean(&project)
        ));
    }
    Ok(Exit::Ok)
}
