//! `[[rule]]` and `[[escalate]]` out of TOML, and how a policy's rules are laid over ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{FindingCode, RuleCode, Severity};
use crate::policy::condition::Condition;
use crate::policy::fact::{About, Fact};
use crate::policy::parse::condition::condition;
use crate::policy::parse::reader::Reader;
use crate::policy::rule::{Escalation, Rule, Template};
use crate::policy::{catalogue, in_its_place, is_fixed};

/// A rule as somebody wrote it: what is left out stays as it is in ours.
pub(super) struct RawRule {
    pub(super) code: FindingCode,
    pub(super) at: usize,
    severity: Option<Severity>,
    when: Option<Condition>,
    warn_when: Option<Condition>,
    fold: Option<bool>,
    why: Option<Template>,
    fix: Option<Template>,
    source: Option<String>,
}

impl RawRule {
    /// As a rule of its own.
    pub(super) fn complete(self) -> Rule {
        Rule {
            code: self.code,
            severity: self.severity,
            when: self.when,
            warn_when: self.warn_when,
            is_spared: false,
            fold: self.fold.unwrap_or(false),
            why: self.why.unwrap_or_default(),
            fix: self.fix.unwrap_or_default(),
            source: self.source,
        }
    }
}

/// Our rules with a policy's severities and sources, then the policy's own. A code the policy does
/// not mention keeps what we say of it: a rule is switched off in so many words, never by a line
/// that went missing.
pub(super) fn lay_over(ours: &[Rule], written: Vec<RawRule>) -> Vec<Rule> {
    let mut rules = ours.to_vec();
    for raw in written {
        match rules.iter_mut().find(|rule| rule.code == raw.code) {
            Some(rule) => {
                rule.severity = raw.severity;
                rule.fold = raw.fold.unwrap_or(rule.fold);
                rule.source = raw.source.or(rule.source.take());
                if let Some(fix) = raw.fix {
                    rule.fix = fix;
                }
            }
            None => rules.push(raw.complete()),
        }
    }
    rules
}

/// Spares an approval from doing worse than none. What the policy wrote is what approvals are weighed by all the
/// same: one that lacks something does not clear what needs one that holds.
pub(super) fn spare_approvals(rules: &mut [Rule]) {
    let block = |rule: &Rule| (rule.severity == Some(Severity::Block)).then(|| rule.code.clone());
    let blocking: BTreeSet<FindingCode> = rules.iter().filter_map(block).collect();
    for rule in rules {
        rule.is_spared =
            in_its_place(&rule.code).is_some_and(|code| !blocking.contains(&code.into()));
    }
}

