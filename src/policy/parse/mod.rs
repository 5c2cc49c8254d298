//! TOML to a validated policy, naming every problem at its line.

mod condition;
mod reader;
mod role;
mod rule;
mod waiver;

pub use reader::{PolicyError, PolicyProblem};

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::AssetId;
use crate::policy::parse::rule::{RawEscalation, RawRule};
use crate::policy::role::Role;
use crate::policy::rule::Waiver;
use crate::policy::{Policy, catalogue, severities};

pub(super) use reader::{Reader, table};

/// Longer than any policy a person would read.
const MAX_BYTES: usize = 1 << 20;

/// What a text says, before it is laid over the rules of this program.
#[derive(Default)]
struct Written {
    profile: Option<String>,
    production: Option<String>,
    ignores_disabled: bool,
    rules: Vec<RawRule>,
    escalations: Vec<RawEscalation>,
    own_escalations_only: bool,
    waivers: Vec<Waiver>,
    roles: Vec<Role>,
}

pub(super) fn parse(mut reader: Reader<'_>) -> Result<Policy, PolicyError> {
    let text = reader.whole();
    let mut written = Written::default();
    if text.len() > MAX_BYTES {
        reader.problem(0, format!("the policy is longer than {MAX_BYTES} bytes"));
    } else {
        let table = table(&mut reader);
        // Of what is no TOML nobody knows what it lacks.
        let is_whole = reader.is_clean();
        let table = table.get_ref();
        top(&mut reader, table, &mut written);
        if is_whole && !table.contains_key("rule") {
            let said = "it holds no rules, and a gate without rules lets everything pass";
            reader.problem(0, said.into());
        }
        if is_whole && !table.contains_key("profile") {
            reader.problem(0, "profile is missing".into());
        }
    }
    let mut rules = BTreeSet::new();
    for rule in &written.rules {
        if !rules.insert(rule.code.clone()) {
            reader.problem(rule.at, format!("a second rule for {:?}", rule.code.as_str()));
        }
    }
    reader.look_up(
        |code| rules.iter().any(|known| known.as_str() == code),
        |name| written.roles.iter().any(|role| role.name == name),
    );
    let profile = written.profile.unwrap_or_default();
    reader.finish()?;
    let bundled = Some(&catalogue().escalations).filter(|_| !written.own_escalations_only);
    let bundled = bundled.map(Vec::as_slice).unwrap_or_default();
    let escalations = rule::escalations(bundled, written.escalations);
    let mut rules = rule::lay_over(&catalogue().rules, written.rules);
    // So that what is found comes in the order in which it is shown.
    rules.sort_by(|a, b| a.code.cmp(&b.code));
    rule::spare_approvals(&mut rules);
    Ok(Policy {
        severities: severities(&rules),
        profile,
        production: written.production,
        ignores_disabled: written.ignores_disabled,
        hash: AssetId::from(blake3::hash(text.as_bytes())),
        text: text.to_owned(),
        rules,
        escalations,
        own_escalations_only: written.own_escalations_only,
        waivers: written.waivers,
        roles: written.roles,
    })
}

/// The rules of this program: the same grammar, where every code is ours and has its condition.
pub(super) fn built_in(text: &str) -> Result<crate::policy::Catalogue, PolicyError> {
    let mut reader = Reader::of_catalogue(text);
    let mut written = Written::default();
    let table = table(&mut reader);
    top(&mut reader, table.get_ref(), &mut written);
    reader.finish()?;
    let rules = written.rules.into_iter().map(RawRule::complete).collect();
    let escalations = written.escalations.into_iter().filter_map(RawEscalation::complete);
    Ok(crate::policy::Catalogue { rules, escalations: escalations.collect() })
}

