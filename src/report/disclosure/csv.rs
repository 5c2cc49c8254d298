//! The log as CSV: a row for each asset and use, then what is open and what is not shown.
//!
//! The columns are documented in `docs/disclosure.md`; new ones are added at the end.

use std::io::{self, Write};

use crate::model::{Answer, Declaration, SourceType, Strength};
use crate::report::csv::quote;
use crate::report::disclosure::words::{decision, input, joined, step, talent, time, tool_terms};
use crate::report::disclosure::{DisclosedAsset, DisclosedDeclaration, SaidView, UseView};
use crate::report::{Disclosure, ElementView, ReportView, answered, clean};

/// The columns, in order.
const COLUMNS: &[&str] = &[
    "kind",
    "number",
    "asset",
    "sha256",
    "path",
    "timeline",
    "track",
    "record_in",
    "record_out",
    "source_in",
    "source_out",
    "clip",
    "enabled",
    "usage",
    "contribution",
    "status",
    "source_type",
    "strength",
    "why",
    "media_type",
    "tools",
    "models",
    "prompts",
    "sources",
    "p1",
    "p2",
    "p3",
    "p4",
    "p5",
    "tier",
    "tier_reasons",
    "declarations",
    "use",
    "medium",
    "phase",
    "final",
    "prominence",
    "elements",
    "talent",
    "vendor",
    "pipeline",
    "human_contribution",
    "terms",
    "reported",
    "decisions",
    "evidence",
    "determination",
    "missing",
    "production",
    "deliverable",
    "journal",
    "written",
    "made_from",
    "licence_tier",
    "rights_clearance",
    "training_data",
    "training_clearance",
    "note",
    "register",
    "personal_data",
    "proprietary",
    "third_party_ip",
    "public_figure",
    "alters_performance",
    "union_impact",
    "could_mislead",
    "watermarked",
    "declared_by",
    "reported_by",
];

/// How every log begins, of earlier versions too.
pub(super) const START: &str = "kind,number,asset,sha256,path,timeline,";

/// A row, by the names of its columns.
struct Row([String; COLUMNS.len()]);

impl Row {
    fn new(log: &Disclosure, kind: &str) -> Self {
        let mut row = Self(std::array::from_fn(|_| String::new()));
        row.set("kind", kind);
        row.set("production", &log.production);
        row.set("deliverable", log.deliverable.as_ref().map_or("", |one| &one.name));
        row.set("journal", format!("{}:{}", log.journal.seq, log.journal.head));
        row.set("written", &log.written);
        row
    }

