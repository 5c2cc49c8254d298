//! Views to bytes: JSON, CSV and text. Writes to what it is given and prints nothing itself.
//!
//! File names and metadata are hostile text: everything that came from a file is escaped for where
//! it goes.

mod csv;
mod declared;
mod json;
mod text;
mod view;
mod watch;

pub use csv::{header as csv_header, row as csv_row};
pub use declared::{DeclarationLine, DeclarationView, ReportView, ToolView};
pub use json::{VERSION, line as json_line};
pub use text::{bytes, clean, count, duration, plain, short_list};
pub use view::{
    ApprovalView, AssetView, DeliverableLine, DeterminationView, EventView, EvidenceView, FactView,
    FindingView, ListRow, LocationView, PathView, PolicySummary, ProblemView, RuleView, StatusView,
    VerdictView, WaivedView, WaiverView,
};
pub use watch::{ChangedView, GuardView, PollView, ReadyView, WatchEvent};
