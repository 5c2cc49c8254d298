//! What a log says of a source, a performer or a decision, in one sentence each: the same in every
//! format for people.

use crate::model::{Answer, Input, PipelineStep, Talent};
use crate::report::{Contribution, Decision, DecisionView, ToolView, answered};

/// What a contribution is called.
pub const fn contribution(one: Contribution) -> &'static str {
    match one {
        Contribution::Generated => "generated",
        Contribution::PartGenerated => "generated in part",
        Contribution::Suspect => "undecided: may be generated",
        Contribution::Contested => "said not to be AI, against a mark",
        Contribution::Declared => "declared, without a mark",
    }
}

/// What a gap is called where there is room for a word or two; the code where there is none for it.
pub fn short(code: &str) -> &str {
    match code {
        "ai-undeclared" => "undeclared",
        "ai-unreported" => "not reported",
        "ai-unapproved" => "unapproved",
        "approval-temp-only" => "approved for temporary use only",
        "approval-not-for-this-deliverable" => "approved for another deliverable",
        "approval-expired" => "approval ran out",
        "approval-revoked" => "approval withdrawn",
        "approval-rejected" => "rejected",
        "approval-outdated" => "approval outdated",
        "approval-no-document" => "approval without document",
        "approval-invalid" | "approver-not-allowed" => "approval does not count",
        "conditions-open" => "conditions open",
        "suspect-undetermined" => "undecided",
        "determination-contradicts-mark" => "contested, not confirmed",
        "talent-consent-missing" => "consent missing",
        "media-unread" => "not fully examined",
        "origin-unmarked" => "no mark",
        "principles-unanswered" => "principles not answered",
        "sources-unknown" => "sources not said",
        "rights-unknown" => "rights of sources not said",
        "phase-unknown" => "phase not said",
        "finality-unknown" => "temporary or final not said",
        "prominence-unknown" => "prominence not said",
        "human-contribution-unknown" => "human contribution not said",
        "tool-unknown" => "tool not known",
        "model-unknown" => "model not known",
        "prompt-unknown" => "prompt not known",
        "timecode-unknown" => "timecode not known",
        "not-judged" => "left out of what is judged",
        other => other,
    }
}

/// `2026-11-22 09:30:00 UTC` of an RFC 3339 time.
pub fn time(at: &str) -> String {
    match at.get(..19) {
        Some(to_the_second) => format!("{} UTC", to_the_second.replace('T', " ")),
        None => at.to_owned(),
    }
}

/// Parts that say anything, with bars between.
pub fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// What the register says of a tool's terms.
pub fn tool_terms(one: &ToolView) -> String {
    let version = one.version.as_deref().unwrap_or("any version");
    let vendor = one.vendor.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let tier = one.licence_tier.as_ref().map(|tier| format!(", tier {tier}")).unwrap_or_default();
    let terms = match (&one.terms_name, &one.terms, &one.terms_date) {
        (Some(name), Some(hash), Some(day)) => format!(", terms {name} of {day} (BLAKE3 {hash})"),
        _ => ", terms not on record".to_owned(),
    };
    let note = one.note.as_ref().map(|note| format!(", note: {note}")).unwrap_or_default();
    format!(
        "{} ({version}){vendor}{tier}: enterprise agreement {}, stores {}, re-uses {}, trains on inputs \
         {}, on outputs {}{terms}{note}",
        one.name,
        answered(one.enterprise),
        answered(one.stores),
        answered(one.reuses),
        answered(one.trains_on_inputs),
        answered(one.trains_on_outputs)
    )
}

/// A step of a pipeline.
pub fn step(one: &PipelineStep) -> String {
    with(
        &one.tool,
        &[
            ("version", one.version.clone()),
            ("model", one.model.clone()),
            ("does", one.does.clone()),
            ("meets the guidance", one.meets_guidance.map(|word| word.as_str().to_owned())),
        ],
    )
}

