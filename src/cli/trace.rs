//! What goes on inside, on stderr, for who asks: `GENLOCK_LOG=debug`, or `genlock=trace,notify=info` by
//! module, else `RUST_LOG`. Silent when neither is set.

use std::io::Write;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::report::clean;

struct Trace {
    /// Module prefixes with what they may say, the longest first.
    rules: Vec<(String, LevelFilter)>,
}

/// Starts to listen if the environment asks for it.
pub(super) fn start() {
    let asked = ["GENLOCK_LOG", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let Some(trace) = asked.map(|text| Trace::parse(&text)) else { return };
    let most = trace.rules.iter().map(|(_, level)| *level).max().unwrap_or(LevelFilter::Off);
    // Set once already only in tests, which share a process.
    if log::set_boxed_logger(Box::new(trace)).is_ok() {
        log::set_max_level(most);
    }
}

impl Trace {
    /// What it does not understand of the text it passes over, as other programs do.
    fn parse(text: &str) -> Self {
        let mut rules: Vec<_> = text
            .split(',')
            .filter_map(|rule| match rule.trim().split_once('=') {
                Some((module, level)) => Some((module.to_owned(), level.parse().ok()?)),
                None => Some((String::new(), rule.trim().parse().ok()?)),
            })
            .collect();
        rules.sort_by_key(|(module, _)| std::cmp::Reverse(module.len()));
        Self { rules }
    }

    fn allows(&self, module: &str, level: Level) -> bool {
        let rule = self.rules.iter().find(|(prefix, _)| module.starts_with(prefix.as_str()));
        rule.is_some_and(|(_, most)| level <= *most)
    }
}

impl Log for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.allows(metadata.target(), metadata.level())
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = record.args().to_string();
            // With stderr gone there is nobody to tell.
            let _ = writeln!(
                std::io::stderr(),
                "{} {}: {}",
                record.level().as_str().to_lowercase(),
                record.target(),
                clean(&text)
            );
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_rule_decides() {
        let trace = Trace::parse("info, genlock::app=trace,mio=off,nonsense=loud");
        assert!(trace.allows("genlock::app::watch", Level::Trace));
        assert!(trace.allows("genlock::cli", Level::Info));
        assert!(!trace.allows("genlock::cli", Level::Debug));
        assert!(!trace.allows("mio::poll", Level::Error));
        assert!(!Trace::parse("what").allows("genlock", Level::Error));
    }
}
