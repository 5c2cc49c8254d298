//! What was in force when: policy and approvers as they change, conditions, extensions, and what an
//! earlier moment still says.

use std::fs;

use genlock::model::{DeclarationId, Event};
use serde_json::json;

use crate::keys::{DANA, Key, LEE};
use crate::media::a1111_png;
use crate::world::{World, number, text, tick};

/// An AI asset in a deliverable, and Dana and Lee who may sign.
fn world() -> (World, Key, Key) {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    let (dana, lee) = (Key::new(&world, 1), Key::new(&world, 2));
    world.approvers(&[format!("{DANA} {}", dana.public), format!("{LEE} {}", lee.public)]);
    (world, dana, lee)
}

#[test]
fn a_changed_policy_is_shown_with_who_when_and_the_difference_until_it_is_acknowledged() {
    let (world, dana, _) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.edit_policy(&[("ai-unapproved", "warn")]);
    for _ in 0..2 {
        let gate = world.gate("EP");
        gate.expect("pass", &["[policy-changed -]"]);
        let why = text(gate.finding("policy-changed"), "why");
        for said in ["kim@edit.example changed the policy", "ai-unapproved: severity block -> warn"]
        {
            assert!(why.contains(said), "{why}");
        }
    }
    // Put back as if nothing had been: both changes are shown.
    world.edit_policy(&[("ai-unapproved", "block")]);
    world.gate("EP").expect("pass", &["[policy-changed -]", "[policy-changed -]"]);
    let acked = ["policy", "ack", "--by", LEE, "--note", "tried something"];
    assert_eq!(world.json(acked).expect(0).value()["changes"], 2);
    world.gate("EP").expect("pass", &[]);
    // It may block, and is never off.
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let rule = "code = \"policy-changed\"\nseverity = \"warn\"";
    let off = policy.replace(rule, "code = \"policy-changed\"\nseverity = \"off\"");
    world.write(".genlock/policy.toml", off);
    world.json(["gate", "EP"]).expect(3).error();
    let block = policy.replace(rule, "code = \"policy-changed\"\nseverity = \"block\"");
    world.write(".genlock/policy.toml", block);
    world.gate("EP").expect("refused", &["policy-changed -"]);
}

#[test]
fn only_what_somebody_was_shown_is_acknowledged() {
    let (world, dana, _) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.edit_policy(&[("tool-unregistered", "block")]);
    world.gate("EP").expect("pass", &["[policy-changed -]"]);
    // While Dana reads that, somebody else goes on.
    world.edit_policy(&[("ai-unapproved", "warn")]);
    let ack = ["policy", "ack", "--by", DANA, "--note", "tools", "--sign", &dana.path];
    let shown = world.json(ack).expect(1).value();
    assert_eq!((&shown["acknowledged"], number(&shown, "changes")), (&json!(false), 2));
    let seen = |at: usize| shown["shown"][at]["difference"].clone();
    assert_eq!(seen(0), json!(["tool-unregistered: severity warn -> block"]));
    assert_eq!(seen(1), json!(["ai-unapproved: severity block -> warn"]));
    let gate = world.gate("EP");
    gate.expect("pass", &["[policy-changed -]", "[policy-changed -]"]);
    assert!(!gate.answer.to_string().contains("comments"), "{gate:#?}");
    // On record by another command than a gate, and shown to nobody.
    let listed = String::from_utf8(world.read(".genlock/approvers")).unwrap();
    world.write(".genlock/approvers", format!("{listed}# a remark\n"));
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    for (code, stands) in [(1, false), (0, true)] {
        let ran = world.run(ack).expect(code);
        assert!(
            ran.stdout.contains("    ai-unapproved: severity block -> warn\n"),
            "{}",
            ran.stdout
        );
        assert_eq!(ran.stdout.contains("none acknowledged"), !stands, "{}", ran.stdout);
    }
    world.gate("EP").expect("pass", &[]);
    world.verify();
}

