//! A project: a folder with `.genlock/` in it. Finding one, and making one.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::app::policies::policy_of;
use crate::app::run::at_work::announced;
use crate::app::{AppError, Context};
use crate::config::{self, Config, ConfigError, Root};
use crate::detect::DETECTORS;
use crate::failpoint;
use crate::ledger::{Kinds, Ledger, LedgerError, Reader};
use crate::model::{
    AssetPath, Event, Head, PolicyAdopted, ProjectCreated, RelPath, RootName, escape_bytes,
    unescape_bytes,
};
use crate::observe::{Filter, mount};
use crate::policy::{PROFILES, Policy, profile};

/// The folder inside a project that holds what Genlock keeps.
pub(super) const CONTROL: &str = ".genlock";

/// A project with its settings.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder; absolute, links resolved.
    pub dir: PathBuf,
    /// Its settings.
    pub config: Config,
}

/// How to make a project.
#[derive(Clone, Debug, Default)]
pub struct InitOptions {
    /// The bundled profile to copy the policy from; the default one when none is named.
    pub profile: Option<String>,
    /// Where the ledger goes; inside the project when none is named.
    pub ledger: Option<PathBuf>,
}

/// What `init` found or made.
#[derive(Debug)]
pub struct Initialized {
    /// The project.
    pub project: Project,
    /// Whether it is new.
    pub created: bool,
    /// The bundled profile that a new one starts from.
    pub profile: &'static str,
}

impl Project {
    /// The project of a folder: its own, or that of the nearest folder above.
    pub fn find(from: &Path) -> Result<Self, AppError> {
        Self::at(&Self::dir_of(from)?)
    }

    /// The folder of that project, without asking any of its roots.
    pub fn dir_of(from: &Path) -> Result<PathBuf, AppError> {
        let start = fs::canonicalize(from).map_err(AppError::io("open", from))?;
        let dir = start.ancestors().find(|dir| dir.join(CONTROL).is_dir());
        dir.map(Path::to_owned)
            .ok_or_else(|| AppError::NoProject { from: from.to_owned(), exactly: false })
    }

    /// The project in exactly this folder.
    pub fn at(dir: &Path) -> Result<Self, AppError> {
        let lead = |root: &mut Root| root.path = leads(&root.path);
        Self::led(dir, |roots| roots.iter_mut().for_each(lead))
    }

    /// The same, with another way to find out where its roots are.
    pub(super) fn led(dir: &Path, lead: impl FnOnce(&mut [Root])) -> Result<Self, AppError> {
        let absent = || AppError::NoProject { from: dir.to_owned(), exactly: true };
        let dir = match fs::canonicalize(dir) {
            Ok(dir) => dir,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(absent()),
            Err(source) => {
                return Err(AppError::Io { action: "open", path: dir.to_owned(), source });
            }
        };
        if !dir.join(CONTROL).is_dir() {
            return Err(absent());
        }
        let mut config = Config::load(&dir)?;
        lead(&mut config.roots);
        for outer in &config.roots {
            let inside =
                |inner: &&Root| inner.name != outer.name && inner.path.starts_with(&outer.path);
            if let Some(inner) = config.roots.iter().find(inside) {
                let (inner, outer) = (inner.name.clone().into(), outer.name.clone().into());
                return Err(ConfigError::NestedRoot { inner, outer }.into());
            }
        }
        Ok(Self { dir, config })
    }

    /// `.genlock/` of this project.
    pub fn control(&self) -> PathBuf {
        self.dir.join(CONTROL)
    }

    /// Opens the ledger for writing. One that settings moved to a network mount is refused there too.
    pub fn ledger(&self) -> Result<Ledger, AppError> {
        local(self.config.ledger.parent().unwrap_or(&self.dir))?;
        Ok(Ledger::open(&self.config.ledger)?)
    }

    /// Opens the ledger for reading. One of an older format is brought up to this program's first, if
    /// its history holds from the first event.
    pub fn reader(&self) -> Result<Reader, AppError> {
        let reader = Reader::open(&self.config.ledger)?;
        if reader.is_current()? {
            return Ok(reader);
        }
        reader.read(Head::EMPTY, None, Kinds::Decisions, &mut |_| {})?;
        drop(reader);
        self.ledger()?;
        Ok(Reader::open(&self.config.ledger)?)
    }

    /// Reads the policy in force. Absent or wrong is an error: nothing passes.
    pub fn policy(&self) -> Result<Policy, AppError> {
        let path = self.control().join("policy.toml");
        let Some(bytes) = word(&path)? else { return Err(AppError::PolicyMissing { path }) };
        policy_of(&path, &bytes)
    }

