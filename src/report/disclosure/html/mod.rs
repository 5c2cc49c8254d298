//! The log as one page: no script, nothing from elsewhere, to be read on a screen and printed on A4
//! or Letter.
//!
//! Everything that is not a word of this file goes through [`markup::Text`], which leaves no markup, no control
//! character and no mark that reorders text.

mod declared;
mod detail;
mod markup;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use crate::model::Use;
use crate::report::disclosure::UseView;
use crate::report::disclosure::html::declared::declarations;
use crate::report::disclosure::html::detail::element;
use crate::report::disclosure::html::markup::{List, Own, Text};
use crate::report::disclosure::words::{contribution, short, time};
use crate::report::{Disclosure, DisclosureCounts, ElementView, GapView, OpenView, Picture, count};

const STYLE: &str = include_str!("../page.css");

/// What could not be told, as lines; the JSON has all.
const MOST_OPEN: usize = 500;

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
            list.text("State", one.state.as_str())?;
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
    writeln!(out, "<section>\n<h2>At a glance</h2>")?;
    lead(out, log)?;
    counts(out, &log.counts)?;
    credit(out, log)?;
    writeln!(out, "</section>\n<section>\n<h2>What this log does not show</h2>\n<ul>")?;
    for one in &log.not_shown {
        writeln!(out, "<li>{}</li>", Own(one))?;
    }
    writeln!(out, "</ul>")?;
    open(out, &log.open)?;
    writeln!(out, "</section>")
}

/// Whether anything is missing, and how much of what.
fn lead(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let counts = &log.counts;
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
    Ok(())
}

fn counts(out: &mut dyn Write, counts: &DisclosureCounts) -> io::Result<()> {
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
    writeln!(out, "</tbody>\n</table>")
}

fn credit(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
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
    Ok(())
}

/// What could not be told.
fn open(out: &mut dyn Write, all: &[OpenView]) -> io::Result<()> {
    if !all.is_empty() {
        writeln!(
            out,
            "<table>\n<caption>Could not be told: each may hide an element</caption>\n<thead><tr>\
             <th scope=\"col\">Where</th><th scope=\"col\">What</th></tr></thead>\n<tbody>"
        )?;
        for one in all.iter().take(MOST_OPEN) {
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{} <span class=\"small\">{}</span></td></tr>",
                Own(&one.place),
                Own(&one.what),
                Text(&one.code)
            )?;
        }
        writeln!(out, "</tbody>\n</table>")?;
        if all.len() > MOST_OPEN {
            writeln!(out, "<p>And {} more: the JSON lists all.</p>", all.len() - MOST_OPEN)?;
        }
    }
    Ok(())
}

/// Codes of gaps, each once.
fn distinct(gaps: &[GapView]) -> BTreeSet<&str> {
    gaps.iter().map(|gap| gap.code.as_str()).collect()
}

/// The cue sheet: a row for each element and use, in the order of the cut.
fn cues(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    if log.elements.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"sheet\">\n<h2>Cue sheet</h2>")?;
    writeln!(
        out,
        "<table class=\"cue\">\n<caption>Every element at every place where a timeline mentions it, in \
         the order of the cut. Timecodes are of the record side; the second is the frame after the \
         last.</caption>\n\
         <thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Picture</th>\
         <th scope=\"col\">Where in the cut</th><th scope=\"col\">Element</th>\
         <th scope=\"col\">Tool and model</th><th scope=\"col\">Declared, cleared</th></tr></thead>\n\
         <tbody>"
    )?;
    let several = log.elements.iter().flat_map(|one| &one.uses);
    let several = several.map(|one| &one.timeline).collect::<BTreeSet<_>>().len() > 1;
    let mut rows: Vec<(&ElementView, Option<&UseView>)> = Vec::new();
    for one in &log.elements {
        rows.extend(one.uses.iter().map(|used| (one, Some(used))));
    }
    rows.sort_by(|(_, a), (_, b)| a.map(UseView::order).cmp(&b.map(UseView::order)));
    let unused = log.elements.iter().filter(|one| one.uses.is_empty());
    rows.extend(unused.map(|one| (one, None)));
    let mut told = BTreeSet::new();
    for (one, used) in rows {
        cue(out, log, one, used, told.insert(one.number), several)?;
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
        write!(out, "<span class=\"small\">as No. {number} above</span>")?;
    }
    write!(out, "</td><td>")?;
    place(out, used, several)?;
    write!(out, "</td><td>{}", Own(&one.name))?;
    if let Some(frames) = one.frames {
        write!(out, " ({frames} frames)")?;
    }
    write!(out, "<br><strong>{}</strong></td>", contribution(one.contribution))?;
    if !first {
        return writeln!(
            out,
            "<td></td><td><span class=\"small\">as No. {number} above</span></td></tr>"
        );
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
        Use::Used => {}
        Use::Alternative => write!(out, "<br>another choice for this place")?,
        Use::Listed => write!(out, "<br>in the list of media")?,
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