#[test]
fn a_change_is_told_by_its_rule_and_nothing_of_it_is_cut() {
    let (world, dana, _) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let own = |at| {
        format!(
            "[[rule]]\ncode = \"show-{at:02}\"\nseverity = \"warn\"\nwhy = \"x\"\nfix = \"y\"\n\
             when = {{ fact = \"ai\", is = true }}\n"
        )
    };
    let rule = "[[rule]]\ncode = \"ai-unapproved\"\nseverity = \"";
    let padded = (0..20).map(own).collect::<String>() + rule + "warn";
    world.write(".genlock/policy.toml", policy.replace(&format!("{rule}block"), &padded));
    let gate = world.gate("EP");
    let why = text(gate.finding("policy-changed"), "why");
    let lines: Vec<_> = why.lines().skip(1).collect();
    assert_eq!(lines[0], "ai-unapproved: severity block -> warn");
    assert!(why.contains("show-19: severity (no rule) -> warn"), "{why}");
    let shown = |args: &[&str]| world.run(args).expect(0).stdout;
    assert!(shown(&["gate", "EP"]).contains("    ai-unapproved: severity block -> warn\n"));
    let whole = shown(&["-v", "gate", "EP"]);
    assert!(lines.iter().all(|line| whole.contains(&format!("    {line}\n"))), "{whole}");
    let log = shown(&["log"]);
    assert!(log.contains("in force: ai-unapproved: severity block -> warn; "), "{log}");
}

#[test]
fn who_changes_the_approvers_cannot_also_wave_that_through() {
    let (world, dana, _) = world();
    let mallory = Key::new(&world, 9);
    let name = "mallory@edit.example";
    let listed = String::from_utf8(world.read(".genlock/approvers")).unwrap();
    world.write(".genlock/approvers", format!("{listed}{name} {}\n", mallory.public));
    world.sign(&mallory, name, &["ai.png"]).expect(0);
    world.write(".genlock/approvers", listed);
    // What was there in between is shown, though the list is as it was.
    let gate = world.gate("EP");
    gate.expect("pass", &["[policy-changed -]", "[policy-changed -]"]);
    assert!(gate.answer.to_string().contains(&format!("+ {name}")), "{gate:#?}");
    world.run(["policy", "ack", "--by", name, "--note", "fine"]).expect(2);
    // Written past the program it does not count either.
    let policy = blake3::hash(&world.read(".genlock/policy.toml")).into();
    let (by, note) = (name.to_owned(), "fine".to_owned());
    let fact =
        genlock::model::PolicyAcknowledged { policy, approvers: None, by, note, signed: None };
    world.forge(Event::PolicyAcknowledged(fact.clone()));
    world.gate("EP").expect("pass", &["[policy-changed -]", "[policy-changed -]"]);
    // Nor under the name of somebody who may, once the policy asks for signatures.
    world.edit_policy(&[("approval-unsigned", "block")]);
    world.gate("EP");
    world.forge(Event::PolicyAcknowledged(genlock::model::PolicyAcknowledged {
        by: DANA.to_owned(),
        ..fact
    }));
    world.gate("EP").expect("pass", &["[policy-changed -]"; 3]);
    world.run(["policy", "ack", "--by", DANA, "--note", "no"]).expect(2);
    world.run(["policy", "ack", "--by", DANA, "--note", "known", "--sign", &dana.path]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.verify();
}

#[test]
fn approvers_that_were_removed_or_emptied_do_not_admit_everybody() {
    let (world, dana, _) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    for emptied in [Some("# nobody\n"), None] {
        match emptied {
            Some(text) => drop(world.write(".genlock/approvers", text)),
            None => fs::remove_file(world.path(".genlock/approvers")).unwrap(),
        }
        for by in [DANA, "mallory@edit.example"] {
            let args = ["approve", "ai.png", "--by", by, "--scope", "final"];
            let refused = world.json(args).expect(2);
            assert!(refused.error().contains("not among the approvers"), "{}", refused.stdout);
        }
    }
    // What was signed while Dana was on the list holds.
    let gate = world.gate("EP");
    gate.expect("pass", &["[policy-changed -]"]);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    world.forge_approval(|approval| approval.signed = None);
    let found = ["[policy-changed -]", "approval-revoked ai.png", "approver-not-allowed ai.png"];
    world.gate("EP").expect("refused", &found);
}

#[test]
fn a_list_that_cannot_be_read_stops_everything_and_names_each_line() {
    let (world, dana, _) = world();
    world.write(".genlock/approvers", "dana cert-authority ssh-ed25519 AAAA\nlee\n");
    for args in [
        vec!["gate", "EP"],
        vec!["finalize", "EP"],
        vec!["approve", "ai.png", "--by", DANA, "--scope", "final"],
        vec!["policy", "ack", "--by", DANA, "--note", "x", "--sign", &dana.path],
    ] {
        let ran = world.json(args).expect(3);
        let causes = ran.value()["error"]["causes"].to_string();
        assert!(causes.contains("line 1: ") && causes.contains("line 2: "), "{causes}");
    }
}

#[test]
fn a_key_that_is_removed_signs_nothing_from_then_on_and_what_it_signed_still_holds() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let first = world.json(["gate", "EP"]).expect(0);
    world.approvers(&[format!("{LEE},{DANA} {}", lee.public)]);
    world.gate("EP").expect("pass", &[]);
    world.sign(&dana, DANA, &["ai.png"]).expect(2);
    // Revocation acts from then on; before it, the verdict is what it was, to the byte.
    world.run(["revoke", "A-1", "--by", DANA, "--note", "withdrawn"]).expect(0);
    let second = world.json(["gate", "EP"]).expect(1);
    world.forge_approval(|approval| approval.note = Some("forged".into()));
    let third = world.json(["gate", "EP"]).expect(1);
    world.edit_policy(&[("ai-unapproved", "warn")]);
    fs::write(world.path(".genlock/approvers"), "").unwrap();
    world.json(["gate", "EP"]);
    world.remove("ai.png");
    for ran in [first, second, third] {
        let seq = ran.value()["journal"]["seq"].to_string();
        let again = world.json(["gate", "EP", "--as-of", &seq]);
        assert_eq!((again.stdout, again.code), (ran.stdout, ran.code));
    }
}

