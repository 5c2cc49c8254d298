//! The two channels: stdout for the answer, stderr for everything else. The only place that writes
//! answers and errors; `terminal` shows progress, problems and questions on stderr, and help is clap's.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use serde::Serialize;

use crate::cli::args::Color;
use crate::cli::exit::Exit;
use crate::cli::spout::Spout;
use crate::model::AiStatus;
use crate::report::json_line;

/// Where answers go.
pub(super) struct Output {
    out: BufWriter<io::Stdout>,
    /// Where it does not wait for who reads.
    beside: Option<Beside>,
    json: bool,
    color: bool,
    quiet: bool,
    length: Length,
    lost: Option<ErrorKind>,
}

/// How long what was written is waited for at the end, where nobody may be reading.
const LAST: Duration = Duration::from_secs(1);

/// Both channels, each behind a thread of its own.
struct Beside {
    out: Spout,
    err: Spout,
}

/// How much is shown of what is long.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// As much as fits a screen.
    Usual,
    /// All of it, as `-v` asks.
    Whole,
}

/// Colours, by what they mean.
#[derive(Clone, Copy)]
pub(super) enum Tone {
    Bad,
    Careful,
    Good,
    Faint,
    Strong,
}

impl Tone {
    /// That of a status, wherever it is shown.
    pub(super) const fn of(status: AiStatus) -> Self {
        match status {
            AiStatus::Ai | AiStatus::AiPart => Self::Bad,
            AiStatus::Suspect => Self::Careful,
            AiStatus::NotAi => Self::Good,
            AiStatus::Unknown => Self::Faint,
        }
    }
}

impl Output {
    pub(super) fn new(json: bool, color: Color, quiet: bool, length: Length) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        let out = BufWriter::new(io::stdout());
        Self { out, beside: None, json, color, quiet, length, lost: None }
    }

    /// From here on nobody waits for who reads. What has no room is left out, and `gap` said for it.
    pub(super) fn go_beside(&mut self, gap: &[u8]) {
        let flushed = self.out().flush();
        self.note(flushed);
        let (out, err) = (io::stdout(), io::stderr());
        self.beside = Some(Beside {
            out: Spout::start(out, gap.to_owned()),
            err: Spout::start(err, gap.to_owned()),
        });
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.beside {
            Some(beside) => &mut beside.out,
            None => &mut self.out,
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How many characters of a text, or lines of a list, are shown where `usual` are enough for most. The
    /// one place that knows of `-v`, so that nothing stays cut there.
    pub(super) fn limit(&self, usual: usize) -> usize {
        match self.length {
            Length::Usual => usual,
            Length::Whole => usize::MAX,
        }
    }

    /// Text in a colour, if colours are wanted.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bad => "31",
            Tone::Careful => "33",
            Tone::Good => "32",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// A line of the answer.
    pub(super) fn line(&mut self, text: &str) {
        let written = writeln!(self.out(), "{text}");
        self.note(written);
    }

    /// A line that is said only when nobody asked for quiet.
    pub(super) fn remark(&mut self, text: &str) {
        if !self.quiet && !self.json {
            self.line(text);
        }
    }

    /// A JSON object on a line of its own.
    pub(super) fn json(&mut self, value: &impl Serialize) {
        let written = json_line(&mut self.out(), value);
        self.note(written);
    }

    /// Whether somebody looks at what is written. A file and a program are handed what is.
    pub(super) fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Lets `write` write to stdout as it likes.
    pub(super) fn raw(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let written = write(self.out());
        self.note(written);
    }

    /// Whether anybody still reads.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Brings out what was written: for who listens while work goes on.
    pub(super) fn flush(&mut self) {
        let flushed = self.out().flush();
        self.note(flushed);
    }

    /// A line on stderr.
    pub(super) fn complain(&mut self, text: &str) {
        let flushed = self.out().flush();
        self.note(flushed);
        // With stderr gone too there is nobody left to tell.
        let _ = match &mut self.beside {
            Some(beside) => writeln!(beside.err, "{text}").and_then(|()| beside.err.flush()),
            None => writeln!(io::stderr(), "{text}"),
        };
    }

    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.lost.get_or_insert(error.kind());
        }
    }

    /// Ends the output. A reader that went away does not change the answer; a disk that is full,
    /// or anything else that lost a part of it, does.
    pub(super) fn finish(mut self, exit: Exit) -> Exit {
        let flushed = self.out().flush();
        self.note(flushed);
        if let Some(beside) = self.beside.take() {
            beside.out.drain(LAST);
            beside.err.drain(LAST);
        }
        match self.lost {
            None | Some(ErrorKind::BrokenPipe) => exit,
            Some(kind) => {
                let _ =
                    writeln!(io::stderr(), "error: cannot write the answer\n  caused by: {kind}");
                exit.worst(Exit::Internal)
            }
        }
    }
}
