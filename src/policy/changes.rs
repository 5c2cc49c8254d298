//! What differs between two policies, rule by rule, for people who must see what was changed: what may
//! let more pass comes first, and nothing is left out. A list of lines hides which rule one of them is in.

use std::collections::{BTreeMap, HashMap};

use toml::{Table, Value};

use crate::model::{FindingCode, Severity, TextKind};
use crate::policy::difference::all_lines;
use crate::policy::{Policy, Rule};

/// A part of a policy, by its name and how many of that name stand before it: the keys in it, written as
/// TOML.
type Parts = BTreeMap<(String, u64), BTreeMap<String, String>>;

/// What is different between two texts, a line each. Of policies by what they say; of anything else by
/// lines.
pub fn changes(of: TextKind, before: &str, after: &str) -> Vec<String> {
    let known = (of == TextKind::Policy).then(|| of_policies(before, after)).flatten();
    let all = known.unwrap_or_else(|| all_lines(before, after));
    if all.is_empty() { vec!["comments, blank lines or their order only".to_owned()] } else { all }
}

fn of_policies(before: &str, after: &str) -> Option<Vec<String>> {
    let policies = [Policy::of_record(before).ok()?, Policy::of_record(after).ok()?];
    let [mut softer, mut rest] = severities(&policies);
    let texts = [parts(before)?, parts(after)?];
    let names: BTreeMap<_, _> = texts.iter().flatten().collect();
    let nothing = BTreeMap::new();
    for place in names.into_keys() {
        let [old, new] = [0, 1].map(|at| texts[at].get(place));
        let (name, before) = place;
        let nth = if *before > 0 { format!("(number {}) ", before + 1) } else { String::new() };
        let came = old.is_none();
        let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys.into_iter().filter(|key| old.get(*key) != new.get(*key)) {
            let said =
                |value: Option<&String>| value.map_or("(nothing)", String::as_str).to_owned();
            let line = format!("{name}{nth}{key} {} -> {}", said(old.get(key)), said(new.get(key)));
            let to = if may_soften(name, key, came) { &mut softer } else { &mut rest };
            to.push(line);
        }
    }
    softer.extend(rest);
    Some(softer)
}

/// Severities that differ, by what is in force and not by what is written: those that fell, and the others.
fn severities([before, after]: &[Policy; 2]) -> [Vec<String>; 2] {
    let of = |policy: &Policy, code: &FindingCode| match policy.rule(code) {
        None => (None, "(no rule)"),
        Some(rule) => (rule.severity, rule.severity.map_or("off", Severity::as_str)),
    };
    let codes = |policy: &'_ Policy| -> Vec<FindingCode> {
        policy.rules.iter().map(|rule: &Rule| rule.code.clone()).collect()
    };
    let mut all = [codes(before), codes(after)].concat();
    all.sort();
    all.dedup();
    let [mut softer, mut rest] = [vec![], vec![]];
    for code in all {
        let ((old, was), (new, is)) = (of(before, &code), of(after, &code));
        let line = format!("{}: severity {was} -> {is}", code.as_str());
        if old > new {
            softer.push(line);
        } else if was != is {
            rest.push(line);
        }
    }
    [softer, rest]
}

/// Whether a change of a key can let something pass that did not. Severities are looked at by themselves,
/// and of what only blocks or only says something nothing passes.
fn may_soften(name: &str, key: &str, came: bool) -> bool {
    match name.split_once(' ').map_or("", |(kind, _)| kind) {
        "" => !matches!(key, "profile" | "version" | "title" | "source"),
        "rule" => !came && matches!(key, "when" | "warn_when"),
        "escalate" => !matches!(key, "why" | "source"),
        _ => true,
    }
}

/// Every table of a policy under a name that says which it is, and what stands at its top.
fn parts(text: &str) -> Option<Parts> {
    let table: Table = text.parse().ok()?;
    let mut parts = Parts::new();
    let mut known: HashMap<String, u64> = HashMap::new();
    for (key, value) in table {
        let Value::Array(list) = value else {
            parts.entry((String::new(), 0)).or_default().insert(key, written(&value));
            continue;
        };
        for one in list {
            let Value::Table(one) = one else { continue };
            let said = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = match key.as_str() {
                "waiver" => format!("{} of {}", said("code"), said("asset")),
                "role" => said("name").to_owned(),
                _ => said("code").to_owned(),
            };
            let name = escaped(&format!("{key} {name}: "));
            let count = known.entry(name.clone()).or_default();
            let place = (name, *count);
            *count += 1;
            let is_name = |of: &str| of == "code" || (key == "rule" && of == "severity");
            let keys = one.iter().filter(|(of, _)| !is_name(of));
            parts.insert(place, keys.map(|(of, value)| (of.clone(), written(value))).collect());
        }
    }
    Some(parts)
}

