//! Progress and problems on a terminal, and questions to whoever sits at it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::app::AppError;
use crate::cli::listen;
use crate::problem::{Problem, Reporter};
use crate::report::clean;

/// Shows a bar while files are read, and every problem on a line of its own.
pub(super) struct TerminalReporter {
    bar: ProgressBar,
    quiet: bool,
}

impl TerminalReporter {
    pub(super) fn new(quiet: bool) -> Self {
        let target = if quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(8)
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = "{spinner} {bytes}/{total_bytes} read  {bytes_per_sec}  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, quiet }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Reporter for TerminalReporter {
    fn problem(&self, problem: &Problem) {
        if self.quiet {
            return;
        }
        self.bar.suspend(|| {
            let path = clean(&problem.path);
            let text = clean(&problem.problem);
            let _ = writeln!(io::stderr(), "problem: {path}: {text}");
        });
    }

    fn expect(&self, _: u64, bytes: u64) {
        self.bar.inc_length(bytes);
    }

    fn advance(&self, _: u64, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn done(&self) {
        self.finish();
    }

    fn beside(&self, say: &mut dyn FnMut()) {
        self.bar.suspend(say);
    }
}

/// Whether somebody is there to answer.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// How often it is looked whether somebody has left. Nobody notices that it takes so long.
const LOOK: Duration = Duration::from_millis(50);

/// Somebody at a terminal who answers one question after the other, and may leave in the middle: with
/// Ctrl-C, by the end of the input, by closing the window. What was answered is not lost with them.
pub(super) struct Conversation {
    lines: Receiver<Vec<u8>>,
    left: Arc<AtomicBool>,
}

impl Conversation {
    pub(super) fn begin() -> Result<Self, AppError> {
        let left = Arc::new(AtomicBool::new(false));
        listen(&[SIGINT, SIGTERM, SIGHUP], &left)?;
        let (send, lines) = bounded(1);
        // A signal does not end the reading of a line: somebody else reads it.
        std::thread::spawn(move || {
            loop {
                let mut line = Vec::new();
                let read = io::stdin().lock().read_until(b'\n', &mut line);
                if !matches!(read, Ok(1..)) || send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { lines, left })
    }

    /// Asks, and gives the line that is answered; none when whoever answers leaves.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        let mut question = question;
        loop {
            let _ = write!(io::stderr(), "{question}\n> ");
            let Some(line) = self.line() else {
                let _ = writeln!(io::stderr());
                return None;
            };
            match String::from_utf8(line) {
                Ok(answer) => return Some(answer),
                Err(_) => question = "  that is not UTF-8: once more",
            }
        }
    }

    fn line(&self) -> Option<Vec<u8>> {
        while !self.was_interrupted() {
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => return Some(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    /// Whether it was a signal that ended it.
    pub(super) fn was_interrupted(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }
}

/// Asks a yes-or-no question if somebody is there to answer; yes when nobody is.
pub(super) fn confirm(question: &str) -> bool {
    if !can_ask() {
        return true;
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
