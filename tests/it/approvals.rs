//! What an approval must be for a deliverable to pass, and determinations against a mark.

use std::sync::atomic::AtomicBool;

use genlock::app::{Context, Follower, Project, ScanOptions, gate, scan};
use genlock::clock::FixedClock;
use genlock::problem::Silent;
use serde_json::json;

use crate::declarations::{FINAL, declare};
use crate::keys::{DANA, Key};
use crate::media::{a1111_png, plain_png, xmp_png};
use crate::world::{World, text, tick};

const AI: &str = "trainedAlgorithmicMedia";
const UNSIGNED: &str = "[approval-unsigned ai.png]";

/// One AI asset in one deliverable.
fn world() -> World {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    world
}

fn approve(world: &World, more: &[&str]) {
    let letter = world.letter();
    let mut args = vec!["approve", "ai.png", "--by", "Dana"];
    args.extend(more);
    if !more.contains(&"--no-document") {
        args.extend(["--document", &letter]);
    }
    args.retain(|one| *one != "--no-document");
    world.run(args).expect(0);
}

fn reject(world: &World) {
    world.run(["reject", "ai.png", "--by", "Lee", "--note", "too close to a film"]).expect(0);
}

/// Does something in the year 2099. What it records moves the ledger's time on.
fn in_2099(world: &World, what: impl FnOnce(&Project, &Context<'_>)) {
    let clock = FixedClock("2099-01-01T00:00:00Z".parse().unwrap());
    let context = Context {
        clock: &clock,
        reporter: &Silent,
        actor: "time traveller".into(),
        cwd: world.dir().to_owned(),
        cancel: &AtomicBool::new(false),
        follower: Follower::default(),
    };
    what(&Project::at(world.dir()).unwrap(), &context);
}

fn gate_in_2099(world: &World) {
    in_2099(world, |project, context| {
        gate(project, context, "EP").unwrap();
    });
}

#[test]
fn no_approval_at_all() {
    world().gate("EP").expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn an_approval_in_writing_for_a_final_deliverable_is_enough() {
    let world = world();
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
}

#[test]
fn an_approval_for_temporary_use_is_not_enough() {
    let world = world();
    approve(&world, &["--scope", "temp"]);
    world.gate("EP").expect("refused", &["approval-temp-only ai.png"]);
    assert_eq!(world.row("ai.png")["clearance"], "undeclared");
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
}

#[test]
fn an_approval_for_another_deliverable_is_not_enough() {
    let world = world();
    world.deliverable("TRAILER", &["ai.png"]);
    approve(&world, &["--scope", "final", "--deliverable", "TRAILER"]);
    world.gate("EP").expect("refused", &["approval-not-for-this-deliverable ai.png"]);
    world.gate("TRAILER").expect("pass", &[UNSIGNED]);
    approve(&world, &["--scope", "final", "--deliverable", "X", "--deliverable", "EP"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
}

#[test]
fn an_approval_without_a_document_is_not_enough_unless_the_policy_says_so() {
    let world = world();
    approve(&world, &["--scope", "final", "--no-document"]);
    world.gate("EP").expect("refused", &["approval-no-document ai.png"]);
    world.policy(&[("approval-no-document", "warn")]);
    world.gate("EP").expect("pass", &["[approval-no-document ai.png]", UNSIGNED]);
    world.policy(&[("approval-no-document", "off")]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
}

#[test]
fn conditions_are_said_with_the_approval_they_bind() {
    let world = world();
    approve(&world, &["--scope", "final", "--conditions", "credit the archive"]);
    let gate = world.gate("EP");
    gate.expect("pass", &[UNSIGNED, "[conditions-open ai.png]"]);
    assert!(text(gate.finding("conditions-open"), "why").contains("credit the archive"));
    world.policy(&[("conditions-open", "block")]);
    world.gate("EP").expect("refused", &[UNSIGNED, "conditions-open ai.png"]);
}

#[test]
fn an_approval_that_ran_out_does_not_hold() {
    let world = world();
    approve(&world, &["--scope", "final", "--expires", "2098-12-31"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    gate_in_2099(&world);
    // A clock set back does not bring it back: nothing is judged as if earlier than the ledger.
    world.gate("EP").expect("refused", &["approval-expired ai.png"]);
    world.verify();
}

#[test]
fn an_approval_holds_to_the_end_of_its_last_day() {
    let world = world();
    approve(&world, &["--scope", "final", "--expires", "2099-01-01"]);
    gate_in_2099(&world);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    let shown = world.show("ai.png");
    assert_eq!(shown["approvals"][0]["expires"], "2099-01-01T23:59:59.999999999Z");
}

#[test]
fn an_approval_that_would_be_over_already_is_not_recorded() {
    let world = world();
    let events = world.events();
    let args = ["approve", "ai.png", "--by", "D", "--scope", "final", "--expires", "2020-01-01"];
    world.json(args).expect(2).error();
    assert_eq!(world.events(), events);
}

#[test]
fn a_revoked_approval_does_not_hold() {
    let world = world();
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    world.run(["revoke", "A-1", "--note", "rights withdrawn"]).expect(0);
    let gate = world.gate("EP");
    gate.expect("refused", &["approval-revoked ai.png"]);
    assert!(text(gate.finding("approval-revoked"), "why").contains("rights withdrawn"));
    assert_eq!(world.row("ai.png")["clearance"], "revoked");
    // A new one holds again.
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    assert_eq!(world.row("ai.png")["clearance"], "approved");
}

#[test]
fn revoking_an_asset_withdraws_all_its_active_approvals_and_no_others() {
    let world = World::with([("ai.png", a1111_png(1)), ("other.png", a1111_png(2))]);
    world.deliverable("EP", &["ai.png"]);
    world.deliverable("OTHER", &["other.png"]);
    world.approve(&["ai.png", "other.png"]);
    world.approve(&["ai.png"]);
    let answer = world.json(["revoke", "ai.png", "--note", "no"]).expect(0).value();
    assert_eq!(answer["ids"], serde_json::json!(["A-1", "A-2"]));
    world.gate("EP").expect("refused", &["approval-revoked ai.png"]);
    world.gate("OTHER").expect("pass", &["[approval-unsigned other.png]"]);
    // There is nothing left to withdraw.
    world.run(["revoke", "ai.png", "--note", "no"]).expect(2);
    world.run(["revoke", "A-9", "--note", "no"]).expect(2);
}

#[test]
fn revoking_an_asset_leaves_no_approval_that_a_policy_could_go_by() {
    let world = world();
    let soft = ["approval-outdated", "approval-expired"].map(|code| (code, "warn"));
    world.policy(&[soft[0], soft[1], ("tool-unregistered", "off")]);
    let what = FINAL;
    declare(&world, what, &["ai.png"]);
    approve(&world, &["--scope", "final", "--expires", "2098-12-31"]);
    let letter = world.letter();
    let under = ["approve", "D-1", "--by", "Dana", "--scope", "final", "--document", &letter];
    world.run(under).expect(0);
    let changed = what.replace("a poster", "two posters");
    declare(&world, &changed, &["D-1"]);
    gate_in_2099(&world);
    world.gate("EP").expect("pass", &["[approval-outdated ai.png]", UNSIGNED]);
    let answer = world.json(["revoke", "ai.png", "--note", "rights are gone"]).expect(0).value();
    assert_eq!(answer["ids"], serde_json::json!(["A-1", "A-2"]));
    world.gate("EP").expect("refused", &["approval-revoked ai.png"]);
    world.run(["revoke", "ai.png", "--note", "again"]).expect(2);
}

#[test]
fn a_rejection_after_an_approval_overrules_it() {
    let world = world();
    approve(&world, &["--scope", "final"]);
    reject(&world);
    let gate = world.gate("EP");
    gate.expect("refused", &["approval-rejected ai.png"]);
    assert!(text(gate.finding("approval-rejected"), "why").contains("too close to a film"));
    assert_eq!(world.row("ai.png")["clearance"], "rejected");
}

#[test]
fn an_approval_after_a_rejection_overrules_it() {
    let world = world();
    reject(&world);
    world.gate("EP").expect("refused", &["approval-rejected ai.png"]);
    approve(&world, &["--scope", "final"]);
    // Whose word it goes against is said.
    world.gate("EP").expect("pass", &["[approval-overrides-rejection ai.png]", UNSIGNED]);
    assert_eq!(world.row("ai.png")["clearance"], "approved");
    // But not one for temporary use.
    reject(&world);
    approve(&world, &["--scope", "temp"]);
    world.gate("EP").expect("refused", &["approval-rejected ai.png"]);
}

#[test]
fn a_no_to_one_deliverable_leaves_a_wider_yes_standing_in_lists() {
    let world = world();
    world.deliverable("TRAILER", &["ai.png"]);
    let no = ["reject", "ai.png", "--by", "Lee", "--note", "not there", "--deliverable"];
    approve(&world, &["--scope", "final"]);
    world.run(no.into_iter().chain(["TRAILER"])).expect(0);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    world.gate("TRAILER").expect("refused", &["approval-rejected ai.png"]);
    let awaiting = || world.json(["status"]).expect(0).value()["awaiting_approval"].clone();
    assert_eq!(
        (text(&world.row("ai.png"), "clearance"), awaiting()),
        ("approved".into(), json!([]))
    );
    // One for that deliverable alone is taken back by it.
    let world = self::world();
    approve(&world, &["--scope", "final", "--deliverable", "EP"]);
    world.run(no.into_iter().chain(["EP"])).expect(0);
    assert_eq!(text(&world.row("ai.png"), "clearance"), "rejected");
}

#[test]
fn a_no_that_only_warns_is_no_better_than_no_word_at_all() {
    let world = world();
    world.policy(&[("approval-rejected", "warn")]);
    reject(&world);
    world.gate("EP").expect("refused", &["[approval-rejected ai.png]", "ai-unapproved ai.png"]);
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &["[approval-overrides-rejection ai.png]", UNSIGNED]);
    // As the policy says, a later no takes nothing from a yes, and is said.
    reject(&world);
    world.gate("EP").expect("pass", &["[approval-rejected ai.png]", UNSIGNED]);
    world.policy(&[("approval-rejected", "block")]);
    world.gate("EP").expect("refused", &["approval-rejected ai.png"]);
}

#[test]
fn a_rejection_for_another_deliverable_is_not_about_this_one() {
    let world = world();
    world.deliverable("TRAILER", &["ai.png"]);
    approve(&world, &["--scope", "final"]);
    let no = ["reject", "ai.png", "--by", "Lee", "--note", "no", "--deliverable", "TRAILER"];
    world.run(no).expect(0);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    world.gate("TRAILER").expect("refused", &["approval-rejected ai.png"]);
}

#[test]
fn another_approval_never_refuses_what_passed() {
    let world = world();
    world.policy(&[("approval-temp-only", "warn"), ("conditions-open", "block")]);
    approve(&world, &["--scope", "temp"]);
    let temp = ["[approval-temp-only ai.png]", UNSIGNED];
    world.gate("EP").expect("pass", &temp);
    // Final, and without the document that the policy asks for.
    approve(&world, &["--scope", "final", "--no-document"]);
    world.gate("EP").expect("pass", &temp);
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    // Newer, and bound to what nobody has met.
    approve(&world, &["--scope", "final", "--conditions", "credit the archive"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    // Where that is all there is, it blocks as before.
    for id in ["A-1", "A-2", "A-3"] {
        world.run(["revoke", id, "--note", "no"]).expect(0);
    }
    world.gate("EP").expect("refused", &[UNSIGNED, "conditions-open ai.png"]);
}

#[test]
fn conditions_that_the_policy_waits_for_say_yes_to_nothing_yet() {
    let world = world();
    world.policy(&[("conditions-open", "block"), ("tool-unregistered", "off")]);
    approve(&world, &["--scope", "final"]);
    let what = FINAL.replace("[principles]", "personal_data = \"yes\"\n[principles]");
    declare(&world, &what, &["ai.png"]);
    let found = ["[approval-unsigned ai.png]", "personal-data-unapproved ai.png"];
    world.gate("EP").expect("refused", &found);
    approve(&world, &["--scope", "final", "--conditions", "credit the archive"]);
    world.gate("EP").expect("refused", &found);
    let met = ["approve", "A-2", "--condition-met", "--by", "Dana", "--note", "card 4"];
    world.run(met).expect(0);
    world.gate("EP").expect("pass", &[UNSIGNED]);
}

#[test]
fn an_approval_of_an_asset_does_not_cover_what_its_declaration_comes_to_say() {
    let world = world();
    world.policy(&[("tool-unregistered", "off")]);
    let what = FINAL.replace("[principles]", "personal_data = \"yes\"\n[principles]");
    declare(&world, &what, &["ai.png"]);
    declare(&world, FINAL, &["ai.png"]);
    approve(&world, &["--scope", "final"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    let worse = FINAL.replace("\"background\"", "\"story-critical\"");
    declare(&world, &worse, &["D-2"]);
    let gate = world.gate("EP");
    gate.expect("refused", &["approval-outdated ai.png", "personal-data-unapproved ai.png"]);
    let finding = gate.finding("approval-outdated");
    let why = "A-1 by Dana came to version 1 of D-2, which stands in version 2";
    assert!(text(finding, "why").ends_with(why), "{finding}");
    assert!(text(finding, "fix").contains("genlock approve D-2 "), "{finding}");
    assert_eq!(world.row("ai.png")["clearance"], "declared");
    // Only what changed needs a new one: what the other declaration says was approved.
    let letter = world.letter();
    let under = ["approve", "D-2", "--by", "Dana", "--scope", "final", "--document", &letter];
    world.run(under).expect(0);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    assert_eq!(world.row("ai.png")["clearance"], "approved");
}

#[test]
fn an_approval_of_an_asset_is_not_outdated_by_what_it_was_put_under_later() {
    let world = World::with([("ai.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    world.deliverable("EP", &["ai.png"]);
    world.policy(&[("tool-unregistered", "off")]);
    declare(&world, FINAL, &["b.png"]);
    approve(&world, &["--scope", "final"]);
    world.run(["declare", "D-1", "--add", "ai.png"]).expect(0);
    declare(&world, &FINAL.replace("a poster", "two posters"), &["D-1"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    assert_eq!(world.row("ai.png")["clearance"], "approved");
}

#[test]
fn an_approval_of_an_asset_is_not_outdated_by_a_glob_that_took_it_in_later() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    world.deliverable("LATE", &["gen/late.png"]);
    world.policy(&[("tool-unregistered", "off")]);
    declare(&world, FINAL, &["gen/**"]);
    world.write("gen/late.png", a1111_png(2));
    world.scan();
    approve(&world, &["--scope", "final"]);
    world.approve(&["gen/late.png"]);
    // The same as was approved, where the declaration is for it.
    world.write("gen/copy.png", a1111_png(1));
    world.scan();
    declare(&world, &FINAL.replace("a poster", "two posters"), &["D-1"]);
    world.gate("EP").expect("pass", &[UNSIGNED]);
    let shown = |path: &str| text(&world.show(path)["approvals"][0], "standing");
    assert_eq!(
        (shown("ai.png"), world.row("ai.png")["clearance"].clone()),
        ("active".into(), "approved".into())
    );
    // What was under it when it was approved waits again.
    world.gate("LATE").expect("refused", &["approval-outdated gen/late.png"]);
    assert_eq!(shown("gen/late.png"), "outdated");
}

#[test]
fn a_new_yes_after_a_no_needs_what_the_policy_asks_for_and_no_more() {
    let world = world();
    reject(&world);
    approve(&world, &["--scope", "final", "--no-document"]);
    let gate = world.gate("EP");
    gate.expect("refused", &["approval-rejected ai.png"]);
    // What is missing is not hidden behind the no.
    let why = text(gate.finding("approval-rejected"), "why");
    assert!(why.ends_with("; since then A-2 by Dana has no written document"), "{why}");
    world.policy(&[("approval-no-document", "off")]);
    let overrides = "[approval-overrides-rejection ai.png]";
    world.gate("EP").expect("pass", &[overrides, UNSIGNED]);
    world.policy(&[("approval-no-document", "warn")]);
    let softened = ["[approval-no-document ai.png]", overrides, UNSIGNED];
    world.gate("EP").expect("pass", &softened);
}

/// An asset with a mark that somebody determined not to be AI.
fn contested(bytes: Vec<u8>) -> World {
    let world = World::with([("x.png", bytes)]);
    world.deliverable("EP", &["x.png"]);
    world.run(["tag", "x.png", "--not-ai", "--note", "I drew it"]).expect(0);
    world
}

const CONTRADICTS: &str = "determination-contradicts-mark x.png";

#[test]
fn a_determination_against_a_declared_mark_blocks_until_it_is_confirmed() {
    let world = contested(xmp_png(1, AI));
    world.gate("EP").expect("refused", &[CONTRADICTS]);
    // An ordinary approval is no confirmation.
    world.approve(&["x.png"]);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
    world.run(["approve", "x.png", "--determination", "--by", "Dana"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Both the mark and the determination stay on the record.
    let shown = world.show("x.png");
    assert_eq!((&shown["status"], &shown["strength"]), (&"not-ai".into(), &"person".into()));
    assert_eq!(shown["evidence"][0]["source_type"], AI);
    // Determined anew, it needs to be confirmed anew.
    world.run(["tag", "x.png", "--not-ai", "--note", "really"]).expect(0);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
}

#[test]
fn a_confirmation_that_was_withdrawn_or_is_for_another_deliverable_confirms_nothing() {
    let world = contested(xmp_png(1, AI));
    let confirm = ["approve", "x.png", "--determination", "--by", "Dana"];
    world.run(confirm.into_iter().chain(["--deliverable", "OTHER"])).expect(0);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
    world.run(confirm).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.run(["revoke", "A-2", "--note", "mistake"]).expect(0);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
}

#[test]
fn a_no_to_another_deliverable_takes_nothing_from_a_confirmation() {
    let world = contested(xmp_png(1, AI));
    world.deliverable("TRAILER", &["x.png"]);
    world.run(["approve", "x.png", "--determination", "--by", "Dana"]).expect(0);
    let no = ["reject", "x.png", "--by", "Dana", "--note", "not in the trailer"];
    world.run(no.into_iter().chain(["--deliverable", "TRAILER"])).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.gate("TRAILER").expect("refused", &["approval-rejected x.png", CONTRADICTS]);
    world.run(no).expect(0);
    world.gate("EP").expect("refused", &["approval-rejected x.png", CONTRADICTS]);
}

#[test]
fn a_determination_against_what_only_allows_ai_stands_alone() {
    let world = World::with([("x.png", xmp_png(1, "screenCapture"))]);
    world.deliverable("EP", &["x.png"]);
    world.gate("EP").expect("refused", &["suspect-undetermined x.png"]);
    world.run(["tag", "x.png", "--not-ai", "--note", "our own screen"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Beside a mark that says it, the permission does not make that a stronger one.
    let both = contested(crate::media::mixed_png(1, "composite"));
    both.gate("EP").expect("pass", &["[determination-contradicts-mark x.png]"]);
}

#[test]
fn a_determination_against_a_signed_mark_blocks() {
    let portrait = "conform/reel1/graphics/portrait_reconstruction.png";
    let world = World::with([("x.png", crate::world::fixture(portrait))]);
    world.deliverable("EP", &["x.png"]);
    world.run(["tag", "x.png", "--not-ai", "--note", "no"]).expect(0);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
}

#[test]
fn a_determination_against_a_trace_warns() {
    let world = contested(a1111_png(1));
    world.gate("EP").expect("pass", &["[determination-contradicts-mark x.png]"]);
}

#[test]
fn a_determination_against_somebody_elses_word_blocks_until_it_is_confirmed() {
    let world = World::with([("x.png", plain_png(1))]);
    world.deliverable("EP", &["x.png"]);
    world.run(["--as", "Lee", "tag", "x.png", "--ai", "--note", "I made it"]).expect(0);
    world.run(["--as", "Max", "tag", "x.png", "--not-ai", "--note", "no"]).expect(0);
    let refused = world.gate("EP");
    let why = text(
        refused.expect("refused", &[CONTRADICTS]).finding(CONTRADICTS.split_once(' ').unwrap().0),
        "why",
    );
    assert!(why.contains("Max") && why.contains("Lee determined it to be AI-made"), "{why}");
    // Saying it again, or first the same as Lee, takes nothing from Lee's word.
    for said in ["--ai", "--not-ai"] {
        world.run(["--as", "Max", "tag", "x.png", said, "--note", "no"]).expect(0);
    }
    world.gate("EP").expect("refused", &[CONTRADICTS]);
    world.run(["approve", "x.png", "--determination", "--by", "Dana"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // Who said it may correct it, alone.
    world.run(["--as", "Max", "tag", "x.png", "--not-ai", "--note", "once more"]).expect(0);
    world.gate("EP").expect("refused", &[CONTRADICTS]);
    world.run(["--as", "Lee", "tag", "x.png", "--not-ai", "--note", "a slip of mine"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_withdrawn_determination_leaves_the_mark_to_decide() {
    let world = contested(xmp_png(1, AI));
    world.run(["tag", "x.png", "--clear"]).expect(0);
    world.gate("EP").expect("refused", &["ai-unapproved x.png"]);
}

#[test]
fn a_confirmation_needs_something_to_confirm() {
    let world = world();
    world.json(["approve", "ai.png", "--determination", "--by", "D"]).expect(2).error();
}

#[test]
fn an_approval_of_one_content_covers_every_place_of_it_and_nothing_else() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    world.deliverable("EP", &["*.png"]);
    world.approve(&["a.png"]);
    tick();
    world.write("copy.png", world.read("a.png"));
    world.gate("EP").expect(
        "refused",
        &["[approval-unsigned a.png]", "[approval-unsigned copy.png]", "ai-unapproved b.png"],
    );
}

#[test]
fn the_list_of_approvers_that_the_manual_shows_can_be_used() {
    let world = World::with([("a.png", a1111_png(1))]);
    let (dana, lee) = (Key::new(&world, 1), Key::new(&world, 2));
    let manual = include_str!("../../docs/approvals.md");
    let shown = manual.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    // The keys there are cut off; and whoever runs this later has the same years.
    let lines = shown.lines().zip([&dana, &lee]).map(|(line, key)| {
        let (who, _) = line.split_once("ssh-ed25519").unwrap();
        format!("{} {}", who.trim().replace("20271231Z", "20991231Z"), key.public)
    });
    world.edit_approvers(&lines.collect::<Vec<_>>());
    let approve = |by: &str| world.run(["approve", "a.png", "--scope", "temp", "--by", by]).code;
    for by in [DANA, "Lee Park", "anybody@legal.example"] {
        assert_eq!(approve(by), 0, "{by}");
    }
    assert_eq!(approve("Lee"), 2);
}

#[test]
fn what_says_nothing_is_no_condition_and_no_version() {
    let world = World::with([("a.png", a1111_png(1))]);
    let approve = ["approve", "a.png", "--by", "Dana", "--scope", "final", "--conditions", " "];
    world.json(approve).expect(2).error();
    world.json(["tool", "add", "Sketcher", "--version", ""]).expect(2).error();
}

#[test]
fn an_approval_or_declaration_is_decided_on_for_itself() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.approve(&["a.png"]);
    for targets in [["A-1", "A-1"], ["A-1", "a.png"], ["D-1", "a.png"]] {
        let [one, other] = targets;
        let refused = world.json(["revoke", one, other, "--note", "no"]).expect(2).error();
        assert!(refused.contains("named beside other things"), "{refused}");
    }
    let both = ["approve", "a.png", "D-1", "--by", "Dana", "--scope", "final"];
    let refused = world.json(both).expect(2).error();
    assert!(refused.contains("D-1 is named beside other things"), "{refused}");
}

#[test]
fn lists_say_what_the_gate_says_where_a_clock_was_ahead() {
    let world = world();
    let soon = &["--scope", "final", "--expires", "2098-12-31"];
    approve(&world, soon);
    assert_eq!(text(&world.row("ai.png"), "clearance"), "approved");
    // Only something was looked at then, and nothing decided.
    in_2099(&world, |project, context| {
        scan(project, context, &ScanOptions::default()).unwrap();
    });
    world.gate("EP").expect("refused", &["approval-expired ai.png"]);
    assert_eq!(text(&world.row("ai.png"), "clearance"), "expired");
    let shown = world.show("ai.png");
    assert_eq!(text(&shown, "clearance"), "expired");
    assert_eq!(text(&shown["approvals"][0], "standing"), "expired");
    let status = world.json(["status"]).expect(0).value();
    assert_eq!(status["awaiting_approval"].as_array().unwrap().len(), 1);
    // And it is said why.
    let letter = world.letter();
    let again = ["approve", "ai.png", "--by", "Dana", "--document", &letter];
    let refused = world.run([&again[..], soon].concat()).expect(2).stderr;
    assert!(refused.contains("the newest event is of 2099-01-01"), "{refused}");
    let key = Key::new(&world, 1);
    let until = "valid-before=\"20980101Z\"";
    world.edit_approvers(&[format!("{DANA} {until} {}", key.public)]);
    let refused = world.run(["approve", "ai.png", "--by", DANA, "--scope", "final"]).expect(2);
    assert!(refused.stderr.contains("the newest event is of 2099-01-01"), "{}", refused.stderr);
    // What is signed is of the time that its event has.
    world.edit_approvers(&[format!("{DANA} {}", key.public)]);
    world.sign(&key, DANA, &["ai.png"]).expect(0);
    let statement = world.newest_approval().signed.unwrap().statement;
    assert!(statement.contains("\"signed_at\":\"2099-01-01"), "{statement}");
}

#[test]
fn what_came_first_is_told_by_the_events_where_a_clock_was_ahead() {
    let world = world();
    in_2099(&world, |project, context| {
        scan(project, context, &ScanOptions::default()).unwrap();
    });
    declare(&world, FINAL, &["gen/**"]);
    approve(&world, &["--scope", "final"]);
    // It landed there after it was approved: what is declared of that place anew is no news of it.
    world.write("gen/ai.png", a1111_png(1));
    world.scan();
    declare(&world, &FINAL.replace("a poster", "two posters"), &["D-1"]);
    let found = world.gate("EP").findings();
    assert!(!found.contains(&"approval-outdated ai.png".to_owned()), "{found:?}");
    assert_eq!(text(&world.row("ai.png"), "clearance"), "approved");
    // What lay there before is.
    world.write("gen/b.png", a1111_png(2));
    world.scan();
    world.approve(&["gen/b.png"]);
    declare(&world, &FINAL.replace("a poster", "three posters"), &["D-1"]);
    world.deliverable("B", &["gen/b.png"]);
    let found = world.gate("B").findings();
    assert!(found.contains(&"approval-outdated gen/b.png".to_owned()), "{found:?}");
    assert_eq!(text(&world.row("gen/b.png"), "clearance"), "declared");
}
