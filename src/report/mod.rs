//! Views to bytes: JSON, CSV, HTML and text. Writes to what it is given and prints nothing itself.
//!
//! File names and metadata are hostile text: everything that came from a file is escaped for where
//! it goes.

mod csv;
mod declared;
mod disclosure;
mod json;
mod text;
mod view;
mod watch;

pub use csv::{header as csv_header, row as csv_row};
pub use declared::{DeclarationLine, DeclarationView, ReportView, ToolView, answered};
pub use disclosure::{
    Contribution, DecisionView, DisclosedAsset, DisclosedDeclaration, DisclosedDeliverable,
    DisclosedVerdict, Disclosure, DisclosureCounts, ElementView, GapView, LOG_START, OpenView,
    Picture, Pictures, SaidView, SourceView, UseView, WordView, disclosure_csv, disclosure_html,
    disclosure_summary, is_disclosure_log,
};
pub use json::{VERSION, line as json_line};
pub use text::{bytes, clean, count, duration, plain, to_the_second};
pub use view::{
    ApprovalView, AssetView, Decision, DecisionStanding, DeliverableLine, DeterminationView,
    EventView, EvidenceView, FactView, FindingView, HeadView, KinView, ListRow, LocationView,
    PathView, PolicySummary, PolicyView, ProblemView, RuleSeverity, RuleView, StatusView,
    VerdictView, WaivedView, WaiverView,
};
pub use watch::{ChangedView, GuardState, GuardView, PollView, ReadyView, WatchEvent};
