//! What somebody might try to get an asset into a final deliverable. Nothing here gets through.
//!
//! Tried elsewhere: rows of tables changed or inserted (`trust.rs`: rows forged into the tables; and
//! `verify.rs`), journal rows that break the chain (`verify.rs`, `damage.rs`), an expiry undone by
//! setting the clock back (`approvals.rs`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use genlock::app::{Context, Follower, Project, finalize};
use genlock::attest::NAMESPACE;
use genlock::clock::{Clock, FixedClock, SystemClock};
use genlock::model::{
    Answer, ApprovalId, Declaration, DeclarationId, DeclarationVersion, Declared, Event,
    Principles, Tier, Timestamp,
};
use genlock::problem::Silent;
use serde_json::json;

use crate::keys::{DANA, Key, LEE, restated};
use crate::media::{a1111_png, xmp_png};
use crate::world::{World, fixture, number, tick};

const AI: &str = "trainedAlgorithmicMedia";

/// An AI asset in a deliverable, and Dana who may sign.
fn world() -> (World, Key) {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    let dana = Key::new(&world, 1);
    world.approvers(&[format!("{DANA} namespaces=\"{NAMESPACE}\" {}", dana.public)]);
    (world, dana)
}

fn context<'a>(world: &World, clock: &'a dyn Clock, cancel: &'a AtomicBool) -> Context<'a> {
    let (actor, cwd) = ("kim@edit.example".into(), world.dir().to_owned());
    Context { clock, reporter: &Silent, actor, cwd, cancel, follower: Follower::default() }
}

#[test]
fn what_is_honestly_signed_passes() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.run(["finalize", "EP"]).expect(0);
    world.verify();
}

#[test]
fn a_signature_does_not_cover_other_bytes_of_the_same_name() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    tick();
    world.write("ai.png", a1111_png(2));
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    world.run(["finalize", "EP"]).expect(1);
    // Nor does the event say of other bytes what was signed of these.
    world.scan();
    let other = world.id("ai.png").parse().unwrap();
    world.forge_approval(|approval| approval.assets = vec![other]);
    world.gate("EP").expect("refused", &["approval-invalid ai.png"]);
    assert!(world.refusal("EP", "approval-invalid").contains("what it covers"));
    world.run(["verify"]).expect(6);
}

#[test]
fn a_signed_approval_for_temporary_use_stays_one() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png", "--scope", "temp"]).expect(0);
    world.gate("EP").expect("refused", &["approval-temp-only ai.png"]);
    world.forge_approval(|approval| approval.scope = genlock::model::Scope::Final);
    assert!(world.refusal("EP", "approval-temp-only").contains("temporary"));
    world.run(["revoke", "A-1", "--note", "only the forged one is left"]).expect(0);
    world.run(["finalize", "EP"]).expect(1);
}

#[test]
fn a_signed_approval_for_another_deliverable_stays_one() {
    let (world, dana) = world();
    world.deliverable("TRAILER", &["ai.png"]);
    world.sign(&dana, DANA, &["ai.png", "--deliverable", "TRAILER"]).expect(0);
    world.gate("TRAILER").expect("pass", &[]);
    world.gate("EP").expect("refused", &["approval-not-for-this-deliverable ai.png"]);
    world.forge_approval(|approval| approval.deliverables.clear());
    world.run(["finalize", "EP"]).expect(1);
}

#[test]
fn what_expires_before_the_moment_of_finalize_is_not_final() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png", "--expires", "2098-12-31"]).expect(0);
    world.gate("EP").expect("pass", &[]);
    let (clock, cancel) =
        (FixedClock("2099-01-01T00:00:00Z".parse().unwrap()), AtomicBool::new(false));
    let project = Project::at(world.dir()).unwrap();
    let answer = finalize(&project, &context(&world, &clock, &cancel), "EP", None).unwrap();
    assert_eq!(answer.verdict.outcome.as_str(), "refused");
    world.gate("EP").expect("refused", &["approval-expired ai.png"]);
}

/// Revokes when it is asked for the time for the n-th time.
struct Revoking<'a> {
    world: &'a World,
    at: usize,
    asked: AtomicUsize,
}

impl Clock for Revoking<'_> {
    fn now(&self) -> Timestamp {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            self.world.run(["revoke", "A-1", "--note", "rights withdrawn"]).expect(0);
        }
        SystemClock.now()
    }
}

