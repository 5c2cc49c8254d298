//! The log in short, for a terminal.

use std::io::{self, Write};

use crate::report::disclosure::words::{contribution, short, time};
use crate::report::{Disclosure, ElementView, count, plain};

/// Columns of a line; a terminal is rarely wider.
const LINE: usize = 160;

/// Writes one line an element, and before them what the log rests on and does not show.
pub fn write(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    let whole = "the whole project".to_owned();
    let of = log.deliverable.as_ref().map_or(whole, |one| format!("{} ({})", one.name, one.state));
    writeln!(out, "AI disclosure log: {}, {}", plain(&log.production, 80), plain(&of, 80))?;
    if let Some(one) = &log.deliverable {
        match &one.verdict {
            Some(last) => writeln!(out, "  last gate: {} at {}", last.verdict, time(&last.at))?,
            None => writeln!(out, "  no gate has looked at it yet")?,
        }
    }
    writeln!(
        out,
        "  written {}, journal {}:{}",
        time(&log.written),
        log.journal.seq,
        log.journal.head
    )?;
    if log.elements.is_empty() {
        writeln!(out, "no AI element is on record")?;
    }
    for element in &log.elements {
        line(out, element)?;
    }
    for one in &log.declared_only {
        let (id, said) = (&one.declaration.id, &one.declaration.declaration.purpose);
        writeln!(out, "{id} declared, and nothing on record is under it: {}", plain(said, 100))?;
    }
    for one in &log.open {
        writeln!(out, "open {}: {}: {}", one.code, plain(&one.place, 80), plain(&one.what, LINE))?;
    }
    let elements = count(log.counts.elements, "element");
    writeln!(out, "{elements}, {} lacking something", log.counts.lacking)?;
    for one in &log.not_shown {
        writeln!(out, "not shown: {}", plain(one, 400))?;
    }
    if let Some(credit) = &log.credit {
        writeln!(out, "end card, a suggestion: {}", plain(credit, 400))?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, element: &ElementView) -> io::Result<()> {
    let frames = element.frames.map(|frames| format!("  ({frames} frames)")).unwrap_or_default();
    let tool = element.tools.first().map(|one| format!("  [{}]", plain(&one.text, 40)));
    writeln!(
        out,
        "{:>4}  {}{frames}  {}{}",
        element.number,
        plain(&element.name, 120),
        contribution(element.contribution),
        tool.unwrap_or_default()
    )?;
    for one in &element.uses {
        let track = one.track.as_deref().unwrap_or("-");
        let off = if one.enabled { "" } else { "  (disabled)" };
        let at = ElementView::record(one);
        writeln!(out, "      {}  {}{off}", plain(&at, 40), plain(track, 20))?;
    }
    let missing: Vec<_> = element.missing.iter().map(|gap| short(&gap.code)).collect();
    if !missing.is_empty() {
        writeln!(out, "      lacks {}", plain(&missing.join(", "), LINE))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AiStatus, Use};
    use crate::report::Contribution;
    use crate::report::disclosure::{
        DisclosureCounts, GapView, OpenView, Pictures, SaidView, UseView,
    };
    use crate::report::view::HeadView;

    const HOSTILE: &str = "a\x1b[2J\u{202e}\nb";

    fn element() -> ElementView {
        let one = UseView {
            deliverable: HOSTILE.into(),
            timeline: HOSTILE.into(),
            name: HOSTILE.into(),
            track: Some(HOSTILE.into()),
            record_in: Some(HOSTILE.into()),
            record_out: Some("01:00:01:00".into()),
            source_in: None,
            source_out: None,
            enabled: false,
            usage: Use::Used,
            place: HOSTILE.into(),
            at: (1, 0),
        };
        ElementView {
            number: 1,
            name: HOSTILE.into(),
            contribution: Contribution::Generated,
            status: AiStatus::Ai,
            why: vec![],
            source_type: None,
            strength: None,
            clearance: None,
            media_type: "image/png".into(),
            size: 1,
            frames: None,
            assets: vec![],
            uses: vec![one],
            tools: vec![SaidView { text: HOSTILE.into(), from: HOSTILE.into() }],
            models: vec![],
            prompts: vec![],
            evidence: vec![],
            determination: None,
            declarations: vec![],
            decisions: vec![],
            sources: vec![],
            missing: vec![GapView::new("ai-undeclared", HOSTILE)],
        }
    }

    #[test]
    fn hostile_text_is_text_on_a_terminal() {
        let log = Disclosure {
            production: HOSTILE.into(),
            deliverable: None,
            written: "2026-11-22T09:30:00Z".into(),
            program: "genlock",
            scanned: None,
            policy: None,
            journal: HeadView { seq: 1, head: "ab".into() },
            counts: DisclosureCounts::default(),
            credit: Some(HOSTILE.into()),
            not_shown: vec![HOSTILE.into()],
            open: vec![OpenView {
                code: "media-unread".into(),
                place: HOSTILE.into(),
                what: HOSTILE.into(),
            }],
            unread: vec![],
            elements: vec![element()],
            declared_only: vec![],
            pictures: Pictures::default(),
        };
        let mut text = Vec::new();
        write(&mut text, &log).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{text}");
        assert!(text.contains("(disabled)") && text.contains("lacks undeclared"), "{text}");
        assert_eq!(text.lines().count(), 9, "no text makes a line of its own: {text}");
    }
}
