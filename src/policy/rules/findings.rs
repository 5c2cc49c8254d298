//! Collects what the rules say, at the severity the policy gives it, past its waivers.

use std::sync::Arc;

use crate::model::{AiStatus, AssetPath, Finding, RootName, RuleCode, Severity, Verdict, Waived};
use crate::policy::Policy;
use crate::policy::fact::{About, Fact, Facts, Value};
use crate::policy::rule::{Rule, Template};
use crate::policy::rules::facts::Whole;
use crate::policy::rules::meant::Meant;
use crate::policy::rules::waivers::Waivers;
use crate::policy::rules::{Case, Item, severity};

/// What was found so far.
pub(super) struct Findings<'a> {
    policy: &'a Policy,
    deliverable: &'a str,
    waivers: Waivers<'a>,
    /// What is about the deliverable as a whole.
    whole: Vec<Finding>,
    blocking: Vec<Finding>,
    warning: Vec<Finding>,
    /// The same of the items that follow, part by part: there can be many, and each is moved once.
    later: Vec<(Vec<Finding>, Vec<Finding>)>,
    waived: Vec<Waived>,
    folds: Vec<Fold<'a>>,
    /// Where sentences are written before they are kept.
    sentence: String,
    /// The name of the root that the last item lies in.
    root: Option<RootName>,
}

/// What one rule found in many files, as one finding.
struct Fold<'a> {
    rule: &'a Rule,
    severity: Severity,
    found: Counted,
    waived: Vec<Counted>,
}

/// Files with the same finding.
#[derive(Clone, Default)]
struct Counted {
    files: u64,
    /// What is said of the first of them, where that is not the same for all.
    first: Option<[Arc<str>; 2]>,
}

impl Counted {
    fn take(&mut self, more: Self) {
        self.files += more.files;
        self.first = self.first.take().or(more.first);
    }
}

/// What a rule says, where that is the same for every file it finds something in.
pub(super) struct Words {
    pub(super) severity: Severity,
    pub(super) why: Arc<str>,
    pub(super) fix: Arc<str>,
}

