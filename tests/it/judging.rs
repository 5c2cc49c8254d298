//! A judgement of many files, which threads share: it is what each of the files alone would give.

use std::collections::{BTreeMap, BTreeSet};

use genlock::gate::{Ground, gate};
use genlock::model::{
    Approval, ApprovalId, AssetId, AssetPath, Determination, DeterminationCleared,
    DeterminedStatus, DirectoryObserved, Event, Finding, Fingerprint, Found, Head, ObservedBatch,
    Recorded, Rejection, RelPath, RootName, Scope, Seq, Severity, Sighting, Timestamp, Verdict,
};
use genlock::policy::{Case, PROFILES, Policy};
use genlock::record::{Places, Record};

/// More than one thread takes.
const FILES: u64 = 9_001;

fn name(row: u64) -> String {
    format!("{row:05}.png")
}

fn found(row: u64) -> Found {
    Found {
        name: name(row).into_bytes().into(),
        asset: AssetId::from(blake3::hash(&row.to_le_bytes())),
        fingerprint: Fingerprint { size: 1, mtime: 1, ctime: 1, device: 1, inode: row },
        sighting: Sighting::Read,
        media_type: "image/png".into(),
    }
}

/// Every third file is AI-made, the last one too; of the others nothing is known.
fn record() -> Record {
    let directory = DirectoryObserved {
        directory: RelPath::root(),
        files: (0..FILES).map(found).collect(),
        links: vec![],
        gone: vec![],
    };
    let observed = Event::Observed(ObservedBatch {
        root: RootName::project(),
        detectors: 1,
        deep: false,
        directories: vec![directory],
        examined: vec![],
        attached: vec![],
        named: vec![],
        values: vec![],
    });
    let made = Event::Determined(Determination {
        assets: (0..FILES).filter(|row| is_made(*row)).map(|row| found(row).asset).collect(),
        status: DeterminedStatus::Ai,
        source_type: None,
        tool: None,
        note: None,
        by: "kim".into(),
    });
    let mut record = Record::default();
    for (seq, event) in (1..).zip([observed, made]) {
        let head = Head { seq: Seq(seq), hash: [0; 32] };
        let at = Timestamp::from_nanos(1);
        record.apply(Recorded { head, at, actor: "kim".into(), event }, Some(&|_, _| true));
    }
    record
}

fn is_made(row: u64) -> bool {
    row.is_multiple_of(3) || row == FILES - 1
}

/// A verdict on some files at the beginning of time, where nothing was lost and all could be read.
pub fn judged(
    policy: &Policy,
    record: &Record,
    contents: &BTreeMap<AssetPath, Found>,
    finalizing: bool,
) -> Verdict {
    let case = Case {
        deliverable: "EP",
        unmatched: &[],
        problems: &[],
        lost_documents: &BTreeSet::new(),
        authorities: &genlock::app::authorities(record),
        finalizing,
        attested: false,
        made: false,
        record,
        now: Timestamp::from_nanos(1),
    };
    gate(policy, Ground { case, contents, places: &Places::default() })
}

#[test]
fn many_files_are_judged_as_each_of_them_alone_and_come_in_order() {
    let record = record();
    let waiver = |path: &str, until: &str| {
        format!(
            "[[waiver]]\ncode = \"ai-unapproved\"\nasset = \"{path}\"\nwho = \"D\"\nwhy = \"w\"\n\
             until = \"{until}\"\n"
        )
    };
    let last = name(FILES - 1);
    let text = [PROFILES[0].text, &waiver(&last, "2099-01-01"), &waiver("none", "2099-01-01")];
    let policy = Policy::parse(&text.join("\n")).unwrap();
    let whole = judged(&policy, &record, record.present(), false);
    let made = (0..FILES).filter(|row| is_made(*row)).count();
    let of = |code: &str| whole.findings.iter().filter(|one| one.code.as_str() == code).count();
    assert_eq!((whole.checked, of("ai-unapproved")), (FILES, made - 1));
    assert_eq!(of("ai-undeclared"), made);
    // One waiver kept out the last file, in whichever part it was; the other nothing.
    assert_eq!(whole.waived.len(), 1);
    assert_eq!(whole.waived[0].finding.path.as_ref().unwrap().to_string(), last);
    assert_eq!(of("exception-unused"), 1);
    // What is folded is counted over all parts.
    let unknown = whole.findings.iter().find(|one| one.code.as_str() == "origin-unknown").unwrap();
    let count = FILES - made as u64;
    assert!(unknown.why.starts_with(&format!("{count} files ")), "{}", unknown.why);
    let order =
        |one: &Finding| (std::cmp::Reverse(one.severity), one.path.clone(), one.code.clone());
    assert!(whole.findings.is_sorted_by_key(order));
    let everything = whole.findings.iter().chain(whole.waived.iter().map(|one| &one.finding));
    let of_files: Vec<_> = everything.filter(|one| one.path.is_some()).cloned().collect();
    for (path, one) in record.present().iter().step_by(97) {
        let alone = judged(&policy, &record, &BTreeMap::from([(path.clone(), one.clone())]), false);
        let alone: Vec<_> = alone.findings.into_iter().filter(|one| one.path.is_some()).collect();
        let here: Vec<_> =
            of_files.iter().filter(|one| one.path.as_ref() == Some(path)).cloned().collect();
        assert_eq!(here, alone, "{path}");
    }
}

