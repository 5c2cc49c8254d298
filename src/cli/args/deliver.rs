//! The arguments of what a deliverable is made of, and of how it leaves.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::app::Quoted;
use crate::cli::args::asset;

#[derive(Debug, Args)]
pub(in crate::cli) struct RunArgs {
    /// The deliverable
    pub(in crate::cli) name: String,
    /// What the command makes: a file, a folder or a glob in the project or one of its roots (repeatable)
    #[arg(long = "out", value_name = "PATH", required = true, value_parser = asset())]
    pub(in crate::cli) outputs: Vec<String>,
    /// What it made is read when it was unchanged for so long and nobody has it open to write, e.g. 500ms, 2s,
    /// 1m; else as the settings say for watch. After thirty times as long it counts as still being written
    #[arg(long, value_name = "DURATION", value_parser = crate::config::duration)]
    pub(in crate::cli) settle: Option<Duration>,
    /// The command and its arguments, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// The deliverable
    pub(in crate::cli) name: String,
    /// The folder: a new or empty one appears whole; into another, nothing is overwritten
    pub(in crate::cli) destination: PathBuf,
    /// Sign the certificate: a private key, or a public key that ssh-agent holds
    #[arg(long, value_name = "KEYFILE")]
    pub(in crate::cli) sign: Option<PathBuf>,
    /// Do not read what was written back from the device; the certificate says so
    #[arg(long)]
    pub(in crate::cli) no_read_back: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DiscloseArgs {
    /// The deliverable; the whole project when not given
    pub(in crate::cli) name: Option<String>,
    /// The format; else by the name of --output, else a summary on a terminal and HTML elsewhere
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<LogFormat>,
    /// Write to this file, whole or not at all, instead of stdout
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum LogFormat {
    /// One page with pictures, to read and to print
    Html,
    /// A row for each asset and use, for spreadsheets
    Csv,
    /// One object with everything
    Json,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeliverableCommand {
    /// Define a deliverable, or add to one that is open
    Add {
        /// Its name, e.g. EP101
        name: String,
        /// A file, folder or glob below the project, or name:path below a root (repeatable)
        #[arg(long = "path", value_name = "GLOB", value_parser = asset())]
        paths: Vec<String>,
        /// A timeline: what it refers to is part of the deliverable, and so is it. OTIO, EDL, FCPXML,
        /// FCP 7 XML, AAF, ALE or a Premiere project (repeatable)
        #[arg(long = "timeline", value_name = "FILE")]
        timelines: Vec<PathBuf>,
        /// A package: everything in the folder is part of the deliverable, and must be what its own lists
        /// say. IMF, DCP, ASC MHL or MHL (repeatable)
        #[arg(long = "package", value_name = "DIR")]
        packages: Vec<PathBuf>,
    },
    /// List deliverables and how they stand
    Ls,
    /// What a deliverable holds
    Show {
        /// Its name
        name: String,
    },
    /// Say what a reference of a timeline means where that cannot be told from it
    Link {
        /// The deliverable's name
        name: String,
        /// The reference, by its name, target or reel as deliverable show lists it
        reference: String,
        /// The asset that is meant
        #[arg(value_parser = super::asset())]
        asset: String,
    },
    /// Remove a deliverable; its past verdicts stay on the record
    Rm {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// Also read every file and compare it with the ledger
    #[arg(long)]
    pub(in crate::cli) files: bool,
    /// A head quoted in a verdict or certificate, or its hash alone: must lie on this history
    #[arg(long, value_name = "SEQ:HASH")]
    pub(in crate::cli) head: Option<Quoted>,
    /// A folder that genlock export made: needs no project
    #[arg(conflicts_with_all = ["files", "head"])]
    pub(in crate::cli) delivery: Option<PathBuf>,
    /// Who may sign deliveries, an OpenSSH `allowed_signers` file: the certificate must be by one of them
    #[arg(long, value_name = "FILE", requires = "delivery")]
    pub(in crate::cli) signers: Option<PathBuf>,
}