#[test]
fn conditions_stay_open_until_somebody_who_may_says_they_are_met() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["ai.png", "--conditions", "credit the archive"]).expect(0);
    world.policy_by(DANA, &[("conditions-open", "block")]);
    let gate = world.gate("EP");
    gate.expect("refused", &["conditions-open ai.png"]);
    assert!(text(gate.finding("conditions-open"), "fix").contains("approve A-1 --condition-met"));
    let met = |by: &str| {
        world.json(["approve", "A-1", "--condition-met", "--by", by, "--note", "in the credits"])
    };
    met("mallory@edit.example").expect(2);
    world.run(["approve", "A-1", "--condition-met", "--by", LEE]).expect(2);
    world.run(["approve", "ai.png", "--condition-met", "--by", LEE, "--note", "x"]).expect(2);
    met(LEE).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Where signatures are asked for, this one too.
    world.edit_policy(&[("approval-unsigned", "block")]);
    world.acknowledge(&["--by", DANA, "--note", "x", "--sign", &dana.path]);
    let gate = world.gate("EP");
    gate.expect("refused", &["conditions-open ai.png"]);
    assert!(text(gate.finding("conditions-open"), "why").contains("no signature"));
    let signed = ["A-1", "--condition-met", "--note", "in the credits"];
    world.sign(&lee, LEE, &signed).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.verify();
    // An approval without conditions has none to be met.
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["approve", "A-2", "--condition-met", "--by", LEE, "--note", "x"]).expect(2);
}

#[test]
fn a_later_version_is_approved_under_an_approval_with_its_document_and_conditions() {
    let (world, dana, lee) = world();
    let more = ["ai.png", "--conditions", "credit the archive", "--deliverable", "EP"];
    world.sign(&dana, DANA, &more).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.scan();
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("pass", &["[conditions-open ai.png]"]);
    let approval = &world.show("ai.png")["approvals"][0];
    assert_eq!((text(approval, "under"), text(approval, "scope")), ("A-1".into(), "final".into()));
    assert_eq!(text(approval, "conditions"), "credit the archive");
    assert_eq!(text(approval, "document_name"), "letter.txt");
    assert_eq!(approval["deliverables"][0], "EP");
    assert!(text(approval, "signature").starts_with("SHA256:"));
    // It falls with what it rests on.
    world.run(["revoke", "A-1", "--by", DANA, "--note", "withdrawn"]).expect(0);
    world.gate("EP").expect("refused", &["approval-revoked ai.png"]);
    world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(2);
    world.sign(&lee, LEE, &["ai.png", "--under", "A-9"]).expect(2);
    let both = ["approve", "ai.png", "--by", LEE, "--under", "A-1", "--scope", "final"];
    world.run(both).expect(2);
    world.verify();
}