    /// Which root an absolute path lies in, and where below it. The nearest root wins.
    pub fn locate(&self, path: &Path) -> Option<(&Root, AssetPath)> {
        self.lies(&resolve(path))
    }

    /// The same for a path without links, as it is: the disk is not asked.
    pub(super) fn lies(&self, path: &Path) -> Option<(&Root, AssetPath)> {
        self.config
            .roots
            .iter()
            .filter_map(|root| Some((root, path.strip_prefix(&root.path).ok()?)))
            .max_by_key(|(root, _)| root.path.components().count())
            .and_then(|(root, below)| {
                let bytes = below.as_os_str().as_bytes();
                Some((root, AssetPath::new(root.name.clone(), RelPath::new(bytes).ok()?)))
            })
    }

    /// The root of a path.
    pub fn root(&self, path: &AssetPath) -> Option<&Root> {
        self.config.roots.iter().find(|root| root.name == path.root)
    }

    /// Whether a path lies in what Genlock keeps for itself at the top of a root, where no walk goes.
    pub(super) fn is_own(path: &AssetPath) -> bool {
        path.path.as_path().starts_with(CONTROL)
    }

    /// What settings leave out of walks, and what is our own.
    pub(super) fn filter(&self) -> Result<Filter, AppError> {
        let filter = Filter::new(&self.config.ignore).map_err(|error| ConfigError::BadPattern {
            path: self.control().join("config.toml"),
            pattern: error.pattern,
            reason: error.reason,
        })?;
        Ok(filter.without(self.own_files()))
    }

    /// What Genlock keeps for itself among the media: a ledger in a root, with what SQLite and a watch put
    /// beside it.
    pub(super) fn own_files(&self) -> Vec<AssetPath> {
        let ledger = &self.config.ledger;
        // SQLite puts its own beside the file itself where the ledger is a link to it.
        let real = fs::canonicalize(ledger).unwrap_or_else(|_| ledger.clone());
        let beside = |(file, suffix): (&Path, &str)| {
            let mut name = file.as_os_str().to_owned();
            name.push(suffix);
            let (_, path) = self.locate(Path::new(&name))?;
            (!Self::is_own(&path)).then_some(path)
        };
        let suffixes = ["", "-wal", "-shm", "-journal"].map(|suffix| (&*real, suffix));
        let all = suffixes.into_iter().chain([(&**ledger, ""), (&**ledger, ".watch")]);
        let announced = announced(ledger);
        let announced = announced.iter().map(|file| (&**file, ""));
        all.chain(announced).filter_map(beside).collect()
    }

    /// Where a root is on this machine.
    pub(super) fn folder(&self, root: &RootName) -> Option<PathBuf> {
        self.config.roots.iter().find(|one| one.name == *root).map(|one| one.path.clone())
    }

    /// Where a path is on this machine.
    pub fn on_disk(&self, path: &AssetPath) -> Option<PathBuf> {
        self.root(path).map(|root| root.path.join(path.path.as_path()))
    }
}

/// Where a root is. One that is not there may be mounted later. As written, `../media` would begin as the
/// project.
pub(super) fn leads(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| resolve(path))
}

/// Resolves links in the folders of a path but not a link at its end: a link is itself an entry of
/// its folder.
fn resolve(path: &Path) -> PathBuf {
    let plain = without_dots(path);
    match (plain.parent(), plain.file_name()) {
        (Some(parent), Some(name)) => existing(parent).join(name),
        _ => plain,
    }
}

/// Takes dots away as typed, without a look at the disk.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The longest part of a path that exists, with links resolved, and the rest as it is.
fn existing(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => existing(parent).join(name),
        _ => path.to_owned(),
    }
}

/// Makes a project in `dir`, or finds the one that is there and leaves it as it is.
pub fn init(
    context: &Context<'_>,
    dir: &Path,
    options: &InitOptions,
) -> Result<Initialized, AppError> {
    let absent = |dir: &&Path| fs::symlink_metadata(dir).is_err();
    let new: Vec<_> = dir.ancestors().take_while(absent).collect();
    let made = make(context, dir, options);
    if made.is_err() {
        // Nothing is left of a project that could not be made; what somebody put there meanwhile stays.
        for dir in new {
            let _ = fs::remove_dir(dir);
        }
    }
    made
}

