//! `declare` and `reported`: what a production says of a use of generative AI, and whom it told.
//!
//! A declaration is for contents, for globs, or for nothing yet. A changed one is a new version; what
//! was approved of the old one is not approved of the new.

mod check;
mod draft;
mod fields;
mod file;

pub use draft::{Draft, Question};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::app::confirm::{Place, as_journalled};
use crate::app::contents::path_pattern;
use crate::app::decide::{decide, decisions};
use crate::app::documents::store;
use crate::app::select::is_glob;
use crate::app::{AppError, Context, Project, choose, prompts};
use crate::ledger::{HeldRow, Reader};
use crate::model::{
    AssetId, Attached, Declaration, DeclarationId, DeclarationVersion, Declared, Event,
    NamedDeclaration, PathPattern, Reported, Seq, Tier, Timestamp,
};
use crate::origin::Origin;
use crate::policy::{DeclarationFacts, Reason, tier};
use crate::record::{Dossier, Record};

/// What a declaration was recorded as, and what it was answered with.
#[derive(Clone, Debug)]
pub struct DeclareAnswer {
    /// Its number.
    pub id: DeclarationId,
    /// Its version.
    pub version: u32,
    /// Whether telling may be enough.
    pub tier: Tier,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How many contents it is for, by its globs too.
    pub assets: usize,
    /// Whether anything was recorded.
    pub changed: bool,
}

/// What a declaration is put over.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// Contents that are known.
    pub assets: Vec<AssetId>,
    /// Where more of it lies or will lie.
    pub globs: Vec<PathPattern>,
}

/// Reads what a declaration is to be for. A glob may fit nothing yet; anything else must be known. A
/// glob that is the name of something would not fit it: what lies there would stay undeclared.
pub fn covered(
    project: &Project,
    context: &Context<'_>,
    arguments: &[String],
) -> Result<Covered, AppError> {
    let reader = project.reader()?;
    let mut covered = Covered::default();
    let mut named = Vec::new();
    for argument in arguments {
        if !is_glob(project, context, &reader, argument)? {
            named.push(argument.clone());
            continue;
        }
        let glob = path_pattern(project, context, argument)?;
        if glob.printed {
            return Err(AppError::usage(
                format!("{argument:?} is a glob below a name that is not UTF-8"),
                "a declaration for what will come needs another name there; files are named one by one",
            ));
        }
        covered.globs.push(glob);
    }
    // All at once: what they stand for is held against the journal, which is read for it.
    covered.assets = choose(project, context, &named)?.assets;
    with_present(&reader, covered)
}

/// A draft of a declaration with what is known: what an earlier version says, or what the marks of the
/// assets say of tool, model and prompt.
pub fn draft(
    project: &Project,
    existing: Option<DeclarationId>,
    covered: &Covered,
) -> Result<Draft, AppError> {
    let mut draft = existing.map(|id| said(project, id)).transpose()?.unwrap_or_default();
    draft.fill_from(&known(project, existing, covered)?);
    Ok(draft)
}

/// What an existing declaration says.
pub fn said(project: &Project, id: DeclarationId) -> Result<Draft, AppError> {
    Ok(Draft::from(&*current(&decisions(&project.reader()?)?, id)?.declaration))
}

/// What marks say of tool, model and prompt, of all that is or will be under a declaration.
pub fn known(
    project: &Project,
    existing: Option<DeclarationId>,
    covered: &Covered,
) -> Result<Draft, AppError> {
    let reader = project.reader()?;
    let record = decisions(&reader)?;
    let dossier = existing.and_then(|id| record.declarations.get(id));
    let mut assets: BTreeSet<_> = covered.assets.iter().copied().collect();
    assets.extend(dossier.map(|one| attached(&reader, one)).transpose()?.into_iter().flatten());
    let mut draft = Draft::default();
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for asset in &assets {
        let mut seen = record.counted(reader.examination(asset)?);
        for one in &mut seen.evidence {
            if let Some(hash) = &one.value {
                one.detail = Some(reader.value(hash)?);
            }
        }
        let determination = record.determination(asset).map(|entry| &entry.fact);
        let tool = Origin::of(&seen.evidence, determination).tool;
        known.entry("tool").or_default().extend(tool);
        known
            .entry("model")
            .or_default()
            .extend(seen.evidence.iter().find_map(|one| one.model.clone()));
        let mut details = seen.evidence.iter().filter_map(|one| one.detail.as_deref());
        known.entry("prompts").or_default().extend(details.find_map(prompts::of));
    }
    for key in ["tool", "model"] {
        // What differs from asset to asset is for a person to say.
        if let Some([one]) = known.get(key).map(|all| all.iter().collect::<Vec<_>>()).as_deref() {
            draft.fill(key, one);
        }
    }
    let prompts: Vec<_> = known.remove("prompts").into_iter().flatten().take(MAX_PROMPTS).collect();
    draft.fill_list("prompts", &prompts);
    Ok(draft)
}

/// Prompts that are filled in from marks; who has more puts them in a file.
const MAX_PROMPTS: usize = 100;

