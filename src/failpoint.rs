//! Numbered places where a crash test kills the process. Compiled into debug builds only.
//!
//! Run 1 lists those that are passed, a line each (`GENLOCK_FAILPOINT_COUNT` names a file), run *n*
//! aborts at the n-th (`GENLOCK_FAILPOINT_ABORT`, which may also be a name: the first of it), as a power cut
//! would: no destructor runs. For races a process can be stopped at a named one
//! (`GENLOCK_FAILPOINT_STOP`).

/// Marks a place between two steps that must survive a crash.
#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let passed = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if let Some(file) = std::env::var_os("GENLOCK_FAILPOINT_COUNT") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        // In one write: several threads may pass one at once, and their lines must not run into each other.
        let line = format!("{passed} {name}\n");
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
    if std::env::var("GENLOCK_FAILPOINT_STOP").is_ok_and(|at| at == name) {
        // Goes on when a test has done to the disk what it wants to be there, and says so.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
    }
    let aborts = |at: String| at == passed.to_string() || at == name;
    if std::env::var("GENLOCK_FAILPOINT_ABORT").is_ok_and(aborts) {
        std::process::abort();
    }
}

/// Marks a place between two steps that must survive a crash.
#[cfg(not(debug_assertions))]
pub fn hit(_: &str) {}
