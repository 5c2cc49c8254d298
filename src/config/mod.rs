//! Settings: `.genlock/config.toml`, read, checked and resolved. Defaults apply where it is silent.
//!
//! Never guesses: an unknown key or a wrong value stops the program with its line.

mod watch;

pub use watch::{Watching, duration};

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::Deserialize;

use crate::model::{AssetPath, BadPath, PrefixMap, RelPath, RootName};

use crate::config::watch::FileWatch;

/// What `init` writes: every setting, explained, at its default.
pub const TEMPLATE: &str = include_str!("template.toml");

/// The settings of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The ledger file.
    pub ledger: PathBuf,
    /// The project folder first, then each `[[root]]`.
    pub roots: Vec<Root>,
    /// Patterns that scans skip, on top of `.genlockignore` files.
    pub ignore: Vec<String>,
    /// Files read at a time.
    pub readers: usize,
    /// Globs of where AI-made material is kept: each `[[rule]]`.
    pub rules: Vec<String>,
    /// The C2PA trust list in PEM; absolute.
    pub trust_list: Option<PathBuf>,
    /// Whether pixels are decoded too, for texts that generators hide in them.
    pub deep: bool,
    /// How `watch` goes about it.
    pub watch: Watching,
    /// Where volumes that timelines name are on this machine: each `[[map]]`.
    pub maps: Vec<PrefixMap>,
    /// Folders into which only what passed the gate belongs.
    pub guards: Vec<AssetPath>,
}

