//! Who may only extend an approval takes back no no, and nothing that was withdrawn.

use genlock::model::ApprovalId;

use crate::keys::{DANA, Key, LEE};
use crate::media::a1111_png;
use crate::world::{World, text, tick};

/// Two AI assets in a deliverable. Dana approves; Lee only extends.
fn world() -> (World, Key, Key) {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    world.deliverable("EP", &["a.png", "b.png"]);
    let (dana, lee) = (Key::new(&world, 1), Key::new(&world, 2));
    world.edit_approvers(&[format!("{DANA} {}", dana.public), format!("{LEE} {}", lee.public)]);
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    let roles = format!(
        "[[role]]\nname = \"contact\"\nwho = [\"{DANA}\"]\nmay = [\"approve\", \"extend\"]\n\n\
         [[role]]\nname = \"coordinator\"\nwho = [\"{LEE}\"]\nmay = [\"extend\"]\n"
    );
    world.write(".genlock/policy.toml", format!("{policy}\n{roles}"));
    world.acknowledge(&["--by", DANA, "--note", "the studio"]);
    (world, dana, lee)
}

/// The newest approval once more, as an extension of A-1 to `b.png` by Lee, written past the program.
fn forge_extension(world: &World, number: u64) {
    let asset = world.id("b.png").parse().unwrap();
    world.forge_approval(|approval| {
        approval.id = ApprovalId(number);
        approval.by = LEE.into();
        approval.assets = vec![asset];
        approval.under = Some(ApprovalId(1));
        approval.signed = None;
    });
}