fn top(reader: &mut Reader<'_>, table: &DeTable<'_>, written: &mut Written) {
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "profile" => written.profile = reader.text("profile", value).map(|(text, _)| text),
            "production" => {
                written.production = reader.text("production", value).map(|(text, _)| text);
            }
            "ignore-disabled-clips" => {
                written.ignores_disabled =
                    reader.flag("ignore-disabled-clips", value).unwrap_or_default();
            }
            "own-escalations-only" => {
                written.own_escalations_only =
                    reader.flag("own-escalations-only", value).unwrap_or_default();
            }
            "version" | "title" | "source" => {
                reader.text(key.get_ref(), value);
            }
            "rule" => each(reader, "rule", value, &mut |reader, at, table| {
                written.rules.extend(rule::rule(reader, at, table));
            }),
            "escalate" => each(reader, "escalate", value, &mut |reader, at, table| {
                let one = rule::escalation(reader, at, table);
                if let Some(one) = one {
                    if written.escalations.iter().any(|known| known.code == one.code) {
                        reader.problem(one.at, format!("a second [[escalate]] {:?}", one.code));
                    }
                    written.escalations.push(one);
                }
            }),
            "role" => each(reader, "role", value, &mut |reader, at, table| {
                let Some(one) = role::role(reader, at, table) else { return };
                if written.roles.iter().any(|known| known.name == one.name) {
                    reader.problem(at, format!("a second [[role]] {:?}", one.name));
                }
                written.roles.push(one);
            }),
            "waiver" => each(reader, "waiver", value, &mut |reader, at, table| {
                written.waivers.extend(waiver::waiver(reader, at, table));
            }),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
}

