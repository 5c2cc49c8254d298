//! The walk through the roots for files by the names that references ask for. What scans leave out is left
//! out here too: the project does not know it. What could not be looked at is remembered: as long as a
//! file of the name may lie there, no other is the only one. Nor is one where a link leads to a folder that this walk
//! does not come by.

use crate::app::behind::{Behind, behind};
use crate::app::{AppError, Context, Project};
use crate::deliver::names::Names;
use crate::ledger::Reader;
use crate::model::{AssetPath, Reference, RelPath};
use crate::observe::{Filter, Listing, Walk, WalkOptions};

/// Places that are told of by name.
const TOLD: usize = 3;

/// What a walk for names found.
pub(super) struct Search {
    pub(super) names: Names,
    /// Folders that could not be looked through, with why.
    unseen: Vec<(AssetPath, String)>,
}

impl Search {
    /// Looks for what references ask for. Where it cannot look, what the ledger has there counts.
    pub(super) fn run(
        project: &Project,
        context: &Context<'_>,
        reader: &Reader,
        references: &[Reference],
    ) -> Result<Self, AppError> {
        let mut search = Self { names: Names::of(references), unseen: Vec::new() };
        if search.names.is_empty() {
            return Ok(search);
        }
        let filter = project.filter()?;
        for root in &project.config.roots {
            let options = WalkOptions { start: RelPath::root(), filter: filter.clone() };
            let whole = AssetPath::new(root.name.clone(), RelPath::root());
            match Walk::new(&root.name, &root.path, &options, context.cancel) {
                Ok(walk) => {
                    for listing in walk {
                        match listing {
                            Ok(listing) => {
                                search.listing(project, context, &filter, &whole, &listing);
                            }
                            Err(error) => search.unseen.push((whole.clone(), error.to_string())),
                        }
                    }
                }
                Err(error) => search.unseen.push((whole, error.to_string())),
            }
        }
        context.check()?;
        if !search.unseen.is_empty() {
            let Self { names, unseen } = &mut search;
            reader.locations(false, &mut |row| {
                let within = |(place, _): &(AssetPath, String)| {
                    place.root == row.path.root && row.path.path.is_within(&place.path)
                };
                if unseen.iter().any(within) {
                    names.offer(&row.path, row.size);
                }
            })?;
        }
        Ok(search)
    }

    fn listing(
        &mut self,
        project: &Project,
        context: &Context<'_>,
        filter: &Filter,
        root: &AssetPath,
        listing: &Listing,
    ) {
        let at = |path: RelPath| AssetPath::new(root.root.clone(), path);
        for entry in &listing.files {
            self.names.offer(&at(listing.directory.join(&entry.name)), entry.fingerprint.size);
        }
        for link in &listing.links {
            let path = at(listing.directory.join(&link.name));
            let Some(disk) = project.on_disk(&path) else { continue };
            let led = context.follow(&disk);
            if self.names.wants(&link.name) {
                // As long as what it leads to; of one that leads nowhere nothing is known.
                self.names.offer(&path, led.as_ref().map_or(0, |target| target.found.len()));
            }
            match behind(project, &disk, led.as_ref()) {
                Behind::NoFolder => {}
                Behind::Folder(lies) if is_walked(project, filter, &lies) => {}
                Behind::Folder(lies) => {
                    self.unseen.push((path, format!("a link to {lies}, which scans leave out")));
                }
                Behind::Unknown(why) => self.unseen.push((path, why)),
            }
        }
        if !listing.complete {
            let why = listing.problems.first().map(|one| one.problem.clone());
            self.unseen.push((at(listing.directory.clone()), why.unwrap_or_default()));
        }
    }

    /// Where files of any name may lie that nobody saw, in words; nothing where everything was seen.
    pub(super) fn unseen(&self) -> Option<String> {
        let told = self.unseen.iter().take(TOLD).map(|(place, why)| format!("{place} ({why})"));
        let told: Vec<_> = told.collect();
        let more = if self.unseen.len() > TOLD { ", …" } else { "" };
        (!told.is_empty()).then(|| format!("{}{more} could not be looked through", told.join(", ")))
    }
}

/// Whether the walk through the roots comes by a folder.
fn is_walked(project: &Project, filter: &Filter, folder: &AssetPath) -> bool {
    let root = project.root(folder);
    root.is_some_and(|root| {
        filter.descend(&root.name, &root.path, &folder.path, &mut Vec::new()).is_some()
    })
}
