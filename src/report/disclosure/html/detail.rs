//! An element on the page, with everything that is known of it.

use std::io::{self, Write};

use crate::report::disclosure::html::markup::{List, MOST, Own, Text};
use crate::report::disclosure::html::{picture, place};
use crate::report::disclosure::words::{contribution, decision, time};
use crate::report::disclosure::{DecisionView, GapView, SaidView, SourceView, UseView};
use crate::report::{Disclosure, ElementView, EvidenceView};

/// Everything that is known of an element.
pub fn element(out: &mut dyn Write, log: &Disclosure, one: &ElementView) -> io::Result<()> {
    let drawn =
        one.assets.iter().any(|asset| matches!(log.pictures.of.get(&asset.asset), Some(Ok(_))));
    let number = one.number;
    writeln!(out, "<article id=\"e{number}\">\n<h3>{number}. {}</h3>", Own(&one.name))?;
    if drawn {
        write!(out, "<figure>")?;
        picture(out, log, one)?;
        writeln!(out, "</figure>")?;
    }
    let mut list = List::begin(out)?;
    missing(&mut list, &one.missing)?;
    let how = one.strength.map(|strength| format!(", known by: {strength}")).unwrap_or_default();
    let kind = one.source_type.map(|term| format!(", {}", term.term())).unwrap_or_default();
    list.text("What it is", &format!("{}{how}{kind}", contribution(one.contribution)))?;
    list.limited("Why", one.why.iter().map(String::as_str))?;
    uses(&mut list, &one.uses)?;
    assets(&mut list, one)?;
    sources(&mut list, &one.sources)?;
    said(&mut list, "Tool", &one.tools)?;
    said(&mut list, "Model", &one.models)?;
    said(&mut list, "Prompt", &one.prompts)?;
    declared_in(&mut list, one)?;
    if let Some(person) = &one.determination {
        let note = person.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let text = format!("{} by {} on {}{note}", person.status, person.by, time(&person.at));
        list.text("Determined", &text)?;
    }
    decisions(&mut list, &one.decisions)?;
    evidence(&mut list, &one.evidence)?;
    list.end()?;
    writeln!(out, "</article>")
}

fn missing(list: &mut List<'_>, all: &[GapView]) -> io::Result<()> {
    if all.is_empty() {
        return list.text("Missing", "nothing that this log asks for");
    }
    list.begin_many("Missing", "lacks")?;
    for gap in all {
        let (why, code) = (Own(&gap.why), Text(&gap.code));
        list.item(&format!("{why} <span class=\"small\">{code}</span>"))?;
    }
    list.end_many()
}

fn uses(list: &mut List<'_>, all: &[UseView]) -> io::Result<()> {
    list.begin_many("In the cut", "")?;
    for used in all {
        let mut text = Vec::new();
        place(&mut text, Some(used), true)?;
        let source = match (&used.source_in, &used.source_out) {
            (Some(from), Some(to)) => {
                format!(" <span class=\"small\">source {} – {}</span>", Own(from), Own(to))
            }
            _ => String::new(),
        };
        let named =
            if used.name.is_empty() { String::new() } else { format!(" as {}", Own(&used.name)) };
        list.item(&format!(
            "{}{named}{source}",
            String::from_utf8_lossy(&text).replace("<br>", ", ")
        ))?;
    }
    if all.is_empty() {
        list.item("no timeline mentions it")?;
    }
    list.end_many()
}

fn sources(list: &mut List<'_>, all: &[SourceView]) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    list.begin_many("Made from", "")?;
    for source in all {
        let path = source.paths.first().map_or(&source.asset, |path| &path.path);
        let (path, status) = (Own(path), source.status);
        list.item(&format!("{path} <span class=\"small\">{status}</span>"))?;
    }
    list.end_many()
}

fn declared_in(list: &mut List<'_>, one: &ElementView) -> io::Result<()> {
    if one.declarations.is_empty() {
        return Ok(());
    }
    list.begin_many("Declared in", "")?;
    for declared in &one.declarations {
        let view = &declared.declaration;
        let id = Text(&view.id);
        list.item(&format!(
            "<a href=\"#{id}\">{id}</a> version {}: {}",
            view.version,
            Own(&view.declaration.purpose)
        ))?;
    }
    list.end_many()
}

fn decisions(list: &mut List<'_>, all: &[DecisionView]) -> io::Result<()> {
    list.begin_many("Decisions", "")?;
    for decided in all {
        let lacks = decided.lacks.iter().map(|gap| Own(&gap.why).to_string());
        let lacks = lacks.collect::<Vec<_>>().join("; ");
        let lacks = if lacks.is_empty() {
            lacks
        } else {
            format!(" <span class=\"lacks\">Does not clear it: {lacks}</span>")
        };
        list.item(&format!("{}{lacks}", Own(&decision(decided))))?;
    }
    if all.is_empty() {
        list.item("none")?;
    }
    list.end_many()
}

fn assets(list: &mut List<'_>, one: &ElementView) -> io::Result<()> {
    list.begin_many("Content", "")?;
    for asset in one.assets.iter().take(MOST) {
        let sha256 = asset.sha256.as_ref();
        let sha256 =
            sha256.map(|hash| format!("<br><span class=\"hash\">SHA-256 {}</span>", Text(hash)));
        let paths: Vec<_> = asset.paths.iter().map(|path| Own(&path.path).to_string()).collect();
        list.item(&format!(
            "{}<br><span class=\"hash\">BLAKE3 {}</span>{}",
            paths.join(", "),
            Text(&asset.asset),
            sha256.unwrap_or_default()
        ))?;
    }
    if one.assets.len() > MOST {
        list.item(&format!("and {} more: the JSON lists all", one.assets.len() - MOST))?;
    }
    list.end_many()
}

fn said(list: &mut List<'_>, name: &str, all: &[SaidView]) -> io::Result<()> {
    if all.is_empty() {
        return list.text(name, "not known");
    }
    list.begin_many(name, "")?;
    for one in all {
        list.item(&format!(
            "<bdi class=\"text\">{}</bdi> <span class=\"small\">({})</span>",
            Text(&one.text),
            Text(&one.from)
        ))?;
    }
    list.end_many()
}

fn evidence(list: &mut List<'_>, all: &[EvidenceView]) -> io::Result<()> {
    if all.is_empty() {
        return list.text("Marks", "none");
    }
    list.begin_many("Marks", "")?;
    for one in all.iter().take(MOST) {
        let trust = one.trust.map(|trust| format!(", {trust}")).unwrap_or_default();
        let signer = one.signer.as_ref().map(|who| format!(", signed by {}{trust}", Own(who)));
        list.item(&format!(
            "{} <span class=\"small\">in {} ({}{})</span>",
            Own(&one.mark),
            Own(&one.place),
            one.strength,
            signer.unwrap_or_default()
        ))?;
    }
    if all.len() > MOST {
        list.item(&format!("and {} more: the JSON lists all", all.len() - MOST))?;
    }
    list.end_many()
}
