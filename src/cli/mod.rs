//! The command line: arguments in, answers and exit codes out. One file per subcommand; each calls
//! one use case of `app` and shows what it says.

mod args;
mod declare;
mod deliverable;
mod demo;
mod disclose;
mod error;
mod exit;
mod export;
mod gate;
mod link;
mod ls;
mod output;
mod people;
mod policy;
mod project;
mod run;
mod scan;
mod show;
mod spout;
mod status;
mod terminal;
mod tool;
mod trace;
mod verify;
mod watch;

pub use args::Cli;
pub use exit::Exit;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{CommandFactory, Parser};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::app::{AddOptions, AppError, Context, Follower, Project};
use crate::cli::args::{Color, Command, DeliverableCommand, Global};
use crate::cli::output::{Length, Output};
use crate::cli::terminal::TerminalReporter;
use crate::clock::SystemClock;

/// Runs one command line and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let mut cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return unparsable(&error, &arguments),
    };
    if let Command::Link(_) = cli.command {
        cli.global.actor = args::actor_before("link", &arguments);
    }
    trace::start();
    let Global { json, color, quiet, verbose, .. } = cli.global;
    let length = if verbose { Length::Whole } else { Length::Usual };
    let mut output = Output::new(json, color, quiet, length);
    let exit = match prepare(&cli.global, &cli.command) {
        Ok(surroundings) => surroundings.run(&cli, &mut output),
        Err(error) => error::print(&mut output, &error),
    };
    output.finish(exit)
}

/// `--help` and `--version` are answers; anything else is an error, as JSON if JSON was asked for.
fn unparsable(error: &clap::Error, arguments: &[OsString]) -> Exit {
    use clap::error::ErrorKind as Kind;
    let asked = matches!(
        error.kind(),
        Kind::DisplayHelp | Kind::DisplayVersion | Kind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let json = arguments.iter().any(|argument| argument == "--json");
    if asked || !json {
        // Nobody is left to tell when this cannot be printed.
        let _ = error.print();
        let help = matches!(error.kind(), Kind::DisplayHelp | Kind::DisplayVersion);
        return if help { Exit::Ok } else { Exit::Usage };
    }
    let mut output = Output::new(true, Color::Never, true, Length::Usual);
    let text = error.render().to_string();
    // What is wrong, with the list below it; not the usage.
    let said: Vec<_> =
        text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let message = said.join(" ").trim_start_matches("error: ").to_owned();
    let exit = error::print_usage(&mut output, message);
    output.finish(exit)
}

/// What a command runs in.
struct Surroundings {
    reporter: TerminalReporter,
    actor: String,
    cwd: PathBuf,
    cancel: Arc<AtomicBool>,
}

fn prepare(global: &Global, command: &Command) -> Result<Surroundings, AppError> {
    let cancel = Arc::new(AtomicBool::new(false));
    if command.is_long() {
        listen(&[SIGINT, SIGTERM], &cancel)?;
    }
    let here = Path::new(".");
    let cwd = std::env::current_dir().map_err(|source| AppError::Io {
        action: "find",
        path: here.to_owned(),
        source,
    })?;
    let actor = global.actor.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(whoami);
    Ok(Surroundings { reporter: TerminalReporter::new(global.quiet), actor, cwd, cancel })
}

/// Ctrl-C and SIGTERM stop long work, and many questions, where nothing is lost. Everything else is one
/// short transaction, or one question, which they may end at once.
fn listen(signals: &[i32], cancel: &Arc<AtomicBool>) -> Result<(), AppError> {
    for signal in signals {
        // The second time stops at once, for who cannot wait for a slow disk.
        let register = || {
            signal_hook::flag::register_conditional_shutdown(
                *signal,
                i32::from(Exit::Interrupted.code()),
                Arc::clone(cancel),
            )?;
            signal_hook::flag::register(*signal, Arc::clone(cancel))
        };
        register()
            .map_err(|error| AppError::Internal(format!("cannot listen for signals: {error}")))?;
    }
    Ok(())
}

/// user@host.
fn whoami() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = named
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("uid{}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{user}@{host}")
}

