//! The use cases, one file each: what a command does, without a terminal.
//!
//! Owns threads, channels, transactions and shutdown. Decides nothing itself: facts go to `origin`,
//! `policy` and `gate`, and what they say is journalled and handed back.

mod acknowledge;
mod approve;
mod approvers;
mod authority;
mod behind;
mod condition;
mod confirm;
mod contents;
mod context;
mod decide;
mod declare;
mod deliverables;
mod delivery;
mod demo_media;
mod detection;
mod disclosure;
mod documents;
mod errand;
mod error;
mod export;
mod follow;
mod gate;
mod history;
mod ingest;
mod kin;
mod link;
mod list;
mod origins;
mod packages;
mod papers;
mod people;
mod played;
mod policies;
mod project;
mod prompts;
mod reading;
mod reexamine;
mod references;
mod rules;
mod run;
mod save;
mod scan;
mod select;
mod show;
mod sidecars;
mod signing;
mod status;
mod tools;
mod verify;
mod watch;

pub use crate::policy::TrialResult;
pub use acknowledge::{AckOptions, Acknowledged, ShownChange, acknowledge};
pub use approve::{ApproveOptions, Form, approve};
pub use authority::authorities;
pub use condition::{MetOptions, condition_met};
pub use confirm::{choose, choose_known};
pub use context::Context;
pub use declare::{
    Covered, DeclareAnswer, Draft, Question, attach, covered, declaration_from, declaration_of,
    declaration_template, declare, draft, keep_unfinished, known, reported, said, standing,
};
pub use deliverables::{
    AddOptions, DeliverableDetails, DeliverableView, add_deliverable, deliverables, link_reference,
    remove_deliverable, show_deliverable,
};
pub use delivery::{DeliveryVerified, verify_delivery};
pub use demo_media::FILES as DEMO_FILES;
pub use disclosure::{disclosure, disclosure_data};
pub use error::AppError;
pub use export::{ExportAnswer, ExportOptions, export};
pub use follow::Follower;
pub use gate::{GateAnswer, finalize, gate, gate_as_of, reopen};
pub use history::history;
pub use link::{LinkOptions, link, unlink};
pub use list::{ListOptions, list};
pub use people::{
    DecisionOptions, DecisionTarget, RevokeOptions, RevokeTarget, TagOptions, Verdicts, Withdrawal,
    clear_tag, reject, revoke, stands, tag,
};
pub use played::ReadPackage;
pub use policies::{
    PolicyChoice, asks_for_document, check_policy, explain_policy, policy_facts, test_policy,
};
pub use project::{InitOptions, Initialized, Project, init};
pub use references::{Answer, ReadTimeline};
pub use run::{Ran, RunAnswer, RunOptions, run};
pub use save::save;
pub use scan::{ScanOptions, ScanOutcome, scan};
pub use select::{Selected, select};
pub use show::show;
pub use signing::SignOptions;
pub use status::{Tally, status};
pub use tools::{add_tool, show_tool, tools};
pub use verify::{Quoted, Verified, VerifyOptions, verify};
pub use watch::{News, WatchOptions, WatchOutcome, news, watch};
