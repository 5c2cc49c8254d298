//! Which files somebody holds open to write to them: an encoder that thinks for longer than anybody waits
//! has not closed what it is writing.
//!
//! Asks the system only, and looks at no file: one on a share that hangs would hold whoever asks. Sees the
//! processes that the caller may look into, on Linux. Of any other it knows nothing, so it only ever says
//! that a file is not complete, never that it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The handles with which other processes have some files open for writing: where the system shows each, which is
/// the same as long as it stays open, and the file.
pub fn held_open<'a>(files: &BTreeSet<&'a Path>) -> BTreeMap<PathBuf, &'a Path> {
    let mut held = BTreeMap::new();
    if files.is_empty() {
        return held;
    }
    let own = std::process::id().to_string();
    for process in names(Path::new("/proc")) {
        let is_process = process.bytes().all(|byte| byte.is_ascii_digit());
        if !is_process || process == own {
            continue;
        }
        let folder = Path::new("/proc").join(process);
        for number in names(&folder.join("fd")) {
            let handle = folder.join("fd").join(&number);
            let Ok(target) = fs::read_link(&handle) else { continue };
            let Some(file) = files.get(target.as_path()) else { continue };
            if is_for_writing(&folder.join("fdinfo").join(&number)) {
                held.insert(handle, *file);
            }
        }
    }
    held
}

/// What is in a folder of the system's; nothing where it may not be looked into, or the process ended.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The way a file was opened stands in octal (`proc_pid_fdinfo(5)`); its last two bits say for what.
fn is_for_writing(about: &PathBuf) -> bool {
    let said = fs::read_to_string(about).unwrap_or_default();
    let flags = said.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|octal| u64::from_str_radix(octal.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0b11 != 0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_another_process_writes_to_is_held_and_what_it_reads_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        let (written, read, own) = (top.join("written"), top.join("read"), top.join("own"));
        fs::write(&read, "all of it").unwrap();
        let ours = fs::File::create(&own).unwrap();
        let files = [&*written, &*read, &*own].into_iter().collect();
        let script = "exec 3>\"$1\" 4<\"$2\"; echo; read x";
        let mut writer = Command::new("sh")
            .args(["-c", script, "sh"])
            .args([&written, &read])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0];
        std::io::Read::read_exact(&mut writer.stdout.take().unwrap(), &mut said).unwrap();
        let handle = PathBuf::from(format!("/proc/{}/fd/3", writer.id()));
        assert_eq!(held_open(&files), [(handle, &*written)].into());
        drop((writer.stdin.take(), ours));
        writer.wait().unwrap();
        assert_eq!(held_open(&files), [].into());
    }
}
