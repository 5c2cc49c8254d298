//! Declarations on the page, each once however many elements are under it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::{Declaration, Medium, Prominence};
use crate::report::disclosure::DisclosedDeclaration;
use crate::report::disclosure::html::markup::{List, Own, Text};
use crate::report::disclosure::words::{input, step, talent, time, tool_terms};
use crate::report::{Disclosure, answered};

/// Every declaration that an element is under, and those that nothing is under.
pub fn declarations(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let mut all: BTreeMap<(usize, &str), &DisclosedDeclaration> = BTreeMap::new();
    let under = log.elements.iter().flat_map(|one| &one.declarations);
    for one in under.chain(&log.declared_only) {
        let id = &*one.declaration.id;
        all.insert((id.len(), id), one);
    }
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Declarations of use</h2>")?;
    for one in all.values() {
        declaration(out, one)?;
    }
    writeln!(out, "</section>")
}

fn declaration(out: &mut dyn Write, disclosed: &DisclosedDeclaration) -> io::Result<()> {
    let view = &disclosed.declaration;
    let said = &view.declaration;
    let id = Text(&view.id);
    writeln!(
        out,
        "<article id=\"{id}\">\n<h3>{id} version {}: {}</h3>",
        view.version,
        Own(&said.purpose)
    )?;
    let mut list = List::begin(out)?;
    recorded(&mut list, disclosed)?;
    purpose(&mut list, said)?;
    means(&mut list, disclosed)?;
    for (name, one) in [
        ("Personal data", said.personal_data),
        ("Commissioner's material", said.proprietary),
        ("Third-party material", said.third_party_ip),
        ("Public figure, deceased", said.public_figure),
        ("Alters a performance", said.alters_performance),
        ("Touches union work", said.union_impact),
        ("Could mislead", said.could_mislead),
        ("Watermarked while temporary", said.watermarked),
    ] {
        if let Some(one) = one {
            list.text(name, one.as_str())?;
        }
    }
    let people: Vec<_> = said.talent.iter().map(talent).collect();
    list.limited_or("Talent", people.iter().map(String::as_str), "nobody named")?;
    list.text("Human contribution", said.human_contribution.as_deref().unwrap_or(UNSAID))?;
    let steps: Vec<_> = said.pipeline.iter().map(step).collect();
    list.limited("Pipeline", steps.iter().map(String::as_str))?;
    for (name, text) in [
        ("Vendor", &said.vendor),
        ("Training data", &said.training_data),
        ("Cleared for training", &said.training_clearance),
        ("Rights cleared", &said.rights_clearance),
        ("Note", &said.note),
    ] {
        if let Some(text) = text {
            list.text(name, text)?;
        }
    }
    list.end()?;
    writeln!(out, "</article>")
}

/// What stands where nothing was answered.
const UNSAID: &str = "not said";

/// Who said it, whom it went to, and what was answered.
fn recorded(list: &mut List<'_>, disclosed: &DisclosedDeclaration) -> io::Result<()> {
    let view = &disclosed.declaration;
    list.text("Declared by", &format!("{} on {}", view.by, time(&view.at)))?;
    let sent = view.reported.as_ref().map(|sent| {
        let document = sent.document.as_ref();
        let document = document.map(|hash| format!(", document BLAKE3 {hash}")).unwrap_or_default();
        format!("to {} on {}{document}", sent.to, sent.on)
    });
    list.text("Reported", sent.as_deref().unwrap_or("not as it stands"))?;
    list.text("Answered with", view.tier.as_str())?;
    list.limited("Because", disclosed.reasons.iter().map(|one| one.why.as_str()))
}

/// What is made, and for what.
fn purpose(list: &mut List<'_>, said: &Declaration) -> io::Result<()> {
    let rules = &said.principles;
    let asked = [
        ("P1 copies nothing that is not owned", rules.p1),
        ("P2 tools keep, re-use and learn nothing", rules.p2),
        ("P3 enterprise-secured where possible", rules.p3),
        ("P4 temporary, not in final deliverables", rules.p4),
        ("P5 replaces no talent or union work without consent", rules.p5),
    ];
    let asked: Vec<_> = asked.map(|(what, one)| format!("{what}: {}", answered(one))).to_vec();
    list.many("Principles", asked.iter().map(String::as_str))?;
    list.text("Medium", said.medium.map_or(UNSAID, Medium::as_str))?;
    list.text("Phase", said.phase.as_deref().unwrap_or(UNSAID))?;
    let is_final = said.is_final.map_or(UNSAID, |is| if is { "final" } else { "temporary" });
    list.text("Temporary or final", is_final)?;
    list.text("Prominence", said.prominence.map_or(UNSAID, Prominence::as_str))?;
    list.text("Elements", &joined_by(", ", &said.elements))
}

/// What it is made with, and of what.
fn means(list: &mut List<'_>, disclosed: &DisclosedDeclaration) -> io::Result<()> {
    let said = &disclosed.declaration.declaration;
    list.text("Tool", &joined_by(" ", [&said.tool, &said.tool_version].into_iter().flatten()))?;
    list.text("Model", &joined_by(" ", [&said.model, &said.model_version].into_iter().flatten()))?;
    list.text("Licence tier", said.licence_tier.as_deref().unwrap_or(UNSAID))?;
    let register: Vec<_> = disclosed.register.iter().map(tool_terms).collect();
    list.limited("Register of tools", register.iter().map(String::as_str))?;
    list.limited("Prompts", said.prompts.iter().map(String::as_str))?;
    let inputs: Vec<_> = said.inputs.iter().map(input).collect();
    list.limited_or("Source material", inputs.iter().map(String::as_str), UNSAID)
}

fn joined_by<'a>(between: &str, parts: impl IntoIterator<Item = &'a String>) -> String {
    let parts: Vec<_> = parts.into_iter().map(String::as_str).collect();
    if parts.is_empty() { UNSAID.to_owned() } else { parts.join(between) }
}