/// Hands over every table of `[[name]]`.
pub(super) fn each(
    reader: &mut Reader<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    one: &mut dyn FnMut(&mut Reader<'_>, usize, &DeTable<'_>),
) {
    let DeValue::Array(list) = value.get_ref() else {
        return reader.problem(value.span().start, format!("{name} is written [[{name}]]"));
    };
    for entry in list {
        match entry.get_ref() {
            DeValue::Table(table) => one(reader, entry.span().start, table),
            _ => reader.problem(entry.span().start, format!("a {name} is a table")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RuleCode, Severity};

    fn problems(text: &str) -> Vec<String> {
        let error = Policy::parse(text).expect_err("the policy was accepted");
        error.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_named_at_once_with_its_line() {
        let text = "profile = 7\nextra = true\n[[rule]]\ncode = \"ai-unaproved\"\n\
                    severity = \"stop\"\n[[rule]]\ncode = \"media-unread\"\nseverity = \"off\"\n";
        assert_eq!(
            problems(text),
            [
                "line 1, column 11: profile is a string",
                "line 2, column 1: unknown key \"extra\"",
                "line 4, column 8: unknown code \"ai-unaproved\"; a rule of your own has a when",
                "line 5, column 12: severity is block, warn or off, not \"stop\"",
                "line 7, column 8: \"media-unread\" always blocks and takes no rule",
            ]
        );
    }

    #[test]
    fn what_is_wrong_deeper_is_named_in_the_same_round() {
        let text = "own-escalations-only = 1\n[[rule]]\ncode = \"x-own\"\nseverity = \"stop\"\n\
                    when = { all = [{ fact = \"statuss\", iss = 1 }, { fact = \"ai\", iz = true },\n\
                    { fact = \"approved.roles\", has = \"legal\" }, { nott = 1 }] }\nwhy = \"{toll}\"\n\
                    [[waiver]]\ncode = \"x-nobody\"\n[[waiver]]\ncode = \"x-own\"\nasset = 1\n\
                    [[role]]\nname = \"legl\"\nmay = [1, \"aprove\"]\n";
        let found = problems(text);
        let said = [
            "line 1, column 1: profile is missing",
            "line 1, column 24: own-escalations-only is true or false",
            "line 2, column 1: a rule of your own says why",
            "line 4, column 12: severity is block",
            "line 5, column 26: no fact is called \"statuss\"",
            "line 5, column 37: unknown key \"iss\"",
            "line 5, column 63: unknown key \"iz\"",
            "line 6, column 34: a rule asks for the role \"legal\"",
            "line 6, column 47: unknown key \"nott\"",
            "line 7, column 7: {toll} in why",
            "line 8, column 1: a waiver has no asset",
            "line 8, column 1: a waiver has no until",
            "line 8, column 1: a waiver has no who",
            "line 8, column 1: a waiver has no why",
            "line 9, column 8: a waiver of \"x-nobody\", which no rule finds",
            "line 10, column 1: a waiver has no until",
            "line 10, column 1: a waiver has no who",
            "line 10, column 1: a waiver has no why",
            "line 12, column 9: asset is a string",
            "line 13, column 1: a role has a who",
            "line 15, column 8: may is a string",
            "line 15, column 11: may is some of",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        let wrong: Vec<_> =
            found.iter().zip(said).filter(|(found, said)| !found.starts_with(said)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_text_full_of_problems_is_gone_through_once() {
        // Looked for from the first line on, each of them, this takes minutes.
        let keys =
            (0..60_000).fold(String::new(), |text, at| text + "key" + &at.to_string() + " = 1\n");
        let found = problems(&keys);
        assert_eq!(found.len(), 60_002, "each key, and that there are no rules and no profile");
        assert_eq!(found[60_001], "line 60000, column 1: unknown key \"key59999\"");
    }

    #[test]
    fn a_number_is_read_as_it_is_written() {
        let rule = "profile = \"x\"\n[[rule]]\ncode = \"x\"\nseverity = \"warn\"\nwhy = \"w\"\nfix = \"f\"\n\
                    when = { fact = \"declaration.prompts\", at-least = 0x10 }\n";
        let policy = Policy::parse(rule).unwrap();
        let rule = policy.rules.iter().find(|rule| rule.code.as_str() == "x").unwrap();
        let when = rule.when.as_ref().unwrap().to_string();
        assert_eq!(when, "declaration.prompts is 16 or more");
    }

    #[test]
    fn a_policy_on_record_is_read_as_it_was() {
        let text = "profile = \"x\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"block\"\n[[waiver]]\n\
                    code = \"ai-unapproved\"\nasset = \"a/**\"\nwho = \"D\"\nwhy = \"w\"\nuntil = 2026-11-22T08:00:00\n";
        assert!(problems(text)[0].contains("until is a day"));
        let until = Policy::of_record(text).unwrap().waivers[0].until;
        assert!(until.to_string().starts_with("2026-11-22T23:59:59"), "{until}");
    }

    #[test]
    fn a_yes_after_a_no_does_not_block_where_the_no_only_warns() {
        let text = |yes: &str, no: &str| {
            let rule = |code, severity| {
                format!("[[rule]]\ncode = \"{code}\"\nseverity = \"{severity}\"\n")
            };
            let (yes, no) =
                (rule("approval-overrides-rejection", yes), rule("approval-rejected", no));
            format!("profile = \"x\"\n{no}{yes}")
        };
        let block = Some(Severity::Block);
        let warn = Some(Severity::Warn);
        for (yes, no, effect) in
            [("block", "block", block), ("block", "warn", warn), ("off", "warn", None)]
        {
            let policy = Policy::parse(&text(yes, no)).unwrap();
            let rule = policy.rule(&RuleCode::ApprovalOverridesRejection.into()).unwrap();
            assert_eq!(rule.effect(false), effect, "{yes} {no}");
        }
    }

    #[test]
    fn a_policy_without_rules_is_an_error() {
        assert!(problems("")[0].contains("no rules"));
        assert!(problems("profile = \"netflix\"\n")[0].contains("no rules"));
        assert!(!problems("profile = [\n").is_empty());
    }

    #[test]
    fn only_off_switches_a_rule_off_and_what_could_not_be_known_always_blocks() {
        let text = "profile = \"x\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"off\"\n\
                    [[rule]]\ncode = \"approval-unsigned\"\nseverity = \"warn\"\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.severity(RuleCode::MediaUnread), Some(Severity::Block));
        assert_eq!(policy.severity(RuleCode::DeliverableEmpty), Some(Severity::Block));
        assert_eq!(policy.severity(RuleCode::AiUnapproved), None);
        assert_eq!(policy.severity(RuleCode::ApprovalUnsigned), Some(Severity::Warn));
        assert_eq!(policy.severity(RuleCode::ApprovalTempOnly), Some(Severity::Block));
    }

    #[test]
    fn every_problem_of_a_condition_is_named_at_its_place() {
        let rule = |when: &str| {
            let own = "code = \"x-own\"\nseverity = \"warn\"\nwhy = \"w\"\nfix = \"f\"";
            problems(&format!("profile = \"x\"\n[[rule]]\n{own}\nwhen = {when}\n")).join("; ")
        };
        for (when, said) in [
            ("{ fact = \"statuss\", is = \"ai\" }", "no fact is called \"statuss\""),
            ("{ fact = \"status\", is = \"al\" }", "status is one of ai, ai-part, "),
            ("{ fact = \"status\", is = true }", "is takes a string"),
            ("{ fact = \"ai\", is = \"yes\" }", "is takes true or false"),
            ("{ fact = \"status\" }", "asks nothing of the fact"),
            ("{ fact = \"status\", is = \"ai\", known = true }", "asks two things"),
            ("{ fact = \"path\", matches = \"[\" }", "is no glob"),
            ("{ fact = \"status\", has = \"ai\" }", "cannot be asked"),
            ("{ all = [] }", "is empty"),
            ("{ all = [{ fact = \"ai\", is = true }], any = [] }", "one of all, any, not"),
            ("{ nott = { fact = \"ai\", is = true } }", "unknown key \"nott\""),
            ("true", "a condition is a table"),
        ] {
            let found = rule(when);
            assert!(found.contains(said), "{when}: {found}");
            assert!(found.starts_with("line 7, "), "{when}: {found}");
        }
    }

    #[test]
    fn what_is_narrower_than_what_a_rule_is_asked_of_is_refused() {
        let own = |keys: &str| {
            format!("profile = \"x\"\n[[rule]]\ncode = \"x-own\"\nseverity = \"block\"\n{keys}\n")
        };
        let ai = "when = { fact = \"ai\", is = true }";
        let declared = "warn_when = { not = { fact = \"declaration.final\", is = true } }";
        let ai_count = "when = { fact = \"deliverable.ai\", at-least = 1 }";
        let words = "why = \"w\"\nfix = \"f\"";
        for (keys, said) in [
            (
                format!("{ai}\n{declared}\n{words}"),
                "line 6, column 13: warn_when asks about a declaration",
            ),
            (
                format!("{ai}\nwhy = \"{{tool|its tool}}\"\nfix = \"f\""),
                "line 6, column 7: why names something of a declaration",
            ),
            (
                format!("{ai}\nwhy = \"w\"\nfix = \"{{declaration}}\""),
                "line 7, column 7: fix names something of a declaration",
            ),
            (
                format!("{ai_count}\nwhy = \"{{asset}}\"\nfix = \"f\""),
                "line 6, column 7: why names something of a file",
            ),
        ] {
            let found = problems(&own(&keys));
            assert!(found.len() == 1 && found[0].starts_with(said), "{keys}: {found:?}");
            // What was a policy when it was adopted is one for ever.
            Policy::of_record(&own(&keys)).unwrap();
        }
        let asked = "when = { all = [{ fact = \"ai\", is = true }, { fact = \"declaration\", known = true }] }";
        let wider = "warn_when = { fact = \"finalizing\", is = false }";
        for keys in [
            format!(
                "{asked}\n{declared}\nwhy = \"{{tool|its tool}} {{path}}\"\nfix = \"{{asset}}\""
            ),
            format!("{ai}\n{wider}\nwhy = \"{{deliverable}} {{asset}}\"\nfix = \"f\""),
        ] {
            Policy::parse(&own(&keys)).unwrap();
        }
        // Of a rule of ours only the fix can be changed; it is asked of what our condition names.
        let ours = "profile = \"x\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"block\"\nfix = \"{tool}\"\n";
        assert!(
            problems(ours)[0].starts_with("line 5, column 7: fix names"),
            "{:?}",
            problems(ours)
        );
        Policy::parse(&ours.replace("{tool}", "{path}")).unwrap();
    }

    #[test]
    fn a_condition_nested_beyond_reading_is_refused() {
        let when =
            format!("{}{{ fact = \"ai\", is = true }}{}", "{ not = ".repeat(40), " }".repeat(40));
        let text = format!(
            "profile = \"x\"\n[[rule]]\ncode = \"x\"\nseverity = \"warn\"\nwhy = \"w\"\nfix = \"f\"\nwhen = {when}\n"
        );
        assert!(problems(&text)[0].contains("nested"), "{:?}", problems(&text));
    }

    #[test]
    fn a_waiver_is_whole_or_an_error() {
        let waiver = |more: &str| {
            problems(&format!(
                "profile = \"x\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"block\"\n\
                 [[waiver]]\n{more}\n"
            ))
            .join("; ")
        };
        let whole = "code = \"ai-unapproved\"\nasset = \"a/**\"\nwho = \"D\"\nwhy = \"w\"\n";
        assert!(waiver(whole).contains("has no until"));
        assert!(waiver("code = \"ai-unapproved\"").contains("has no who"));
        assert!(waiver(&format!("{whole}until = \"soon\"")).contains("is a day"));
        let media = whole.replace("ai-unapproved", "media-unread");
        assert!(waiver(&format!("{media}until = \"2099-01-01\"")).contains("nobody can waive"));
        let own = whole.replace("ai-unapproved", "x-nobody");
        assert!(waiver(&format!("{own}until = \"2099-01-01\"")).contains("which no rule finds"));
    }
}
