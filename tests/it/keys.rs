//! SSH keys for tests, approvals signed with them, and events forged as somebody would who can write
//! the ledger.

use std::fs;

use genlock::attest::NAMESPACE;
use genlock::clock::{Clock, SystemClock};
use genlock::ledger::Ledger;
use genlock::model::{Approval, Event, GateRun, Outcome, Signed};
use rusqlite::Connection;
use serde_json::Value;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey, SshSig};

use crate::world::{Ran, World, text};

pub const DANA: &str = "dana@studio.example";
pub const LEE: &str = "lee@studio.example";

/// A key pair, its private half in a file.
pub struct Key {
    pub private: PrivateKey,
    /// Path of the private key.
    pub path: String,
    /// `ssh-ed25519 AAAA…`.
    pub public: String,
}

impl Key {
    /// Always the same key for a number.
    pub fn new(world: &World, number: u8) -> Self {
        let private = PrivateKey::from(Ed25519Keypair::from_seed(&[number; 32]));
        let path = world.outside(format!("key-{number}"));
        fs::write(&path, private.to_openssh(LineEnding::LF).unwrap().as_str()).unwrap();
        let public = private.public_key().to_openssh().unwrap();
        fs::write(world.outside(format!("key-{number}.pub")), &public).unwrap();
        Self { private, path: path.display().to_string(), public }
    }

    /// Signs as `ssh-keygen -Y sign` would.
    pub fn sign(&self, namespace: &str, message: &str) -> String {
        SshSig::sign(&self.private, namespace, HashAlg::Sha512, message.as_bytes())
            .unwrap()
            .to_pem(LineEnding::LF)
            .unwrap()
    }

    /// A statement with its signature by this key.
    pub fn signed(&self, statement: String) -> Signed {
        let signature = self.sign(NAMESPACE, &statement);
        Signed { statement, signature }
    }
}

impl World {
    /// Writes the list of approvers and says nothing.
    pub fn edit_approvers(&self, lines: &[String]) {
        let text = lines.join("\n") + "\n";
        fs::write(self.path(".genlock/approvers"), text).unwrap();
    }

    /// Writes the list of approvers, acknowledged by Dana.
    pub fn approvers(&self, lines: &[String]) {
        self.edit_approvers(lines);
        self.acknowledge(&["--by", DANA, "--note", "the studio"]);
    }

    /// Approves with a signature; gives what the program said.
    pub fn sign(&self, key: &Key, by: &str, more: &[&str]) -> Ran {
        let letter = self.letter();
        let mut args = vec!["approve", "--by", by, "--sign", &key.path];
        args.extend(more);
        if !["--under", "--determination", "--condition-met"].iter().any(|one| more.contains(one)) {
            args.extend(["--document", &letter]);
            if !more.contains(&"--scope") {
                args.extend(["--scope", "final"]);
            }
        }
        self.json(args)
    }

    /// The newest approval as the journal holds it.
    pub fn newest_approval(&self) -> Approval {
        let connection = Connection::open(self.ledger()).unwrap();
        let body: String = connection
            .query_row(
                "SELECT body FROM journal WHERE kind = 'approved' ORDER BY seq DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// Appends a well-formed event, as somebody would who can write the ledger.
    pub fn forge(&self, event: Event) {
        self.forge_as("mallory@edit.example", event);
    }

    /// The same, with an actor of one's choice.
    pub fn forge_as(&self, actor: &str, event: Event) {
        let mut ledger = Ledger::open(&self.ledger()).unwrap();
        ledger.append(None, SystemClock.now(), actor, &[event]).unwrap();
    }

    /// Changes some severities of the policy, acknowledged by somebody.
    pub fn policy_by(&self, who: &str, changes: &[(&str, &str)]) {
        self.edit_policy(changes);
        self.acknowledge(&["--by", who, "--note", "as the test wants it"]);
    }

    /// The newest approval once more under the next number, changed.
    pub fn forge_approval(&self, change: impl FnOnce(&mut Approval)) {
        let mut approval = self.newest_approval();
        approval.id.0 += 1;
        change(&mut approval);
        self.forge(Event::Approved(approval));
    }

    /// Records a verdict as a build with another `JUDGING` would have. Gives the event.
    pub fn judged_by(&self, name: &str, judging: u32) -> String {
        let run = self.gate(name).answer;
        self.forge(Event::Gated(GateRun {
            deliverable: name.into(),
            outcome: Outcome::Pass,
            checked: 1,
            finalizing: false,
            attested: None,
            policy: text(&run["policy"], "hash").parse().unwrap(),
            approvers: None,
            timelines: vec![],
            referenced: vec![],
            linked: vec![],
            harmless: vec![],
            lost_documents: vec![],
            problems: vec![],
            judging,
        }));
        self.events().to_string()
    }

    /// Why the gate refuses the one thing it refuses.
    pub fn refusal(&self, name: &str, code: &str) -> String {
        let gate = self.gate(name);
        assert_eq!(gate.verdict, "refused", "{gate:#?}");
        self.run(["finalize", name]).expect(1);
        text(gate.finding(code), "why")
    }
}

/// A statement with one field of its predicate set.
pub fn restated(statement: &str, field: &str, value: Value) -> String {
    let mut read: Value = serde_json::from_str(statement).unwrap();
    read["predicate"][field] = value;
    serde_json::to_string(&read).unwrap()
}
