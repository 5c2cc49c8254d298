//! `policy`: whether a policy can be used, what its rules say, and whether they say what is expected.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::app::{AppError, Context, Project};
use crate::model::{FindingCode, RuleCode};
use crate::policy::{
    About, Condition, Escalation, Fact, PROFILES, Policy, PolicyError, Rule, TrialResult,
    catalogue, profile, trials,
};
use crate::report::{FactView, PolicySummary, RuleSeverity, RuleView};

/// Which policy is meant.
#[derive(Clone, Debug)]
pub enum PolicyChoice {
    /// A file.
    File(PathBuf),
    /// A bundled profile.
    Profile(String),
    /// The one in force in a project.
    Project(Box<Project>),
}

impl PolicyChoice {
    fn read(&self, context: &Context<'_>) -> Result<(String, Policy), AppError> {
        match self {
            Self::Project(project) => {
                let path = project.control().join("policy.toml");
                Ok((path.display().to_string(), project.policy()?))
            }
            Self::Profile(name) => {
                let bundled = profile(name).ok_or_else(|| {
                    let known: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
                    AppError::usage(
                        format!("there is no profile {name:?}"),
                        format!("bundled profiles: {}", known.join(", ")),
                    )
                })?;
                let path = PathBuf::from(name);
                let policy = Policy::parse(bundled.text)
                    .map_err(|source| AppError::PolicyInvalid { path, source })?;
                Ok((format!("profile {name}"), policy))
            }
            Self::File(file) => {
                let path = context.absolute(file);
                let bytes = read(&path)?;
                Ok((path.display().to_string(), policy_of(&path, &bytes)?))
            }
        }
    }
}

/// Whether the policy in force holds it against a final use that no document says yes to it. One that cannot
/// be read asks for nothing: it lets nothing pass either.
pub fn asks_for_document(project: &Project) -> bool {
    let severity = |policy: Policy| policy.severity(RuleCode::ApprovalNoDocument);
    project.policy().ok().and_then(severity).is_some()
}

/// Reads a policy text.
pub(super) fn policy_of(path: &Path, bytes: &[u8]) -> Result<Policy, AppError> {
    let parsed = text_of(bytes).and_then(Policy::parse);
    parsed.map_err(|source| AppError::PolicyInvalid { path: path.to_owned(), source })
}

fn text_of(bytes: &[u8]) -> Result<&str, PolicyError> {
    str::from_utf8(bytes).map_err(|error| PolicyError::not_utf8(&bytes[..error.valid_up_to()]))
}

fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => AppError::usage(
            format!("there is no file {}", path.display()),
            "name the file to be read",
        ),
        ErrorKind::IsADirectory => {
            AppError::usage(format!("{} is a folder", path.display()), "name the file to be read")
        }
        _ => AppError::Io { action: "read", path: path.to_owned(), source: error },
    })
}

/// Checks a policy. Every problem is in the error.
pub fn check_policy(
    context: &Context<'_>,
    choice: &PolicyChoice,
) -> Result<PolicySummary, AppError> {
    let (path, policy) = choice.read(context)?;
    let own = policy.rules.iter().filter(|rule| matches!(rule.code, FindingCode::Own(_)));
    let bundled = &catalogue().escalations;
    let is_own = |one: &&Escalation| !bundled.iter().any(|ours| ours.code == one.code);
    let is_dropped =
        |ours: &&Escalation| !policy.escalations.iter().any(|one| one.code == ours.code);
    Ok(PolicySummary {
        policy: path,
        profile: policy.profile.clone(),
        hash: policy.hash.to_string(),
        rules: policy.rules.iter().filter(|rule| rule.severity.is_some()).count(),
        own_rules: own.count(),
        escalations: policy.escalations.len(),
        own_escalations: policy.escalations.iter().filter(is_own).count(),
        dropped_escalations: bundled
            .iter()
            .filter(is_dropped)
            .map(|one| one.code.to_string())
            .collect(),
        waivers: policy.waivers.len(),
    })
}

/// What a rule or a reason to escalate says; all of them when no code is named.
pub fn explain_policy(
    context: &Context<'_>,
    choice: &PolicyChoice,
    code: Option<&str>,
) -> Result<Vec<RuleView>, AppError> {
    let (_, policy) = choice.read(context)?;
    let mut views: Vec<_> = policy.rules.iter().map(rule_view).collect();
    views.extend(policy.escalations.iter().map(|one| RuleView {
        code: one.code.to_string(),
        severity: RuleSeverity::Escalate,
        meaning: None,
        when: Some(one.when.to_string()),
        warn_when: None,
        fold: false,
        why: Some(one.why.text()),
        fix: None,
        source: one.source.clone(),
    }));
    let Some(code) = code else { return Ok(views) };
    views.retain(|view| view.code == code);
    if views.is_empty() {
        return Err(AppError::usage(
            format!("no rule has the code {code:?}"),
            "genlock policy explain lists them all",
        ));
    }
    Ok(views)
}

fn rule_view(rule: &Rule) -> RuleView {
    let meaning = match &rule.code {
        FindingCode::BuiltIn(code) => Some(code.meaning()),
        FindingCode::Own(_) => None,
    };
    let said = |text: String| (!text.is_empty()).then_some(text);
    RuleView {
        code: rule.code.as_str().to_owned(),
        severity: rule.effect(false).into(),
        meaning,
        when: rule.when.as_ref().map(Condition::to_string),
        warn_when: rule.warn_when.as_ref().map(Condition::to_string),
        fold: rule.fold,
        why: said(rule.why.text()),
        fix: said(rule.fix.text()),
        source: rule.source.clone(),
    }
}

/// Every fact that a rule may ask about.
pub fn policy_facts() -> Vec<FactView> {
    let about = |fact: Fact| match fact.about() {
        About::Deliverable => "deliverable",
        About::Item => "file",
        About::Declaration => "declaration",
    };
    let view = |fact: Fact| FactView {
        fact: fact.as_str(),
        about: about(fact),
        kind: fact.kind().as_str(),
        words: fact.kind().words().unwrap_or_default().to_vec(),
        meaning: fact.meaning(),
    };
    Fact::ALL.iter().map(|fact| view(*fact)).collect()
}

/// Runs a file of cases against a policy.
pub fn test_policy(
    context: &Context<'_>,
    choice: &PolicyChoice,
    file: &Path,
) -> Result<Vec<TrialResult>, AppError> {
    let (_, policy) = choice.read(context)?;
    let path = context.absolute(file);
    let bytes = read(&path)?;
    let cases = text_of(&bytes).and_then(trials);
    let cases = cases.map_err(|source| AppError::CasesInvalid { path, source })?;
    Ok(cases.iter().map(|case| case.run(&policy)).collect())
}
