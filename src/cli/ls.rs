//! `ls`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::app::{self, AppError, Context, ListOptions, Project};
use crate::cli::args::ListArgs;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};
use crate::model::{Clearance, Strength};
use crate::report::{ListRow, bytes, clean, csv_header, csv_row, plain};

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    args: &ListArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    if output.is_json() && (args.csv || args.nul) {
        return Err(AppError::usage(
            "--json is a format of its own",
            "leave away --json, or --csv and -0",
        ));
    }
    let options = ListOptions {
        assets: args.assets.clone(),
        ai: args.ai,
        status: args.status,
        clearance: args.clearance,
        source_type: args.source_type,
        tool: args.tool.clone(),
        missing: args.missing,
        files: args.files || args.csv || args.nul,
    };
    if args.csv {
        output.raw(csv_header);
    }
    let mut shown = 0_u64;
    app::list(project, context, &options, &mut |row| {
        if output.is_lost() {
            return;
        }
        shown += 1;
        if args.nul {
            output.raw(|out| {
                out.write_all(&place(row, &context.cwd))?;
                out.write_all(b"\0")
            });
        } else if args.csv {
            let terminal = Output::is_terminal();
            output.raw(|out| csv_row(out, row, terminal));
        } else if output.is_json() {
            output.json(row);
        } else {
            let text = line(output, row);
            output.line(&text);
        }
    })?;
    if shown == 0 && !output.is_json() && !output.is_quiet() && !args.csv && !args.nul {
        output.complain("nothing to list");
    }
    Ok(Exit::Ok)
}

/// Where another program finds it from the current folder. Never what it could take for an option.
fn place(row: &ListRow, cwd: &Path) -> Vec<u8> {
    let Some(disk) = &row.disk else { return row.path.raw() };
    let below = disk.strip_prefix(cwd).unwrap_or(disk).as_os_str().as_bytes();
    if below.starts_with(b"-") { [b"./", below].concat() } else { below.to_vec() }
}

/// One location: status, how that is known, clearance, size, tool and path.
pub(super) fn line(output: &Output, row: &ListRow) -> String {
    let status = output.paint(Tone::of(row.status), &format!("{:8}", row.status.as_str()));
    let clearance = row.clearance.map_or("-", Clearance::as_str);
    let strength = row.strength.map_or("-", Strength::as_str);
    let path = clean(&row.path.path).into_owned();
    let frames = row.frames.map(|frames| format!("  ({frames} frames)")).unwrap_or_default();
    let tool = row
        .tool
        .as_ref()
        .map(|tool| format!("  [{}]", plain(tool, output.limit(40))))
        .unwrap_or_default();
    let gone = match (row.present, row.unconfigured) {
        (false, _) => "  gone",
        (true, true) => "  its root is not configured",
        (true, false) => "",
    };
    format!(
        "{status} {strength:9} {clearance:10} {:>9}  {path}{frames}{}{gone}",
        bytes(row.size),
        output.paint(Tone::Faint, &tool)
    )
}
