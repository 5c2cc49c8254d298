//! What is shown of declarations and tools.

use serde::Serialize;

use crate::model::{Answer, Declaration, Tier, Timestamp, Tool};

/// A declaration as `show` lists it.
#[derive(Clone, Debug, Serialize)]
pub struct DeclarationView {
    /// `D-n`.
    pub id: String,
    /// The version that stands.
    pub version: u32,
    /// When that was recorded.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Whom it must go to, as it was answered then.
    pub tier: Tier,
    /// Whether the version that stands was sent.
    pub reported: Option<ReportView>,
    /// What is said.
    #[serde(flatten)]
    pub declaration: Declaration,
}

/// A report of a declaration.
#[derive(Clone, Debug, Serialize)]
pub struct ReportView {
    /// To whom.
    pub to: String,
    /// The day.
    pub on: String,
    /// Who recorded it.
    pub by: String,
    /// Hash of what was sent or answered, which is its name in `.genlock/documents/`.
    pub document: Option<String>,
}

/// A declaration in a list of what awaits something.
#[derive(Clone, Debug, Serialize)]
pub struct DeclarationLine {
    /// `D-n`.
    pub id: String,
    /// The version that stands.
    pub version: u32,
    /// What it is used for.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Whom it must go to.
    pub tier: Tier,
    /// Contents it is for.
    pub assets: u64,
}

/// An answer in words, also where there is none.
pub fn answered(answer: Option<Answer>) -> &'static str {
    answer.map_or("not answered", Answer::as_str)
}

/// A tool of the register.
#[derive(Clone, Debug, Serialize)]
pub struct ToolView {
    /// Its name.
    pub name: String,
    /// Its version; null for all.
    pub version: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// The plan it is used under.
    pub licence_tier: Option<String>,
    /// Whether an enterprise agreement covers it: `yes`, `no`, `unsure`; null when nobody answered.
    pub enterprise: Option<Answer>,
    /// Whether it stores what is put in.
    pub stores: Option<Answer>,
    /// Whether it uses that again.
    pub reuses: Option<Answer>,
    /// Whether it trains on what is put in.
    pub trains_on_inputs: Option<Answer>,
    /// Whether it trains on what comes out.
    pub trains_on_outputs: Option<Answer>,
    /// Hash of its terms, which is their name in `.genlock/documents/`.
    pub terms: Option<String>,
    /// The name they were handed over with.
    pub terms_name: Option<String>,
    /// The day they were read; that of the entry when it is not known.
    pub terms_date: Option<String>,
    /// Remarks.
    pub note: Option<String>,
    /// When this was registered.
    pub at: String,
    /// By whom.
    pub by: String,
}

impl ToolView {
    /// Puts an entry into its shape.
    pub fn of(tool: &Tool, at: Timestamp, by: &str) -> Self {
        let day = tool.terms.as_ref().map(|_| at.to_string()[..10].to_owned());
        Self {
            name: tool.name.clone(),
            version: tool.version.clone(),
            vendor: tool.vendor.clone(),
            licence_tier: tool.licence_tier.clone(),
            enterprise: tool.enterprise,
            stores: tool.stores,
            reuses: tool.reuses,
            trains_on_inputs: tool.trains_on_inputs,
            trains_on_outputs: tool.trains_on_outputs,
            terms: tool.terms.as_ref().map(|terms| terms.hash.to_string()),
            terms_name: tool.terms.as_ref().map(|terms| terms.name.clone()),
            terms_date: tool.terms_date.clone().or(day),
            note: tool.note.clone(),
            at: at.to_string(),
            by: by.to_owned(),
        }
    }
}