impl Surroundings {
    fn run(&self, cli: &Cli, output: &mut Output) -> Exit {
        let context = Context {
            clock: &SystemClock,
            reporter: &self.reporter,
            actor: self.actor.clone(),
            cwd: self.cwd.clone(),
            cancel: &self.cancel,
            follower: Follower::default(),
        };
        let answer = dispatch(&context, cli, output);
        self.reporter.finish();
        match answer {
            Ok(exit) => exit,
            Err(error) => error::print(output, &error),
        }
    }
}

/// The folder of the project the command is about.
fn folder(context: &Context<'_>, global: &Global) -> Result<PathBuf, AppError> {
    match &global.project {
        Some(dir) => Ok(context.absolute(dir)),
        None => Project::dir_of(&context.cwd),
    }
}

/// The project the command is about.
fn find(context: &Context<'_>, global: &Global) -> Result<Project, AppError> {
    Project::at(&folder(context, global)?)
}

fn dispatch(context: &Context<'_>, cli: &Cli, output: &mut Output) -> Result<Exit, AppError> {
    let global = &cli.global;
    let project = || find(context, global);
    match &cli.command {
        Command::Init(args) => project::init(context, global, args, output),
        Command::Scan(args) => scan::run(context, global, args, output),
        Command::Watch(args) => watch::run(context, global, args, output),
        Command::Status => status::run(context, &project()?, output),
        Command::Ls(args) => ls::run(context, &project()?, args, output),
        Command::Show { asset } => show::run(context, &project()?, asset, output),
        Command::Tag(args) => people::tag(context, &project()?, args, output),
        Command::Link(args) => link::run(context, &project()?, args, output),
        Command::Declare(args) => declare::declare(context, &project()?, args, output),
        Command::Reported(args) => declare::reported(context, &project()?, args, output),
        Command::Tool(command) => tool::run(context, &project()?, command, output),
        Command::Approve(args) => people::approve(context, &project()?, args, output),
        Command::Reject(args) => people::reject(context, &project()?, args, output),
        Command::Revoke(args) => people::revoke(context, &project()?, args, output),
        Command::Deliverable(command) => match command {
            DeliverableCommand::Add { name, paths, timelines, packages } => {
                let options = AddOptions {
                    paths: paths.clone(),
                    timelines: timelines.clone(),
                    packages: packages.clone(),
                };
                deliverable::add(context, &project()?, name, &options, output)
            }
            DeliverableCommand::Link { name, reference, asset } => {
                deliverable::link(context, &project()?, name, reference, asset, output)
            }
            DeliverableCommand::Ls => deliverable::ls(&project()?, output),
            DeliverableCommand::Show { name } => {
                deliverable::show(context, &project()?, name, output)
            }
            DeliverableCommand::Rm { name } => deliverable::rm(context, &project()?, name, output),
        },
        Command::Gate { name, as_of } => gate::gate(context, &project()?, name, *as_of, output),
        Command::Finalize { name, attest } => {
            let attest = attest.as_deref();
            gate::finalize(context, &project()?, name, attest, output)
        }
        Command::Reopen { name, note } => gate::reopen(context, &project()?, name, note, output),
        Command::Disclose(args) => disclose::run(context, &project()?, args, output),
        Command::Policy(command) => policy::run(context, project, command, output),
        Command::Run(args) => run::run(context, &project()?, args, output),
        Command::Export(args) => export::export(context, &project()?, args, output),
        Command::Verify(args) => match &args.delivery {
            Some(folder) => export::verify(context, folder, args, output),
            None => verify::verify(context, &project()?, args, output),
        },
        Command::Log(args) => verify::log(context, &project()?, args, output),
        Command::Demo { dir } => demo::run(dir.as_deref(), output),
        Command::Completions { shell } => {
            output.raw(|out| {
                clap_complete::generate(*shell, &mut Cli::command(), "genlock", &mut *out);
                Ok(())
            });
            Ok(Exit::Ok)
        }
        Command::Man => {
            output.raw(|out| clap_mangen::Man::new(Cli::command()).render(&mut *out));
            Ok(Exit::Ok)
        }
    }
}
