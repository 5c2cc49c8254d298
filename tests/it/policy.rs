//! Policies that people write: rules of their own, waivers, and the commands that check, explain and
//! test them.

use std::fs;

use crate::declarations::{FINAL, declare};
use crate::media::{a1111_png, plain_png, truncated_png, xmp_png};
use crate::world::{Gate, World, number, text};

/// Adds to the policy of a project.
fn add(world: &World, more: &str) {
    let path = world.path(".genlock/policy.toml");
    let policy = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{policy}\n{more}\n")).unwrap();
    let ack = ["policy", "ack", "--note", "as the test wants it"];
    // Of what is no policy, it says so.
    if world.run(ack).code == 1 {
        world.run(ack).expect(0);
    }
}

fn world() -> World {
    let world = World::with([
        ("cut/ai.png", a1111_png(1)),
        ("cut/also.png", a1111_png(2)),
        ("cut/clean.png", plain_png(1)),
    ]);
    world.deliverable("EP", &["cut"]);
    world
}

const OWN: &str = r#"
[[rule]]
code = "house-no-webui"
severity = "block"
when = { all = [{ fact = "ai", is = true }, { fact = "detected-tool", matches = "Stable Diffusion*" }] }
why = "{path} was made with {detected-tool}, which this show does not use"
fix = "make {asset} with something else"
source = "show bible, 3"
"#;

fn waiver(code: &str, asset: &str, until: &str) -> String {
    format!(
        "[[waiver]]\ncode = \"{code}\"\nasset = \"{asset}\"\nwho = \"Dana Reyes\"\n\
         why = \"agreed on the phone\"\nuntil = \"{until}\"\n"
    )
}

#[test]
fn a_rule_of_ones_own_finds_without_a_line_of_rust() {
    let world = world();
    world.approve(&["cut"]);
    add(&world, OWN);
    let gate = world.gate("EP");
    gate.expect(
        "refused",
        &[
            "[approval-unsigned cut/ai.png]",
            "[approval-unsigned cut/also.png]",
            "house-no-webui cut/ai.png",
            "house-no-webui cut/also.png",
        ],
    );
    let found = gate.finding("house-no-webui");
    assert_eq!(
        text(found, "why"),
        "cut/ai.png was made with Stable Diffusion WebUI (AUTOMATIC1111 format), which this show does \
         not use"
    );
    assert!(text(found, "fix").contains(&text(found, "asset")[..12]), "{found}");
    let told = world.run(["gate", "EP"]).stdout;
    assert!(told.contains("block house-no-webui: cut/ai.png"), "{told}");
}

#[test]
fn a_code_of_ours_takes_no_other_condition_and_unknown_keys_are_errors() {
    let world = World::new();
    add(
        &world,
        "[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"warn\"\n\
         when = { fact = \"ai\", is = false }\nsevertiy = \"off\"\n[[rule]]\ncode = \"house-x\"\n\
         severity = \"warn\"\nwhen = { fact = \"ai\", is = true }\nwhy = \"{toll}\"\n",
    );
    let ran = world.json(["policy", "check"]).expect(3);
    let causes = ran.value()["error"]["causes"].as_array().unwrap().clone();
    let all = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for said in [
        "its code keeps its meaning",
        "unknown key \\\"severtiy\\\"",
        "{toll} in why is no fact",
        "a second rule for \\\"ai-unapproved\\\"",
        "says why, and what clears it",
    ] {
        assert_eq!(all.matches(said).count(), 1, "{said}: {all}");
    }
    assert!(causes.iter().all(|cause| cause.as_str().unwrap().starts_with("line ")), "{all}");
}

