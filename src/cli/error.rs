//! Errors as people and scripts see them: the one place that prints them.

use serde::Serialize;

use crate::app::AppError;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::config::ConfigError;
use crate::ledger::LedgerError;
use crate::report::clean;

/// The exit code of an error.
pub(super) fn exit_of(error: &AppError) -> Exit {
    match error {
        AppError::Usage { .. }
        | AppError::DeclarationInvalid { .. }
        | AppError::Sign(_)
        | AppError::Staging(_)
        | AppError::Manifest(_) => Exit::Usage,
        AppError::NoProject { .. }
        | AppError::Config(_)
        | AppError::PolicyMissing { .. }
        | AppError::NotAFile { .. }
        | AppError::WordUnreadable { .. }
        | AppError::PolicyInvalid { .. }
        | AppError::ApproversInvalid { .. }
        | AppError::CasesInvalid { .. } => Exit::Config,
        AppError::NetworkMount { .. } | AppError::Watched { .. } => Exit::Ledger,
        AppError::Ledger(ledger) => match ledger {
            LedgerError::Missing { .. }
            | LedgerError::TooNew { .. }
            | LedgerError::Busy { .. }
            | LedgerError::Full { .. }
            | LedgerError::Io { .. } => Exit::Ledger,
            LedgerError::Foreign { .. }
            | LedgerError::Corrupt { .. }
            | LedgerError::Broken { .. }
            | LedgerError::Unlike { .. }
            // A new kind takes a new format number: under this one nobody else wrote it.
            | LedgerError::UnknownKind { .. } => Exit::Integrity,
            LedgerError::HeadMoved { .. }
            | LedgerError::Encode { .. }
            | LedgerError::Sql { .. } => Exit::Internal,
        },
        AppError::Timeline { .. } | AppError::Package { .. } => Exit::Partial,
        AppError::Unfaithful { .. } | AppError::NotAsDelivered { .. } => Exit::Integrity,
        AppError::Interrupted => Exit::Interrupted,
        AppError::Io { .. } | AppError::Mount(_) | AppError::Internal(_) => Exit::Internal,
    }
}

/// What to do where no project is.
const fn without_project(exactly: bool) -> &'static str {
    if exactly {
        "--project names the folder that holds .genlock itself; genlock init DIR makes one"
    } else {
        "genlock init makes one here; genlock --project DIR names one"
    }
}

