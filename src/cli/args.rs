//! The arguments. Scripts rely on their names: `docs/cli.md` has an example of each.

mod deliver;

pub(super) use deliver::{
    DeliverableCommand, DiscloseArgs, ExportArgs, LogFormat, RunArgs, VerifyArgs,
};

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::{
    AiStatus, Answer, ApprovalId, Clearance, NamedDeclaration, Relation, Scope, Seq, SourceType,
    Timestamp, escape_bytes,
};

/// Knows which assets of a production are AI-made, who approved them, and refuses the delivery of
/// those nobody did.
#[derive(Debug, Parser)]
#[command(name = "genlock", version, max_term_width = 100, infer_subcommands = false)]
#[command(after_help = "Exit codes: 0 done or passed, 1 the answer is no, 2 usage, 3 settings or \
policy, 4 something could not be examined, 5 ledger missing, busy or too new, 6 integrity, \
70 internal, 130 interrupted.\n\nSee it work: genlock demo")]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// The project folder; else the nearest one above the current folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) project: Option<PathBuf>,
    /// Print JSON: one object, or one per line for lists
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print the answer and errors only
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Say more: every reason and detail, uncut
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
    /// Colours on the terminal
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,
    /// Who acts, for the record; else user@host
    #[arg(long = "as", global = true, value_name = "NAME", env = "GENLOCK_ACTOR")]
    pub(super) actor: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    /// When stdout is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a project: a folder with .genlock/ in it. Harmless when there is one
    Init(InitArgs),
    /// Hash what changed, look for marks of AI, and record what was seen
    Scan(ScanArgs),
    /// Scan, then keep the ledger true while people work, until stopped
    Watch(WatchArgs),
    /// What is AI-made, what awaits a decision, what is missing, how deliverables stand
    Status,
    /// List assets, one line per file or image sequence
    Ls(ListArgs),
    /// Everything known of one asset: places, marks, reasons, approvals, history
    Show {
        /// A path, a glob or folded sequence that stands for one content, a full id, or at least 8 digits of one
        #[arg(value_parser = asset())]
        asset: String,
    },
    /// Record what a person determined: made by AI, in part, or not
    Tag(TagArgs),
    /// Record what assets were made from: what was made from AI is AI
    Link(LinkArgs),
    /// Declare an intended use of generative AI: whether telling is enough, or who must be asked first
    Declare(DeclareArgs),
    /// Record that a declaration was sent to the commissioner's contact
    Reported(ReportedArgs),
    /// The register of generative tools, with their terms
    #[command(subcommand)]
    Tool(ToolCommand),
    /// Record an approval, bound to the exact content
    Approve(ApproveArgs),
    /// Record a refusal
    Reject(RejectArgs),
    /// Withdraw an approval, from now on
    Revoke(RevokeArgs),
    /// Define what a deliverable is made of
    #[command(subcommand)]
    Deliverable(DeliverableCommand),
    /// Judge a deliverable as it is on disk now: exit 0 passed, 1 refused, 4 cannot tell
    Gate {
        /// The deliverable
        name: String,
        /// Repeat an earlier moment: the number of a journal event. Looks at no disk, records nothing
        #[arg(long, value_name = "SEQ", value_parser = seq)]
        as_of: Option<Seq>,
    },
    /// Judge a deliverable and, if it passes, mark it final
    Finalize {
        /// The deliverable
        name: String,
        /// Who states that every known use of generative AI in it is declared
        #[arg(long, value_name = "WHO")]
        attest: Option<String>,
    },
    /// Take back that a deliverable is final, on the record
    Reopen {
        /// The deliverable
        name: String,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = said)]
        note: String,
    },
    /// Copy a deliverable that passes into a folder, compare every byte, leave certificate and manifest.
    /// Finalises it first. A run that was killed is finished by the next
    Export(ExportArgs),
    /// Run an export command, only if the deliverable passes; what it makes becomes its renditions
    Run(RunArgs),
    /// The disclosure log of generative AI, a cue sheet: of a deliverable, or of the whole project
    Disclose(DiscloseArgs),
    /// Check a policy, explain its rules, test what they find, acknowledge changes of it
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Check the ledger: file, chain, tables against a replay, documents; or a delivery, without one
    Verify(VerifyArgs),
    /// The journal, newest first
    Log(LogArgs),
    /// Run the whole job on a small film project, in front of you
    Demo {
        /// Where to put the project; a new folder under the system's temporary one when not given
        dir: Option<PathBuf>,
    },
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