#[test]
fn a_waiver_keeps_out_exactly_what_it_names_and_is_shown() {
    let world = world();
    add(&world, &waiver("ai-unapproved", "cut/ai.*", "2099-12-31"));
    let gate = world.gate("EP");
    gate.expect("refused", &["ai-unapproved cut/also.png"]);
    let waived = &gate.answer["waived"][0];
    assert_eq!(
        (text(waived, "code"), text(waived, "path")),
        ("ai-unapproved".into(), "cut/ai.png".into())
    );
    assert_eq!(text(&waived["waiver"], "who"), "Dana Reyes");
    assert_eq!(text(&waived["waiver"], "why"), "agreed on the phone");
    assert!(text(&waived["waiver"], "until").starts_with("2099-12-31T23:59:59"));
    let told = world.run(["gate", "EP"]).stdout;
    assert!(told.contains("waived ai-unapproved by Dana Reyes until 2099-12-31"), "{told}");
    assert!(told.contains("agreed on the phone"), "{told}");
    // By id, of the other one; and for another deliverable only, which this is not.
    let id = world.id("cut/also.png");
    add(&world, &waiver("ai-unapproved", &id[..16], "2099-12-31"));
    world.gate("EP").expect("pass", &[]);
    world.deliverable("TRAILER", &["cut/also.png"]);
    world.gate("TRAILER").expect("pass", &["[exception-unused -]"]);
}

fn waived(gate: &Gate) -> Vec<String> {
    gate.answer["waived"].as_array().unwrap().iter().map(|one| text(one, "code")).collect()
}

#[test]
fn an_approval_that_lacks_something_does_no_worse_than_none() {
    let world = world();
    world.run(["approve", "cut/ai.png", "--by", "Dana", "--scope", "temp"]).expect(0);
    world
        .gate("EP")
        .expect("refused", &["ai-unapproved cut/also.png", "approval-temp-only cut/ai.png"]);
    // Who waives that nobody approved it waives what an approval of it lacks, too.
    let path = world.path(".genlock/policy.toml");
    let policy = fs::read_to_string(&path).unwrap();
    add(&world, &waiver("ai-unapproved", "cut", "2099-12-31"));
    let gate = world.gate("EP");
    gate.expect("pass", &["[approval-unsigned cut/ai.png]"]);
    let mut waived = waived(&gate);
    waived.sort();
    assert_eq!(waived, ["ai-unapproved", "approval-no-document", "approval-temp-only"]);
    // Where AI-made media only warns without an approval, it only warns with one that falls short.
    fs::write(&path, policy).unwrap();
    world.edit_policy(&[("ai-unapproved", "warn")]);
    world.acknowledge(&["--note", "as agreed"]);
    let both = ["[ai-unapproved cut/also.png]", "[approval-temp-only cut/ai.png]"];
    world.gate("EP").expect("pass", &both);
    let explained = world.json(["policy", "explain", "approval-temp-only"]).expect(0).value();
    assert_eq!(text(&explained, "severity"), "warn");
    // A no is more than no yes.
    world.run(["reject", "cut/ai.png", "--by", "Lee", "--note", "no"]).expect(0);
    world
        .gate("EP")
        .expect("refused", &["[ai-unapproved cut/also.png]", "approval-rejected cut/ai.png"]);
}

#[test]
fn what_is_waived_hides_nothing_else_that_is_lacking() {
    let world = world();
    let waivers =
        ["approval-temp-only", "approval-rejected"].map(|code| waiver(code, "cut", "2099-12-31"));
    add(&world, &waivers.join("\n"));
    let letter = world.letter();
    let temp = ["approve", "cut/ai.png", "--by", "Dana", "--scope", "temp", "--document", &letter];
    world.run(temp).expect(0);
    // A no that somebody waived is no yes.
    world.run(["reject", "cut/also.png", "--by", "Lee", "--note", "no"]).expect(0);
    let gate = world.gate("EP");
    gate.expect("refused", &["[approval-unsigned cut/ai.png]", "ai-unapproved cut/also.png"]);
    assert_eq!(waived(&gate), ["approval-temp-only", "approval-rejected"]);
    // Temporary, and for another deliverable at that.
    world.run(["revoke", "cut/ai.png", "--note", "anew"]).expect(0);
    world.run([&temp[..], &["--deliverable", "TRAILER"]].concat()).expect(0);
    let gate = world.gate("EP");
    assert!(
        gate.findings().contains(&"approval-not-for-this-deliverable cut/ai.png".to_owned()),
        "{gate:#?}"
    );
}