#[test]
fn a_word_that_something_is_ai_made_stands_against_what_somebody_else_says_since() {
    let policy = Policy::parse(PROFILES[0].text).unwrap();
    let not_ai = Event::Determined(Determination {
        assets: vec![found(0).asset],
        status: DeterminedStatus::NotAi,
        source_type: None,
        tool: None,
        note: None,
        by: "max".into(),
    });
    // As an earlier program let it be recorded.
    let assets = vec![found(0).asset];
    let cleared =
        Event::DeterminationCleared(DeterminationCleared { assets, own: false, note: None });
    for (event, code) in [(not_ai, "determination-contradicts-mark"), (cleared, "ai-unapproved")] {
        let mut record = record();
        let (seq, hash, at) = (Seq(3), [0; 32], Timestamp::from_nanos(1));
        let recorded = Recorded { head: Head { seq, hash }, at, actor: "max".into(), event };
        record.apply(recorded, Some(&|_, _| true));
        let path = AssetPath::new(RootName::project(), RelPath::new(name(0)).unwrap());
        let contents = BTreeMap::from([(path.clone(), record.present()[&path].clone())]);
        let verdict = judged(&policy, &record, &contents, false);
        let blocking = verdict.findings.iter().filter(|one| one.severity == Severity::Block);
        assert_eq!(blocking.map(|one| one.code.as_str()).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn a_no_to_one_deliverable_leaves_a_wider_yes_in_the_summary() {
    let own = "[[rule]]\ncode = \"show-approved\"\nseverity = \"warn\"\nwhy = \"w\"\nfix = \"f\"\n\
        when = { fact = \"clearance\", is = \"approved\" }\n";
    let policy = Policy::parse(&[PROFILES[0].text, own].join("\n")).unwrap();
    let yes = |deliverables: &[&str]| Approval {
        deliverables: deliverables.iter().map(|name| (*name).to_owned()).collect(),
        ..Approval::new(ApprovalId(1), vec![found(0).asset], "dana", Scope::Final)
    };
    let no = |deliverable: &&str| Rejection {
        id: ApprovalId(2),
        assets: vec![found(0).asset],
        by: "dana".into(),
        deliverables: Some(*deliverable)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect(),
        scope: None,
        note: "no".into(),
        document: None,
        declaration: None,
    };
    for (to, noes, approved) in [
        (&[][..], &["TRAILER"][..], true),
        (&["EP", "TRAILER"], &["TRAILER"], true),
        (&["EP", "TRAILER"], &["TRAILER", "EP"], false),
        (&["TRAILER"], &["TRAILER"], false),
        (&[], &["TRAILER", ""], false),
    ] {
        let mut record = record();
        let events = noes.iter().map(|one| Event::Rejected(no(one)));
        for (seq, event) in (3..).zip([Event::Approved(yes(to))].into_iter().chain(events)) {
            let (head, at) = (Head { seq: Seq(seq), hash: [0; 32] }, Timestamp::from_nanos(1));
            record.apply(Recorded { head, at, actor: "kim".into(), event }, Some(&|_, _| true));
        }
        let path = AssetPath::new(RootName::project(), RelPath::new(name(0)).unwrap());
        let contents = BTreeMap::from([(path.clone(), record.present()[&path].clone())]);
        let verdict = judged(&policy, &record, &contents, false);
        let says = verdict.findings.iter().any(|one| one.code.as_str() == "show-approved");
        assert_eq!(says, approved, "yes to {to:?}, no to {noes:?}");
    }
}