impl Command {
    /// Whether it may be stopped in the middle: it listens for Ctrl-C and SIGTERM, and ends where nothing is
    /// lost. They end any other command at once, which records all of it or nothing.
    pub(super) const fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Scan(_)
                | Self::Watch(_)
                | Self::Gate { .. }
                | Self::Finalize { .. }
                | Self::Export(_)
                | Self::Run(_)
                | Self::Disclose(_)
                | Self::Verify(_)
        )
    }
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder; the current one when not given
    pub(super) dir: Option<PathBuf>,
    /// The bundled policy to start from; netflix when not given
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Where the ledger goes: a local disk, when the project is on a network mount
    #[arg(long, value_name = "FILE")]
    pub(super) ledger: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Only this folder of the project, or of one of its roots. Where no folder above has a project,
    /// one is made in it
    pub(super) dir: Option<PathBuf>,
    /// Decode PNG and WebP pixels too, for texts that generators hide in them, also of files that are known
    #[arg(long)]
    pub(super) deep: bool,
    /// Examine all contents again, as after an upgrade; reads headers, hashes nothing again
    #[arg(long)]
    pub(super) redetect: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct ListArgs {
    /// Paths, folders, globs, folded sequences or ids; everything when not given
    #[arg(value_parser = asset())]
    pub(super) assets: Vec<String>,
    /// Only ai, ai-part and suspect
    #[arg(long)]
    pub(super) ai: bool,
    /// Only this status: ai, ai-part, suspect, not-ai, unknown
    #[arg(long, value_name = "S", value_parser = status)]
    pub(super) status: Option<AiStatus>,
    /// Only this clearance: undeclared, declared, reported, approved, rejected, revoked, expired
    #[arg(long, value_name = "C", value_parser = clearance)]
    pub(super) clearance: Option<Clearance>,
    /// Only this IPTC digital source type, e.g. trainedAlgorithmicMedia
    #[arg(long, value_name = "T", value_parser = source_type)]
    pub(super) source_type: Option<SourceType>,
    /// Only what names this tool (any part of its name)
    #[arg(long, value_name = "NAME")]
    pub(super) tool: Option<String>,
    /// What is gone instead of what is there
    #[arg(long)]
    pub(super) missing: bool,
    /// Every file on its own line: do not fold image sequences
    #[arg(long)]
    pub(super) files: bool,
    /// Comma-separated values with a header, for spreadsheets
    #[arg(long, conflicts_with = "nul")]
    pub(super) csv: bool,
    /// Raw paths only, each ended by a NUL byte, for xargs -0
    #[arg(short = '0', id = "nul")]
    pub(super) nul: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["ai", "ai_part", "not_ai", "source_type", "clear"])))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct TagArgs {
    /// Paths, folders, globs, folded sequences or ids
    #[arg(required = true, value_parser = asset())]
    pub(super) assets: Vec<String>,
    /// It is wholly generated
    #[arg(long, conflicts_with_all = ["ai_part", "not_ai", "clear"])]
    pub(super) ai: bool,
    /// It contains or was altered by generative AI
    #[arg(long, conflicts_with_all = ["not_ai", "clear"])]
    pub(super) ai_part: bool,
    /// It is not AI-made (against a mark or a word: say why with --note)
    #[arg(long, conflicts_with = "clear")]
    pub(super) not_ai: bool,
    /// Its IPTC digital source type, e.g. compositeSynthetic
    #[arg(long, value_name = "T", value_parser = source_type, conflicts_with = "clear")]
    pub(super) source_type: Option<SourceType>,
    /// The tool it was made with
    #[arg(long, value_name = "NAME", conflicts_with = "clear")]
    pub(super) tool: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: Option<String>,
    /// Withdraw the determination
    #[arg(long)]
    pub(super) clear: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Who acts goes before the command here: genlock --as NAME link …\n\nWhat was made \
from AI is AI until a person determines otherwise; a gate asks for the approval of what it was made \
from. A circle is refused."
)]
pub(super) struct LinkArgs {
    /// What was made: paths, folders, globs, folded sequences or ids
    #[arg(required = true, value_name = "CHILD", value_parser = asset())]
    pub(super) children: Vec<String>,
    /// What it was made from; each went into each
    #[arg(long, required = true, num_args = 1.., value_name = "PARENT", value_parser = asset())]
    pub(super) from: Vec<String>,
    /// How it was made from it. A composite is AI-made in part, everything else as its source is
    // By the id of the global option of that name, which so is not handed down to this command.
    #[arg(id = "actor", long = "as", value_name = "RELATION", required_unless_present = "clear",
        value_parser = PossibleValuesParser::new(Relation::WORDS))]
    pub(super) relation: Option<String>,
    /// Withdraw the link, whoever or whatever file said so
    #[arg(long, conflicts_with = "actor")]
    pub(super) clear: bool,
    /// Remarks
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// Who acts, as the options before the command say. For `link`, whose own `--as` takes the place of the
/// global one.
pub(super) fn actor_before(command: &str, arguments: &[OsString]) -> Option<String> {
    let mut arguments = arguments.iter().skip(1).map(|one| one.to_string_lossy());
    let mut actor = None;
    while let Some(one) = arguments.next().filter(|one| one != command) {
        match one.as_ref() {
            "--as" => actor = arguments.next().map(Cow::into_owned),
            "--project" | "--color" => drop(arguments.next()),
            one => actor = one.strip_prefix("--as=").map(str::to_owned).or(actor),
        }
    }
    actor.or_else(|| std::env::var("GENLOCK_ACTOR").ok())
}