fn hint_of(error: &AppError) -> Option<String> {
    match error {
        AppError::Usage { hint, .. } => hint.clone(),
        AppError::NoProject { exactly, .. } => Some(without_project(*exactly).into()),
        AppError::Config(ConfigError::Missing { .. }) => Some(
            "put back a copy: without it roots, path rules and guarded folders are forgotten; an empty file \
             means the defaults"
                .into(),
        ),
        AppError::PolicyMissing { .. } => Some(
            "nothing passes without a policy; put back a copy, or start from a bundled one with: \
             genlock init --profile netflix in an empty folder, and copy its .genlock/policy.toml"
                .into(),
        ),
        AppError::Config(_) => Some(
            "put right what is named in .genlock/config.toml; nothing goes on without it, or roots, rules and \
             guards would be passed over"
                .into(),
        ),
        AppError::PolicyInvalid { .. } => Some(
            "correct each of these places; genlock policy check looks again. Nothing passes until it can be used"
                .into(),
        ),
        AppError::CasesInvalid { .. } => Some(
            "correct each of these places; genlock policy explain --facts lists what a case may say".into(),
        ),
        AppError::NotAFile { .. } | AppError::WordUnreadable { .. } => Some("put back the file, from a copy or from genlock log --json".into()),
        AppError::ApproversInvalid { .. } => Some(
            "one line each: PRINCIPALS [OPTIONS] KEY, as in ssh-keygen(1), ALLOWED SIGNERS; nobody \
             approves while it cannot be read"
                .into(),
        ),
        AppError::Unfaithful { .. } | AppError::NotAsDelivered { .. } => Some(
            "look at all of it with genlock verify FOLDER; nothing there is overwritten: export to another folder"
                .to_owned(),
        ),
        AppError::Timeline { .. } => Some(
            "what is read is an editor's own file or export (OTIO, EDL, FCPXML, XML, AAF, ALE): export it again, or name its \
             media with --path"
                .into(),
        ),
        AppError::Package { .. } => Some(
            "--package takes the folder with the lists in it (ASSETMAP, ascmhl, *.mhl); of any other folder name the files \
             with --path"
                .into(),
        ),
        AppError::Sign(_) => Some(
            "--sign takes a private key in OpenSSH's own format (ssh-keygen -p -f KEY converts it), \
             or a public key that ssh-agent holds; one with a passphrase and an RSA key go to the \
             agent first: ssh-add KEY"
                .into(),
        ),
        AppError::DeclarationInvalid { .. } => {
            Some("genlock declare --template prints one with every field explained".into())
        }
        AppError::NetworkMount { .. } => Some(
            "keep the ledger on a local disk: genlock init --ledger ~/genlock/PROJECT.db".into(),
        ),
        AppError::Watched { .. } => Some(
            "one watch keeps a ledger true for everybody; other commands work beside it".into(),
        ),
        AppError::Ledger(LedgerError::Missing { .. }) => Some(
            "a project's history does not start over by itself: put the ledger back from a backup, \
             or correct its place in .genlock/config.toml"
                .into(),
        ),
        AppError::Ledger(LedgerError::TooNew { .. }) => {
            Some("a newer genlock wrote it; use that one. The file was left untouched".into())
        }
        AppError::Ledger(LedgerError::Foreign { .. }) => {
            Some("the file was left exactly as it was found; a backup restores the ledger".into())
        }
        AppError::Ledger(LedgerError::Corrupt { .. }) => Some(
            "the file was left exactly as it was found; genlock verify says more, a backup \
             restores it"
                .into(),
        ),
        AppError::Ledger(LedgerError::Broken { .. }) => Some(
            "history was edited or damaged after that event; genlock verify says more, a backup \
             restores it"
                .into(),
        ),
        AppError::Ledger(LedgerError::Unlike { .. }) => {
            Some("a table was edited; genlock verify says more, a backup restores it".into())
        }
        AppError::Ledger(LedgerError::Busy { .. }) => {
            Some("another genlock is writing; try again in a moment".into())
        }
        AppError::Ledger(LedgerError::Io { .. }) => Some(
            "recording takes the right to write the ledger and in its folder, and so does reading while \
             its log (-wal) is there; where nothing can be written, a copy of the project can be read"
                .into(),
        ),
        AppError::Ledger(LedgerError::Full { .. }) => {
            Some("make room on that disk; nothing that was recorded is lost".into())
        }
        _ => None,
    }
}

/// Every cause below an error, outermost first. The problems of a policy or a list count as causes.
fn causes_of(error: &AppError) -> Vec<String> {
    if let AppError::PolicyInvalid { source, .. } | AppError::CasesInvalid { source, .. } = error {
        return source.problems.iter().map(ToString::to_string).collect();
    }
    if let AppError::DeclarationInvalid { problems, .. } = error {
        return problems.iter().map(ToString::to_string).collect();
    }
    if let AppError::ApproversInvalid { source, .. } = error {
        return source.problems.iter().map(ToString::to_string).collect();
    }
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

#[derive(Serialize)]
struct ErrorView {
    error: ErrorBody,
}

#[derive(Serialize)]
struct ErrorBody {
    exit: u8,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

/// Prints an error and gives its exit code.
pub(super) fn print(output: &mut Output, error: &AppError) -> Exit {
    let exit = exit_of(error);
    show(output, exit, error.to_string(), causes_of(error), hint_of(error));
    exit
}

/// Says that whoever was asked said no, or left; gives the exit code.
pub(super) fn declined(output: &mut Output, exit: Exit) -> Exit {
    let message = "nothing was recorded".to_owned();
    if output.is_json() {
        show(output, exit, message, Vec::new(), None);
    } else {
        output.complain(&message);
    }
    exit
}

/// Prints what is wrong with the arguments.
pub(super) fn print_usage(output: &mut Output, message: String) -> Exit {
    show(
        output,
        Exit::Usage,
        message,
        Vec::new(),
        Some("genlock --help lists what there is".into()),
    );
    Exit::Usage
}

fn show(
    output: &mut Output,
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
) {
    if output.is_json() {
        let error = ErrorBody { exit: exit.code(), message, causes, hint };
        return output.json(&ErrorView { error });
    }
    let lines = |text: &str| text.lines().map(clean).collect::<Vec<_>>().join("\n    ");
    output.complain(&format!("error: {}", lines(&message)));
    for cause in causes {
        output.complain(&format!("  caused by: {}", lines(&cause)));
    }
    if let Some(hint) = hint {
        output.complain(&format!("hint: {}", lines(&hint)));
    }
}
