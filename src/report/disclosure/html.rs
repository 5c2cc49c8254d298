//! The log as one page: no script, nothing from elsewhere, to be read on a screen and printed on A4
//! or Letter.
//!
//! Everything that is not a word of this file goes through [`Text`], which leaves no markup, no control
//! character and no mark that reorders text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use crate::model::Answer;
use crate::report::disclosure::words::{contribution, decision, input, short, step, talent, time};
use crate::report::disclosure::{DisclosedDeclaration, SaidView, UseView};
use crate::report::{
    Disclosure, ElementView, EvidenceView, GapView, Picture, ToolView, clean, count,
};

const STYLE: &str = include_str!("page.css");

/// Contents, places and marks that the page lists of one element; the JSON has all.
const MOST: usize = 24;

/// What could not be told, as lines; the JSON has all.
const MOST_OPEN: usize = 500;

/// A text from outside, escaped for a page: safe between tags and in a quoted attribute.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.0.split('\n').enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            for c in clean(line.trim_end_matches('\r')).chars() {
                match c {
                    '&' => f.write_str("&amp;")?,
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' => f.write_str("&#39;")?,
                    other => fmt::Write::write_char(f, other)?,
                }
            }
        }
        Ok(())
    }
}

/// The same in an element that keeps its direction to itself.
struct Own<'a>(&'a str);

impl fmt::Display for Own<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<bdi>{}</bdi>", Text(self.0))
    }
}

/// Writes the log.
pub fn write(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let of = log.deliverable.as_ref().map_or("whole project", |one| &one.name);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{}\">\n\
         <title>AI disclosure log: {}, {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>",
        Text(log.program),
        Text(&log.production),
        Text(of)
    )?;
    writeln!(out, "<header>\n<h1>Generative AI disclosure log</h1>")?;
    writeln!(out, "<p class=\"of\">{} – {}</p>", Own(&log.production), Own(of))?;
    head(out, log)?;
    writeln!(out, "</header>\n<main>")?;
    overview(out, log)?;
    cues(out, log)?;
    if !log.elements.is_empty() {
        writeln!(out, "<section>\n<h2>Elements in detail</h2>")?;
        for one in &log.elements {
            element(out, log, one)?;
        }
        writeln!(out, "</section>")?;
    }
    declarations(out, log)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// What it is of and rests on.
fn head(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let mut list = List::begin(out)?;
    list.text("Production", &log.production)?;
    match &log.deliverable {
        Some(one) => {
            list.text("Deliverable", &one.name)?;
            list.text("State", one.state)?;
            let made = one.paths.iter().chain(&one.timelines);
            list.many("Made of", made.map(String::as_str))?;
            match &one.verdict {
                Some(newest) => {
                    let files = count(newest.checked, "file");
                    let said =
                        format!("{} on {} ({files} judged)", newest.verdict, time(&newest.at));
                    let more = match newest.decisions_since {
                        0 => String::new(),
                        since => {
                            format!(
                                "; {} recorded since, so it may differ now",
                                count(since, "decision")
                            )
                        }
                    };
                    list.text("Newest verdict", &format!("{said}{more}"))?;
                    let (name, hash) = (&newest.policy.profile, &newest.policy.hash);
                    list.hash("Judged by policy", &format!("{name}, BLAKE3 {hash}"))?;
                    let stated = "nobody stated that every known use is declared";
                    list.text("Statement by", newest.attested.as_deref().unwrap_or(stated))?;
                }
                None => list.text("Newest verdict", "none: no gate has looked at it yet")?,
            }
        }
        None => list.text("Deliverable", "none: this is the log of the whole project")?,
    }
    if let Some(policy) = &log.policy {
        list.hash("Policy on record", &format!("{}, BLAKE3 {}", policy.profile, policy.hash))?;
    }
    list.hash("Journal head", &format!("{}:{}", log.journal.seq, log.journal.head))?;
    if let Some(at) = &log.scanned {
        list.text("Last scan", &time(at))?;
    }
    list.text("Written", &format!("{} by {}", time(&log.written), log.program))?;
    list.end()
}

