//! What a session needs and what may be wrong with it: the settings, and all that is made of them. It is
//! made whole before it takes the place of what holds, so that a mistake in the settings ends no watch.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::app::detection::Detection;
use crate::app::errand::{Errand, LIMIT};
use crate::app::project::{leads, without_dots};
use crate::app::scan::parts;
use crate::app::watch::WatchOptions;
use crate::app::watch::glance::{Glance, Stamps};
use crate::app::watch::lock::WatchLock;
use crate::app::watch::place::WatchedPart;
use crate::app::{AppError, Context, Project};
use crate::clock::Stopwatch;
use crate::config::Root;
use crate::model::{AssetPath, RootName};
use crate::observe::Filter;

/// What comes of reading the settings.
pub(super) type Loaded = Result<(Arc<Setup>, Glance), AppError>;

/// What sessions are made of.
pub(super) struct Setup {
    pub(super) project: Project,
    pub(super) parts: Vec<WatchedPart>,
    pub(super) filter: Filter,
    pub(super) detection: Detection,
    /// Guarded folders of which something lies in what is watched.
    pub(super) guards: Vec<AssetPath>,
    /// The others: nothing new in them is heard of.
    pub(super) beyond: Vec<AssetPath>,
    lock: Mutex<Arc<WatchLock>>,
}

impl Setup {
    /// By the settings as they are now, with what was there when they were read, or before. The lock of the
    /// ledger is taken, unless it is the one of `held`.
    pub(super) fn load(
        dir: &Path,
        context: &Context<'_>,
        options: &WatchOptions,
        held: Option<&Self>,
    ) -> Loaded {
        // First: what is edited while they are read is noticed by the next glance.
        let stamps = Stamps::of(dir);
        let limit = options.answer.unwrap_or(LIMIT);
        // Edited settings wait for the roots that they name: until then the old ones hold.
        let patience = if held.is_some() { Duration::MAX } else { limit };
        let mut silent = BTreeSet::new();
        let project = Project::led(dir, |roots| silent = lead(roots, patience, context))?;
        let stamps = stamps.with_list(project.config.trust_list.as_deref());
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
        let mut glance = Glance::new(&project, &parts, stamps, limit);
        glance.first(&silent, patience, context);
        let held = held.map(Self::lock);
        let lock = WatchLock::of(&project.config.ledger, held.as_ref(), context)?;
        let lock = Mutex::new(lock);
        Ok((Arc::new(Self { project, parts, filter, detection, guards, beyond, lock }), glance))
    }

    fn lock(&self) -> Arc<WatchLock> {
        Arc::clone(&self.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ledger may be another one by now: its lock is taken.
    pub(super) fn renew(&self, context: &Context<'_>) -> Result<(), AppError> {
        let lock = WatchLock::of(&self.project.config.ledger, Some(&self.lock()), context)?;
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = lock;
        Ok(())
    }

    /// Whether another watch comes of it: by other settings, or another trust list.
    pub(super) fn differs(&self, other: &Self) -> bool {
        self.project.config != other.project.config
            || self.detection.trust_list != other.detection.trust_list
    }
}

/// Finds out where roots are, for `patience` at most. Gives those that do not answer: they are where the settings
/// say until they do.
fn lead(roots: &mut [Root], patience: Duration, context: &Context<'_>) -> BTreeSet<RootName> {
    let watch = Stopwatch::start();
    let ask = |root: &Root| {
        let path = root.path.clone();
        let mut errand = Errand::new(move |()| leads(&path));
        errand.ask(());
        errand
    };
    let errands: Vec<_> = roots.iter().map(ask).collect();
    let mut silent = BTreeSet::new();
    for (root, mut errand) in roots.iter_mut().zip(errands) {
        root.path = errand.answer_by(watch, patience, context).unwrap_or_else(|| {
            silent.insert(root.name.clone());
            without_dots(&root.path)
        });
    }
    silent
}