/// A folder whose files are watched over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its name, shown before its paths.
    pub name: RootName,
    /// Where it is; absolute.
    pub path: PathBuf,
    /// Where the settings say that it is: `path` before links were resolved.
    pub named: PathBuf,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file. Every project has one from the beginning, and without its roots, rules and guards
    /// a gate could pass what it would refuse.
    #[error("there are no settings at {}", path.display())]
    Missing {
        /// Where they belong.
        path: PathBuf,
    },
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not what settings look like.
    #[error("{} is not valid:\n{problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        problem: String,
    },
    /// A root's name cannot be used.
    #[error("a root in {} cannot be used", path.display())]
    BadRoot {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: BadPath,
    },
    /// A pattern is not one.
    #[error("{} has {pattern:?}, which is not a pattern: {reason}", path.display())]
    BadPattern {
        /// The file.
        path: PathBuf,
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A root lies inside another, whose scan covers it.
    #[error("the root {inner} lies inside the root {outer}, so its files would count twice")]
    NestedRoot {
        /// The root inside.
        inner: String,
        /// The root around it.
        outer: String,
    },
    /// A guarded folder is not a path below a root.
    #[error("{} guards {folder:?}, which is not a folder of the project", path.display())]
    BadGuard {
        /// The file.
        path: PathBuf,
        /// As it was written.
        folder: String,
    },
    /// Two roots share a name.
    #[error("{} names two roots {name:?}", path.display())]
    SameRoot {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
}

/// Reading is limited by the storage, not by the processor: this many files keep it busy.
const READERS: usize = 8;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    ledger: Option<PathBuf>,
    root: Vec<FileRoot>,
    rule: Vec<FileRule>,
    scan: FileScan,
    watch: FileWatch,
    guard: Vec<FileGuard>,
    map: Vec<FileMap>,
    detect: FileDetect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    glob: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FileDetect {
    trust_list: Option<PathBuf>,
    deep: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRoot {
    name: String,
    path: PathBuf,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FileScan {
    ignore: Vec<String>,
    readers: Option<std::num::NonZeroU8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileMap {
    from: String,
    to: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGuard {
    path: String,
}

impl Config {
    /// Reads the settings of the project in `project`. An empty file means defaults; none is an error.
    pub fn load(project: &Path) -> Result<Self, ConfigError> {
        let control = project.join(".genlock");
        let path = control.join("config.toml");
        let text = read(&path).map_err(|error| match error {
            ConfigError::Unreadable { path, source } if source.kind() == ErrorKind::NotFound => {
                ConfigError::Missing { path }
            }
            other => other,
        })?;
        let file: File = toml::from_str(&text).map_err(|error| ConfigError::Invalid {
            path: path.clone(),
            problem: error.to_string().trim_end().to_owned(),
        })?;
        let at = |name, path: PathBuf| Root { name, named: path.clone(), path };
        let mut roots = vec![at(RootName::project(), project.to_owned())];
        let mut names = BTreeSet::from([RootName::project()]);
        for root in file.root {
            let name = RootName::try_from(root.name)
                .map_err(|source| ConfigError::BadRoot { path: path.clone(), source })?;
            if !names.insert(name.clone()) {
                return Err(ConfigError::SameRoot { path, name: name.into() });
            }
            roots.push(at(name, project.join(root.path)));
        }
        let ledger = file.ledger.unwrap_or_else(|| PathBuf::from("ledger.db"));
        let readers = file.scan.readers.map_or(READERS, |count| usize::from(count.get()));
        let guards = file
            .guard
            .into_iter()
            .map(|guard| {
                guarded(&guard.path, &names)
                    .ok_or_else(|| ConfigError::BadGuard { path: path.clone(), folder: guard.path })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            ledger: control.join(ledger),
            roots,
            ignore: file.scan.ignore,
            readers,
            rules: file.rule.into_iter().map(|rule| rule.glob).collect(),
            trust_list: file.detect.trust_list.map(|list| control.join(list)),
            deep: file.detect.deep,
            watch: file.watch.into(),
            maps: file
                .map
                .into_iter()
                .map(|map| PrefixMap { from: map.from, to: project.join(map.to) })
                .collect(),
            guards,
        })
    }
}

/// Reads the settings or a file that they name. Opened without waiting: somebody may have put a FIFO in its
/// place.
pub fn read(path: &Path) -> Result<String, ConfigError> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let text = || {
        let mut file = fs::File::options().read(true).custom_flags(flags).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    };
    text().map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// `DELIVERY` in the project, or `name:DELIVERY` below a root.
fn guarded(text: &str, roots: &BTreeSet<RootName>) -> Option<AssetPath> {
    let (root, below) = match text.split_once(':') {
        Some((name, below)) => (RootName::try_from(name.to_owned()).ok()?, below),
        None => (RootName::project(), text),
    };
    let below = below.strip_prefix("./").unwrap_or(below).trim_end_matches('/');
    let path = RelPath::new(if below == "." { "" } else { below }).ok()?;
    roots.contains(&root).then(|| AssetPath::new(root, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".genlock")).unwrap();
        fs::write(dir.path().join(".genlock/config.toml"), text).unwrap();
        Config::load(dir.path())
    }

    #[test]
    fn the_template_is_valid_and_says_the_defaults() {
        let config = load(TEMPLATE).unwrap();
        assert!(config.ledger.ends_with(".genlock/ledger.db"));
        assert_eq!(config.roots.len(), 1);
        assert_eq!(config.readers, READERS);
        let bare = load("").unwrap();
        assert_eq!((&bare.watch, &bare.guards), (&config.watch, &config.guards));
        assert_eq!(bare.ledger.file_name(), config.ledger.file_name());
        let rest = |config: Config| {
            (config.ignore, config.readers, config.rules, config.trust_list, config.deep)
        };
        assert_eq!(rest(bare), rest(config));
        // What stands there as the default is.
        let shown: String = TEMPLATE
            .split_once("[watch]")
            .unwrap()
            .1
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.contains(" = \"") && !line.starts_with("path"))
            .fold("[watch]\n".to_owned(), |text, line| text + line + "\n");
        assert_eq!(shown.lines().count(), 4, "{shown}");
        assert_eq!(load(&shown).unwrap().watch, Watching::default());
    }

    #[test]
    fn each_setting_of_the_template_can_be_uncommented_alone() {
        let mut keys = 0;
        for line in TEMPLATE.lines() {
            let Some(set) = line.strip_prefix("# ").filter(|text| text.contains(" = ")) else {
                continue;
            };
            // One of a table in double brackets takes that line, too.
            let of_list = ["name", "path", "glob", "from", "to"].map(|key| format!("{key} = "));
            if of_list.iter().any(|key| set.starts_with(key)) {
                continue;
            }
            keys += 1;
            load(&TEMPLATE.replacen(line, set, 1)).unwrap_or_else(|error| panic!("{set}: {error}"));
        }
        assert_eq!(keys, 10);
    }

    #[test]
    fn a_guarded_folder_lies_in_a_root() {
        let guard = |path: &str| load(&format!("[[guard]]\npath = {path:?}\n"));
        assert_eq!(guard("DELIVERY/").unwrap().guards[0].to_string(), "DELIVERY");
        assert_eq!(guard("./out/final").unwrap().guards[0].to_string(), "out/final");
        for wrong in ["/mnt/out", "../out", "archive:out"] {
            assert!(matches!(guard(wrong), Err(ConfigError::BadGuard { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_setting_names_its_line() {
        let error = load("\n[scan]\nignored = []\n").unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
        assert!(load("[[root]]\nname = \"a:b\"\npath = \"/x\"\n").is_err());
        assert!(load("[[root]]\nname = \"project\"\npath = \"/x\"\n").is_err());
    }
}
