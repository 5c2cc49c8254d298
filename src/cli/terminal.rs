//! Progress and problems on a terminal, and questions to whoever sits at it.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

/// Asks, and gives the line that is answered; none when whoever answers leaves.
pub(super) fn ask(question: &str) -> Option<String> {
    let _ = write!(io::stderr(), "{question}\n> ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(read) if read > 0 => Some(answer),
        _ => None,
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