/// Counts, the credit line, what is missing and what is not shown.
fn overview(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let counts = &log.counts;
    writeln!(out, "<section>\n<h2>At a glance</h2>")?;
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    for gap in log.elements.iter().flat_map(|one| distinct(&one.missing)) {
        *codes.entry(gap).or_default() += 1;
    }
    if log.elements.is_empty() {
        writeln!(
            out,
            "<p class=\"lead\"><strong>No AI element is on record.</strong> That is not proof that \
             there is none: see what this log does not show.</p>"
        )?;
    } else if codes.is_empty() && log.open.is_empty() {
        writeln!(
            out,
            "<p class=\"lead whole\">Nothing that this log asks for is missing for the {} it \
             lists.</p>",
            count(counts.elements, "element")
        )?;
    } else {
        let lacking = match counts.lacking {
            0 => String::new(),
            lacking => {
                format!(" {lacking} of {} lack something.", count(counts.elements, "element"))
            }
        };
        let untold = match log.open.len() as u64 {
            0 => String::new(),
            many => format!(" {} could not be told.", count(many, "thing")),
        };
        writeln!(
            out,
            "<div class=\"lead\"><p><strong>This log is not complete.</strong>{lacking}{untold}</p>"
        )?;
        if !codes.is_empty() {
            let all = codes.iter().map(|(code, many)| format!("{}: {many}", Text(short(code))));
            writeln!(out, "<p>{}</p>", all.collect::<Vec<_>>().join(", "))?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(
        out,
        "<table class=\"counts\">\n<caption>Contents listed here, and files that are not</caption>"
    )?;
    writeln!(out, "<tbody>")?;
    for (name, many) in [
        ("Generated", counts.ai),
        ("Generated in part", counts.ai_part),
        ("Undecided: may be generated", counts.suspect),
        ("Said not to be AI, against a mark", counts.contested),
        ("Declared, without a mark", counts.declared),
        ("Files determined not to be AI (not listed)", counts.not_ai),
        ("Files of which nothing is known (not listed)", counts.unknown),
        ("Files in all", counts.files),
    ] {
        writeln!(out, "<tr><th scope=\"row\">{name}</th><td>{many}</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if let Some(credit) = &log.credit {
        writeln!(
            out,
            "<h3>Suggested line for the end card</h3>\n<p class=\"credit\">{}</p>",
            Own(credit)
        )?;
        writeln!(
            out,
            "<p class=\"small\">A suggestion by what is on record. Check names, contracts and the \
             commissioner's wording.</p>"
        )?;
    }
    writeln!(out, "</section>\n<section>\n<h2>What this log does not show</h2>\n<ul>")?;
    for one in &log.not_shown {
        writeln!(out, "<li>{}</li>", Own(one))?;
    }
    writeln!(out, "</ul>")?;
    if !log.open.is_empty() {
        writeln!(
            out,
            "<table>\n<caption>Could not be told: each may hide an element</caption>\n<thead><tr>\
             <th scope=\"col\">Where</th><th scope=\"col\">What</th></tr></thead>\n<tbody>"
        )?;
        for one in log.open.iter().take(MOST_OPEN) {
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{} <span class=\"small\">{}</span></td></tr>",
                Own(&one.place),
                Own(&one.what),
                Text(&one.code)
            )?;
        }
        writeln!(out, "</tbody>\n</table>")?;
        if log.open.len() > MOST_OPEN {
            writeln!(out, "<p>And {} more: the JSON lists all.</p>", log.open.len() - MOST_OPEN)?;
        }
    }
    writeln!(out, "</section>")
}

/// Codes of gaps, each once.
fn distinct(gaps: &[GapView]) -> BTreeSet<&str> {
    gaps.iter().map(|gap| gap.code.as_str()).collect()
}

/// The cue sheet: a row for each asset and use.
fn cues(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    if log.elements.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"sheet\">\n<h2>Cue sheet</h2>")?;
    writeln!(
        out,
        "<table class=\"cue\">\n<caption>Every element at every place where a timeline mentions it. \
         Timecodes are of the record side; the second is the frame after the last.</caption>\n\
         <thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Picture</th>\
         <th scope=\"col\">Where in the cut</th><th scope=\"col\">Element</th>\
         <th scope=\"col\">Tool and model</th><th scope=\"col\">Declared, cleared</th></tr></thead>\n\
         <tbody>"
    )?;
    let several = log.elements.iter().flat_map(|one| &one.uses);
    let several = several.map(|one| &one.timeline).collect::<BTreeSet<_>>().len() > 1;
    for one in &log.elements {
        let mut uses = one.uses.iter();
        cue(out, log, one, uses.next(), true, several)?;
        for used in uses {
            cue(out, log, one, Some(used), false, several)?;
        }
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

fn cue(
    out: &mut dyn Write,
    log: &Disclosure,
    one: &ElementView,
    used: Option<&UseView>,
    first: bool,
    several: bool,
) -> io::Result<()> {
    let number = one.number;
    write!(out, "<tr><th scope=\"row\"><a href=\"#e{number}\">{number}</a></th><td>")?;
    if first {
        picture(out, log, one)?;
    } else {
        write!(out, "<span class=\"small\">as above</span>")?;
    }
    write!(out, "</td><td>")?;
    place(out, used, several)?;
    write!(out, "</td><td>{}", Own(&one.name))?;
    if let Some(frames) = one.frames {
        write!(out, " ({frames} frames)")?;
    }
    write!(out, "<br><strong>{}</strong></td>", contribution(one.contribution))?;
    if !first {
        return writeln!(out, "<td></td><td><span class=\"small\">as above</span></td></tr>");
    }
    write!(out, "<td>")?;
    let names = one.tools.iter().chain(&one.models).map(|said| said.text.as_str());
    let names: BTreeSet<_> = names.collect();
    if names.is_empty() {
        write!(out, "<span class=\"lacks\">not known</span>")?;
    }
    for (at, name) in names.iter().enumerate() {
        write!(out, "{}{}", if at == 0 { "" } else { "<br>" }, Own(name))?;
    }
    write!(out, "</td><td>")?;
    for declared in &one.declarations {
        let id = Text(&declared.declaration.id);
        let sent = if declared.declaration.reported.is_some() { ", reported" } else { "" };
        write!(out, "<a href=\"#{id}\">{id}</a> ({}{sent})<br>", declared.declaration.tier)?;
    }
    for decided in one.decisions.iter().filter(|one| one.lacks.is_empty()) {
        let (id, by) = (Text(&decided.decision.id), Own(&decided.decision.by));
        write!(out, "<span class=\"ok\">{id} approved by {by}</span><br>")?;
    }
    for code in distinct(&one.missing) {
        write!(out, "<span class=\"lacks\">{}</span><br>", Text(short(code)))?;
    }
    writeln!(out, "</td></tr>")
}

/// Where a use is.
fn place(out: &mut dyn Write, used: Option<&UseView>, with_timeline: bool) -> io::Result<()> {
    let Some(used) = used else {
        return write!(out, "<span class=\"small\">no timeline mentions it</span>");
    };
    match (&used.record_in, &used.record_out) {
        (Some(from), Some(to)) => {
            write!(
                out,
                "<span class=\"tc\">{}</span> – <span class=\"tc\">{}</span>",
                Own(from),
                Own(to)
            )?;
        }
        _ => write!(out, "{}", Text(&ElementView::record(used)))?,
    }
    if let Some(track) = &used.track {
        write!(out, "<br>track {}", Own(track))?;
    }
    if !used.enabled {
        write!(out, " (disabled)")?;
    }
    match used.usage {
        "used" => {}
        "alternative" => write!(out, "<br>another choice for this place")?,
        _ => write!(out, "<br>in the list of media")?,
    }
    if with_timeline {
        write!(out, "<br><span class=\"small\">{}</span>", Own(&used.timeline))?;
    }
    Ok(())
}

/// The picture of an element, or a box that says why there is none.
fn picture(out: &mut dyn Write, log: &Disclosure, one: &ElementView) -> io::Result<()> {
    let of = one.assets.iter().find_map(|asset| log.pictures.of.get(&asset.asset));
    match of {
        Some(Ok(Picture { jpeg, width, height })) => write!(
            out,
            "<img class=\"pic\" width=\"{width}\" height=\"{height}\" alt=\"Element {}: {}\" \
             src=\"data:image/jpeg;base64,{}\">",
            one.number,
            Text(&one.name),
            Base64Display::new(jpeg, &STANDARD)
        ),
        Some(Err(why)) => write!(out, "<span class=\"none\">No picture: {}</span>", Text(why)),
        None => write!(out, "<span class=\"none\">No picture: {}</span>", Text(&one.media_type)),
    }
}

/// Everything that is known of an element.
fn element(out: &mut dyn Write, log: &Disclosure, one: &ElementView) -> io::Result<()> {
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
    if one.missing.is_empty() {
        list.text("Missing", "nothing that this log asks for")?;
    } else {
        list.begin_many("Missing", "lacks")?;
        for gap in &one.missing {
            list.item(&format!(
                "{} <span class=\"small\">{}</span>",
                Own(&gap.why),
                Text(&gap.code)
            ))?;
        }
        list.end_many()?;
    }
    let how = one.strength.map(|strength| format!(", known by: {strength}")).unwrap_or_default();
    let kind = one.source_type.map(|term| format!(", {term}")).unwrap_or_default();
    list.text("What it is", &format!("{}{how}{kind}", contribution(one.contribution)))?;
    list.limited("Why", one.why.iter().map(String::as_str))?;
    list.begin_many("In the cut", "")?;
    for used in &one.uses {
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
    if one.uses.is_empty() {
        list.item("no timeline mentions it")?;
    }
    list.end_many()?;
    assets(&mut list, one)?;
    said(&mut list, "Tool", &one.tools)?;
    said(&mut list, "Model", &one.models)?;
    said(&mut list, "Prompt", &one.prompts)?;
    if !one.declarations.is_empty() {
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
        list.end_many()?;
    }
    if let Some(person) = &one.determination {
        let note = person.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let text = format!("{} by {} on {}{note}", person.status, person.by, time(&person.at));
        list.text("Determined", &text)?;
    }
    list.begin_many("Decisions", "")?;
    for decided in &one.decisions {
        let lacks = decided.lacks.iter().map(|gap| Own(&gap.why).to_string());
        let lacks = lacks.collect::<Vec<_>>().join("; ");
        let lacks = if lacks.is_empty() {
            lacks
        } else {
            format!(" <span class=\"lacks\">Does not clear it: {lacks}</span>")
        };
        list.item(&format!("{}{lacks}", Own(&decision(decided))))?;
    }
    if one.decisions.is_empty() {
        list.item("none")?;
    }
    list.end_many()?;
    evidence(&mut list, &one.evidence)?;
    list.end()?;
    writeln!(out, "</article>")
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

/// Every declaration that an element is under, and those that nothing is under.
fn declarations(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
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
    list.text("Declared by", &format!("{} on {}", view.by, time(&view.at)))?;
    let sent = view.reported.as_ref().map(|sent| {
        let document = sent.document.as_ref();
        let document = document.map(|hash| format!(", document BLAKE3 {hash}")).unwrap_or_default();
        format!("to {} on {}{document}", sent.to, sent.on)
    });
    list.text("Reported", sent.as_deref().unwrap_or("not as it stands"))?;
    list.text("Answered with", view.tier)?;
    list.limited("Because", disclosed.reasons.iter().map(|one| one.why.as_str()))?;
    let answer = |answer: Option<Answer>| answer.map_or("not answered", Answer::as_str);
    let rules = &said.principles;
    let asked = [
        ("P1 copies nothing that is not owned", rules.p1),
        ("P2 tools keep, re-use and learn nothing", rules.p2),
        ("P3 enterprise-secured where possible", rules.p3),
        ("P4 temporary, not in final deliverables", rules.p4),
        ("P5 replaces no talent or union work without consent", rules.p5),
    ];
    let asked: Vec<_> = asked.map(|(what, one)| format!("{what}: {}", answer(one))).to_vec();
    list.many("Principles", asked.iter().map(String::as_str))?;
    let unsaid = "not said";
    list.text("Medium", said.medium.map_or(unsaid, |one| one.as_str()))?;
    list.text("Phase", said.phase.as_deref().unwrap_or(unsaid))?;
    let is_final = said.is_final.map_or(unsaid, |is| if is { "final" } else { "temporary" });
    list.text("Temporary or final", is_final)?;
    list.text("Prominence", said.prominence.map_or(unsaid, |one| one.as_str()))?;
    let elements: Vec<_> = said.elements.iter().map(String::as_str).collect();
    list.text(
        "Elements",
        if elements.is_empty() { unsaid.to_owned() } else { elements.join(", ") }.as_str(),
    )?;
    let tool = [&said.tool, &said.tool_version].into_iter().flatten().cloned().collect::<Vec<_>>();
    list.text("Tool", if tool.is_empty() { unsaid.to_owned() } else { tool.join(" ") }.as_str())?;
    let model = [&said.model, &said.model_version].into_iter().flatten().cloned();
    let model = model.collect::<Vec<_>>();
    list.text(
        "Model",
        if model.is_empty() { unsaid.to_owned() } else { model.join(" ") }.as_str(),
    )?;
    list.text("Licence tier", said.licence_tier.as_deref().unwrap_or(unsaid))?;
    let register: Vec<_> = disclosed.register.iter().map(tool_terms).collect();
    list.limited("Register of tools", register.iter().map(String::as_str))?;
    list.limited("Prompts", said.prompts.iter().map(String::as_str))?;
    let inputs: Vec<_> = said.inputs.iter().map(input).collect();
    list.limited_or("Source material", inputs.iter().map(String::as_str), unsaid)?;
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
    list.text("Human contribution", said.human_contribution.as_deref().unwrap_or(unsaid))?;
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

/// What the register says of a tool's terms.
fn tool_terms(one: &ToolView) -> String {
    let said = |answer: Option<&'static str>| answer.unwrap_or("not answered");
    let version = one.version.as_deref().unwrap_or("any version");
    let vendor = one.vendor.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let tier = one.licence_tier.as_ref().map(|tier| format!(", tier {tier}")).unwrap_or_default();
    let terms = match (&one.terms_name, &one.terms, &one.terms_date) {
        (Some(name), Some(hash), Some(day)) => format!(", terms {name} of {day} (BLAKE3 {hash})"),
        _ => ", terms not on record".to_owned(),
    };
    format!(
        "{} ({version}){vendor}{tier}: enterprise agreement {}, stores {}, re-uses {}, trains on inputs \
         {}, on outputs {}{terms}",
        one.name,
        said(one.enterprise),
        said(one.stores),
        said(one.reuses),
        said(one.trains_on_inputs),
        said(one.trains_on_outputs)
    )
}

/// A list of names and what belongs to them.
struct List<'a>(&'a mut dyn Write);

impl<'a> List<'a> {
    fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        writeln!(out, "<dl>")?;
        Ok(Self(out))
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        writeln!(
            self.0,
            "<div><dt>{name}</dt><dd><bdi class=\"text\">{}</bdi></dd></div>",
            Text(text)
        )
    }

    fn hash(&mut self, name: &str, text: &str) -> io::Result<()> {
        writeln!(self.0, "<div><dt>{name}</dt><dd class=\"hash\">{}</dd></div>", Text(text))
    }

    fn many<'b>(&mut self, name: &str, all: impl Iterator<Item = &'b str>) -> io::Result<()> {
        self.begin_many(name, "")?;
        for one in all {
            self.item(&Own(one).to_string())?;
        }
        self.end_many()
    }

    /// The first of many; nothing where there is none.
    fn limited<'b>(&mut self, name: &str, all: impl Iterator<Item = &'b str>) -> io::Result<()> {
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return Ok(());
        }
        self.begin_many(name, "")?;
        for one in all.iter().take(MOST) {
            self.item(&format!("<bdi class=\"text\">{}</bdi>", Text(one)))?;
        }
        if all.len() > MOST {
            self.item(&format!("and {} more: the JSON lists all", all.len() - MOST))?;
        }
        self.end_many()
    }

    fn limited_or<'b>(
        &mut self,
        name: &str,
        all: impl Iterator<Item = &'b str>,
        none: &str,
    ) -> io::Result<()> {
        let mut all = all.peekable();
        if all.peek().is_none() { self.text(name, none) } else { self.limited(name, all) }
    }

    fn begin_many(&mut self, name: &str, class: &str) -> io::Result<()> {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        writeln!(self.0, "<div><dt>{name}</dt><dd{class}><ul>")
    }

    /// An item that is markup already.
    fn item(&mut self, markup: &str) -> io::Result<()> {
        writeln!(self.0, "<li>{markup}</li>")
    }

    fn end_many(&mut self) -> io::Result<()> {
        writeln!(self.0, "</ul></dd></div>")
    }

    fn end(self) -> io::Result<()> {
        writeln!(self.0, "</dl>")
    }
}