fn make(context: &Context<'_>, dir: &Path, options: &InitOptions) -> Result<Initialized, AppError> {
    fs::create_dir_all(dir).map_err(AppError::io("create", dir))?;
    let dir = fs::canonicalize(dir).map_err(AppError::io("open", dir))?;
    let name = options.profile.as_deref().unwrap_or(PROFILES[0].name);
    let profile = profile(name).ok_or_else(|| {
        let known: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
        AppError::usage(
            format!("there is no profile {name:?}"),
            format!("bundled profiles: {}", known.join(", ")),
        )
    })?;
    let ledger = options.ledger.as_ref().map(|file| context.absolute(file));
    if dir.join(CONTROL).is_dir() {
        let asked = options.profile.as_ref().map(|_| profile.name);
        let project = as_asked(Project::at(&dir)?, ledger.as_deref(), asked)?;
        return Ok(Initialized { project, created: false, profile: profile.name });
    }
    check_place(&dir, ledger.as_deref())?;
    let created = put(context, &dir, profile.text, ledger.as_deref())?;
    discard_drafts(&dir);
    let project = Project::at(&dir)?;
    project.reader()?;
    Ok(Initialized { project, created, profile: profile.name })
}

/// The project that is there, if it is what is asked for.
fn as_asked(
    project: Project,
    ledger: Option<&Path>,
    profile: Option<&str>,
) -> Result<Project, AppError> {
    project.reader()?;
    let known = &project.config.ledger;
    if ledger.is_some_and(|asked| fs::canonicalize(asked).ok() != fs::canonicalize(known).ok()) {
        return Err(AppError::usage(
            format!("there is a project already, and its ledger is {}", known.display()),
            "ledger in .genlock/config.toml says where it is",
        ));
    }
    let differs = |asked: &str| project.policy().ok().filter(|policy| policy.profile != asked);
    if let Some(policy) = profile.and_then(differs) {
        return Err(AppError::usage(
            format!("there is a project already, and its policy is {:?}", policy.profile),
            "a policy is changed in .genlock/policy.toml, on the record; genlock policy explain \
             --profile NAME shows what a bundled one says",
        ));
    }
    Ok(project)
}

/// Whether a ledger can lie where it is to: in a folder that is there, on a local disk, and not among the
/// media.
fn check_place(dir: &Path, ledger: Option<&Path>) -> Result<(), AppError> {
    let folder = ledger.and_then(Path::parent).unwrap_or(dir);
    if !folder.is_dir() {
        return Err(AppError::usage(
            format!("there is no folder {} for the ledger", folder.display()),
            "make it first, on a local disk",
        ));
    }
    let real = fs::canonicalize(folder).map_err(AppError::io("open", folder))?;
    if ledger.is_some() && real.starts_with(dir) {
        return Err(AppError::usage(
            "the ledger would lie among the media and be scanned with them",
            "leave --ledger away, or name a file outside the project",
        ));
    }
    local(folder)
}

/// Puts a new `.genlock/` in place; whether it is ours that is there then.
///
/// Made aside and renamed, so that a project is there complete or not at all; a `.genlock/` without a
/// ledger is then always a lost ledger, never a half-made one.
fn put(
    context: &Context<'_>,
    dir: &Path,
    policy: &str,
    ledger: Option<&Path>,
) -> Result<bool, AppError> {
    let draft = dir.join(format!("{CONTROL}.{}.genlock-tmp", std::process::id()));
    // One of this name is what a killed process with our number left behind.
    let _ = fs::remove_dir_all(&draft);
    let made = fill(context, dir, &draft, policy, ledger).and_then(|()| {
        let control = dir.join(CONTROL);
        failpoint::hit("project-filled");
        fs::rename(&draft, &control).map_err(AppError::io("create", &control))?;
        let synced = fs::File::open(dir).and_then(|folder| folder.sync_all());
        synced.map_err(AppError::io("sync", dir))
    });
    match made {
        Ok(()) => Ok(true),
        // Somebody else was faster; theirs stands.
        Err(_) if dir.join(CONTROL).is_dir() => Ok(false),
        Err(error) => {
            let _ = fs::remove_dir_all(&draft);
            Err(error)
        }
    }
}

