//! Creating and opening ledger files. The only place that calls `Connection::open*`.
//!
//! Nothing is written before the file is known to be ours, whole and of a format we know: its
//! header is read as plain bytes first, then through a read-only connection. There is no path that
//! recreates a file.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, AtFlags, CWD, OFlags, accessat};

use crate::failpoint;
use crate::ledger::error::LedgerError;
use crate::ledger::history::tail;
use crate::ledger::migrate::{APPLICATION_ID, migrate, newest};

/// Long enough for another process's batch to commit, short enough that a person waits for it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// WAL so that readers never wait for the writer; FULL so that what was acknowledged survives a
/// power cut; foreign keys checked; no code from the schema of an edited file; and without
/// recursive triggers `INSERT OR REPLACE` would walk past the DELETE trigger of the journal.
/// Checkpoints are rarer than by default: a scan's batches then cost half. Temporary is what one
/// statement may have to undo, a few pages: in memory it costs no system call per row.
const WRITE_PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA recursive_triggers = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA wal_autocheckpoint = 8000;
    PRAGMA cache_size = -49152;
    PRAGMA temp_store = MEMORY;
";

/// Makes a ledger. It appears under its name complete or not at all.
pub(super) fn create(path: &Path) -> Result<Connection, LedgerError> {
    if fs::symlink_metadata(path).is_ok() {
        let source = std::io::Error::from(ErrorKind::AlreadyExists);
        return Err(LedgerError::Io { action: "create", path: path.to_owned(), source });
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = parent.join(format!(".{name}.{}.genlock-tmp", std::process::id()));
    // One of this name is what a killed process with our number left behind.
    discard(&draft);
    let made = fill(&draft).and_then(|()| {
        failpoint::hit("ledger-filled");
        let io = |source| LedgerError::Io { action: "create", path: path.to_owned(), source };
        // A link refuses to replace: of two processes that create at once, one is told. Where the
        // file system has no links (exFAT) a rename must do.
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => fs::rename(&draft, path),
            done => done,
        }
        .map_err(io)
    });
    failpoint::hit("ledger-named");
    discard(&draft);
    made?;
    sync_directory(parent)?;
    open(path)
}

#[expect(clippy::disallowed_methods, reason = "the one room that opens ledgers")]
fn fill(draft: &Path) -> Result<(), LedgerError> {
    let sql = |source| LedgerError::sql(draft, "create the tables", source);
    let mut connection = Connection::open(draft).map_err(sql)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    migrate(&mut connection).map_err(sql)?;
    connection.close().map_err(|(_, source)| sql(source))?;
    let io = |source| LedgerError::Io { action: "sync", path: draft.to_owned(), source };
    File::open(draft).and_then(|file| file.sync_all()).map_err(io)
}

/// Takes a draft away with the journal SQLite keeps beside it while it is filled. What cannot be
/// taken away is in nobody's way: scans pass over such names.
fn discard(draft: &Path) {
    let mut journal = draft.as_os_str().to_owned();
    journal.push("-journal");
    for leftover in [Path::new(&journal), draft] {
        let _ = fs::remove_file(leftover);
    }
}

fn sync_directory(directory: &Path) -> Result<(), LedgerError> {
    let io = |source| LedgerError::Io { action: "sync", path: directory.to_owned(), source };
    File::open(directory).and_then(|file| file.sync_all()).map_err(io)
}

/// Opens for writing, after looking.
#[expect(clippy::disallowed_methods, reason = "the one room that opens ledgers")]
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    // Also the newest event: closing a connection that may write moves the log into the file, and
    // a file that is refused stays as it was found.
    tail(&open_read(path)?, path)?;
    let sql = |source| LedgerError::sql(path, "open", source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    connection.execute_batch(WRITE_PRAGMAS).map_err(sql)?;
    migrate(&mut connection).map_err(sql)?;
    keep_statements(&connection).map_err(sql)?;
    Ok(connection)
}

/// Opens for reading, after looking.
#[expect(clippy::disallowed_methods, reason = "the one room that opens ledgers")]
pub(super) fn open_read(path: &Path) -> Result<Connection, LedgerError> {
    look_once(path)?;
    let sql = |source| LedgerError::sql(path, "open", source);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_alone(path) {
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    };
    let connection = connection.map_err(sql)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    connection
        .execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192;",
        )
        .map_err(sql)?;
    // The header may be older than the write-ahead log: ask again, through it.
    let application: i32 = pragma(&connection, "application_id").map_err(sql)?;
    let format: u32 = pragma(&connection, "user_version").map_err(sql)?;
    judge(path, application, format)?;
    keep_statements(&connection).map_err(sql)?;
    Ok(connection)
}

/// Whether a ledger lies where nothing can be written, as on a disk handed over read-only, and all of it is in
/// its one file. SQLite would make a log and an index beside it, and not read it without.
fn is_alone(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    accessat(CWD, folder, Access::WRITE_OK, AtFlags::EACCESS).is_err()
        && fs::metadata(log).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The name under which SQLite opens a file that nobody writes to. What has a meaning in such a name, or is
/// not ASCII, is spelt out.
fn immutable(path: &Path) -> String {
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                name.push(char::from(*byte));
            }
            // Into a string nothing fails.
            other => drop(write!(name, "%{other:02x}")),
        }
    }
    name + "?immutable=1"
}

/// A private database on disk that goes with its handle: what `verify` replays into.
#[expect(clippy::disallowed_methods, reason = "the one room that opens ledgers")]
pub(super) fn scratch() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open("")?;
    connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA synchronous = OFF;")?;
    migrate(&mut connection)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Prepares every statement once. There is one per table and event kind: more than the default of
/// 16. And SQLite must not plan one anew for every value bound to it, which it does otherwise where
/// statistics could make a difference (there are none): twice the cost of a small question.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Looks at a ledger's header before this process has any connection to it, and never again:
/// closing a file drops every POSIX lock that the process holds on it, SQLite's own too.
fn look_once(path: &Path) -> Result<(), LedgerError> {
    static LOOKED_AT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut looked_at = LOOKED_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if !looked_at.contains(path) {
        look_at_header(path)?;
        looked_at.insert(path.to_owned());
    }
    Ok(())
}

/// Reads the 100-byte header as bytes: SQLite itself may create side files when it looks.
fn look_at_header(path: &Path) -> Result<(), LedgerError> {
    let io = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => LedgerError::Missing { path: path.to_owned() },
        _ => LedgerError::Io { action: "open", path: path.to_owned(), source },
    };
    // Without waiting: somebody may have put a FIFO in its place.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(io)?;
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(io)?;
    let number = |at: usize| -> Option<u32> {
        header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    };
    match (header.starts_with(b"SQLite format 3\0"), number(68), number(60)) {
        (true, Some(application), Some(format)) => judge(path, application.cast_signed(), format),
        _ => Err(LedgerError::Foreign { path: path.to_owned() }),
    }
}

fn judge(path: &Path, application: i32, format: u32) -> Result<(), LedgerError> {
    if application != APPLICATION_ID || format == 0 {
        return Err(LedgerError::Foreign { path: path.to_owned() });
    }
    if format > newest() {
        let known = newest();
        return Err(LedgerError::TooNew { path: path.to_owned(), found: format, known });
    }
    Ok(())
}
