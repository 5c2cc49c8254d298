//! Signing, and that the real `ssh-keygen` and Genlock agree on every signature.

#![allow(clippy::print_stderr, reason = "a test that was skipped says so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use genlock::attest::{AllowedSigners, Attestation, Ground, NAMESPACE, approval};
use genlock::model::{Approval, Seq, Signed};
use rusqlite::Connection;

use crate::keys::{DANA, Key};
use crate::media::a1111_png;
use crate::world::{World, text, tick};

fn world() -> (World, Key) {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    let dana = Key::new(&world, 1);
    world.approvers(&[format!("{DANA} {}", dana.public)]);
    (world, dana)
}

/// Whether a program is there; says so loudly when not.
fn have(program: &str) -> bool {
    let found = Command::new(program).arg("-?").stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: no {program} on this machine; install the OpenSSH client");
    }
    found
}

fn keygen(dir: &Path, args: &[&str]) {
    let ran = Command::new("ssh-keygen").current_dir(dir).args(args).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// What `ssh-keygen -Y verify` says, as of a second.
fn ssh_keygen_accepts(dir: &Path, signers: &str, who: &str, signed: &Signed, at: &str) -> bool {
    fs::write(dir.join("signers"), signers).unwrap();
    fs::write(dir.join("statement"), &signed.statement).unwrap();
    fs::write(dir.join("statement.sig"), &signed.signature).unwrap();
    let time = format!("verify-time={at}");
    let args = ["-Y", "verify", "-f", "signers", "-I", who, "-n", NAMESPACE, "-s"];
    let mut command = Command::new("ssh-keygen");
    command.current_dir(dir).args(args).args(["statement.sig", "-O", &time]);
    let statement = fs::File::open(dir.join("statement")).unwrap();
    command.stdin(statement).output().unwrap().status.success()
}

#[test]
fn ssh_keygen_and_genlock_agree_on_every_signature() {
    if !have("ssh-keygen") {
        return;
    }
    let (world, _) = world();
    let dir = world.outside("keys");
    fs::create_dir(&dir).unwrap();
    let kinds =
        [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "3072")];
    let mut accepted = 0;
    let mut seen = 0;
    for (kind, bits) in kinds {
        let name = format!("{kind}-{bits}");
        keygen(&dir, &["-q", "-t", kind, "-b", bits, "-N", "", "-C", "dana", "-f", &name]);
        keygen(&dir, &["-q", "-t", "ed25519", "-N", "", "-f", &format!("{name}-other")]);
        let public = fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap();
        let public = public.trim();
        let other = fs::read_to_string(dir.join(format!("{name}-other.pub"))).unwrap();
        let own = format!("{DANA} {public}\n");
        // Signed by Genlock, with a key of ssh-keygen's. With RSA, and most P-521 keys, an agent signs.
        let ours = kind != "rsa" && bits != "521";
        if ours {
            world.approvers(&[own.trim().to_owned()]);
            let key = dir.join(&name).display().to_string();
            let args = ["approve", "ai.png", "--by", DANA, "--scope", "final", "--document"];
            world.run(args.into_iter().chain([&*world.letter(), "--sign", &key])).expect(0);
            world.gate("EP").expect("pass", &[]);
        }
        let honest = world.newest_approval();
        let mut signed = honest.signed.clone().unwrap();
        // Signed by ssh-keygen, over the same bytes.
        fs::write(dir.join("statement"), &signed.statement).unwrap();
        let _ = fs::remove_file(dir.join("statement.sig"));
        keygen(&dir, &["-Y", "sign", "-q", "-f", &name, "-n", NAMESPACE, "statement"]);
        let theirs = fs::read_to_string(dir.join("statement.sig")).unwrap();
        fs::remove_file(dir.join("statement.sig")).unwrap();
        keygen(&dir, &["-Y", "sign", "-q", "-f", &name, "-n", "git", "statement"]);
        let elsewhere = fs::read_to_string(dir.join("statement.sig")).unwrap();
        if !ours {
            signed.signature.clone_from(&theirs);
        }
        let with = |signature: &str| Signed {
            statement: signed.statement.clone(),
            signature: signature.to_owned(),
        };
        let mut flipped = signed.clone();
        flipped.statement = flipped.statement.replacen("final", "finaL", 1);
        let signatures = [
            ("as Genlock signed it", signed.clone()),
            ("as ssh-keygen signed it", with(&theirs)),
            ("for another namespace", with(&elsewhere)),
            ("one byte of the statement changed", flipped),
            ("one letter of the signature changed", with(&change(&signed.signature))),
            ("with a line before it", with(&format!("by hand\n{}", signed.signature))),
            ("cut off", with(&signed.signature[..signed.signature.len() / 2])),
        ];
        let late = "valid-before=\"20200101Z\"";
        let lists = [
            own.clone(),
            format!("# others\n\nlee {other}*@studio.example,x {public} a comment\n"),
            format!("\"{DANA}\" namespaces=\"genlock-*,file\" {public}\n"),
            format!("{DANA} namespaces=\"git\" {public}\n"),
            format!("{DANA} namespaces=\"*,!genlock-approval\" {public}\n"),
            format!("{DANA} {late} {public}\n"),
            format!("{DANA} valid-after=\"20260101Z\",valid-before=\"20260601120000Z\" {public}\n"),
            format!("{DANA} valid-after=\"20260601115959Z\" {public}\n"),
            format!("{DANA} valid-after=\"202606011201Z\" {public}\n"),
            format!("{DANA} {other}"),
            format!("lee@studio.example {public}\n"),
            format!("*,!dana@* {public}\n"),
            format!("d?na@studio.example {public}\n"),
            format!("{DANA} {late} {public}\n{DANA} {public}\n"),
        ];
        for list in &lists {
            let signers = AllowedSigners::parse(list.as_bytes()).unwrap();
            for (what, signed) in &signatures {
                let theirs = ssh_keygen_accepts(&dir, list, DANA, signed, "20260601120000Z");
                let ours = accepts(&honest, signed, &signers, "2026-06-01T12:00:00Z");
                assert_eq!(ours, theirs, "{name}, {what}, by:\n{list}");
                accepted += usize::from(ours);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 5 * 14 * 7);
    assert_eq!(accepted, 5 * 7 * 2, "as many as should be");
}

/// What Genlock says of a signature; what its statement says is not asked here.
fn accepts(honest: &Approval, signed: &Signed, signers: &AllowedSigners, at: &str) -> bool {
    let fact = Approval { signed: Some(signed.clone()), ..honest.clone() };
    let statement: serde_json::Value = serde_json::from_str(&signed.statement).unwrap();
    let head = text(&statement["predicate"], "head");
    let (seq, hash) = head.split_once(':').unwrap();
    let history = BTreeMap::from([(Seq(seq.parse().unwrap()), hash.parse().unwrap())]);
    // The statement was signed today; the key is asked about another day.
    let ground = Ground { signers: Some(signers), at: at.parse().unwrap(), history: &history };
    match approval(&fact, ground) {
        Attestation::Signed(_) => true,
        Attestation::Flawed(flaw) => flaw.to_string().contains("when it was signed"),
        Attestation::Unsigned => false,
    }
}

/// Another letter in the middle.
fn change(signature: &str) -> String {
    let at = signature.len() / 2;
    let letter = if &signature[at..=at] == "A" { "B" } else { "A" };
    format!("{}{letter}{}", &signature[..at], &signature[at + 1..])
}

#[test]
fn what_is_stored_is_verified_without_genlock() {
    if !have("ssh-keygen") {
        return;
    }
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    // As docs/ledger.md says: the bytes straight out of the journal.
    let connection = Connection::open(world.ledger()).unwrap();
    let part = |name: &str| -> String {
        let sql = "SELECT body ->> ?1 FROM journal WHERE kind = 'approved'";
        connection.query_row(sql, [format!("$.signed.{name}")], |row| row.get(0)).unwrap()
    };
    let signed = Signed { statement: part("statement"), signature: part("signature") };
    let signers = fs::read_to_string(world.path(".genlock/approvers")).unwrap();
    let dir = world.outside("check");
    fs::create_dir(&dir).unwrap();
    assert!(ssh_keygen_accepts(&dir, &signers, DANA, &signed, "20990101Z"));
    // And names the content by a hash that everybody can compute.
    let sha256 = Command::new("sha256sum").arg(world.path("ai.png")).output().unwrap();
    let sha256 = String::from_utf8(sha256.stdout).unwrap();
    assert!(signed.statement.contains(&sha256[..64]), "{}", signed.statement);
}

#[test]
fn an_agent_signs_with_a_key_that_is_named_by_its_public_half() {
    if !have("ssh-keygen") || !have("ssh-add") {
        return;
    }
    let (world, _) = world();
    let dir = world.outside("keys");
    fs::create_dir(&dir).unwrap();
    let socket = dir.join("agent");
    let mut agent = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    for (kind, passphrase) in [("ed25519", "secret"), ("ecdsa-521", "unread"), ("rsa", "")] {
        let (algorithm, bits) = kind.split_once('-').unwrap_or((kind, "3072"));
        keygen(&dir, &["-q", "-t", algorithm, "-b", bits, "-N", "", "-f", kind]);
        for _ in 0..200 {
            let mut add = Command::new("ssh-add");
            add.env("SSH_AUTH_SOCK", &socket).arg("-q").arg(dir.join(kind));
            if add.stderr(Stdio::null()).status().unwrap().success() {
                break;
            }
            tick();
        }
        keygen(&dir, &["-q", "-p", "-P", "", "-N", passphrase, "-f", kind]);
        let public = fs::read_to_string(dir.join(format!("{kind}.pub"))).unwrap();
        world.approvers(&[format!("{DANA} {}", public.trim())]);
        // By its public half, and by a private one that is behind a passphrase.
        let keys = [dir.join(format!("{kind}.pub")), dir.join(kind)];
        for key in &keys[..if passphrase.is_empty() { 1 } else { 2 }] {
            let letter = world.letter();
            let mut command = world.command();
            command.env("SSH_AUTH_SOCK", &socket).args(["approve", "ai.png", "--by", DANA]);
            command.args(["--scope", "final", "--document", &letter, "--sign"]).arg(key);
            let ran = command.output().unwrap();
            assert!(ran.status.success(), "{kind}: {}", String::from_utf8_lossy(&ran.stderr));
            world.gate("EP").expect("pass", &[]);
            world.run(["revoke", "ai.png", "--by", DANA, "--note", "next key"]).expect(0);
        }
    }
    world.verify();
    // One the agent does not hold.
    let stranger = Key::new(&world, 7);
    let mut command = world.command();
    command.env("SSH_AUTH_SOCK", &socket).args(["approve", "ai.png", "--by", DANA, "--scope"]);
    command.args(["final", "--sign"]).arg(format!("{}.pub", stranger.path));
    let ran = command.output().unwrap();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("did not sign") && said.contains("ssh-add"), "{said}");
}

#[test]
fn a_key_that_cannot_be_used_records_nothing() {
    let (world, dana) = world();
    let events = world.events();
    let file = world.outside("no-key");
    fs::write(&file, "not a key\n").unwrap();
    let pem = world.outside("old-key");
    fs::write(&pem, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n").unwrap();
    let public = format!("{}.pub", dana.path);
    for key in [
        world.outside("nowhere").display().to_string(),
        file.display().to_string(),
        pem.display().to_string(),
        world.dir().display().to_string(),
        // A public key, and no agent.
        public,
    ] {
        let ran =
            world.json(["approve", "ai.png", "--by", DANA, "--scope", "final", "--sign", &key]);
        let ran = ran.expect(2);
        assert!(text(&ran.value()["error"], "hint").contains("--sign takes"), "{}", ran.stdout);
    }
    assert_eq!(world.events(), events);
}

#[test]
fn nothing_is_signed_of_what_is_nowhere_on_disk() {
    let (world, dana) = world();
    fs::copy(world.path("ai.png"), world.path("copy.png")).unwrap();
    world.scan();
    tick();
    // Changed where the ledger says it lies; the same content lies elsewhere too.
    world.write("ai.png", a1111_png(2));
    let id = world.id("copy.png");
    world.sign(&dana, DANA, &[&id]).expect(0);
    world.remove("copy.png");
    let events = world.events();
    let refused = world.sign(&dana, DANA, &[&id]).expect(2);
    assert!(refused.error().contains("nowhere on disk"), "{}", refused.stdout);
    assert_eq!(world.events(), events);
}

#[test]
fn a_signed_approval_is_shown_with_its_key_and_a_flawed_one_with_why() {
    let (world, dana) = world();
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    world.forge_approval(|_| ());
    let shown = world.show("ai.png");
    let fingerprint = dana.private.public_key().fingerprint(ssh_key::HashAlg::Sha256).to_string();
    assert_eq!(text(&shown["approvals"][0], "signature"), fingerprint);
    assert!(text(&shown["approvals"][1], "flaw").contains("used before"));
    let page = world.run(["show", "ai.png"]).expect(0);
    assert!(page.stdout.contains(&fingerprint), "{}", page.stdout);
    assert!(page.stdout.contains("used before"), "{}", page.stdout);
    let log = world.run(["log"]).expect(0);
    assert!(log.stdout.contains("in writing, signed"), "{}", log.stdout);
}