/// `a sketch (owner: Kim; cleared: letter 4; third party: no)`.
pub fn input(one: &Input) -> String {
    let answer = |answer: Option<Answer>| answer.map(|one| one.as_str().to_owned());
    with(
        &one.what,
        &[
            ("owner", one.owner.clone()),
            ("cleared", one.clearance.clone()),
            ("the commissioner's", answer(one.proprietary)),
            ("personal data", answer(one.personal_data)),
            ("third party", answer(one.third_party)),
        ],
    )
}

/// A performer with the consent that is on record.
pub fn talent(one: &Talent) -> String {
    let document = one.consent_document.as_ref();
    let consent = if one.lacks_consent(&|_| false) {
        Some("missing".to_owned())
    } else {
        one.consent.clone()
    };
    with(
        &one.name,
        &[
            ("use", one.made.map(|word| word.as_str().to_owned())),
            ("exempt", one.exempt.map(|word| word.as_str().to_owned())),
            ("consent", consent),
            ("document", document.map(|file| format!("{} (BLAKE3 {})", file.name, file.hash))),
            ("given", one.consent_date.clone()),
            ("until", one.consent_until.clone()),
            ("scope", one.scope.clone()),
            ("production", one.production.clone()),
            ("territory", one.territory.clone()),
            ("duration", one.duration.clone()),
            ("guild", one.guild.clone()),
            ("notice", one.notice.clone()),
            ("represented by", one.represented_by.clone()),
            ("minor", one.minor.map(|word| word.as_str().to_owned())),
        ],
    )
}

fn with(name: &str, parts: &[(&str, Option<String>)]) -> String {
    let said = parts.iter().filter_map(|(key, text)| Some(format!("{key}: {}", text.as_ref()?)));
    let said: Vec<_> = said.collect();
    if said.is_empty() { name.to_owned() } else { format!("{name} ({})", said.join("; ")) }
}

/// One decision in a sentence.
pub fn decision(view: &DecisionView) -> String {
    let one = &view.decision;
    let what = if one.determination { "confirmed as not AI" } else { one.decision.as_str() };
    let scope = one.scope.map(|scope| format!(" for {scope} use")).unwrap_or_default();
    let roles =
        if view.roles.is_empty() { String::new() } else { format!(" ({})", view.roles.join(", ")) };
    let mut text = format!("{} {what}{scope} by {}{roles} on {}", one.id, one.by, time(&one.at));
    let mut add = |more: String| {
        text.push_str("; ");
        text.push_str(&more);
    };
    if let Some(from) = &view.from {
        add(format!("of {from}"));
    }
    if !one.deliverables.is_empty() {
        add(format!("for {}", one.deliverables.join(", ")));
    }
    if let Some(conditions) = &one.conditions {
        add(format!("on condition: {conditions}"));
    }
    for met in &view.conditions_met {
        let flaw = met.flaw.as_ref().map(|why| format!(", which does not count: {why}"));
        let flaw = flaw.unwrap_or_default();
        add(format!("met, says {} on {}: {}{flaw}", met.by, time(&met.at), met.note));
    }
    if let Some(expires) = &one.expires {
        add(format!("until {}", time(expires)));
    }
    match (&one.document_name, &one.document) {
        (Some(name), Some(hash)) => add(format!("document {name} (BLAKE3 {hash})")),
        _ => add("no document".to_owned()),
    }
    if one.decision == Decision::Approved {
        match (&one.signature, &one.flaw) {
            (_, Some(flaw)) => add(format!("does not count: {flaw}")),
            (Some(key), None) => add(format!("signed with {key}")),
            (None, None) => add("not signed".to_owned()),
        }
        add(one.standing.to_string());
    }
    if let Some(under) = &one.under {
        add(format!("extends {under}"));
    }
    if let Some(note) = &one.note {
        add(format!("note: {note}"));
    }
    if let Some(word) = &view.revoked {
        add(format!("withdrawn by {} on {}: {}", word.by, time(&word.at), word.note));
    }
    text
}