/// Takes away what killed processes left half made. Whoever is still at it comes too late anyway:
/// a project is there. What cannot be taken away is in nobody's way: scans pass over such names.
fn discard_drafts(dir: &Path) {
    let ours = |name: &str| {
        let rest = name.strip_prefix(CONTROL).and_then(|rest| rest.strip_prefix('.'));
        let number = rest.and_then(|rest| rest.strip_suffix(".genlock-tmp"));
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(ours) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Refuses a folder on a network mount, where SQLite's log is not safe.
fn local(folder: &Path) -> Result<(), AppError> {
    match mount::network_kind(folder).map_err(AppError::Mount)? {
        None => Ok(()),
        Some(kind) => {
            Err(AppError::NetworkMount { path: folder.to_owned(), kind: kind.to_owned() })
        }
    }
}

fn fill(
    context: &Context<'_>,
    dir: &Path,
    draft: &Path,
    policy_text: &str,
    ledger: Option<&Path>,
) -> Result<(), AppError> {
    fs::create_dir_all(draft.join("documents")).map_err(AppError::io("create", draft))?;
    let mut settings = config::TEMPLATE.to_owned();
    if let Some(file) = ledger {
        let text = file.to_str().ok_or_else(|| {
            AppError::usage("the ledger's path is not UTF-8", "choose a path that is")
        })?;
        let line = format!("ledger = {}\n", toml::Value::from(text));
        settings = settings.replace("# ledger = \"ledger.db\"\n", &line);
    }
    write(&draft.join("config.toml"), &settings)?;
    write(&draft.join("policy.toml"), policy_text)?;
    write(&draft.join("approvers"), APPROVERS)?;
    let file = ledger.map_or_else(|| draft.join("ledger.db"), Path::to_owned);
    let folder = escape_bytes(dir.as_os_str().as_bytes()).into_owned();
    let mut ledger = match Ledger::open(&file) {
        // One without a single event: `init` was killed before it could write the first.
        Ok(ledger) if ledger.head()? == Head::EMPTY => ledger,
        // Killed a moment later, or `.genlock/` was lost and this is the ledger of it, here or of a folder
        // that was moved here.
        Ok(_) if belongs_to(&file)?.is_some_and(|made| made == folder || is_gone(&made)) => {
            return Ok(());
        }
        Ok(_) => {
            return Err(AppError::usage(
                format!("{} is the ledger of another project", file.display()),
                "name a file that is not there yet; the ledger of a project that moved is taken as it is once its old \
                 folder is gone",
            ));
        }
        Err(LedgerError::Missing { .. }) => Ledger::create(&file)?,
        Err(error) => return Err(error.into()),
    };
    let policy = Policy::parse(policy_text)
        .map_err(|source| AppError::PolicyInvalid { path: draft.join("policy.toml"), source })?;
    let program = concat!("genlock ", env!("CARGO_PKG_VERSION")).to_owned();
    let events = [
        Event::ProjectCreated(ProjectCreated {
            program,
            profile: policy.profile.clone(),
            folder,
            detectors: DETECTORS,
        }),
        adopted(&policy),
    ];
    ledger.append(None, context.now(), &context.actor, &events)?;
    Ok(())
}

/// The folder a ledger was made for.
fn belongs_to(ledger: &Path) -> Result<Option<String>, AppError> {
    let mut folder = None;
    Reader::open(ledger)?.read_decisions(&mut |recorded| {
        if let Event::ProjectCreated(made) = recorded.event {
            folder.get_or_insert(made.folder);
        }
    })?;
    Ok(folder)
}

/// Whether the folder a ledger was made for is not there any more.
fn is_gone(folder: &str) -> bool {
    let bytes = unescape_bytes(folder).unwrap_or_else(|| folder.as_bytes().to_vec());
    let found = fs::symlink_metadata(OsStr::from_bytes(&bytes));
    found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The bytes of a file that says who may say yes to what, where there is one. Never waits for one: a pipe
/// in its place is no file.
pub(super) fn word(path: &Path) -> Result<Option<Vec<u8>>, AppError> {
    let read =
        fs::metadata(path).and_then(|found| found.is_file().then(|| fs::read(path)).transpose());
    match read {
        Ok(Some(bytes)) => Ok(Some(bytes)),
        Ok(None) => Err(AppError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AppError::WordUnreadable { path: path.to_owned(), source }),
    }
}

/// The event that puts a policy on the record.
pub(super) fn adopted(policy: &Policy) -> Event {
    Event::PolicyAdopted(PolicyAdopted {
        profile: policy.profile.clone(),
        hash: policy.hash,
        text: policy.text.clone(),
        shown: false,
    })
}

const APPROVERS: &str = "\
# Who may sign approvals: one line each, in the format of OpenSSH's allowed_signers, e.g.
# dana@studio.example namespaces=\"genlock-approval\" ssh-ed25519 AAAA...
";

fn write(path: &Path, text: &str) -> Result<(), AppError> {
    let io = AppError::io("write", path);
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(io)
}