#[test]
fn a_revocation_between_gate_and_finalize_is_seen_or_comes_after() {
    let mut seen = 0;
    for at in 1.. {
        let (world, dana) = world();
        world.sign(&dana, DANA, &["ai.png"]).expect(0);
        world.gate("EP").expect("pass", &[]);
        let (clock, cancel) =
            (Revoking { world: &world, at, asked: AtomicUsize::new(0) }, AtomicBool::new(false));
        let project = Project::at(world.dir()).unwrap();
        let answer = finalize(&project, &context(&world, &clock, &cancel), "EP", None).unwrap();
        let revoked = clock.asked.load(Ordering::SeqCst) >= at;
        assert_eq!(answer.verdict.outcome.as_str() == "refused", revoked, "asked {at}");
        if !revoked {
            break;
        }
        seen += 1;
        let log = world.json(["log"]).values();
        assert!(log.iter().all(|event| event["kind"] != "finalized"), "{log:#?}");
        world.verify();
    }
    assert!(seen > 0, "finalize never asked for the time");
}

#[test]
fn a_key_outside_its_validity_window_signs_nothing() {
    for window in ["valid-before=\"20260101Z\"", "valid-after=\"20900101Z\""] {
        let (world, dana) = world();
        world.sign(&dana, DANA, &["ai.png"]).expect(0);
        world.run(["revoke", "A-1", "--note", "to be signed anew"]).expect(0);
        world.approvers(&[format!("{DANA} {window} {}", dana.public)]);
        let refused = world.sign(&dana, DANA, &["ai.png"]).expect(2);
        assert!(refused.error().contains("no key of"), "{}", refused.stdout);
        // Written past the program.
        let signed = world.newest_approval().signed.unwrap();
        let again = restated(&signed.statement, "note", json!("again"));
        world.forge_approval(|approval| {
            approval.note = Some("again".into());
            approval.signed = Some(dana.signed(again));
        });
        assert!(world.refusal("EP", "approval-invalid").contains("not valid when"));
        world.run(["verify"]).expect(6);
    }
}

#[test]
fn who_could_not_sign_approves_and_acknowledges_nothing_without_a_signature_either() {
    for narrowed in ["valid-before=\"20260101Z\"", "namespaces=\"git\""] {
        let (world, dana) = world();
        let lee = Key::new(&world, 2);
        let line = format!("{LEE} {narrowed} {}", lee.public);
        world.approvers(&[format!("{DANA} {}", dana.public), line]);
        let letter = world.letter();
        let by = |who| ["approve", "ai.png", "--by", who, "--scope", "final", "--document"];
        let args = by(LEE).into_iter().chain([letter.as_str()]);
        let refused = world.json(args).expect(2);
        assert!(refused.error().contains("no key of"), "{}", refused.stdout);
        world.json(["reject", "ai.png", "--by", LEE, "--note", "no"]).expect(2).error();
        world.run(by(DANA).into_iter().chain([letter.as_str()])).expect(0);
        world.run(["revoke", "A-1", "--by", LEE, "--note", "no"]).expect(2);
        world.run(["revoke", "A-1", "--note", "no"]).expect(0);
        // Written past the program.
        world.forge_approval(|approval| approval.by = LEE.into());
        assert!(world.refusal("EP", "approver-not-allowed").contains("no key of lee@"));
        // Nor does such a one say that a changed policy is meant.
        world.edit_policy(&[("ai-undeclared", "off")]);
        world.json(["policy", "ack", "--by", LEE, "--note", "mine"]).expect(2).error();
        world.gate("EP");
        let policy = blake3::hash(&world.read(".genlock/policy.toml")).into();
        let (by, note) = (LEE.to_owned(), "mine".to_owned());
        world.forge(Event::PolicyAcknowledged(genlock::model::PolicyAcknowledged {
            policy,
            approvers: None,
            by,
            note,
            signed: None,
        }));
        world.gate("EP").finding("policy-changed");
    }
}

#[test]
fn setting_the_clock_back_does_not_bring_a_key_back_into_its_window() {
    let (world, dana) = world();
    world.approvers(&[format!("{DANA} valid-before=\"20981231Z\" {}", dana.public)]);
    // The newest event is of 2099.
    let (clock, cancel) =
        (FixedClock("2099-06-01T00:00:00Z".parse().unwrap()), AtomicBool::new(false));
    let project = Project::at(world.dir()).unwrap();
    finalize(&project, &context(&world, &clock, &cancel), "EP", None).unwrap();
    let refused = world.sign(&dana, DANA, &["ai.png"]).expect(2);
    assert!(refused.error().contains("no key of"), "{}", refused.stdout);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
}

