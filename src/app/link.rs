//! `link`: what was made from what, as a person says; and what `show` draws of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::decide::decide;
use crate::app::kin::{Origins, named};
use crate::app::{AppError, Context, Project};
use crate::ledger::Reader;
use crate::model::{AssetId, Event, Linked, Relation, Unlinked};
use crate::record::{Kin, Kinship, Record, Said};
use crate::report::{KinView, PathView};

/// A link to record.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// What was made.
    pub children: Vec<AssetId>,
    /// From what.
    pub parents: Vec<AssetId>,
    /// Remarks.
    pub note: Option<String>,
}

/// Records that each of the children was made from each of the parents. What would make something its own
/// ancestor is refused, with the chain.
pub fn link(
    project: &Project,
    context: &Context<'_>,
    options: &LinkOptions,
    relation: Relation,
) -> Result<(), AppError> {
    let parents: BTreeSet<_> = options.parents.iter().copied().collect();
    let children: BTreeSet<_> = options.children.iter().copied().collect();
    decide_kin(project, context, |known| {
        // Below none of the children may be a parent: then above no parent is a child.
        if let Some(way) = known.way_up(&parents, &children) {
            return Err(circle(&project.reader()?, &way));
        }
        let linked = Linked {
            children: options.children.clone(),
            parents: options.parents.clone(),
            relation,
            by: context.actor.clone(),
            note: options.note.clone(),
        };
        Ok((vec![Event::Linked(linked)], ()))
    })
}

/// Records that what a command made was made from each of `parents`, as far as nobody said otherwise of a
/// pair. Gives those of which it cannot be, because something above a parent holds the same.
pub(super) fn link_made(
    project: &Project,
    context: &Context<'_>,
    made: &BTreeSet<AssetId>,
    parents: &BTreeSet<AssetId>,
    note: &str,
) -> Result<BTreeSet<AssetId>, AppError> {
    let relation = if parents.len() == 1 { Relation::Transcode } else { Relation::Composite };
    decide_kin(project, context, |known| {
        let above = known.above(parents);
        let (circular, children): (BTreeSet<_>, BTreeSet<_>) =
            made.iter().partition(|child| above.contains(*child));
        let mut families: BTreeMap<Vec<AssetId>, Vec<AssetId>> = BTreeMap::new();
        for child in children {
            let withdrawn = known.withdrawn(&child);
            let parents = parents.iter().filter(|parent| !withdrawn.contains(*parent));
            families.entry(parents.copied().collect()).or_default().push(child);
        }
        families.remove(&Vec::new());
        let linked = families.into_iter().map(|(parents, children)| {
            let (by, note) = (context.actor.clone(), Some(note.to_owned()));
            Event::Linked(Linked { children, parents, relation, by, note })
        });
        Ok((linked.collect(), circular))
    })
}

/// Withdraws that any of the children was made from any of the parents, whoever said so. Gives how many
/// pairs were linked.
pub fn unlink(
    project: &Project,
    context: &Context<'_>,
    options: &LinkOptions,
) -> Result<usize, AppError> {
    decide_kin(project, context, |known| {
        let linked = |child: &AssetId| {
            let parents = known.parents_of(child).into_iter();
            parents.filter(|kin| options.parents.contains(&kin.asset)).count()
        };
        let count = options.children.iter().map(linked).sum();
        if count == 0 {
            return Err(AppError::usage(
                "none of it is linked",
                "genlock show ASSET says what it was made from",
            ));
        }
        let unlinked = Unlinked {
            children: options.children.clone(),
            parents: options.parents.clone(),
            by: context.actor.clone(),
            note: options.note.clone(),
        };
        Ok((vec![Event::Unlinked(unlinked)], count))
    })
}