    fn set(&mut self, column: &str, text: impl AsRef<str>) {
        if let Some(at) = COLUMNS.iter().position(|known| *known == column) {
            self.0[at] = clean(&one_line(text.as_ref())).into_owned();
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells: Vec<_> = self.0.iter().map(|cell| quote(cell)).collect();
        write!(out, "{}\r\n", cells.join(","))
    }
}

/// Writes the log.
pub fn write(out: &mut dyn Write, log: &Disclosure) -> io::Result<()> {
    write!(out, "{}\r\n", COLUMNS.join(","))?;
    for element in &log.elements {
        let mut row = Row::new(log, "element");
        element_cells(&mut row, element);
        for asset in &element.assets {
            asset_cells(&mut row, asset);
            if element.uses.is_empty() {
                row.write(out)?;
            }
            for one in &element.uses {
                use_cells(&mut row, one);
                row.write(out)?;
            }
        }
    }
    for one in &log.declared_only {
        let mut row = Row::new(log, "declared");
        declaration_cells(&mut row, std::slice::from_ref(&&**one));
        row.set("missing", "nothing on record is under it");
        row.write(out)?;
    }
    for one in &log.open {
        let mut row = Row::new(log, "open");
        row.set("path", &one.place);
        row.set("missing", format!("{}: {}", one.code, one.what));
        row.write(out)?;
    }
    let empty = log.elements.is_empty().then(|| "no AI element is on record".to_owned());
    for text in empty.iter().chain(&log.not_shown) {
        let mut row = Row::new(log, "note");
        row.set("missing", text);
        row.write(out)?;
    }
    Ok(())
}

fn asset_cells(row: &mut Row, asset: &DisclosedAsset) {
    let paths: Vec<_> = asset.paths.iter().map(|one| one.path.as_str()).collect();
    row.set("asset", &asset.asset);
    row.set("sha256", asset.sha256.as_deref().unwrap_or_default());
    row.set("path", paths.join("; "));
}

fn use_cells(row: &mut Row, one: &UseView) {
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    row.set("timeline", &one.timeline);
    row.set("track", said(&one.track));
    row.set("record_in", said(&one.record_in));
    row.set("record_out", said(&one.record_out));
    row.set("source_in", said(&one.source_in));
    row.set("source_out", said(&one.source_out));
    row.set("clip", &one.name);
    row.set("enabled", one.enabled.to_string());
    row.set("usage", one.usage.as_str());
    row.set("deliverable", &one.deliverable);
}

fn element_cells(row: &mut Row, element: &ElementView) {
    let said = |all: &[SaidView]| {
        all.iter().map(|one| format!("{} [{}]", one.text, one.from)).collect::<Vec<_>>().join(" | ")
    };
    row.set("number", element.number.to_string());
    row.set("contribution", element.contribution.as_str());
    row.set("status", element.status.as_str());
    row.set("source_type", element.source_type.map_or("", SourceType::term));
    row.set("strength", element.strength.map_or("", Strength::as_str));
    row.set("why", element.why.first().map_or("", String::as_str));
    row.set("media_type", &element.media_type);
    row.set("tools", said(&element.tools));
    row.set("models", said(&element.models));
    row.set("prompts", said(&element.prompts));
    let made_from = element.sources.iter().map(|one| {
        let path = one.paths.first().map_or(&one.asset, |path| &path.path);
        format!("{path} ({})", one.status)
    });
    row.set("made_from", joined(made_from));
    let declarations: Vec<_> = element.declarations.iter().map(|one| &**one).collect();
    declaration_cells(row, &declarations);
    row.set("decisions", joined(element.decisions.iter().map(decision)));
    row.set(
        "evidence",
        joined(element.evidence.iter().map(|one| {
            let signer = one.signer.as_ref().map(|who| format!(", signed by {who}"));
            let trust = one.trust.map(|trust| format!(", {trust}")).unwrap_or_default();
            let signer = signer.unwrap_or_default();
            format!("{} in {} ({}{signer}{trust})", one.mark, one.place, one.strength)
        })),
    );
    if let Some(one) = &element.determination {
        let note = one.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        row.set(
            "determination",
            format!("{} by {} on {}{note}", one.status, one.by, time(&one.at)),
        );
    }
    row.set(
        "missing",
        joined(element.missing.iter().map(|gap| format!("{}: {}", gap.code, gap.why))),
    );
}

/// Of several declarations each cell has what every one says, with its number.
fn declaration_cells(row: &mut Row, all: &[&DisclosedDeclaration]) {
    let mut set = |column: &str, of: &dyn Fn(&Declaration) -> Option<String>| {
        let each = |one: &&DisclosedDeclaration| {
            let text = of(&one.declaration.declaration).filter(|text| !text.is_empty())?;
            Some(if all.len() > 1 { format!("{}: {text}", one.declaration.id) } else { text })
        };
        row.set(column, joined(all.iter().filter_map(each)));
    };
    let answer = |answer: Option<Answer>| answer.map(|one| one.as_str().to_owned());
    set("p1", &|one| answer(one.principles.p1));
    set("p2", &|one| answer(one.principles.p2));
    set("p3", &|one| answer(one.principles.p3));
    set("p4", &|one| answer(one.principles.p4));
    set("p5", &|one| answer(one.principles.p5));
    set("use", &|one| Some(one.purpose.clone()));
    set("medium", &|one| one.medium.map(|word| word.as_str().to_owned()));
    set("phase", &|one| one.phase.clone());
    set("final", &|one| one.is_final.map(|is| if is { "final" } else { "temp" }.to_owned()));
    set("prominence", &|one| one.prominence.map(|word| word.as_str().to_owned()));
    set("elements", &|one| Some(joined(one.elements.iter().cloned())));
    set("sources", &|one| Some(joined(one.inputs.iter().map(input))));
    set("talent", &|one| Some(joined(one.talent.iter().map(talent))));
    set("vendor", &|one| one.vendor.clone());
    set("pipeline", &|one| Some(joined(one.pipeline.iter().map(step))));
    set("human_contribution", &|one| one.human_contribution.clone());
    set("licence_tier", &|one| one.licence_tier.clone());
    set("rights_clearance", &|one| one.rights_clearance.clone());
    set("training_data", &|one| one.training_data.clone());
    set("training_clearance", &|one| one.training_clearance.clone());
    set("note", &|one| one.note.clone());
    set("personal_data", &|one| answer(one.personal_data));
    set("proprietary", &|one| answer(one.proprietary));
    set("third_party_ip", &|one| answer(one.third_party_ip));
    set("public_figure", &|one| answer(one.public_figure));
    set("alters_performance", &|one| answer(one.alters_performance));
    set("union_impact", &|one| answer(one.union_impact));
    set("could_mislead", &|one| answer(one.could_mislead));
    set("watermarked", &|one| answer(one.watermarked));
    record_cells(row, all);
    let each = |of: &dyn Fn(&DisclosedDeclaration) -> String| joined(all.iter().map(|one| of(one)));
    let ids = each(&|one| format!("{} version {}", one.declaration.id, one.declaration.version));
    let tiers = each(&|one| format!("{}: {}", one.declaration.id, one.declaration.tier));
    let reasons =
        each(&|one| joined(one.reasons.iter().map(|why| format!("{}: {}", why.code, why.why))));
    let terms = each(&|one| {
        joined(one.register.iter().map(|tool| {
            format!(
                "{}: enterprise {}, trains on inputs {}, on outputs {}",
                tool.name,
                answered(tool.enterprise),
                answered(tool.trains_on_inputs),
                answered(tool.trains_on_outputs)
            )
        }))
    });
    let reported = each(&|one| match &one.declaration.reported {
        Some(report) => format!("{} to {} on {}", one.declaration.id, report.to, report.on),
        None => format!("{} not reported", one.declaration.id),
    });
    row.set("declarations", ids);
    row.set("tier", tiers);
    row.set("tier_reasons", reasons);
    row.set("terms", terms);
    row.set("reported", reported);
}

/// Who recorded what, and what the register says.
fn record_cells(row: &mut Row, all: &[&DisclosedDeclaration]) {
    let each = |of: &dyn Fn(&DisclosedDeclaration) -> String| joined(all.iter().map(|one| of(one)));
    row.set("register", each(&|one| joined(one.register.iter().map(tool_terms))));
    row.set(
        "declared_by",
        each(&|one| {
            let one = &one.declaration;
            format!("{} by {} on {}", one.id, one.by, time(&one.at))
        }),
    );
    let document = |one: &ReportView| match &one.document {
        Some(hash) => format!("document (BLAKE3 {hash})"),
        None => "no document".to_owned(),
    };
    row.set(
        "reported_by",
        each(&|one| match &one.declaration.reported {
            Some(report) => {
                format!("{} by {}, {}", one.declaration.id, report.by, document(report))
            }
            None => String::new(),
        }),
    );
}

/// The lines of a text on one: a row is a row for who reads the file line by line, too.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}