/// Reads a declaration from a file.
pub fn declaration_from(
    project: &Project,
    context: &Context<'_>,
    file: &Path,
) -> Result<Declaration, AppError> {
    file::read(project, context, file)
}

/// The declaration that a draft has become. Consents that it names as files are copied into the
/// project's documents.
pub fn declaration_of(
    project: &Project,
    context: &Context<'_>,
    draft: Draft,
) -> Result<Declaration, AppError> {
    file::whole(project, context, &context.cwd, draft.into_table()).map_err(|error| match error {
        file::Unfit::Store(error) => error,
        file::Unfit::Table(why) => {
            AppError::usage(why, "genlock declare --template explains every field")
        }
    })
}

/// A commented declaration with every field, what is known filled in.
pub fn declaration_template(known: &Draft) -> String {
    file::template(known)
}

/// Keeps a draft that somebody left in the middle in the project's own folder, in the form that can be
/// declared from; gives where.
pub fn keep_unfinished(project: &Project, draft: &Draft) -> Result<PathBuf, AppError> {
    file::keep(project, draft)
}

/// A declaration as it stands: what a new version of it is drawn from.
pub fn standing(
    project: &Project,
    named: NamedDeclaration,
) -> Result<DeclarationVersion, AppError> {
    let version = as_named(&decisions(&project.reader()?)?, named)?.version;
    Ok(DeclarationVersion { id: named.id, version })
}

/// Records a declaration; one that was drawn from an existing one, as a new version of it if it says
/// anything else. Refused where somebody else has said something else of that meanwhile.
pub fn declare(
    project: &Project,
    context: &Context<'_>,
    from: Option<DeclarationVersion>,
    declaration: &Declaration,
    covered: &Covered,
) -> Result<DeclareAnswer, AppError> {
    file::sound(declaration, context.now()).map_err(|why| {
        AppError::usage(why, "genlock declare --template prints one with every field explained")
    })?;
    record_use(project, context, from.map(|from| from.id), covered, |known| {
        let (Some(known), Some(from)) = (known, from) else { return Ok(declaration.clone()) };
        if known.version != from.version && *known.declaration != *declaration {
            return Err(AppError::usage(
                format!(
                    "{} was declared anew meanwhile: it is version {} now",
                    from.id, known.version
                ),
                format!(
                    "genlock declare {} --template shows it as it stands; declare again",
                    from.id
                ),
            ));
        }
        Ok(declaration.clone())
    })
}

/// Puts more under a declaration as it stands.
pub fn attach(
    project: &Project,
    context: &Context<'_>,
    id: DeclarationId,
    more: &Covered,
) -> Result<DeclareAnswer, AppError> {
    record_use(project, context, Some(id), more, |known| {
        Ok(known.map(|known| (*known.declaration).clone()).unwrap_or_default())
    })
}

/// Records what `say` says of a use, given what stands.
fn record_use(
    project: &Project,
    context: &Context<'_>,
    existing: Option<DeclarationId>,
    covered: &Covered,
    say: impl Fn(Option<&Declared>) -> Result<Declaration, AppError>,
) -> Result<DeclareAnswer, AppError> {
    let policy = project.policy()?;
    decide(project, context, |record| {
        let known = existing.map(|id| current(record, id)).transpose()?;
        let declaration = say(known)?;
        // Whether documents are still kept is for the gate to say: what is answered is what was declared.
        let (register, kept) = (&record.declarations, BTreeSet::new());
        let facts = DeclarationFacts::new(
            &policy,
            register,
            &declaration,
            &kept,
            record.moment(context.now()),
        );
        let answered = tier(&policy, &facts);
        let changed = known.is_none_or(|known| *known.declaration != declaration);
        let id = existing.unwrap_or_else(|| record.declarations.next());
        let version = match known {
            Some(known) if !changed => known.version,
            Some(known) => known.version + 1,
            None => 1,
        };
        let more = with_present(&project.reader()?, news(record, existing, covered))?;
        let mut events = Vec::new();
        if changed {
            events.push(Event::Declared(Declared {
                id,
                version,
                declaration: Box::new(declaration),
                tier: answered.tier,
                assets: more.assets.clone(),
                globs: more.globs.clone(),
            }));
        } else if !more.assets.is_empty() || !more.globs.is_empty() {
            let Covered { assets, globs } = more.clone();
            events.push(Event::Attached(Attached { declaration: id, assets, globs }));
        }
        let mut assets: BTreeSet<_> = more.assets.into_iter().collect();
        if let Some(dossier) = record.declarations.get(id) {
            // Closed again before anything is written: who closes the ledger last tidies it up, and a
            // reader cannot.
            assets.extend(attached(&project.reader()?, dossier)?);
        }
        let answer = DeclareAnswer {
            id,
            version,
            tier: answered.tier,
            reasons: answered.reasons,
            assets: assets.len(),
            changed: !events.is_empty(),
        };
        Ok((events, answer))
    })
}