#[test]
fn who_put_a_version_under_its_declaration_does_not_extend_the_approval_to_it() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.scan();
    let asset = world.id("ai.png").parse().unwrap();
    let attached = genlock::model::Attached {
        declaration: DeclarationId(1),
        assets: vec![asset],
        globs: vec![],
    };
    world.forge_as(LEE, Event::Attached(attached));
    let refused = world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(2);
    assert!(refused.error().contains("put"), "{}", refused.stdout);
    world.forge_approval(|approval| {
        approval.by = LEE.into();
        approval.assets = vec![asset];
        approval.under = Some(genlock::model::ApprovalId(1));
        approval.signed = None;
    });
    world.gate("EP").expect("refused", &["approver-not-allowed ai.png"]);
    world.sign(&dana, DANA, &["ai.png", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn an_approval_that_was_refused_since_is_not_extended() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["reject", "ai.png", "--by", DANA, "--note", "too close to a film"]).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.scan();
    let refused = world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(2);
    assert!(refused.error().contains("overruled by A-2"), "{}", refused.stdout);
    // Nor when somebody writes it past the program.
    let asset = world.id("ai.png").parse().unwrap();
    world.forge_approval(|approval| {
        approval.id = genlock::model::ApprovalId(3);
        approval.by = LEE.into();
        approval.assets = vec![asset];
        approval.under = Some(genlock::model::ApprovalId(1));
        approval.signed = None;
    });
    assert!(world.refusal("EP", "approver-not-allowed").contains("A-2 by dana@"));
    // A no to some other deliverable is none to this one.
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let elsewhere = ["reject", "ai.png", "--by", DANA, "--note", "no", "--deliverable", "TRAILER"];
    world.run(elsewhere).expect(0);
    tick();
    world.write("ai.png", a1111_png(3));
    world.scan();
    world.sign(&lee, LEE, &["ai.png", "--under", "A-4"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn an_extension_falls_with_the_last_part_of_what_it_extends() {
    let (world, dana, lee) = world();
    world.write("b.png", a1111_png(5));
    world.scan();
    world.sign(&dana, DANA, &["ai.png", "b.png"]).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.write("old.png", a1111_png(1));
    world.scan();
    world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(0);
    world.run(["revoke", "old.png", "--note", "rights withdrawn"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.run(["revoke", "b.png", "--note", "rights withdrawn"]).expect(0);
    world.gate("EP").expect("refused", &["approval-revoked ai.png"]);
    world.verify();
}

#[test]
fn an_extension_says_no_more_than_what_it_extends() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.scan();
    world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Declared since, with what nobody has said yes to.
    let what =
        crate::declarations::FINAL.replace("[principles]", "personal_data = \"yes\"\n[principles]");
    crate::declarations::declare(&world, &what, &["ai.png"]);
    let blocks = |found: &str| world.gate("EP").findings().contains(&found.to_owned());
    assert!(blocks("personal-data-unapproved ai.png"));
    world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(0);
    assert!(blocks("personal-data-unapproved ai.png"), "an extension cleared what came later");
    world.sign(&dana, DANA, &["D-1"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn anybody_may_withdraw_and_only_who_decides_does_so_by_name() {
    let (world, dana, _) = world();
    let listed = String::from_utf8(world.read(".genlock/approvers")).unwrap();
    let by = |who: &str| world.json(["revoke", "ai.png", "--by", who, "--note", "rights are gone"]);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let events = world.events();
    for nobody in ["mallory@edit.example", " "] {
        by(nobody).expect(2).error();
    }
    assert_eq!(world.events(), events);
    // Whoever hears first that rights are gone stops the delivery, in their own name.
    world.run(["revoke", "A-1", "--note", "rights are gone"]).expect(0);
    world.gate("EP").expect("refused", &["approval-revoked ai.png"]);
    assert!(world.refusal("EP", "approval-revoked").contains("by kim@edit.example"));
    // In the name of another approver, who is on the list.
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    by(LEE).expect(0);
    assert!(world.refusal("EP", "approval-revoked").contains("by lee@studio.example"));
    // Who is off the list takes back their own word, and no other's.
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.write(".genlock/approvers", "");
    by(LEE).expect(2).error();
    by(DANA).expect(0);
    world.write(".genlock/approvers", listed);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    // A list that cannot be read stops nobody who names nobody.
    world.write(".genlock/approvers", "dana\n");
    by(LEE).expect(3).error();
    world.run(["revoke", "ai.png", "--note", "rights are gone"]).expect(0);
    world.run(["verify"]).expect(0);
}

#[test]
fn a_list_says_approved_only_of_what_counts_as_an_approval() {
    let (world, dana, lee) = world();
    let says = |clearance: &str| {
        assert_eq!(text(&world.row("ai.png"), "clearance"), clearance);
        assert_eq!(text(&world.show("ai.png"), "clearance"), clearance);
        let status = world.json(["status"]).expect(0).value();
        let awaits = status["awaiting_approval"].as_array().unwrap().len();
        assert_eq!(awaits, usize::from(clearance != "approved"), "{status}");
    };
    says("undeclared");
    let letter = world.letter();
    let unsigned = ["approve", "ai.png", "--by", DANA, "--scope", "final", "--document", &letter];
    world.run(unsigned).expect(0);
    says("approved");
    // Where a signature is asked for, as the gate asks for it.
    world.edit_policy(&[("approval-unsigned", "block")]);
    world.acknowledge(&["--by", DANA, "--note", "x", "--sign", &dana.path]);
    world.gate("EP").expect("refused", &["approval-unsigned ai.png"]);
    says("undeclared");
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    says("approved");
    // By who has no role.
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let role = format!("[[role]]\nname = \"legal\"\nwho = [\"{LEE}\"]\nmay = [\"approve\"]\n");
    world.write(".genlock/policy.toml", format!("{policy}\n{role}"));
    says("undeclared");
    world.sign(&lee, LEE, &["ai.png"]).expect(0);
    says("approved");
    world.run(["revoke", "ai.png", "--note", "no"]).expect(0);
    says("revoked");
    // One that was forged.
    world.forge_approval(|approval| approval.note = Some("x".into()));
    says("revoked");
}

#[test]
fn a_rule_of_a_policy_may_ask_for_a_signature_or_a_role() {
    let (world, dana, lee) = world();
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let more = format!(
        r#"
[[role]]
name = "contact"
who = ["{DANA}"]
may = ["approve", "extend", "confirm", "meet-conditions"]

[[role]]
name = "legal"
who = ["{LEE}"]
may = ["approve"]

[[rule]]
code = "house-signed-stills"
severity = "block"
when = {{ all = [{{ fact = "media-type", matches = "image/*" }}, {{ fact = "approval", is = "holds" }}, {{ fact = "approval.signed", is = false }}] }}
why = "{{approval.id}} is not signed"
fix = "sign it"

[[rule]]
code = "house-legal"
severity = "block"
when = {{ all = [{{ fact = "ai", is = true }}, {{ not = {{ fact = "approved.roles", has = "legal" }} }}] }}
why = "legal did not approve it"
fix = "ask legal"
"#
    );
    world.write(".genlock/policy.toml", format!("{policy}{more}"));
    world.acknowledge(&["--by", DANA, "--note", "our rules"]);
    let letter = world.letter();
    let unsigned = ["approve", "ai.png", "--by", DANA, "--scope", "final", "--document", &letter];
    world.run(unsigned).expect(0);
    let found = ["[approval-unsigned ai.png]", "house-legal ai.png", "house-signed-stills ai.png"];
    world.gate("EP").expect("refused", &found);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("refused", &["house-legal ai.png"]);
    world.sign(&lee, LEE, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    let extended = world.sign(&lee, LEE, &["ai.png", "--under", "A-1"]).expect(2);
    assert!(extended.error().contains("may extend"), "{}", extended.stdout);
    // A role that nobody has is a slip.
    let slip = more.replace("has = \"legal\"", "has = \"leagl\"");
    world.write(".genlock/policy.toml", format!("{policy}{slip}"));
    let ran = world.json(["gate", "EP"]).expect(3);
    assert!(ran.stdout.contains("leagl"), "{}", ran.stdout);
}
