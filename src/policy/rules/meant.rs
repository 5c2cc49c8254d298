//! What a waiver is about among the files that are judged. Its path is read as everywhere: what is there
//! under a name is that name, a folder is all below it, frames are as a list prints them, and a glob is for
//! one root.

use crate::model::{
    AssetId, AssetPath, FramePattern, Glob, RelPath, RootName, escape_bytes, unescape_bytes,
};
use crate::policy::Policy;

use crate::policy::rule::Wanted;
use crate::policy::rules::{Case, Item};

/// Everything, in whichever root, and the deliverable as a whole.
const EVERYTHING: &str = "**";

/// What a waiver is about.
pub(super) enum Meant<'a> {
    Everything,
    /// A content, by the beginning of its id.
    Content(&'a str),
    /// A file, or all that lies in a folder.
    Named(AssetPath),
    /// Frames in a folder.
    Frames(AssetPath, FramePattern),
    /// What fits a glob below a folder.
    Like(AssetPath, Glob),
    /// Nothing can fit it.
    Nothing,
}

/// What each waiver of a policy is about.
pub(super) fn all<'a>(policy: &'a Policy, case: &Case<'_>, items: &[Item<'_>]) -> Vec<Meant<'a>> {
    if policy.waivers.is_empty() {
        return Vec::new();
    }
    let files = items.iter().map(|item| item.path);
    let mut there = There(files.chain(case.problems.iter().map(|one| &one.path)).collect());
    there.0.sort_unstable();
    policy.waivers.iter().map(|one| there.meant(&one.asset)).collect()
}

/// Where what is judged lies, in order: there can be many, and a waiver asks about each folder on its way.
struct There<'a>(Vec<&'a AssetPath>);

impl There<'_> {
    fn meant<'a>(&self, wanted: &'a Wanted) -> Meant<'a> {
        let text = match wanted {
            Wanted::Id(id) => return Meant::Content(id),
            Wanted::Paths(text) if text == EVERYTHING => return Meant::Everything,
            Wanted::Paths(text) => text.as_str(),
        };
        let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        // In the project folder a name can begin like that of a root; a glob is for the root then.
        let project = (RootName::project(), text);
        let rooted = text.split_once(':').and_then(|(root, below)| Some((self.root(root)?, below)));
        let readings = || std::iter::once(&project).chain(&rooted);
        let read = |(root, text): &(RootName, &str)| self.named(root, text);
        let frames = |(root, text): &(RootName, &str)| self.frames(root, text);
        let found = readings().find_map(read).or_else(|| readings().find_map(frames));
        found.unwrap_or_else(|| {
            let (root, text) = rooted.as_ref().unwrap_or(&project);
            self.like(root, text)
        })
    }

    fn root(&self, name: &str) -> Option<RootName> {
        let mut rest = &self.0[..];
        while let Some(first) = rest.first() {
            if first.root.as_str() == name {
                return Some(first.root.clone());
            }
            rest = &rest[rest.partition_point(|one| one.root <= first.root)..];
        }
        None
    }

    /// Whether that is a file, or a folder that files lie in.
    fn is(&self, path: &AssetPath) -> bool {
        let first_from = |path: &AssetPath| self.0.get(self.0.partition_point(|one| *one < path));
        // What is below `a` begins with `a/`; `a-b` sorts between the two.
        let below = AssetPath::new(path.root.clone(), path.path.join(b""));
        let is_in = |one: &&&AssetPath| one.root == path.root && one.path.is_within(&path.path);
        [path, &below].into_iter().any(|path| first_from(path).is_some_and(|one| is_in(&one)))
    }

    /// What is there under that name; a root has none. With `*` it stays a pattern, that takes in the name too.
    fn named<'a>(&self, root: &RootName, text: &str) -> Option<Meant<'a>> {
        if text.is_empty() || text.contains('*') {
            return None;
        }
        let mut names =
            [Some(text.as_bytes().to_vec()), unescape_bytes(text)].into_iter().flatten();
        names.find_map(|name| {
            let path = AssetPath::new(root.clone(), RelPath::new(name).ok()?);
            self.is(&path).then_some(Meant::Named(path))
        })
    }

    /// The frames that it says; `[1001-1096]` is no set of characters.
    fn frames<'a>(&self, root: &RootName, text: &str) -> Option<Meant<'a>> {
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
        let frames = FramePattern::parse(name.as_bytes())?;
        let plain = !folder.contains(['*', '?', '[', '{']);
        let path = AssetPath::new(root.clone(), RelPath::new(folder).ok()?);
        (plain || self.is(&path)).then_some(Meant::Frames(path, frames))
    }

    /// A glob. Folders in front of it that are there are meant by their names, brackets and all.
    fn like<'a>(&self, root: &RootName, text: &str) -> Meant<'a> {
        let (mut folder, mut rest) = (AssetPath::new(root.clone(), RelPath::root()), text);
        while let Some((name, below)) = rest.split_once('/') {
            let next = AssetPath::new(root.clone(), folder.path.join(name.as_bytes()));
            if name.contains('*') || !self.is(&next) {
                break;
            }
            (folder, rest) = (next, below);
        }
        match Glob::parse(rest) {
            Ok(glob) => Meant::Like(folder, glob),
            Err(_) => Meant::Nothing,
        }
    }
}

impl Meant<'_> {
    /// Whether that is a finding about a file or, with no path, about the deliverable as a whole.
    pub(super) fn is(&self, path: Option<&AssetPath>, asset: Option<&AssetId>) -> bool {
        let within = |folder: &AssetPath| {
            path.filter(|one| one.root == folder.root && one.path.is_within(&folder.path))
        };
        match self {
            Self::Everything => true,
            Self::Content(id) => asset.is_some_and(|asset| asset.to_string().starts_with(id)),
            Self::Named(name) => within(name).is_some(),
            Self::Frames(folder, frames) => within(folder).is_some_and(|path| {
                let (here, name) = path.path.split();
                here == folder.path && frames.frame_of(name).is_some()
            }),
            Self::Like(folder, glob) => within(folder).is_some_and(|path| {
                let bytes = &path.path.as_bytes()[folder.path.as_bytes().len()..];
                let below = bytes.strip_prefix(b"/").unwrap_or(bytes);
                !below.is_empty() && glob.is_match(&*escape_bytes(below))
            }),
            Self::Nothing => false,
        }
    }
}