#[test]
fn a_principal_without_the_role_approves_nothing() {
    let (world, dana) = world();
    let lee = Key::new(&world, 2);
    world.approvers(&[format!("{DANA} {}", dana.public), format!("{LEE} {}", lee.public)]);
    let role = format!("[[role]]\nname = \"contact\"\nwho = [\"{DANA}\"]\nmay = [\"approve\"]\n");
    let policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    world.write(".genlock/policy.toml", format!("{policy}\n{role}"));
    world.acknowledge(&["--by", DANA, "--note", "roles"]);
    world.sign(&lee, LEE, &["ai.png"]).expect(2);
    // Before there were roles it was recorded; it does not count under this policy.
    world.write(".genlock/policy.toml", policy.clone());
    world.sign(&lee, LEE, &["ai.png"]).expect(0);
    world.write(".genlock/policy.toml", format!("{policy}\n{role}"));
    world.acknowledge(&["--by", DANA, "--note", "roles"]);
    world.gate("EP").expect("refused", &["approver-not-allowed ai.png"]);
    assert!(world.refusal("EP", "approver-not-allowed").contains("no role of lee@"));
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn a_principal_who_is_not_on_the_list_approves_nothing() {
    let (world, dana) = world();
    let mallory = Key::new(&world, 9);
    world.sign(&mallory, "mallory@studio.example", &["ai.png"]).expect(2);
    // Dana's name, a stranger's key.
    world.sign(&mallory, DANA, &["ai.png"]).expect(2);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    let statement = world.newest_approval().signed.unwrap().statement;
    world.forge_approval(|approval| {
        approval.signed = Some(mallory.signed(restated(&statement, "note", json!("x"))));
        approval.note = Some("x".into());
    });
    assert!(world.refusal("EP", "approval-invalid").contains("another key"));
    // Somebody else's name, unsigned and straight into the journal.
    world.forge_approval(|approval| {
        approval.signed = None;
        approval.by = "mallory@studio.example".into();
    });
    assert!(world.refusal("EP", "approver-not-allowed").contains("not among the approvers"));
}

#[test]
fn a_signature_made_for_something_else_is_none() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    let statement = world.newest_approval().signed.unwrap().statement;
    let statement = restated(&statement, "note", json!("x"));
    world.forge_approval(|approval| {
        let signature = dana.sign("git", &statement);
        approval.note = Some("x".into());
        approval.signed = Some(genlock::model::Signed { statement, signature });
    });
    assert!(world.refusal("EP", "approval-invalid").contains("is for \"git\""));
    // A key that the list keeps for other things.
    let (world, dana) = self::world();
    world.approvers(&[format!("{DANA} namespaces=\"git,file\" {}", dana.public)]);
    let refused = world.sign(&dana, DANA, &["ai.png"]).expect(2);
    assert!(refused.error().contains("no key of"), "{}", refused.stdout);
}

#[test]
fn one_byte_of_the_statement_changed_is_no_approval() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png", "--scope", "temp"]).expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    let signed = world.newest_approval().signed.unwrap();
    let places = [0, signed.statement.len() / 3, signed.statement.len() / 2];
    for at in places {
        let mut bytes = signed.statement.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(statement) = String::from_utf8(bytes) else { continue };
        world.forge_approval(|approval| {
            approval.signed.as_mut().unwrap().statement = statement;
        });
        assert!(world.refusal("EP", "approval-invalid").contains("not of the statement"));
    }
    world.run(["verify"]).expect(6);
}

#[test]
fn a_signed_statement_is_used_once() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["revoke", "A-1", "--note", "rights withdrawn"]).expect(0);
    world.forge_approval(|_| ());
    assert!(world.refusal("EP", "approval-invalid").contains("used before, in event"));
    // Nor under the number of the one that was withdrawn.
    world.forge_approval(|approval| approval.id = ApprovalId(1));
    world.run(["finalize", "EP"]).expect(1);
    world.run(["verify"]).expect(6);
}