fn written(value: &Value) -> String {
    escaped(&value.to_string())
}

/// In one line: what is in a text must not look like a line of its own.
fn escaped(text: &str) -> String {
    let escape =
        |one: char| if one.is_control() { one.escape_default().collect() } else { one.to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "profile = \"netflix\"\n[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"block\"\n\
        [[rule]]\ncode = \"tool-unregistered\"\nseverity = \"warn\"\n\
        [[rule]]\ncode = \"show-own\"\nseverity = \"block\"\nwhen = { fact = \"ai\", is = true }\n\
        why = \"x\"\nfix = \"y\"\n";

    #[test]
    fn every_change_names_its_rule_and_what_softens_comes_first() {
        let after = BEFORE
            .replace(
                "\"block\"\n[[rule]]\ncode = \"tool",
                "\"warn\"\nsource = \"a\\nb\"\n[[rule]]\ncode = \"tool",
            )
            .replace("\"warn\"\n[[rule]]\ncode = \"show", "\"block\"\n[[rule]]\ncode = \"show")
            .replace("is = true", "is = false")
            + "[[waiver]]\ncode = \"ai-unapproved\"\nasset = \"**\"\nwho = \"D\"\nwhy = \"w\"\nuntil = \"2099-01-01\"\n";
        let found = changes(TextKind::Policy, BEFORE, &("title = \"t\"\n".to_owned() + &after));
        let starts = [
            "ai-unapproved: severity block -> warn",
            "rule show-own: when { fact = \"ai\", is = true } -> { fact = \"ai\", is = false }",
            "waiver ai-unapproved of **: asset (nothing) -> \"**\"",
            "waiver ai-unapproved of **: until (nothing) -> \"2099-01-01\"",
            "waiver ai-unapproved of **: who (nothing) -> \"D\"",
            "waiver ai-unapproved of **: why (nothing) -> \"w\"",
            "tool-unregistered: severity warn -> block",
            "title (nothing) -> \"t\"",
            "rule ai-unapproved: source (nothing) -> ",
        ];
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start) && !found.contains('\n'), "{found:?}");
        }
        let gone = changes(
            TextKind::Policy,
            BEFORE,
            &BEFORE[..BEFORE.find("[[rule]]\ncode = \"show").unwrap()],
        );
        assert_eq!(gone[0], "show-own: severity block -> (no rule)");
        // A rule that is not listed is in force at its default.
        let less = BEFORE.replace("[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"block\"\n", "");
        assert_eq!(
            changes(TextKind::Policy, BEFORE, &less),
            ["comments, blank lines or their order only"]
        );
    }

    #[test]
    fn parts_of_one_name_are_told_apart_in_time_that_grows_with_their_number() {
        let waiver = "[[waiver]]\ncode = \"ai-unapproved\"\nasset = \"a\"\nwho = \"D\"\nwhy = \"w\"\nuntil = \"2099-01-01\"\n";
        let text = |count| BEFORE.to_owned() + &waiver.repeat(count);
        let found = changes(TextKind::Policy, &text(1), &text(2));
        assert_eq!(found.len(), 4, "{found:#?}");
        assert_eq!(found[0], "waiver ai-unapproved of a: (number 2) asset (nothing) -> \"a\"");
        // Told apart by names that each hold the one before, this takes hours.
        assert_eq!(changes(TextKind::Policy, BEFORE, &text(8_000)).len(), 4 * 8_000);
    }

    #[test]
    fn what_is_no_policy_is_told_by_its_lines_all_of_them() {
        let long = "line\n".repeat(40);
        assert_eq!(changes(TextKind::Approvers, "", &long).len(), 40);
        assert_eq!(changes(TextKind::Policy, "nothing", "a\n").len(), 2);
        assert_eq!(
            changes(TextKind::Approvers, "a\n", "# b\na\n"),
            ["comments, blank lines or their order only"]
        );
    }
}
