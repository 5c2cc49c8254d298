//! Timelines that a timeline names as if they were media. What such a file plays is known only where the deliverable
//! names it as a timeline too: then it is read for itself, and what it refers to is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;

use crate::app::references::disk::real;
use crate::app::{Context, Project};
use crate::deliver::names::is_media_name;
use crate::deliver::timeline;
use crate::model::AssetPath;

/// Which files are timelines that nobody reads.
pub(super) struct Nested<'a> {
    project: &'a Project,
    context: &'a Context<'a>,
    /// The timelines of the deliverable.
    read: BTreeSet<AssetPath>,
    /// What files were found to be: many references mean one.
    told: BTreeMap<AssetPath, bool>,
}

impl<'a> Nested<'a> {
    /// Beside these timelines of a deliverable.
    pub(super) fn new<'b>(
        project: &'a Project,
        context: &'a Context<'a>,
        read: impl Iterator<Item = &'b AssetPath>,
    ) -> Self {
        let read = read.map(|path| real(project, context, path)).collect();
        Self { project, context, read, told: BTreeMap::new() }
    }

    /// One of the files a reference means that is a timeline which is not read. Of frames of media the first is looked
    /// into: no program reads another by what is in it.
    pub(super) fn unread<'f>(&mut self, files: &'f [AssetPath]) -> Option<&'f AssetPath> {
        let looked_into =
            |(at, path): &(usize, &AssetPath)| *at == 0 || !is_media_name(path.path.name());
        let mut files = files.iter().enumerate().filter(looked_into).map(|(_, path)| path);
        files.find(|path| {
            let real = |path| real(self.project, self.context, path);
            self.is_timeline(path) && !self.read.contains(&real(path))
        })
    }

    /// One that cannot be opened is for the gate to tell, which has to read it.
    fn is_timeline(&mut self, path: &AssetPath) -> bool {
        if let Some(told) = self.told.get(path) {
            return *told;
        }
        let told = look(self.project, self.context, path).unwrap_or(false);
        self.told.insert(path.clone(), told);
        told
    }
}

fn look(project: &Project, context: &Context<'_>, path: &AssetPath) -> io::Result<bool> {
    let Some(disk) = project.on_disk(path) else { return Ok(false) };
    // Before it is opened: a FIFO would wait for a writer.
    if !context.follow(&disk)?.found.is_file() {
        return Ok(false);
    }
    timeline::is_timeline(&disk, File::open(&disk)?)
}