#[test]
fn what_was_withdrawn_is_not_put_back_by_an_extension() {
    let (world, dana, lee) = world();
    world.sign(&dana, DANA, &["a.png", "b.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.run(["revoke", "b.png", "--by", DANA, "--note", "rights are gone"]).expect(0);
    world.gate("EP").expect("refused", &["approval-revoked b.png"]);
    let refused = world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(2);
    assert!(refused.error().contains("rights are gone"), "{}", refused.stdout);
    // Nor past the program.
    forge_extension(&world, 2);
    assert!(world.refusal("EP", "approver-not-allowed").contains("rights are gone"));
    // Who may approve takes it back, and that is extended as before.
    world.sign(&dana, DANA, &["b.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    tick();
    world.write("b.png", a1111_png(3));
    world.scan();
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    // One that was withdrawn is not simply given again.
    world.run(["revoke", "A-4", "--note", "the wrong picture"]).expect(0);
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(2);
    world.sign(&lee, LEE, &["b.png", "--under", "A-3"]).expect(2);
    world.sign(&dana, DANA, &["b.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn what_was_refused_is_not_let_in_by_an_extension() {
    let (world, dana, lee) = world();
    // Before or after the approval that would be extended: it says nothing of what was refused.
    let no = ["reject", "b.png", "--by", DANA, "--note", "never this one"];
    for refused_first in [false, true] {
        if refused_first {
            world.run(no).expect(0);
        }
        world.sign(&dana, DANA, &["a.png"]).expect(0);
        if !refused_first {
            world.run(no).expect(0);
        }
        let newest = world.newest_approval().id.to_string();
        let refused = world.sign(&lee, LEE, &["b.png", "--under", &newest]).expect(2);
        assert!(refused.error().contains("never this one"), "{}", refused.stdout);
    }
    forge_extension(&world, 5);
    world.gate("EP").expect("refused", &["approval-rejected b.png"]);
    world.sign(&dana, DANA, &["b.png"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
}

#[test]
fn who_named_the_place_where_a_version_landed_does_not_extend_the_approval_to_it() {
    let (world, dana, lee) = world();
    crate::declarations::declare(&world, crate::declarations::FINAL, &["a.png"]);
    world.sign(&dana, DANA, &["D-1"]).expect(0);
    let attach = |who: &str, what: &str| {
        world.run(["--as", who, "declare", "D-1", "--add", what]).expect(0);
    };
    // In other letters it is the same person.
    attach("Lee@Studio.example", "new/**");
    for (seed, name) in [(10, "new/c.png"), (11, "new/sub/d.png")] {
        world.write(name, a1111_png(seed));
    }
    world.scan();
    // What lay there stays theirs when it is moved away.
    world.rename("new/c.png", "c.png");
    world.scan();
    world.deliverable("NEW", &["c.png", "new/sub"]);
    for version in ["c.png", "new/sub/d.png"] {
        let refused = world.sign(&lee, LEE, &[version, "--under", "A-1"]).expect(2);
        assert!(refused.error().contains("put"), "{}", refused.stdout);
    }
    let assets = ["c.png", "new/sub/d.png"].map(|one| world.id(one).parse().unwrap());
    world.forge_approval(|approval| {
        approval.by = LEE.into();
        approval.assets = assets.to_vec();
        approval.under = Some(ApprovalId(1));
        approval.signed = None;
    });
    let both = ["c.png", "new/sub/d.png"].map(|one| format!("approver-not-allowed {one}"));
    let found = world.gate("NEW").findings();
    assert!(both.iter().all(|one| found.contains(one)), "{found:?}");
    assert_eq!(text(&world.row("c.png"), "clearance"), "declared");
    world.sign(&dana, DANA, &["c.png", "new/sub/d.png", "--under", "A-1"]).expect(0);
    assert_eq!(world.gate("NEW").verdict, "pass");
    // By name, too.
    attach("LEE@studio.example", "b.png");
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(2);
}

#[test]
fn an_approval_that_came_before_any_content_is_extended_to_what_comes() {
    let (world, dana, lee) = world();
    world.write("../use.toml", crate::declarations::FINAL);
    let file = world.outside("use.toml").display().to_string();
    world.run(["declare", "--from", &file]).expect(0);
    // A statement is about contents.
    let refused = world.sign(&dana, DANA, &["D-1"]).expect(2);
    assert!(refused.error().contains("has none yet"), "{}", refused.stdout);
    let letter = world.letter();
    let ahead = ["approve", "D-1", "--by", DANA, "--scope", "final", "--document", &letter];
    world.run(ahead).expect(0);
    world.run(["declare", "D-1", "--add", "a.png", "--add", "b.png"]).expect(0);
    let found = ["ai-unapproved a.png", "ai-unapproved b.png"];
    let blocks = |found: &[&str]| {
        let all = world.gate("EP").findings();
        let all: Vec<_> = all.into_iter().filter(|one| !one.starts_with('[')).collect();
        assert_eq!(all, found);
    };
    blocks(&found);
    world.sign(&lee, LEE, &["a.png", "b.png", "--under", "A-1"]).expect(0);
    // It is worth what it rests on, and that is not signed.
    blocks(&[]);
    let why = text(world.gate("EP").finding("approval-unsigned"), "why");
    assert!(why.contains("extends A-1, which carries no signature"), "{why}");
    world.edit_policy(&[("approval-unsigned", "block")]);
    blocks(&["approval-unsigned a.png", "approval-unsigned b.png"]);
    world.edit_policy(&[("approval-unsigned", "warn")]);
    // Withdrawn it is withdrawn, once.
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(2);
    blocks(&["approval-revoked a.png", "approval-revoked b.png"]);
    world.sign(&lee, LEE, &["a.png", "--under", "A-1"]).expect(2);
    // Outdated it is, when what it said yes to is declared anew.
    world.run(["declare", "--from", &file]).expect(0);
    let ahead = ahead.map(|one| if one == "D-1" { "D-2" } else { one });
    world.run(ahead).expect(0);
    let what = crate::declarations::FINAL.replace("a poster", "two posters");
    crate::declarations::declare(&world, &what, &["D-2"]);
    let refused = world.sign(&lee, LEE, &["a.png", "--under", "A-3"]).expect(2);
    assert!(refused.error().contains("does not hold"), "{}", refused.stdout);
}

#[test]
fn a_no_for_one_deliverable_keeps_an_extension_out_of_that_one() {
    let (world, dana, lee) = world();
    world.deliverable("TRAILER", &["b.png"]);
    world.sign(&dana, DANA, &["a.png"]).expect(0);
    let no = ["reject", "b.png", "--by", DANA, "--note", "no", "--deliverable", "TRAILER"];
    world.run(no).expect(0);
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.gate("TRAILER").expect("refused", &["approval-rejected b.png"]);
    // An approval for the one says nothing of what was withdrawn for the other.
    let more = ["--deliverable", "TRAILER"];
    world.sign(&dana, DANA, &[&["b.png"][..], &more].concat()).expect(0);
    world.run(["revoke", "A-4", "--note", "not in the trailer"]).expect(0);
    world.sign(&dana, DANA, &["a.png", "--deliverable", "EP"]).expect(0);
    world.sign(&lee, LEE, &["b.png", "--under", "A-5"]).expect(0);
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(2);
}

#[test]
fn an_approval_of_a_declaration_is_extended_only_to_what_is_under_it() {
    let (world, dana, lee) = world();
    crate::declarations::declare(&world, crate::declarations::FINAL, &["a.png"]);
    world.sign(&dana, DANA, &["D-1"]).expect(0);
    let refused = world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(2);
    assert!(refused.error().contains("is not under that"), "{}", refused.stdout);
    // Nor past the program.
    forge_extension(&world, 2);
    let why = world.refusal("EP", "approver-not-allowed");
    assert!(why.contains("it extends A-1, which is of D-1, to what is not under D-1"), "{why}");
    assert_eq!(text(&world.row("b.png"), "clearance"), "undeclared");
    // Once somebody else says that it is of the same use, it is a later version.
    world.run(["--as", "kim", "declare", "D-1", "--add", "b.png"]).expect(0);
    world.sign(&lee, LEE, &["b.png", "--under", "A-1"]).expect(0);
    assert_eq!(world.gate("EP").verdict, "pass");
    // Where a place was named, what lands there is under it too.
    world.run(["--as", "kim", "declare", "D-1", "--add", "new/**"]).expect(0);
    world.write("new/c.png", a1111_png(3));
    world.scan();
    world.deliverable("NEW", &["new"]);
    world.sign(&lee, LEE, &["new/c.png", "--under", "A-1"]).expect(0);
    assert_eq!(world.gate("NEW").verdict, "pass");
    world.verify();
}