#[test]
fn a_waiver_that_ran_out_or_matches_nothing_is_a_finding() {
    let world = world();
    world.approve(&["cut"]);
    add(&world, &waiver("ai-unapproved", "cut/**", "2099-12-31"));
    let unsigned = ["[approval-unsigned cut/ai.png]", "[approval-unsigned cut/also.png]"];
    let gate = world.gate("EP");
    gate.expect("pass", &[unsigned[0], unsigned[1], "[exception-unused -]"]);
    assert!(text(gate.finding("exception-unused"), "why").contains("matches nothing in EP"));
    world.policy(&[("exception-unused", "block")]);
    world.gate("EP").expect("refused", &[unsigned[0], unsigned[1], "exception-unused -"]);

    let world = self::world();
    add(&world, &waiver("ai-unapproved", "cut/**", "2020-01-01"));
    let gate = world.gate("EP");
    gate.expect(
        "refused",
        &["[exception-unused -]", "ai-unapproved cut/ai.png", "ai-unapproved cut/also.png"],
    );
    assert!(text(gate.finding("exception-unused"), "why").contains("ran out at 2020-01-01"));
    // One for another deliverable has nothing to do with this one, as long as there is such a one.
    let other = waiver("ai-unapproved", "cut/**", "2020-01-01") + "deliverable = \"TRAILER\"\n";
    let world = self::world();
    add(&world, &other);
    let gate = world.gate("EP");
    let why = text(gate.finding("exception-unused"), "why");
    assert!(why.ends_with("is for TRAILER, and no deliverable has that name"), "{why}");
    world.deliverable("TRAILER", &["cut/also.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut/ai.png", "ai-unapproved cut/also.png"]);
    // Of two that keep the same out, neither matches nothing.
    let world = self::world();
    let two = ["cut/**", "cut/a*"].map(|asset| waiver("ai-unapproved", asset, "2099-12-31"));
    add(&world, &two.concat());
    let gate = world.gate("EP");
    gate.expect("pass", &[]);
    assert_eq!(gate.answer["waived"].as_array().unwrap().len(), 2);
}

#[test]
fn a_folded_finding_says_what_is_so_of_the_first_file() {
    let world = world();
    declare(&world, FINAL, &["cut/ai.png", "cut/also.png"]);
    world.policy(&[("ai-unreported", "warn\"\nfold = true\n# \"")]);
    let why = text(world.gate("EP").finding("ai-unreported"), "why");
    assert_eq!(
        why,
        "2 files; of the first, cut/ai.png: D-1 was not sent to the commissioner's contact as it stands"
    );
}