#[test]
fn a_statement_signed_for_another_production_is_none() {
    let (world, dana) = world();
    let (other, same) = self::world();
    assert_eq!(dana.public, same.public);
    other.sign(&same, DANA, &["ai.png"]).expect(0);
    let stolen = other.newest_approval();
    assert_eq!(world.id("ai.png"), other.id("ai.png"));
    world.forge(Event::Approved(stolen));
    world.gate("EP").expect("refused", &["approval-invalid ai.png"]);
    assert!(world.refusal("EP", "approval-invalid").contains("the history it was signed on"));
}

/// Declares the use of an asset, once more each time.
fn declare(world: &World, version: u32) {
    let yes = Some(Answer::Yes);
    let principles = Principles { p1: yes, p2: yes, p3: yes, p4: Some(Answer::No), p5: yes };
    let purpose = "a lake".into();
    let declaration = Box::new(Declaration { purpose, principles, ..Declaration::default() });
    let assets = vec![world.id("ai.png").parse().unwrap()];
    let (id, tier, globs) = (DeclarationId(1), Tier::Report, vec![]);
    world.forge(Event::Declared(Declared { id, version, declaration, tier, assets, globs }));
}

#[test]
fn an_old_statement_is_not_replayed_after_a_new_declaration() {
    let (world, dana) = world();
    declare(&world, 1);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let under = |version| Some(DeclarationVersion { id: DeclarationId(1), version });
    let honest = world.newest_approval().signed.unwrap().statement;
    world.run(["revoke", "A-1", "--note", "signed anew, under the declaration"]).expect(0);
    let statement =
        restated(&honest, "declaration", serde_json::to_value(under(1).unwrap()).unwrap());
    let signed = dana.signed(statement);
    world.forge_approval(|approval| {
        approval.declaration = under(1);
        approval.signed = Some(signed.clone());
    });
    assert_eq!(world.gate("EP").verdict, "pass");
    declare(&world, 2);
    let found = ["[tool-unregistered ai.png]", "approval-outdated ai.png"];
    world.gate("EP").expect("refused", &found);
    // The same once more, and as if it were of the new version.
    world.forge_approval(|_| ());
    world.run(["finalize", "EP"]).expect(1);
    world.forge_approval(|approval| approval.declaration = under(2));
    world.run(["finalize", "EP"]).expect(1);
    world.forge_approval(|approval| approval.declaration = None);
    world.run(["finalize", "EP"]).expect(1);
}

#[test]
fn a_mark_is_not_waved_away_by_somebody_who_may_not_approve() {
    let portrait = fixture("conform/reel1/graphics/portrait_reconstruction.png");
    for bytes in [portrait, xmp_png(1, AI)] {
        let world = World::with([("x.png", bytes)]);
        world.deliverable("EP", &["x.png"]);
        let dana = Key::new(&world, 1);
        world.approvers(&[format!("{DANA} {}", dana.public)]);
        world.run(["tag", "x.png", "--not-ai", "--note", "shot it", "--as", LEE]).expect(0);
        let confirm = ["approve", "x.png", "--determination", "--by"];
        world.run(confirm.into_iter().chain([LEE])).expect(2);
        world.run(confirm.into_iter().chain(["mallory@edit.example"])).expect(2);
        world.sign(&dana, DANA, &["x.png", "--determination"]).expect(0);
        world.run(["revoke", "A-1", "--note", "no"]).expect(0);
        world.forge_approval(|approval| {
            approval.signed = None;
            approval.by = "mallory@edit.example".into();
        });
        world.gate("EP").expect("refused", &["determination-contradicts-mark x.png"]);
        // The name of somebody who may, where signatures are asked for.
        world.forge_approval(|approval| approval.by = DANA.into());
        world.gate("EP").expect("pass", &[]);
        world.edit_policy(&[("approval-unsigned", "block")]);
        world.acknowledge(&["--by", DANA, "--note", "sign", "--sign", &dana.path]);
        world.gate("EP").expect("refused", &["determination-contradicts-mark x.png"]);
        world.run(["finalize", "EP"]).expect(1);
    }
}

