//! `link`.

use serde::Serialize;

use crate::app::{self, AppError, Context, LinkOptions, Project};
use crate::cli::args::LinkArgs;
use crate::cli::error::declined;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::terminal::confirm;
use crate::model::Relation;
use crate::report::count;

#[derive(Serialize)]
struct LinkView {
    children: Vec<String>,
    parents: Vec<String>,
    #[serde(rename = "as")]
    relation: Option<Relation>,
}

pub(super) fn run(
    context: &Context<'_>,
    project: &Project,
    args: &LinkArgs,
    output: &mut Output,
) -> Result<Exit, AppError> {
    let children = app::choose(project, context, &args.children)?.assets;
    let parents = app::choose(project, context, &args.from)?.assets;
    let (made, sources) = (children.len() as u64, parents.len() as u64);
    let what = format!("{} and {}", count(made, "asset"), count(sources, "source"));
    if made + sources > 2 && !args.yes && !confirm(&format!("link {what}?")) {
        return Ok(declined(output, Exit::No));
    }
    let options = LinkOptions { children, parents, note: args.note.clone() };
    let relation = args.relation.as_deref().and_then(Relation::from_word);
    let text = if let Some(relation) = relation {
        app::link(project, context, &options, relation)?;
        format!("{what} linked: {}", relation.as_str())
    } else {
        let pairs = app::unlink(project, context, &options)?;
        format!("{} withdrawn", count(pairs as u64, "link"))
    };
    if output.is_json() {
        let ids = |all: &[crate::model::AssetId]| all.iter().map(ToString::to_string).collect();
        output.json(&LinkView {
            children: ids(&options.children),
            parents: ids(&options.parents),
            relation,
        });
    } else {
        output.remark(&text);
    }
    Ok(Exit::Ok)
}