impl<'a> Findings<'a> {
    /// `meant` is what each waiver of the policy is about.
    pub(super) fn new(policy: &'a Policy, case: &Case<'a>, meant: &'a [Meant<'a>]) -> Self {
        Self {
            policy,
            deliverable: case.deliverable,
            waivers: Waivers::new(policy, case, meant),
            whole: Vec::new(),
            blocking: Vec::new(),
            warning: Vec::new(),
            later: Vec::new(),
            waived: Vec::new(),
            folds: Vec::new(),
            sentence: String::new(),
            root: None,
        }
    }

    /// A path with a name of its root that no other thread counts the uses of: that they share one costs
    /// more than all else there is to a finding.
    fn own(&mut self, path: &AssetPath) -> AssetPath {
        let root = self.root.take().filter(|root| *root == path.root);
        let root = root.unwrap_or_else(|| path.root.unshared());
        self.root = Some(root.clone());
        AssetPath::new(root, path.path.clone())
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
        let path = item.map(|item| self.own(item.path));
        let (why, fix) = (why.into(), fix.into());
        self.add(Finding { code: code.into(), severity, asset, path, why, fix });
    }

    /// What clears a finding of ours.
    pub(super) fn fix(&self, code: RuleCode, whole: &dyn Facts) -> String {
        let rule = self.policy.rule(&code.into());
        rule.map(|rule| rule.fix.fill(whole, &|_| String::new())).unwrap_or_default()
    }

    /// What keeps findings out.
    pub(super) fn waivers(&self) -> &Waivers<'a> {
        &self.waivers
    }

    /// The deliverable's name.
    pub(super) fn deliverable(&self) -> &'a str {
        self.deliverable
    }

    /// What a rule found in the whole.
    pub(super) fn tell_whole(&mut self, rule: &'a Rule, facts: &Whole<'_>) {
        let Some(severity) = severity(rule, facts) else { return };
        let extra = |_: &str| String::new();
        let (why, fix) = (rule.why.fill(facts, &extra).into(), rule.fix.fill(facts, &extra).into());
        let (asset, path) = (None, None);
        self.add(Finding { code: rule.code.clone(), severity, asset, path, why, fix });
    }

    /// What a rule found in an item; `words` where they are known before.
    pub(super) fn tell(
        &mut self,
        rule: &'a Rule,
        item: &Item<'_>,
        facts: &dyn Facts,
        words: Option<&Words>,
    ) {
        let known = words.map(|words| words.severity);
        let Some(severity) = known.or_else(|| severity(rule, facts)) else { return };
        let of_whole = |fact: Fact| fact.about() == About::Deliverable;
        let alike = |words: &Template| words.names_only(of_whole, Some("count"));
        if rule.fold && alike(&rule.why) && alike(&rule.fix) {
            return self.fold(rule, severity, item, None);
        }
        let extra = |name: &str| match name {
            // What is AI-made by what it was made from is cleared there.
            "asset" => match facts.get(Fact::Source) {
                Value::Text(source) => source.into_owned(),
                _ => item.asset.short(),
            },
            "made" => made(item).to_owned(),
            "count" => "1 file".to_owned(),
            _ => String::new(),
        };
        let (why, fix) = if let Some(words) = words {
            (Arc::clone(&words.why), Arc::clone(&words.fix))
        } else {
            let mut fill = |words: &Template| -> Arc<str> {
                self.sentence.clear();
                words.fill_into(&mut self.sentence, facts, &extra);
                self.sentence.as_str().into()
            };
            (fill(&rule.why), fill(&rule.fix))
        };
        if rule.fold {
            return self.fold(rule, severity, item, Some([why, fix]));
        }
        let (asset, path) = (Some(item.asset), Some(self.own(item.path)));
        self.add(Finding { code: rule.code.clone(), severity, asset, path, why, fix });
    }

    /// A finding as it is.
    pub(super) fn add(&mut self, finding: Finding) {
        let asset = finding.asset.as_ref();
        let (code, path) = (&finding.code, finding.path.as_ref());
        if let Some(at) = self.waivers.of(code, finding.severity, path, asset) {
            return self.waived.push(self.waivers.waived(at, finding));
        }
        let place = match finding.severity {
            _ if finding.path.is_none() => &mut self.whole,
            Severity::Block => &mut self.blocking,
            Severity::Warn => &mut self.warning,
        };
        place.push(finding);
    }

    fn fold(
        &mut self,
        rule: &'a Rule,
        severity: Severity,
        item: &Item<'_>,
        words: Option<[Arc<str>; 2]>,
    ) {
        let first = words.map(|[why, fix]| [format!("{}: {why}", item.path).into(), fix]);
        let one = Counted { files: 1, first };
        let waiver = self.waivers.of(&rule.code, severity, Some(item.path), Some(&item.asset));
        let fold = self.folded(rule);
        fold.severity = fold.severity.max(severity);
        match waiver {
            None => fold.found.take(one),
            Some(waiver) => fold.waived[waiver].take(one),
        }
    }

    fn folded(&mut self, rule: &'a Rule) -> &mut Fold<'a> {
        let at = self.folds.iter().position(|one| one.rule.code == rule.code);
        let at = at.unwrap_or_else(|| {
            let waived = vec![Counted::default(); self.policy.waivers.len()];
            let found = Counted::default();
            self.folds.push(Fold { rule, severity: Severity::Warn, found, waived });
            self.folds.len() - 1
        });
        &mut self.folds[at]
    }

    /// How much was found so far.
    pub(super) fn mark(&self) -> [usize; 2] {
        [self.blocking.len(), self.warning.len()]
    }

    /// Brings what was found since, all of one item, into the order of the verdict: as items come by
    /// their paths, nothing is left to sort then.
    pub(super) fn order_since(&mut self, mark: [usize; 2]) {
        let [blocking, warning] = mark;
        for found in [&mut self.blocking[blocking..], &mut self.warning[warning..]] {
            found.sort_by(|a, b| a.code.cmp(&b.code));
        }
    }

    /// Takes over what was found in the items that follow.
    pub(super) fn take(&mut self, more: Self) {
        self.waivers.take(&more.waivers);
        self.whole.extend(more.whole);
        self.later.push((more.blocking, more.warning));
        self.waived.extend(more.waived);
        for more in more.folds {
            let fold = self.folded(more.rule);
            fold.severity = fold.severity.max(more.severity);
            fold.found.take(more.found);
            for (counted, more) in fold.waived.iter_mut().zip(more.waived) {
                counted.take(more);
            }
        }
    }

    /// The verdict: everything that was found, and what there is to say of waivers.
    pub(super) fn into_verdict(mut self, checked: u64, whole: &Whole<'_>) -> Verdict {
        for fold in std::mem::take(&mut self.folds) {
            let finding = |counted: &Counted| {
                let count = match counted.files {
                    1 => "1 file".to_owned(),
                    files => format!("{files} files"),
                };
                let extra =
                    |name: &str| if name == "count" { count.clone() } else { String::new() };
                let [why, fix] = match &counted.first {
                    Some(first) if counted.files == 1 => first.clone(),
                    Some([why, fix]) => {
                        [format!("{count}; of the first, {why}").into(), Arc::clone(fix)]
                    }
                    None => {
                        let fill = |words: &Template| words.fill(whole, &extra).into();
                        [fill(&fold.rule.why), fill(&fold.rule.fix)]
                    }
                };
                let (code, severity) = (fold.rule.code.clone(), fold.severity);
                Finding { code, severity, asset: None, path: None, why, fix }
            };
            if fold.found.files > 0 {
                self.whole.push(finding(&fold.found));
            }
            for (waiver, counted) in
                fold.waived.iter().enumerate().filter(|(_, counted)| counted.files > 0)
            {
                self.waived.push(self.waivers.waived(waiver, finding(counted)));
            }
        }
        let unused = self.waivers.unused();
        let fix = self.fix(RuleCode::ExceptionUnused, whole);
        for why in unused {
            self.say(RuleCode::ExceptionUnused, None, why, fix.clone());
        }
        // As the verdict has them: blocking ones first, in each the deliverable before its files.
        self.whole.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.code.cmp(&b.code)));
        let warning = self.whole.partition_point(|one| one.severity == Severity::Block);
        let warning = self.whole.split_off(warning);
        let (blocks, warns): (Vec<_>, Vec<_>) = self.later.into_iter().unzip();
        let all = [vec![self.whole, self.blocking], blocks, vec![warning, self.warning], warns];
        let all: Vec<_> = all.into_iter().flatten().collect();
        let mut found = Vec::with_capacity(all.iter().map(Vec::len).sum());
        for part in all {
            found.extend(part);
        }
        Verdict::of(found, self.waived, checked)
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
