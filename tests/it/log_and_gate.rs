//! The disclosure log and the gate weigh approvals alike: what the one refuses, the other does not call clean.

use serde_json::Value;

use crate::declarations::{FINAL, declare};
use crate::keys::{DANA, Key, LEE};
use crate::media::{a1111_png, xmp_png};
use crate::world::{World, text};

/// The one element that the log of EP lists.
fn element(world: &World) -> Value {
    let log = world.run(["disclose", "EP", "--format", "json"]).expect(0).value();
    let all = log["elements"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{log:#}");
    all[0].clone()
}

/// What it lacks, for a reason that says this.
fn lacks(world: &World, code: &str, why: &str) -> bool {
    let element = element(world);
    let mut gaps = element["missing"].as_array().unwrap().iter();
    gaps.any(|gap| gap["code"] == code && text(gap, "why").contains(why))
}

fn add_to_policy(world: &World, more: &str) {
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    world.write(".genlock/policy.toml", format!("{policy}\n{more}"));
}

#[test]
fn an_extension_by_who_put_the_content_there_lacks_another_person() {
    let world = World::with([("old.png", a1111_png(1)), ("new.png", a1111_png(2))]);
    world.deliverable("EP", &["new.png"]);
    declare(&world, FINAL, &["old.png"]);
    world.approve(&["old.png"]);
    world.run(["approve", "new.png", "--by", "dana", "--under", "A-1"]).expect(0);
    assert!(!lacks(&world, "approver-not-allowed", ""));
    world.run(["--as", "dana", "declare", "D-1", "--add", "new.png"]).expect(0);
    assert!(world.refusal("EP", "approver-not-allowed").contains("another must"));
    assert!(lacks(&world, "approver-not-allowed", "another must"));
}

#[test]
fn a_confirmation_for_another_deliverable_is_lacking_here() {
    let world = World::with([("x.png", xmp_png(1, "trainedAlgorithmicMedia"))]);
    world.deliverable("EP", &["x.png"]);
    world.run(["tag", "x.png", "--not-ai", "--note", "I drew it"]).expect(0);
    let confirm = ["approve", "x.png", "--determination", "--by", "Dana"];
    let contradicts = || lacks(&world, "determination-contradicts-mark", "nobody confirmed");
    world.run(confirm.into_iter().chain(["--deliverable", "OTHER"])).expect(0);
    world.gate("EP").expect("refused", &["determination-contradicts-mark x.png"]);
    assert!(contradicts());
    // By who has no role for it, neither.
    let role = format!("[[role]]\nname = \"legal\"\nwho = [\"{LEE}\"]\nmay = [\"confirm\"]\n");
    world.run(confirm).expect(0);
    assert!(!contradicts());
    add_to_policy(&world, &role);
    assert_eq!(world.gate("EP").verdict, "refused");
    assert!(contradicts());
}

#[test]
fn conditions_that_somebody_without_a_role_called_met_are_open() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let letter = world.letter();
    let approve = ["approve", "a.png", "--by", "dana", "--scope", "final", "--document", &letter];
    world.run(approve.into_iter().chain(["--conditions", "blur it"])).expect(0);
    world.run(["approve", "A-1", "--condition-met", "--by", "erin", "--note", "done"]).expect(0);
    let met = || element(&world)["decisions"][0]["conditions_met"][0]["flaw"].clone();
    assert!(!lacks(&world, "conditions-open", ""));
    assert!(met().is_null());
    let may = "may = [\"approve\", \"extend\", \"confirm\", \"meet-conditions\"]";
    add_to_policy(&world, &format!("[[role]]\nname = \"contact\"\nwho = [\"dana\"]\n{may}\n"));
    let why = text(world.gate("EP").finding("conditions-open"), "why");
    assert!(why.contains("no role of erin may meet-conditions"), "{why}");
    assert!(lacks(&world, "conditions-open", "no role of erin may meet-conditions"));
    assert_eq!(met(), "no role of erin may meet-conditions");
}

#[test]
fn a_signature_is_lacking_where_the_policy_asks_for_it() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    let dana = Key::new(&world, 1);
    world.edit_approvers(&[format!("{DANA} {}", dana.public)]);
    world.acknowledge(&["--by", DANA, "--note", "x", "--sign", &dana.path]);
    let letter = world.letter();
    world
        .run(["approve", "a.png", "--by", DANA, "--scope", "final", "--document", &letter])
        .expect(0);
    world.gate("EP");
    assert!(!lacks(&world, "approval-unsigned", ""));
    world.edit_policy(&[("approval-unsigned", "block")]);
    let why = text(world.gate("EP").finding("approval-unsigned"), "why");
    assert!(lacks(&world, "approval-unsigned", &why));
    world.sign(&dana, DANA, &["a.png"]).expect(0);
    assert!(!lacks(&world, "approval-unsigned", ""));
}