/// Records that a declaration was sent, as it stands. Gives the version.
pub fn reported(
    project: &Project,
    context: &Context<'_>,
    named: NamedDeclaration,
    to: &str,
    on: Option<&str>,
    document: Option<&PathBuf>,
) -> Result<u32, AppError> {
    if to.trim().is_empty() {
        return Err(AppError::usage(
            "a report needs a name",
            "say whom it was sent to with --to WHO",
        ));
    }
    if on.is_some_and(|day| Timestamp::has_begun(day, context.now()) == Ok(false)) {
        return Err(AppError::usage(
            "what is to be sent was not sent",
            "--on takes the day it was sent",
        ));
    }
    // Before the document is stored: what is not there was not sent.
    as_named(&decisions(&project.reader()?)?, named)?;
    let document = document.map(|file| store(project, context, file)).transpose()?;
    decide(project, context, |record| {
        let version = as_named(record, named)?.version;
        let reported = Reported {
            declaration: named.id,
            version,
            to: to.to_owned(),
            on: on.map(str::to_owned),
            document: document.clone(),
        };
        Ok((vec![Event::Reported(reported)], version))
    })
}

/// What stands of a declaration.
pub(super) fn current(record: &Record, id: DeclarationId) -> Result<&Declared, AppError> {
    let current = record.declarations.get(id).and_then(Dossier::current);
    current.map(|entry| &entry.fact).ok_or_else(|| {
        AppError::usage(
            format!("there is no declaration {id}"),
            "genlock status lists what awaits what",
        )
    })
}

/// What stands of a declaration, if that is the version that was named: who read one does not decide on
/// another.
pub(super) fn as_named(record: &Record, named: NamedDeclaration) -> Result<&Declared, AppError> {
    let NamedDeclaration { id, version } = named;
    let current = current(record, id)?;
    let now = current.version;
    match version.filter(|version| *version != now) {
        Some(version) => Err(AppError::usage(
            format!("{id} stands in version {now}, not {version}"),
            format!("genlock declare {id} --template shows it as it stands; then name {id}v{now}"),
        )),
        None => Ok(current),
    }
}

/// What a declaration is not for yet.
fn news(record: &Record, existing: Option<DeclarationId>, covered: &Covered) -> Covered {
    let dossier = existing.and_then(|id| record.declarations.get(id));
    let Some(dossier) = dossier else { return covered.clone() };
    let known: BTreeSet<_> = dossier.assets.iter().collect();
    let is_new = |glob: &&PathPattern| !dossier.globs().any(|known| known == *glob);
    Covered {
        assets: covered.assets.iter().filter(|asset| !known.contains(asset)).copied().collect(),
        globs: covered.globs.iter().filter(is_new).cloned().collect(),
    }
}

/// Adds what lies where globs say at this moment, so that it stays declared wherever it is moved. Asked
/// again when it is recorded: more may have come while questions were answered.
fn with_present(reader: &Reader, mut more: Covered) -> Result<Covered, AppError> {
    if !more.globs.is_empty() {
        let globs = Dossier::of_globs(&more.globs);
        let mut places = Vec::new();
        reader.locations(false, &mut |row| {
            if globs.took_in(&row.path, None) {
                places.push(Place { path: row.path, asset: row.asset, present: true });
            }
        })?;
        as_journalled(reader, &places)?;
        let mut known: BTreeSet<_> = more.assets.iter().copied().collect();
        let new = places.into_iter().map(|place| place.asset).filter(|asset| known.insert(*asset));
        more.assets.extend(new);
    }
    Ok(more)
}

/// Every content a declaration is for now: those it names, and what lies where its globs say, or lay
/// there since they say so.
pub(super) fn attached(reader: &Reader, dossier: &Dossier) -> Result<BTreeSet<AssetId>, AppError> {
    let placed = taken_in(reader, dossier)?;
    let placed = placed.into_iter().map(|place| place.asset);
    Ok(dossier.assets.iter().copied().chain(placed).collect())
}

/// Where that lies which a declaration is for by its globs.
pub(super) fn taken_in(reader: &Reader, dossier: &Dossier) -> Result<Vec<Place>, AppError> {
    let mut places = Vec::new();
    if dossier.globs().next().is_some() {
        reader.held(&mut |HeldRow { path, asset, gone, .. }| {
            if dossier.took_in(&path, gone) {
                places.push(Place { path, asset, present: gone.is_none() });
            }
        })?;
    }
    Ok(places)
}

/// Puts what the tables know of where contents lie and lay into a record that was folded without
/// observations: by that they are under declarations for globs.
pub(super) fn learn_places(reader: &Reader, record: &mut Record) -> Result<(), AppError> {
    if record.declarations.have_globs() {
        // The tables know times. Where several events are of one, the events themselves are read after.
        let sole = reader.observed_at()?;
        reader.held(&mut |HeldRow { path, asset, since, gone }| {
            let since = sole.get(&since).copied().unwrap_or(Seq(u64::MAX));
            record.declarations.learn(asset, &path, since, gone);
        })?;
        reader.read_simultaneous(&mut |recorded| record.learn_seen(&recorded))?;
    }
    Ok(())
}