#[test]
fn a_forged_name_passes_only_where_no_signature_is_asked_for() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    world.forge_approval(|approval| approval.signed = None);
    // It cannot be told from a real one, and says that it is not signed.
    world.gate("EP").expect("pass", &["[approval-unsigned ai.png]"]);
    world.edit_policy(&[("approval-unsigned", "block")]);
    world.acknowledge(&["--by", DANA, "--note", "sign everything", "--sign", &dana.path]);
    world.gate("EP").expect("refused", &["approval-unsigned ai.png"]);
    world.run(["finalize", "EP"]).expect(1);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn an_extension_to_what_its_approval_does_not_allow_is_none() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png", "--scope", "temp"]).expect(0);
    world.forge_approval(|approval| {
        approval.signed = None;
        approval.under = Some(ApprovalId(1));
        approval.scope = genlock::model::Scope::Final;
    });
    world.run(["revoke", "A-1", "--note", "no"]).expect(0);
    world.run(["finalize", "EP"]).expect(1);
    // And one that rests on itself, or on nothing.
    for under in [4, 9] {
        world.forge_approval(|approval| approval.under = Some(ApprovalId(under)));
        world.run(["finalize", "EP"]).expect(1);
    }
}

#[test]
fn a_word_for_a_path_is_for_what_lies_there_or_for_nothing() {
    let (world, dana) = world();
    let evil = world.id("ai.png");
    world.write("archive/old.png", a1111_png(1));
    world.scan();
    tick();
    world.write("ai.png", xmp_png(7, "digitalCapture"));
    for words in [
        &["approve", "ai.png", "--by", "Lee", "--scope", "temp"][..],
        &["tag", "ai.png", "--not-ai", "--note", "I shot it"],
        &["reject", "ai.png", "--by", "Lee", "--note", "no"],
        &["link", "ai.png", "--from", "archive/old.png", "--as", "proxy", "--yes"],
    ] {
        let error = world.json(words).expect(2).error();
        assert!(error.contains("is not what the ledger knows"), "{words:?}: {error}");
    }
    assert_ne!(world.sign(&dana, DANA, &["ai.png"]).code, 0);
    world.write("ai.png", a1111_png(1));
    assert_eq!(world.id("ai.png"), evil);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    // What is there again, with another time on it, is what it was; and so is what is on a shelf.
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.remove("archive/old.png");
    world.run(["tag", "archive/old.png", "--ai"]).expect(0);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test edits behind the program's back")]
fn an_edited_row_has_nobody_decide_on_something_else() {
    let world = World::with([("ai/evil.png", a1111_png(1)), ("cut/good.png", a1111_png(2))]);
    let edit = |sql: &str| {
        let tables = rusqlite::Connection::open(world.ledger()).unwrap();
        assert_eq!(tables.execute(sql, []).unwrap(), 1);
    };
    let one =
        |name: &str| format!("(SELECT asset FROM location WHERE name = CAST('{name}' AS BLOB))");
    let to = |name: &str, asset: &str| {
        edit(&format!("UPDATE location SET asset = {asset} WHERE name = CAST('{name}' AS BLOB)"));
    };
    let tables = rusqlite::Connection::open(world.ledger()).unwrap();
    let good = format!("SELECT {}", one("good.png"));
    let good: i64 = tables.query_row(&good, [], |row| row.get(0)).unwrap();
    drop(tables);
    crate::declarations::declare(&world, crate::declarations::FINAL, &["cut/**"]);
    let approve = |what: &str| {
        let letter = world.letter();
        world.run(["approve", what, "--by", "Lee", "--scope", "final", "--document", &letter])
    };
    to("good.png", &one("evil.png"));
    approve("cut/good.png").expect(6);
    approve("D-1").expect(6);
    world.run(["declare", "D-1", "--add", "cut/*.png"]).expect(6);
    world.run(["tag", "cut", "--not-ai", "--note", "shot"]).expect(6);
    world.run(["revoke", "cut/good.png", "--note", "no"]).expect(6);
    // Also where it is to have lain before.
    edit("UPDATE location SET present = 0 WHERE name = CAST('good.png' AS BLOB)");
    approve("cut/good.png").expect(6);
    edit("UPDATE location SET present = 1 WHERE name = CAST('good.png' AS BLOB)");
    to("good.png", &good.to_string());
    approve("cut/good.png").expect(0);
    world.verify();
}

#[test]
fn nothing_that_was_tried_is_on_record_as_final() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png", "--scope", "temp"]).expect(0);
    world.run(["finalize", "EP"]).expect(1);
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    assert_eq!(shown["state"], "open");
    assert_eq!(number(&world.gate("EP").answer, "checked"), 1);
}
