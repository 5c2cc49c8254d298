//! CSV for spreadsheets (RFC 4180), safe to open in one.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::model::{Clearance, SourceType, Strength};
use crate::report::{ListRow, clean};

const COLUMNS: &str =
    "path,asset,size,media_type,status,source_type,strength,tool,clearance,present";

/// Writes the names of the columns.
pub fn header(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{COLUMNS}\r\n")
}

/// Writes one location. For a `terminal`, names in it are made safe to look at; a file holds them as they are.
pub fn row(out: &mut dyn Write, row: &ListRow, terminal: bool) -> io::Result<()> {
    let cells = [
        row.path.path.clone(),
        row.asset.clone().unwrap_or_default(),
        row.size.to_string(),
        row.media_type.clone(),
        row.status.as_str().to_owned(),
        row.source_type.map_or("", SourceType::term).to_owned(),
        row.strength.map_or("", Strength::as_str).to_owned(),
        row.tool.clone().unwrap_or_default(),
        row.clearance.map_or("", Clearance::as_str).to_owned(),
        row.present.to_string(),
    ];
    let shown = |cell| if terminal { clean(cell) } else { Cow::Borrowed(cell) };
    let cells: Vec<_> = cells.iter().map(|cell| quote(&shown(cell))).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// Quotes where needed. A cell that a spreadsheet would run as a formula gets an apostrophe.
pub(super) fn quote(cell: &str) -> String {
    // Wide ones too: some programs take them for the same.
    let formula = cell.trim_start_matches(' ').starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_neither_a_formula_nor_a_new_cell() {
        assert_eq!(quote("=cmd()|x"), "'=cmd()|x");
        assert_eq!(quote(" =cmd()"), "' =cmd()");
        assert_eq!(quote("\u{ff1d}cmd()"), "'\u{ff1d}cmd()");
        assert_eq!(quote("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(quote("plain.png"), "plain.png");
    }
}
