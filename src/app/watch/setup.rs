//! What a session needs and what may be wrong with it: the settings, and all that is made of them. It is
//! made whole before it takes the place of what holds, so that a mistake in the settings ends no watch.

use std::path::Path;
use std::sync::Arc;

use crate::app::detection::Detection;
use crate::app::scan::parts;
use crate::app::watch::WatchOptions;
use crate::app::watch::glance::{Glance, Stamps};
use crate::app::watch::lock::WatchLock;
use crate::app::watch::place::WatchedPart;
use crate::app::{AppError, Context, Project};
use crate::model::AssetPath;
use crate::observe::Filter;

/// What a session is made of.
pub(super) struct Setup {
    pub(super) project: Project,
    pub(super) parts: Vec<WatchedPart>,
    pub(super) filter: Filter,
    pub(super) detection: Detection,
    /// Guarded folders of which something lies in what is watched.
    pub(super) guards: Vec<AssetPath>,
    /// The others: nothing new in them is heard of.
    pub(super) beyond: Vec<AssetPath>,
    /// What was there when the settings were read, or before.
    pub(super) glance: Glance,
    lock: Arc<WatchLock>,
}

impl Setup {
    /// By the settings as they are now. The lock of the ledger is taken, unless it is the one of `held`.
    pub(super) fn load(
        dir: &Path,
        context: &Context<'_>,
        options: &WatchOptions,
        held: Option<&Self>,
    ) -> Result<Self, AppError> {
        // First: what is edited while they are read is noticed by the next glance.
        let stamps = Stamps::of(dir);
        let project = Project::at(dir)?;
        project.reader()?;
        let parts: Vec<_> = parts(&project, context, options.directory.as_deref())?
            .into_iter()
            .map(|(root, start)| WatchedPart { root: root.clone(), start })
            .collect();
        let filter = project.filter()?;
        let detection = Detection::of(&project, false)?;
        let watched =
            |guard: &AssetPath| parts.iter().any(|part| part.has(guard) || part.lies_in(guard));
        let (guards, beyond) = project.config.guards.iter().cloned().partition(watched);
        let glance = Glance::first(&project, &parts, stamps);
        let lock = WatchLock::of(&project.config.ledger, held.map(|held| &held.lock), context)?;
        Ok(Self { project, parts, filter, detection, guards, beyond, glance, lock })
    }

    /// The same settings, and a ledger that may be another one by now. Whether the settings were edited
    /// meanwhile, the first glance says.
    pub(super) fn renew(&mut self, context: &Context<'_>) -> Result<(), AppError> {
        self.glance = Glance::first(&self.project, &self.parts, Stamps::default());
        self.lock = WatchLock::of(&self.project.config.ledger, Some(&self.lock), context)?;
        Ok(())
    }
}