/// Decides by who was made from what: as people said, and as the names say that files carry now.
fn decide_kin<T>(
    project: &Project,
    context: &Context<'_>,
    mut decision: impl FnMut(&Kinship) -> Result<(Vec<Event>, T), AppError>,
) -> Result<T, AppError> {
    let names = named(&project.reader()?)?;
    decide(project, context, |record| decision(&record.kinship.with_names_of(&names)))
}

/// Steps of a chain that an error names.
const NAMED: usize = 8;

fn circle(reader: &Reader, way: &[AssetId]) -> AppError {
    let name = |asset: &AssetId| {
        let path = reader.locations_of(asset).ok().and_then(|all| all.into_iter().next());
        path.map_or_else(|| asset.short(), |one| format!("{} {}", one.path, asset.short()))
    };
    if let [one] = way {
        return AppError::usage(
            format!("{} cannot be made from itself", name(one)),
            "name what it was made from with --from; two paths of one content are one asset",
        );
    }
    let mut chain: Vec<_> = way.iter().take(NAMED).map(name).collect();
    if way.len() > NAMED {
        chain.push(format!("… {} more", way.len() - NAMED));
    }
    AppError::usage(
        format!("that is a circle: {}", chain.join(" was made from ")),
        "genlock show ASSET draws what is linked; --clear withdraws a wrong link",
    )
}

/// How much of a family `show` draws.
const DEPTH: usize = 8;
const WIDTH: usize = 1_000;
const FURTHER: usize = 20;
const TOTAL: usize = 2_000;

/// Which way to draw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// What a content was made from, or what was made from it, bounded; and how many were left out. The names
/// that files carry must be in the record.
pub(super) fn family(
    reader: &Reader,
    record: &Record,
    asset: &AssetId,
    way: Way,
) -> Result<(Vec<KinView>, u64), AppError> {
    let origins = Origins::new(reader, record);
    let mut drawing = Drawing { reader, record, origins, way, drawn: 0, left_out: 0 };
    let all = drawing.of(asset, &mut vec![*asset])?;
    Ok((all, drawing.left_out))
}

struct Drawing<'a> {
    reader: &'a Reader,
    record: &'a Record,
    origins: Origins<'a>,
    way: Way,
    drawn: usize,
    left_out: u64,
}

impl Drawing<'_> {
    fn of(&mut self, asset: &AssetId, path: &mut Vec<AssetId>) -> Result<Vec<KinView>, AppError> {
        let kin = match self.way {
            Way::Up => self.record.kinship.parents_of(asset),
            Way::Down => self.record.kinship.children_of(asset),
        };
        let width = if path.len() == 1 { WIDTH } else { FURTHER };
        let mut views = Vec::new();
        for (number, one) in kin.into_iter().enumerate() {
            if number >= width || self.drawn >= TOTAL || path.len() > DEPTH {
                self.left_out += 1;
                continue;
            }
            self.drawn += 1;
            views.push(self.one(one, path)?);
        }
        Ok(views)
    }

    fn one(&mut self, kin: Kin, path: &mut Vec<AssetId>) -> Result<KinView, AppError> {
        let Kin { asset, relation, said } = kin;
        let circle = path.contains(&asset);
        let further = if circle {
            Vec::new()
        } else {
            path.push(asset);
            let further = self.of(&asset, path)?;
            path.pop();
            further
        };
        let at = self.reader.locations_of(&asset)?.into_iter().next();
        let (by, read) = match said {
            Said::By(who) => (Some(who), None),
            Said::Read { name, place } => {
                (None, Some(format!("{} {} in {place}", name.0.as_str(), name.1)))
            }
        };
        let (parents, children) = match self.way {
            Way::Up => (further, Vec::new()),
            Way::Down => (Vec::new(), further),
        };
        let status = self.origins.of(&asset)?.0.status;
        Ok(KinView {
            asset: asset.to_string(),
            path: at.as_ref().map(|one| PathView::from(&one.path)),
            relation,
            by,
            read,
            status,
            circle,
            parents,
            children,
        })
    }
}
