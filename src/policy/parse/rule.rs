//! `[[rule]]` and `[[escalate]]` out of TOML, and how a policy's rules are laid over ours.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{FindingCode, RuleCode, Severity};
use crate::policy::condition::Condition;
use crate::policy::fact::{About, Fact};
use crate::policy::parse::condition::condition;
use crate::policy::parse::reader::Reader;
use crate::policy::rule::{Escalation, Rule, Template};
use crate::policy::{catalogue, is_fixed};

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

/// Refuses a yes after a no to block where the no itself only warns: taking back the yes would then turn
/// refused into pass. What is on record is judged as it was.
pub(super) fn refuse_worse_than_none(reader: &mut Reader<'_>, rules: &[RawRule]) {
    let of = |code: RuleCode| rules.iter().find(|rule| rule.code == code);
    let (Some(yes), Some(no)) =
        (of(RuleCode::ApprovalOverridesRejection), of(RuleCode::ApprovalRejected))
    else {
        return;
    };
    let blocks = yes.severity == Some(Severity::Block) && no.severity == Some(Severity::Warn);
    if blocks && !reader.is_recorded() {
        let said = "\"approval-overrides-rejection\" blocks where \"approval-rejected\" only warns: an \
                    approval would do worse than none; let both block, or let this one warn";
        reader.problem(yes.at, said.into());
    }
}

pub(super) fn rule(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<RawRule> {
    let own = table.contains_key("when");
    let mut code = None;
    let mut severity = None;
    let mut raw = RawRule {
        code: FindingCode::BuiltIn(RuleCode::AiUnapproved),
        at,
        severity: None,
        when: None,
        warn_when: None,
        fold: None,
        why: None,
        fix: None,
        source: None,
    };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "code" => code = self::code(reader, value, own),
            "severity" => severity = level(reader, value),
            "when" => raw.when = condition(reader, value),
            "warn_when" | "warn-when" => raw.warn_when = condition(reader, value),
            "fold" => raw.fold = reader.flag("fold", value),
            "why" => raw.why = template(reader, "why", value),
            "fix" => raw.fix = template(reader, "fix", value),
            "source" => raw.source = reader.text("source", value).map(|(text, _)| text),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    for key in ["code", "severity"] {
        if !table.contains_key(key) {
            reader.problem(at, format!("a rule has a {key}"));
        }
    }
    raw.severity = severity.flatten();
    let is_own = |code: &FindingCode| matches!(code, FindingCode::Own(_));
    let ours = code.as_ref().map_or(!own, |(code, _)| !is_own(code));
    if !reader.is_catalogue() && !ours && ["why", "fix"].iter().any(|key| !table.contains_key(*key))
    {
        reader.problem(at, "a rule of your own says why, and what clears it: why, fix".into());
    }
    let (code, code_at) = code?;
    // Or whoever changes the policy could also take away what shows it.
    if code == RuleCode::PolicyChanged && severity == Some(None) {
        reader.problem(code_at, "\"policy-changed\" blocks or warns, and is never off".into());
    }
    let is_changed = own || raw.why.is_some() || raw.warn_when.is_some();
    if !reader.is_catalogue() && ours && is_changed {
        let said = "is a rule of genlock: its code keeps its meaning. Switch it off, and write a \
                    rule of your own under another code";
        reader.problem(code_at, format!("{:?} {said}", code.as_str()));
    }
    Some(RawRule { code, at: code_at, ..raw })
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

/// The outer option is "it could be read", the inner one `off`.
#[expect(clippy::option_option, reason = "off is a severity that was read")]
fn level(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Option<Severity>> {
    let (text, at) = reader.text("severity", value)?;
    match text.as_str() {
        "block" => Some(Some(Severity::Block)),
        "warn" => Some(Some(Severity::Warn)),
        "off" => Some(None),
        _ => {
            reader.problem(at, format!("severity is block, warn or off, not {text:?}"));
            None
        }
    }
}

fn template(reader: &mut Reader<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Template> {
    let (text, at) = reader.text(key, value)?;
    match Template::parse(&text) {
        Ok(template) => Some(template),
        Err(name) => {
            reader.problem(at, format!("{{{name}}} in {key} is no fact"));
            None
        }
    }
}
