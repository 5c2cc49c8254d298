//! What is written for somebody who may not read it: a thread of its own waits for them, and nobody
//! waits for the thread. What there is no room for is left out, and that is said where it is missing.
//! It only brings bytes from one place to another, and is left behind where its reader never wakes up.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that wait for a reader, at most.
const MOST: usize = 16 << 20;

/// How long a reader who is slow, but reads, is waited for when there is no room.
const SLOW: Duration = Duration::from_secs(2);

/// How long one who is not behind is waited for, so that what is told beside it keeps its order.
const PROMPT: Duration = Duration::from_millis(100);

/// Between two tries to write to a disk that is full.
const FULL: Duration = Duration::from_millis(500);

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    /// Of what waits, and of what is being written.
    bytes: usize,
    lost: Option<ErrorKind>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to be so, but not for long.
    fn until(&self, limit: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waiting = |state: &mut State| state.lost.is_none() && !done(state);
        let waited = self.changed.wait_timeout_while(self.lock(), limit, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Takes what is written, and gives it on whole at each `flush`.
pub(super) struct Spout {
    shared: Arc<Shared>,
    /// Written, and not flushed yet.
    piece: Vec<u8>,
    /// What stands for what was left out.
    gap: Vec<u8>,
    stalled: bool,
    most: usize,
    slow: Duration,
}

impl Spout {
    /// Begins to bring to `out` what is written. `gap` is said once wherever something is left out.
    pub(super) fn start(out: impl Write + Send + 'static, gap: Vec<u8>) -> Self {
        Self::within(out, gap, MOST, SLOW)
    }

    fn within(
        mut out: impl Write + Send + 'static,
        gap: Vec<u8>,
        most: usize,
        slow: Duration,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || bring(&theirs, &mut out));
        Self { shared, piece: Vec::new(), gap, stalled: false, most, slow }
    }

    /// Waits until all is out, but not for ever.
    pub(super) fn drain(&self, limit: Duration) {
        drop(self.shared.until(limit, |state| state.bytes == 0));
    }
}

impl Write for Spout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut piece = std::mem::take(&mut self.piece);
        let most = self.most;
        let fits = |state: &State| state.bytes == 0 || state.bytes + piece.len() <= most;
        // Who was found not to read is not waited for again.
        let limit = if self.stalled { Duration::ZERO } else { self.slow };
        let mut state = self.shared.until(limit, fits);
        if let Some(kind) = state.lost {
            return Err(kind.into());
        }
        if !fits(&state) {
            if std::mem::replace(&mut self.stalled, true) {
                return Ok(());
            }
            piece.clone_from(&self.gap);
        } else if !piece.is_empty() {
            self.stalled = false;
        }
        if piece.is_empty() {
            return Ok(());
        }
        let behind = state.bytes > 0;
        state.bytes += piece.len();
        state.waiting.push_back(piece);
        drop(state);
        self.shared.changed.notify_all();
        if !behind && let Some(kind) = self.shared.until(PROMPT, |state| state.bytes == 0).lost {
            return Err(kind.into());
        }
        Ok(())
    }
}

/// Brings out what there is, for as long as there is somebody to write to.
fn bring(shared: &Shared, out: &mut impl Write) {
    let mut state = shared.lock();
    loop {
        let Some(piece) = state.waiting.pop_front() else {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        drop(state);
        let written = patiently(&piece, out);
        state = shared.lock();
        state.bytes -= piece.len();
        if let Err(error) = written {
            state.lost = Some(error.kind());
        }
        shared.changed.notify_all();
        if state.lost.is_some() {
            return;
        }
    }
}

/// Writes all of it. A disk that is full may have room again, and whoever fills it is no reason to end: that
/// is waited for, as a reader is.
fn patiently(piece: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut left = piece;
    loop {
        let written = if left.is_empty() { out.flush().map(|()| 0) } else { out.write(left) };
        match written {
            Ok(_) if left.is_empty() => return Ok(()),
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(some) => left = left.get(some..).unwrap_or_default(),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => std::thread::sleep(FULL),
                _ => return Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    /// A reader who takes a piece each time it is told to.
    struct Sleepy(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Sleepy {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| ErrorKind::BrokenPipe)?;
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A disk that has room for one byte at every second try.
    struct Crowded(bool, Arc<Mutex<Vec<u8>>>);

    impl Write for Crowded {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.1.lock().unwrap().push(bytes[0]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_waited_for_and_no_line_is_torn() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let disk = Crowded(false, Arc::clone(&written));
        let mut spout = Spout::start(disk, b"gap\n".to_vec());
        for line in ["a\n", "b\n"] {
            spout.write_all(line.as_bytes()).unwrap();
            spout.flush().unwrap();
        }
        spout.drain(Duration::from_mins(1));
        assert_eq!(String::from_utf8_lossy(&written.lock().unwrap()), "a\nb\n");
    }

    #[test]
    fn who_does_not_read_is_not_waited_for_and_sees_where_something_is_missing() {
        let (wake, asleep) = sync_channel(100);
        let read = Arc::new(Mutex::new(Vec::new()));
        let reader = Sleepy(asleep, Arc::clone(&read));
        let mut spout = Spout::within(reader, b"gap\n".to_vec(), 9, Duration::from_millis(10));
        for line in ["1234\n", "567\n", "left out\n", "and this\n"] {
            spout.write_all(line.as_bytes()).unwrap();
            spout.flush().unwrap();
        }
        for _ in 0..3 {
            wake.send(()).unwrap();
        }
        spout.drain(Duration::from_mins(1));
        wake.send(()).unwrap();
        spout.write_all(b"here\n").unwrap();
        spout.flush().unwrap();
        spout.drain(Duration::from_mins(1));
        assert_eq!(String::from_utf8_lossy(&read.lock().unwrap()), "1234\n567\ngap\nhere\n");
        drop(wake);
        spout.write_all(b"nobody\n").unwrap();
        let _ = spout.flush();
        spout.drain(Duration::from_mins(1));
        assert!(spout.flush().is_err());
    }
}
