//! The lines that people read: what is new and AI-made or suspect, image sequences folded.

use crate::model::AiStatus;
use crate::observe::sequence::{Fold, fold};
use crate::report::{ChangedView, WatchEvent};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Where; a folded sequence in its folded form.
    pub path: String,
    /// AI status.
    pub status: AiStatus,
    /// Why.
    pub why: String,
    /// Frames of a folded sequence.
    pub frames: Option<u64>,
}

/// What there is to say of events that came at once, in their order.
pub fn news(events: &[WatchEvent]) -> Vec<News> {
    let marked: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            WatchEvent::Changed(changed) if is_news(changed) => Some(changed),
            _ => None,
        })
        .collect();
    let mut lines = Vec::new();
    for here in marked.chunk_by(|one, next| folder_of(one).0 == folder_of(next).0) {
        let names: Vec<Box<[u8]>> =
            here.iter().map(|one| folder_of(one).1.as_bytes().into()).collect();
        for one in fold(&names) {
            match one {
                Fold::Single(at) => lines.push(line(here[at], None)),
                Fold::Sequence(sequence, frames) => {
                    let first = here[frames[0]];
                    let same = |at: &usize| {
                        (here[*at].status, &here[*at].why) == (first.status, &first.why)
                    };
                    if frames.iter().all(same) {
                        let name =
                            String::from_utf8_lossy(&sequence.pattern.to_bytes()).into_owned();
                        let path = format!("{}{name}", folder_of(first).0);
                        lines.push(line(first, Some((path, sequence.frames))));
                    } else {
                        // One frame that differs must be seen, not folded away.
                        lines.extend(frames.iter().map(|at| line(here[*at], None)));
                    }
                }
            }
        }
    }
    lines
}

/// Whether a person is to be told of it.
pub(super) fn is_news(changed: &ChangedView) -> bool {
    changed.new && changed.status.is_ai_or_suspect()
}

/// Folder, slash included, and name, as the path is shown.
fn folder_of(changed: &ChangedView) -> (&str, &str) {
    let path = &changed.path.path;
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

fn line(changed: &ChangedView, folded: Option<(String, u64)>) -> News {
    let (path, frames) = folded
        .map_or_else(|| (changed.path.path.clone(), None), |(path, frames)| (path, Some(frames)));
    let why = changed.why.first().cloned().unwrap_or_default();
    News { path, status: changed.status, why, frames }
}
