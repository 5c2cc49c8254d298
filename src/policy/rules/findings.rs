//! Collects what the rules say, at the severity the policy gives it, past its waivers.

use crate::model::{AiStatus, Finding, RuleCode, Severity, Verdict, Waived};
use crate::policy::Policy;
use crate::policy::fact::{Fact, Facts, Value};
use crate::policy::rule::Rule;
use crate::policy::rules::facts::Whole;
use crate::policy::rules::waivers::Waivers;
use crate::policy::rules::{Case, Item, severity};

/// What was found so far.
pub(super) struct Findings<'a> {
    policy: &'a Policy,
    deliverable: &'a str,
    waivers: Waivers<'a>,
    found: Vec<Finding>,
    waived: Vec<Waived>,
    folds: Vec<Fold<'a>>,
}

/// What one rule found in many files, as one finding.
struct Fold<'a> {
    rule: &'a Rule,
    severity: Severity,
    found: u64,
    waived: Vec<u64>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(policy: &'a Policy, case: &Case<'a>) -> Self {
        Self {
            policy,
            deliverable: case.deliverable,
            waivers: Waivers::new(policy, case),
            found: Vec::new(),
            waived: Vec::new(),
            folds: Vec::new(),
        }
    }

    /// What a rule of ours says of something that is no condition on facts.
    pub(super) fn say(
        &mut self,
        code: RuleCode,
        item: Option<&Item<'_>>,
        why: String,
        fix: String,
    ) {
        let Some(severity) = self.policy.severity(code) else { return };
        let asset = item.map(|item| item.asset);
        let path = item.map(|item| item.path.clone());
        self.add(Finding { code: code.into(), severity, asset, path, why, fix });
    }

    /// What clears a finding of ours.
    pub(super) fn fix(&self, code: RuleCode, whole: &dyn Facts) -> String {
        let rule = self.policy.rule(&code.into());
        rule.map(|rule| rule.fix.fill(whole, &|_| String::new())).unwrap_or_default()
    }

    /// The deliverable's name.
    pub(super) fn deliverable(&self) -> &'a str {
        self.deliverable
    }

    /// What a rule found in an item, or in the whole.
    pub(super) fn tell(&mut self, rule: &'a Rule, item: Option<&Item<'_>>, facts: &dyn Facts) {
        let Some(severity) = severity(rule, facts) else { return };
        if let Some(item) = item
            && rule.fold
        {
            return self.fold(rule, severity, item);
        }
        let extra = |name: &str| match (name, item) {
            // What is AI-made by what it was made from is cleared there.
            ("asset", Some(item)) => match facts.get(Fact::Source) {
                Value::Text(source) => source.into_owned(),
                _ => item.asset.short(),
            },
            ("made", Some(item)) => made(item).to_owned(),
            _ => String::new(),
        };
        self.add(Finding {
            code: rule.code.clone(),
            severity,
            asset: item.map(|item| item.asset),
            path: item.map(|item| item.path.clone()),
            why: rule.why.fill(facts, &extra),
            fix: rule.fix.fill(facts, &extra),
        });
    }

    /// A finding as it is.
    pub(super) fn add(&mut self, finding: Finding) {
        let asset = finding.asset.as_ref();
        match self.waivers.of(&finding.code, finding.path.as_ref(), asset) {
            None => self.found.push(finding),
            Some(at) => self.waived.push(self.waivers.waived(at, finding)),
        }
    }

    fn fold(&mut self, rule: &'a Rule, severity: Severity, item: &Item<'_>) {
        let at = self.folds.iter().position(|one| one.rule.code == rule.code);
        let at = at.unwrap_or_else(|| {
            let waived = vec![0; self.policy.waivers.len()];
            self.folds.push(Fold { rule, severity, found: 0, waived });
            self.folds.len() - 1
        });
        let waiver = self.waivers.of(&rule.code, Some(item.path), Some(&item.asset));
        let fold = &mut self.folds[at];
        fold.severity = fold.severity.max(severity);
        match waiver {
            None => fold.found += 1,
            Some(waiver) => fold.waived[waiver] += 1,
        }
    }

    /// The verdict: everything that was found, and what there is to say of waivers.
    pub(super) fn into_verdict(mut self, checked: u64, whole: &Whole<'_>) -> Verdict {
        for fold in std::mem::take(&mut self.folds) {
            let finding = |count: u64| {
                let extra = |name: &str| match (name, count) {
                    ("count", 1) => "1 file".to_owned(),
                    ("count", count) => format!("{count} files"),
                    _ => String::new(),
                };
                Finding {
                    code: fold.rule.code.clone(),
                    severity: fold.severity,
                    asset: None,
                    path: None,
                    why: fold.rule.why.fill(whole, &extra),
                    fix: fold.rule.fix.fill(whole, &extra),
                }
            };
            if fold.found > 0 {
                self.found.push(finding(fold.found));
            }
            for (waiver, count) in fold.waived.iter().enumerate().filter(|(_, count)| **count > 0) {
                self.waived.push(self.waivers.waived(waiver, finding(*count)));
            }
        }
        let unused = self.waivers.unused();
        let fix = self.fix(RuleCode::ExceptionUnused, whole);
        for why in unused {
            self.say(RuleCode::ExceptionUnused, None, why, fix.clone());
        }
        Verdict::of(self.found, self.waived, checked)
    }
}

fn made(item: &Item<'_>) -> &'static str {
    match item.origin.status {
        AiStatus::Ai => "AI-made",
        AiStatus::AiPart => "AI-made in part",
        AiStatus::Suspect | AiStatus::Unknown => "declared to be AI-made",
        AiStatus::NotAi => "determined not to be AI-made",
    }
}
