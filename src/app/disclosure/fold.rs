//! Frames of an image sequence that are alike become one element: whoever reads a log does not read
//! a thousand rows that say the same. One frame that differs in anything is told for itself.

use std::collections::BTreeMap;

use crate::app::disclosure::elements::Listed;
use crate::model::{AssetId, AssetPath, RelPath, RootName};
use crate::observe::sequence::{Fold, fold as fold_names};
use crate::report::UseView;

/// Folds what is alike, puts all in order, and numbers it.
pub(super) fn fold(listed: Vec<Listed>) -> Vec<Listed> {
    let mut groups: BTreeMap<(RootName, RelPath, AssetId), Vec<Listed>> = BTreeMap::new();
    let mut all = Vec::new();
    for one in listed {
        match (&*one.paths, likeness(&one)) {
            ([path], Some(key)) => {
                let folder = path.path.split().0;
                groups.entry((path.root.clone(), folder, key)).or_default().push(one);
            }
            _ => all.push(one),
        }
    }
    for ((root, folder, _), members) in groups {
        all.extend(group(&root, &folder, members));
    }
    all.sort_by(|a, b| {
        let (first, other) = (a.view.uses.first(), b.view.uses.first());
        let no_use = first.is_none().cmp(&other.is_none());
        no_use
            .then_with(|| first.map(UseView::order).cmp(&other.map(UseView::order)))
            .then_with(|| a.paths.cmp(&b.paths))
    });
    for (at, one) in all.iter_mut().enumerate() {
        one.view.number = at as u64 + 1;
    }
    all
}

/// Everything that a log says of an element but which contents it is and how large they are.
fn likeness(one: &Listed) -> Option<AssetId> {
    let mut view = one.view.clone();
    view.assets.clear();
    view.name.clear();
    view.size = 0;
    serde_json::to_vec(&view).ok().map(|text| AssetId::from(blake3::hash(&text)))
}

/// Folds members of one folder that are alike in all but their names.
fn group(root: &RootName, folder: &RelPath, members: Vec<Listed>) -> Vec<Listed> {
    let names: Vec<Vec<u8>> =
        members.iter().map(|one| one.paths[0].path.split().1.to_vec()).collect();
    let mut members: Vec<Option<Listed>> = members.into_iter().map(Some).collect();
    let mut elements = Vec::new();
    for one in fold_names(&names) {
        let (pattern, at) = match one {
            Fold::Single(at) => (None, vec![at]),
            Fold::Sequence(sequence, at) => (Some(sequence), at),
        };
        let frames = at.into_iter().filter_map(|at| members[at].take());
        let Some(whole) = frames.reduce(|mut whole, frame| {
            whole.view.size += frame.view.size;
            whole.view.assets.extend(frame.view.assets);
            whole.paths.extend(frame.paths);
            whole
        }) else {
            continue;
        };
        elements.push(match pattern {
            None => whole,
            Some(sequence) => {
                let name = folder.join(&sequence.pattern.to_bytes());
                let name = AssetPath::new(root.clone(), name).to_string();
                let mut whole = whole;
                whole.view.name = name;
                whole.view.frames = Some(sequence.frames);
                whole
            }
        });
    }
    elements
}