#[derive(Debug, Args)]
pub(super) struct DeclareArgs {
    /// Paths, globs (also for what is yet to come), folded sequences or ids; or one declaration, D-n,
    /// D-nvM for the version that was read
    #[arg(value_parser = asset())]
    pub(super) assets: Vec<String>,
    /// What is declared, in TOML; on a terminal without it, questions are asked
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// Print a file to fill in, with every field explained and what marks say filled in
    #[arg(long, conflicts_with_all = ["from", "add"])]
    pub(super) template: bool,
    /// Put more under a declaration (repeatable)
    #[arg(long, value_name = "ASSET", num_args = 1.., value_parser = asset())]
    pub(super) add: Vec<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReportedArgs {
    /// The declaration, D-n; D-nvM for the version that was sent
    #[arg(value_parser = declaration)]
    pub(super) declaration: NamedDeclaration,
    /// Whom it was sent to
    #[arg(long, value_name = "WHO")]
    pub(super) to: String,
    /// The day; today when not given
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) on: Option<String>,
    /// What was sent or answered: copied into the project's documents by its hash
    #[arg(long, value_name = "FILE")]
    pub(super) document: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ToolCommand {
    /// Register a tool, or what is known of it now
    Add(Box<ToolArgs>),
    /// List the register as it stands
    Ls,
    /// Everything ever registered of a tool
    Show {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ToolArgs {
    /// Its name, as declarations call it
    pub(super) name: String,
    /// Its version; for all versions when not given
    #[arg(long = "version", value_name = "TEXT", value_parser = said)]
    pub(super) tool_version: Option<String>,
    /// Who makes it
    #[arg(long, value_name = "NAME")]
    pub(super) vendor: Option<String>,
    /// The plan it is used under, e.g. free, pro, enterprise
    #[arg(long, visible_alias = "tier", value_name = "TEXT")]
    pub(super) licence_tier: Option<String>,
    /// Whether an enterprise agreement covers its use: yes, no, unsure
    #[arg(long, value_name = "ANSWER", num_args = 0..=1, default_missing_value = "yes", value_parser = answer)]
    pub(super) enterprise: Option<Answer>,
    /// Whether it stores what is put in
    #[arg(long, value_name = "ANSWER", num_args = 0..=1, default_missing_value = "yes", value_parser = answer)]
    pub(super) stores: Option<Answer>,
    /// Whether it uses that again
    #[arg(long, value_name = "ANSWER", num_args = 0..=1, default_missing_value = "yes", value_parser = answer)]
    pub(super) reuses: Option<Answer>,
    /// Whether it trains on what is put in
    #[arg(long, value_name = "ANSWER", num_args = 0..=1, default_missing_value = "yes", value_parser = answer)]
    pub(super) trains_on_inputs: Option<Answer>,
    /// Whether it trains on what comes out
    #[arg(long, value_name = "ANSWER", num_args = 0..=1, default_missing_value = "yes", value_parser = answer)]
    pub(super) trains_on_outputs: Option<Answer>,
    /// Its terms: copied into the project's documents by their hash
    #[arg(long, value_name = "FILE")]
    pub(super) terms: Option<PathBuf>,
    /// The day they were read; today when not given
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) terms_date: Option<String>,
    /// Remarks
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// Who decided
    #[arg(long, value_name = "WHO")]
    pub(super) by: String,
    /// Only for this deliverable (repeatable); for all when not given
    #[arg(long = "deliverable", value_name = "NAME")]
    pub(super) deliverables: Vec<String>,
    /// The written word: copied into the project's documents by its hash
    #[arg(long, value_name = "FILE")]
    pub(super) document: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// Paths, folders, globs, folded sequences or ids; or one declaration, D-n, D-nvM for the version
    /// that was read; with --condition-met one approval, A-n
    #[arg(required = true, value_parser = asset())]
    pub(super) assets: Vec<String>,
    #[command(flatten)]
    pub(super) decision: DecisionArgs,
    /// Temporary use, or part of a final deliverable
    #[arg(long, value_enum, value_name = "SCOPE",
        required_unless_present_any = ["determination", "under", "condition_met"])]
    pub(super) scope: Option<ScopeArg>,
    /// Sign it: a private key, or a public key that ssh-agent holds
    #[arg(long, value_name = "KEYFILE")]
    pub(super) sign: Option<PathBuf>,
    /// Extend this approval to a later version, with its scope, document and conditions
    #[arg(long, value_name = "A-n", value_parser = approval_id, conflicts_with_all =
        ["scope", "conditions", "expires", "determination", "deliverables", "document"])]
    pub(super) under: Option<ApprovalId>,
    /// Record that the conditions of an approval are met; --note says how
    #[arg(long, requires = "note", conflicts_with_all =
        ["scope", "conditions", "expires", "determination", "deliverables", "under"])]
    pub(super) condition_met: bool,
    /// Conditions it is bound to
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) conditions: Option<String>,
    /// The last day it holds (to its end, UTC), e.g. 2026-12-31
    #[arg(long, value_name = "DATE", value_parser = end_of_day)]
    pub(super) expires: Option<Timestamp>,
    /// Confirm a determination that contradicts a mark
    #[arg(long)]
    pub(super) determination: bool,
    /// Remarks
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ScopeArg {
    /// Temporary use: edit, pitch, screening copies
    Temp,
    /// Part of a final deliverable
    Final,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Temp => Self::Temp,
            ScopeArg::Final => Self::Final,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct RejectArgs {
    /// Paths, folders, globs, folded sequences or ids; or one declaration, D-n, D-nvM for the version
    /// that was read
    #[arg(required = true, value_parser = asset())]
    pub(super) assets: Vec<String>,
    #[command(flatten)]
    pub(super) decision: DecisionArgs,
    /// The use that is refused, for the record: a refused temporary use is no final one either
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub(super) scope: Option<ScopeArg>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: String,
}

#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// One approval (A-n), the approvals of a declaration (D-n), or assets: all their approvals
    #[arg(required = true, value_parser = asset())]
    pub(super) targets: Vec<String>,
    /// Who withdraws it, where that is not who acts: an approver, or who gave the approval
    #[arg(long, value_name = "WHO")]
    pub(super) by: Option<String>,
    /// Only approvals of this scope
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub(super) scope: Option<ScopeArg>,
    /// Only approvals that hold for this deliverable (repeatable)
    #[arg(long = "deliverable", value_name = "NAME")]
    pub(super) deliverables: Vec<String>,
    /// The written withdrawal: copied into the project's documents by its hash
    #[arg(long, value_name = "FILE")]
    pub(super) document: Option<PathBuf>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(super) note: String,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Only this folder of the project, or of one of its roots. Where no folder above has a project,
    /// one is made in it
    pub(super) dir: Option<PathBuf>,
    /// Look from time to time instead of listening to the system
    #[arg(long)]
    pub(super) poll: bool,
    /// Read a file nobody was seen to close when it was unchanged for so long, e.g. 500ms, 2s, 1m
    #[arg(long, value_name = "DURATION", value_parser = crate::config::duration)]
    pub(super) settle: Option<Duration>,
    /// One pass, then end: exit 1 if anything in a guarded folder should not be there
    #[arg(long)]
    pub(super) once: bool,
    /// Keep at most so many unheard events, to try what happens beyond
    #[arg(long, hide = true, value_name = "N")]
    pub(super) queue: Option<usize>,
    /// Take at most so many watches from the system, to try what happens beyond
    #[arg(long, hide = true, value_name = "N")]
    pub(super) watches: Option<usize>,
    /// Wait at most so long for a root to answer, to try what happens beyond
    #[arg(long, hide = true, value_name = "DURATION", value_parser = crate::config::duration)]
    pub(super) answer: Option<Duration>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Whether a policy can be used; else every problem with line and column (exit 3)
    Check {
        /// A file; the project's policy when not given
        file: Option<PathBuf>,
        /// A bundled profile instead
        #[arg(long, value_name = "NAME", conflicts_with = "file")]
        profile: Option<String>,
    },
    /// When a rule finds, how hard, what clears it and whose words it rests on
    Explain {
        /// The code of a finding or of a reason to escalate; all of them when not given
        code: Option<String>,
        /// The facts that a rule may ask about
        #[arg(long, conflicts_with = "code")]
        facts: bool,
        /// By a bundled profile instead of the project's policy
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// Record that the policy and the approvers, as changed, are known and meant. Until then every
    /// verdict shows what changed
    Ack {
        /// Who says so: one of the approvers who were acknowledged before
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
        /// Why it was changed
        #[arg(long, value_name = "TEXT", value_parser = said)]
        note: String,
        /// Sign it: a private key, or a public key that ssh-agent holds
        #[arg(long, value_name = "KEYFILE")]
        sign: Option<PathBuf>,
    },
    /// Facts in, expected findings out: exit 1 when a case comes out otherwise
    Test {
        /// A file of [[case]] with facts and expect
        file: PathBuf,
        /// By a bundled profile instead of the project's policy
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// Only events that name this asset
    #[arg(long, value_name = "ASSET", value_parser = asset())]
    pub(super) asset: Option<String>,
    /// Only from this day or time on, e.g. 2026-11-01 or 2026-11-01T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(super) since: Option<Timestamp>,
}

fn status(text: &str) -> Result<AiStatus, String> {
    AiStatus::from_word(text).ok_or_else(|| format!("one of {}", AiStatus::WORDS.join(", ")))
}

fn clearance(text: &str) -> Result<Clearance, String> {
    Clearance::from_word(text).ok_or_else(|| format!("one of {}", Clearance::WORDS.join(", ")))
}

fn source_type(text: &str) -> Result<SourceType, String> {
    SourceType::parse(text).ok_or_else(|| {
        let terms: Vec<_> = SourceType::ALL.iter().map(|one| one.term()).collect();
        format!("one of {}", terms.join(", "))
    })
}

fn approval_id(text: &str) -> Result<ApprovalId, String> {
    text.parse().map_err(|()| "an approval, A-n".to_owned())
}

/// An asset argument. A path that is not UTF-8 is taken as it is printed.
fn asset() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().map(|typed| escape_bytes(typed.as_bytes()).into_owned())
}

/// A text that says nothing is none.
fn said(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it says nothing".to_owned()) } else { Ok(text.to_owned()) }
}

fn end_of_day(text: &str) -> Result<Timestamp, String> {
    Timestamp::end_of_day(text).map_err(|_| "a day like 2026-11-30, and no time of day".to_owned())
}

fn day(text: &str) -> Result<String, String> {
    end_of_day(text).map(|_| text.to_owned())
}

fn answer(text: &str) -> Result<Answer, String> {
    Answer::parse(text).ok_or_else(|| "yes, no or unsure".to_owned())
}

fn declaration(text: &str) -> Result<NamedDeclaration, String> {
    text.parse().map_err(|()| "a declaration is written D-n, e.g. D-1, or D-1v2".to_owned())
}

fn since(text: &str) -> Result<Timestamp, String> {
    let day = || format!("{text}T00:00:00Z").parse::<Timestamp>();
    text.parse().or_else(|error: crate::model::BadTimestamp| day().map_err(|_| error.to_string()))
}

fn seq(text: &str) -> Result<Seq, String> {
    text.parse().map(Seq).map_err(|_| "the number of an event, as genlock log shows it".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::model::Head;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_quoted_head_is_read_back() {
        let text = Head { seq: Seq(7), hash: [9; 32] }.to_string();
        assert_eq!(text.parse::<Head>().unwrap().seq, Seq(7));
        assert!("7".parse::<Head>().is_err());
    }
}