#[test]
fn what_an_outdated_approval_lacks_is_said_with_its_declaration() {
    let world = world();
    let declare = |what: &str, of: &[&str]| declare(&world, what, of);
    declare(FINAL, &["cut"]);
    let letter = world.letter();
    world.run(["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter]);
    declare(&format!("vendor = \"V\"\n{FINAL}"), &["D-1"]);
    let fix = text(world.gate("EP").finding("approval-outdated"), "fix");
    assert!(fix.contains("genlock approve D-1 --by WHO"), "{fix}");
}

#[test]
fn a_reason_of_ones_own_takes_none_of_the_others_away() {
    let world = World::new();
    let codes = |what: &str| {
        let answer = declare(&world, what, &[]);
        let reasons = answer["reasons"].as_array().unwrap();
        reasons.iter().map(|one| text(one, "code")).collect::<Vec<_>>()
    };
    let check = || {
        let said = world.json(["policy", "check"]).expect(0).value();
        (said["own_escalations"].clone(), said["dropped_escalations"].clone())
    };
    let risky = format!("personal_data = \"yes\"\n{}", crate::declarations::HARMLESS);
    add(
        &world,
        "[[escalate]]\ncode = \"sketcher\"\nwhen = { fact = \"tool\", is = \"Sketcher\" }\nwhy = \"ask us\"\n",
    );
    assert_eq!(codes(&risky), ["personal-data", "sketcher"]);
    assert_eq!(check(), (1.into(), serde_json::json!([])));
    // Only in so many words: one of them, or all.
    add(&world, "[[escalate]]\ncode = \"personal-data\"\noff = true\n");
    assert_eq!(codes(&risky), ["sketcher"]);
    assert_eq!(check(), (1.into(), serde_json::json!(["personal-data"])));
    let told = world.run(["policy", "check"]).expect(0).stdout;
    assert!(told.contains("(1 of its own, 1 of genlock left out)"), "{told}");
    let policy = fs::read_to_string(world.path(".genlock/policy.toml")).unwrap();
    let policy =
        policy.replace("code = \"personal-data\"\noff = true\n", "code = \"x\"\noff = true\n");
    world.write(".genlock/policy.toml", &policy);
    assert!(world.json(["policy", "check"]).expect(3).stdout.contains("to be switched off"));
    let policy = policy.replace("[[escalate]]\ncode = \"x\"\noff = true\n", "");
    world.write(".genlock/policy.toml", format!("own-escalations-only = true\n{policy}"));
    assert_eq!(codes(&risky), ["sketcher"]);
    // What a profile adds takes none away either, and says so where it does.
    for (profile, escalates) in [("documentary", true), ("no-ai", false), ("disclose-only", false)]
    {
        let world = World::bare();
        world.run(["init", "--profile", profile]).expect(0);
        let told = declare(&world, &risky, &[]).to_string();
        assert_eq!(told.contains("personal-data"), escalates, "{profile}: {told}");
    }
}

#[test]
fn what_could_not_be_known_is_never_waived() {
    let world = World::new();
    world.write("cut/broken.png", truncated_png(1));
    world.deliverable("EP", &["cut"]);
    let before = world.read(".genlock/policy.toml");
    for code in ["media-unread", "media-missing", "deliverable-empty", "exception-unused"] {
        add(&world, &waiver(code, "**", "2099-12-31"));
        let ran = world.json(["gate", "EP"]).expect(3);
        assert!(ran.stdout.contains("nobody can waive"), "{}", ran.stdout);
        world.write(".genlock/policy.toml", &before);
    }
    world.gate("EP").expect("cannot-tell", &["media-unread cut/broken.png"]);
}

#[test]
fn a_folded_finding_is_waived_file_by_file() {
    let world = World::with([("a.png", plain_png(1)), ("b.png", plain_png(2))]);
    world.deliverable("EP", &["*.png"]);
    add(&world, &waiver("origin-unknown", "a.png", "2099-12-31"));
    let gate = world.gate("EP");
    assert!(text(gate.finding("origin-unknown"), "why").starts_with("1 file of unknown origin"));
    assert!(text(&gate.answer["waived"][0], "why").starts_with("1 file of unknown origin"));
}

#[test]
fn a_policy_of_an_older_genlock_keeps_working() {
    let world = world();
    let codes = [
        "ai-unapproved",
        "approval-rejected",
        "approval-revoked",
        "approval-expired",
        "approval-not-for-this-deliverable",
        "approval-temp-only",
        "approval-no-document",
        "approval-unsigned",
        "conditions-open",
        "suspect-undetermined",
        "determination-contradicts-mark",
        "path-unmatched",
        "approval-overrides-rejection",
        "final-changed",
    ];
    let rule = |code| {
        let severity = if code == "approval-unsigned" { "warn" } else { "block" };
        format!("\n[[rule]]\ncode = \"{code}\"\nseverity = \"{severity}\"\nsource = \"s\"\n")
    };
    let rules: String = codes.into_iter().map(rule).collect();
    let policy = format!("profile = \"netflix\"\nversion = \"2025-08\"\n{rules}");
    world.write(".genlock/policy.toml", policy);
    world.acknowledge(&["--note", "brought along"]);
    world.gate("EP").expect("refused", &["ai-unapproved cut/ai.png", "ai-unapproved cut/also.png"]);
    world.approve(&["cut"]);
    let unsigned = ["[approval-unsigned cut/ai.png]", "[approval-unsigned cut/also.png]"];
    world.gate("EP").expect("pass", &unsigned);
    let checked = world.json(["policy", "check"]).expect(0).value();
    assert_eq!((text(&checked, "profile"), number(&checked, "own_rules")), ("netflix".into(), 0));
}

#[test]
fn policy_check_answers_with_what_it_read_or_every_problem() {
    let world = World::new();
    let checked = world.json(["policy", "check"]).expect(0).value();
    let hash = blake3::hash(&world.read(".genlock/policy.toml")).to_hex().to_string();
    assert_eq!(text(&checked, "hash"), hash);
    let file = world.outside("other.toml");
    fs::write(&file, format!("profile = \"x\"\n{OWN}")).unwrap();
    let checked = world.json(["policy", "check", file.to_str().unwrap()]).expect(0).value();
    assert_eq!((text(&checked, "profile"), number(&checked, "own_rules")), ("x".into(), 1));
    world.json(["policy", "check", "nowhere.toml"]).expect(2).error();
    assert!(world.json(["policy", "check", "."]).expect(2).error().contains("is a folder"));
    for name in ["netflix", "documentary", "no-ai", "disclose-only"] {
        world.run(["policy", "check", "--profile", name]).expect(0);
    }
    fs::write(&file, "profile = \"x\"\nprofil = \"y\"\n[[rule]]\n").unwrap();
    let told = world.run(["policy", "check", file.to_str().unwrap()]).expect(3).stderr;
    assert!(told.contains("line 2, column 1: unknown key \"profil\""), "{told}");
    world.remove(".genlock/policy.toml");
    world.json(["policy", "check"]).expect(3).error();
}

#[test]
fn policy_explain_says_when_a_rule_finds_and_what_clears_it() {
    let world = World::new();
    add(&world, OWN);
    let one = world.json(["policy", "explain", "ai-unapproved"]).expect(0).value();
    assert_eq!(text(&one, "severity"), "block");
    assert_eq!(text(&one, "when"), "(ai is true and approval is \"none\")");
    assert!(text(&one, "fix").contains("genlock approve"));
    assert!(text(&one, "source").starts_with("Introduction"));
    let own = world.json(["policy", "explain", "house-no-webui"]).expect(0).value();
    assert_eq!(text(&own, "source"), "show bible, 3");
    let told = world.run(["policy", "explain", "principle-1"]).expect(0).stdout;
    assert!(told.contains("Guiding Principles 1"), "{told}");
    world.json(["policy", "explain", "no-such-code"]).expect(2).error();
    let all = world.json(["policy", "explain"]).expect(0).values();
    for code in genlock::model::RuleCode::ALL {
        assert!(all.iter().any(|one| one["code"] == code.as_str()), "{}", code.as_str());
    }
    let facts = world.json(["policy", "explain", "--facts"]).expect(0).values();
    assert!(facts.iter().any(|fact| fact["fact"] == "status"));
    // Codes mean the same where there is no project.
    World::bare().run(["policy", "explain", "ai-undeclared"]).expect(0);
}

#[test]
fn policy_test_runs_facts_through_the_rules() {
    let world = World::new();
    add(&world, OWN);
    let cases = |expect: &str| {
        format!(
            "[[case]]\nname = \"by that tool\"\nexpect = [{expect}]\n[case.facts]\nai = true\n\
             approval = \"holds\"\n\"approval.unsigned\" = \"A-1 is not\"\ndeclared = true\ndetected-tool = \"Stable Diffusion XL\"\n"
        )
    };
    world.write("cases.toml", cases("\"house-no-webui\", \"warn approval-unsigned\""));
    let ran = world.json(["policy", "test", "cases.toml"]).expect(0).value();
    assert_eq!((&ran["ok"], number(&ran, "cases")), (&true.into(), 1));
    world.write("cases.toml", cases("\"ai-undeclared\""));
    let ran = world.json(["policy", "test", "cases.toml"]).expect(1).value();
    assert_eq!(ran["failed"][0]["missing"][0], "ai-undeclared");
    assert_eq!(ran["failed"][0]["unexpected"].as_array().unwrap().len(), 2);
    let told = world.run(["policy", "test", "cases.toml"]).expect(1).stdout;
    assert!(told.contains("found, and not expected: house-no-webui"), "{told}");
    world.write("cases.toml", "[[case]]\nname = \"x\"\nfacts = { statis = \"ai\" }\n");
    world.json(["policy", "test", "cases.toml"]).expect(3).error();
}

#[test]
fn what_a_consent_is_for_and_where_rights_were_cleared_is_asked() {
    let world = world();
    let said = FINAL.replace("rights_clearance = \"nothing of others in it\"\n", "");
    let talent = "talent = [{ name = \"J\", consent = \"C-1\", production = \"Another Show\" }]";
    declare(&world, &said.replace("talent = []", talent), &["cut/ai.png"]);
    let has = |finding: &str| world.gate("EP").findings().contains(&finding.to_owned());
    let (unset, rights) =
        ("[production-unset cut/ai.png]", "[rights-clearance-missing cut/ai.png]");
    assert!(has(unset) && has(rights), "{:#?}", world.gate("EP"));
    declare(&world, FINAL, &["D-1"]);
    assert!(!has(rights));
    declare(&world, &FINAL.replace("talent = []", talent), &["D-1"]);
    let path = world.path(".genlock/policy.toml");
    let policy = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("production = \"Saltmarsh\"\n{policy}")).unwrap();
    assert!(!has(unset) && has("consent-out-of-scope cut/ai.png"), "{:#?}", world.gate("EP"));
}

#[test]
fn the_examples_of_the_page_are_a_policy_and_its_test() {
    let page = include_str!("../../docs/policy.md");
    let blocks: Vec<_> =
        page.split("```toml\n").skip(1).map(|one| one.split("```").next()).collect();
    let block = |begins: &str| {
        let found = blocks.iter().flatten().filter(|one| one.starts_with(begins));
        found.copied().collect::<Vec<_>>().join("\n")
    };
    let world = world();
    let path = world.path(".genlock/policy.toml");
    let more = ["[[rule]]", "[[waiver]]", "[[escalate]]"].map(block).join("\n");
    fs::write(&path, fs::read_to_string(&path).unwrap() + &more).unwrap();
    world.run(["policy", "check"]).expect(0);
    world.write("cases.toml", block("[[case]]"));
    let ran = world.json(["policy", "test", "cases.toml"]).expect(0).value();
    assert_eq!((&ran["ok"], number(&ran, "cases")), (&true.into(), 2));
}

#[test]
fn a_verdict_under_waivers_can_be_had_again() {
    let world = world();
    add(&world, &waiver("ai-unapproved", "cut/**", "2099-12-31"));
    let ran = world.json(["gate", "EP"]).expect(0);
    let seq = ran.value()["journal"]["seq"].to_string();
    add(&world, OWN);
    world.json(["gate", "EP"]).expect(1);
    assert_eq!(world.json(["gate", "EP", "--as-of", &seq]).stdout, ran.stdout);
}

/// What is left of some AI-made files, of each of which nobody approved anything, under one waiver.
fn left(files: &[&str], asset: &str) -> Vec<String> {
    let files = (1..).zip(files).map(|(seed, name)| (*name, a1111_png(seed)));
    let world = World::with(files);
    world.deliverable("EP", &["**/*.png"]);
    add(&world, &waiver("ai-unapproved", asset, "2099-12-31"));
    let findings = world.gate("EP").findings();
    findings.into_iter().filter(|one| one.starts_with("ai-unapproved ")).collect()
}

#[test]
fn a_waiver_means_what_is_there_under_that_name() {
    let only = |path: &str| vec![format!("ai-unapproved {path}")];
    // A name is that name, also with [1] in it.
    assert_eq!(left(&["plate[1].png", "plate1.png"], "plate[1].png"), only("plate1.png"));
    // A folder is all below it; at the front of a glob it is meant by its name, too.
    assert_eq!(left(&["d/a.png", "d/e/b.png", "d.png"], "d"), only("d.png"));
    // Before what lies in it comes what only begins so.
    assert_eq!(left(&["d-1.png", "d/a.png"], "d"), only("d-1.png"));
    assert_eq!(left(&["[d]-1.png", "[d]/a.png"], "[d]/*"), only("[d]-1.png"));
    assert_eq!(left(&["[AI]/a.png", "A/a.png"], "[AI]/*"), only("A/a.png"));
    // Frames as a list prints them are no set of characters.
    let frames = ["sh.1001.png", "sh.1002.png", "sh.1003.png", "sh.1.png"];
    assert_eq!(left(&frames, "sh.[1001-1003].png"), only("sh.1.png"));
    // A pattern stays one.
    assert_eq!(left(&["p1.png", "d/p2.png"], "p[12].png"), only("d/p2.png"));
    assert_eq!(left(&["p1.png", "d/p2.png"], "**"), Vec::<String>::new());
}

#[test]
fn a_waiver_is_for_one_root() {
    let world = World::with([("ai.png", a1111_png(1))]);
    fs::write(world.add_root("media").join("x.png"), a1111_png(2)).unwrap();
    world.scan();
    world.deliverable("EP", &["*.png", "media:*.png"]);
    let policy = world.read(".genlock/policy.toml");
    for (asset, left) in [
        ("*.png", &["ai-unapproved media:x.png"][..]),
        ("media:*.png", &["ai-unapproved ai.png"]),
        ("media:x.png", &["ai-unapproved ai.png"]),
        ("/", &["ai-unapproved ai.png", "ai-unapproved media:x.png"]),
        ("**", &[]),
    ] {
        world.write(".genlock/policy.toml", &policy);
        add(&world, &waiver("ai-unapproved", asset, "2099-12-31"));
        let findings = world.gate("EP").findings();
        let found: Vec<_> =
            findings.iter().filter(|one| one.starts_with("ai-unapproved")).collect();
        assert_eq!(found, left, "{asset}");
    }
}

#[test]
fn a_name_in_a_command_stays_one_word_of_it() {
    let world = World::with([("a.png", a1111_png(1))]);
    let name = "Episode 1; rm -rf x";
    let added = world.run(["deliverable", "add", name, "--path", "a.png"]).expect(0);
    let told = added.transcript();
    assert!(told.contains("next: genlock gate 'Episode 1; rm -rf x'"), "{told}");
    // Who wrote quotes into a rule has them once.
    add(&world, &OWN.replace("make {asset} with", "rename '{deliverable}', make {asset} with"));
    let gate = world.gate(name);
    let fix = text(gate.finding("ai-unapproved"), "fix");
    assert!(fix.contains(" --deliverable 'Episode 1; rm -rf x' --document FILE"), "{fix}");
    let fix = text(gate.finding("house-no-webui"), "fix");
    assert!(fix.starts_with("rename 'Episode 1; rm -rf x', make "), "{fix}");
}

#[test]
fn a_weak_mark_that_a_person_contradicts_only_warns() {
    // The rule's own `warn_when`, from outside.
    let world =
        World::with([("a.png", a1111_png(1)), ("b.png", xmp_png(2, "trainedAlgorithmicMedia"))]);
    world.deliverable("EP", &["*.png"]);
    world.run(["tag", "*.png", "--not-ai", "--note", "shot it"]).expect(0);
    world.gate("EP").expect(
        "refused",
        &["[determination-contradicts-mark a.png]", "determination-contradicts-mark b.png"],
    );
}