pub(super) fn rule(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<RawRule> {
    let own = table.contains_key("when");
    let (mut code, mut level, mut fold, mut source) = (None, None, None, None);
    let (mut when, mut warn_when, mut why, mut fix) = (None, None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "code" => code = self::code(reader, value, own),
            "severity" => level = self::level(reader, value),
            "when" => when = condition(reader, value),
            "warn_when" | "warn-when" => warn_when = condition(reader, value),
            "fold" => fold = reader.flag("fold", value),
            "why" => why = template(reader, "why", value),
            "fix" => fix = template(reader, "fix", value),
            "source" => source = reader.text("source", value).map(|(text, _)| text),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    for key in ["code", "severity"] {
        if !table.contains_key(key) {
            reader.problem(at, format!("a rule has a {key}"));
        }
    }
    let is_own = |code: &FindingCode| matches!(code, FindingCode::Own(_));
    let ours = code.as_ref().map_or(!own, |(code, _)| !is_own(code));
    if !reader.is_catalogue() && !ours && ["why", "fix"].iter().any(|key| !table.contains_key(*key))
    {
        reader.problem(at, "a rule of your own says why, and what clears it: why, fix".into());
    }
    let (code, code_at) = code?;
    // Or whoever changes the policy could also take away what shows it.
    if code == RuleCode::PolicyChanged && level == Some(Level::Off) {
        reader.problem(code_at, "\"policy-changed\" blocks or warns, and is never off".into());
    }
    let is_changed = own || why.is_some() || warn_when.is_some();
    if !reader.is_catalogue() && ours && is_changed {
        let said = "is a rule of genlock: its code keeps its meaning. Switch it off, and write a \
                    rule of your own under another code";
        reader.problem(code_at, format!("{:?} {said}", code.as_str()));
    }
    let severity = match level {
        Some(Level::Does(severity)) => Some(severity),
        Some(Level::Off) | None => None,
    };
    let rule = RawRule { code, at: code_at, severity, when, warn_when, fold, why, fix, source };
    refuse_narrower(reader, table, &rule);
    Some(rule)
}

/// Refuses what asks about or names something narrower than what the rule is asked of: there it is not
/// known, so that a rule would be softened everywhere, and say `?`. What is on record is judged as it was.
fn refuse_narrower(reader: &mut Reader<'_>, table: &DeTable<'_>, rule: &RawRule) {
    if reader.is_recorded() {
        return;
    }
    let known = || catalogue().rules.iter().find(|ours| ours.code == rule.code);
    let asked = match &rule.when {
        Some(when) => when.about(),
        None if reader.is_catalogue() || table.contains_key("when") => return,
        None => {
            known().and_then(|ours| ours.when.as_ref()).map_or(About::Deliverable, Condition::about)
        }
    };
    let told = |words: &Option<Template>| words.as_ref().map(Template::about);
    for (keys, verb, about) in [
        (["warn_when", "warn-when"], "asks about", rule.warn_when.as_ref().map(Condition::about)),
        (["why", "why"], "names something of", told(&rule.why)),
        (["fix", "fix"], "names something of", told(&rule.fix)),
    ] {
        let Some(about) = about.filter(|about| *about > asked) else { continue };
        let Some((key, value)) = keys.iter().find_map(|key| table.get_key_value(*key)) else {
            continue;
        };
        let (key, about, asked) = (key.get_ref(), about.as_str(), asked.as_str());
        let said = format!("{key} {verb} {about}, and the rule is asked of {asked}, by its when");
        reader.problem(value.span().start, said);
    }
}

/// A reason to escalate as somebody wrote it.
pub(super) struct RawEscalation {
    pub(super) code: Arc<str>,
    pub(super) at: usize,
    /// None: there is to be no such reason.
    escalation: Option<Escalation>,
}

/// Our reasons with a policy's laid over them by their codes, as its rules are over our rules: one more
/// takes none away.
pub(super) fn escalations(ours: &[Escalation], written: Vec<RawEscalation>) -> Vec<Escalation> {
    let mut all = ours.to_vec();
    for RawEscalation { code, escalation, .. } in written {
        let at = all.iter().position(|one| one.code == code);
        match (at, escalation) {
            (Some(at), Some(one)) => all[at] = one,
            (Some(at), None) => {
                all.remove(at);
            }
            (None, one) => all.extend(one),
        }
    }
    all
}

pub(super) fn escalation(
    reader: &mut Reader<'_>,
    at: usize,
    table: &DeTable<'_>,
) -> Option<RawEscalation> {
    let (mut code, mut when, mut why, mut source) = (None, None, None, None);
    let mut off = false;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "code" => code = reader.text("code", value),
            "when" => {
                when = condition(reader, value);
                let strange = |fact: &Fact| {
                    fact.about() != About::Declaration || *fact == Fact::DeclarationTier
                };
                let facts = when.as_ref().map(Condition::facts).unwrap_or_default();
                if let Some(fact) = facts.into_iter().find(strange) {
                    let said = format!("{} is not known when a use is declared", fact.as_str());
                    reader.problem(value.span().start, said);
                }
            }
            "why" => why = template(reader, "why", value),
            "source" => source = reader.text("source", value).map(|(text, _)| text),
            "off" => off = reader.flag("off", value).unwrap_or_default(),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    let needs: &[&str] = if off { &["code"] } else { &["code", "when", "why"] };
    for key in needs.iter().filter(|key| !table.contains_key(**key)) {
        reader.problem(at, format!("an [[escalate]] has a {key}"));
    }
    let (code, code_at) = code?;
    if !is_code(&code) {
        reader.problem(code_at, format!("{code:?} is no code: {CODE}"));
    }
    let code: Arc<str> = Arc::from(code);
    if off {
        if !catalogue().escalations.iter().any(|one| one.code == code) {
            reader.problem(code_at, format!("there is no reason {code:?} to be switched off"));
        }
        return Some(RawEscalation { code, at, escalation: None });
    }
    let escalation = Escalation { code: Arc::clone(&code), when: when?, why: why?, source };
    Some(RawEscalation { code, at, escalation: Some(escalation) })
}

impl RawEscalation {
    /// As a reason of its own.
    pub(super) fn complete(self) -> Option<Escalation> {
        self.escalation
    }
}

const CODE: &str = "lowercase letters, digits and hyphens, at most 60";

/// Codes are matched on by scripts and shown on terminals.
fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=60).contains(&text.len()) && text.bytes().all(plain)
}

/// One of our codes, or a new one where the rule says when it finds.
fn code(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    own: bool,
) -> Option<(FindingCode, usize)> {
    let (text, at) = reader.text("code", value)?;
    match RuleCode::ALL.iter().find(|code| code.as_str() == text) {
        Some(code) if is_fixed(*code) && !reader.is_catalogue() => {
            reader.problem(at, format!("{text:?} always blocks and takes no rule"));
            None
        }
        Some(code) => Some((FindingCode::BuiltIn(*code), at)),
        None if own && is_code(&text) => Some((FindingCode::Own(Arc::from(text)), at)),
        None if own => {
            reader.problem(at, format!("{text:?} is no code: {CODE}"));
            None
        }
        None => {
            reader.problem(at, format!("unknown code {text:?}; a rule of your own has a when"));
            None
        }
    }
}

/// What a rule is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Off,
    Does(Severity),
}

fn level(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Level> {
    let (text, at) = reader.text("severity", value)?;
    match text.as_str() {
        "block" => Some(Level::Does(Severity::Block)),
        "warn" => Some(Level::Does(Severity::Warn)),
        "off" => Some(Level::Off),
        _ => {
            reader.problem(at, format!("severity is block, warn or off, not {text:?}"));
            None
        }
    }
}

fn template(reader: &mut Reader<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Template> {
    let (text, at) = reader.text(key, value)?;
    let parse = if key == "fix" { Template::of_commands } else { Template::parse };
    match parse(&text) {
        Ok(template) => Some(template),
        Err(name) => {
            reader.problem(at, format!("{{{name}}} in {key} is no fact"));
            None
        }
    }
}
