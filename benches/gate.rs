//! How long a gate judges: facts in, verdict out, without the look at the disk.
//!
//! `cargo bench --bench gate -- [ASSETS]` (default 100,000). 5,000 approvals, 500 declarations, a
//! register of tools, 20 waivers, and every rule on, among them the attestation. Three deliverables: one
//! where each tenth file is AI-made, one where all are, and that with every approval signed. Checking
//! the signatures comes before judging and is printed apart. The stat pass is not in it:
//! `cargo bench --bench scan` measures a whole gate beside `find`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use genlock::attest::{ApprovalPredicate, Digests, NAMESPACE, Statement, Subject};
use genlock::gate::{Ground, gate};
use genlock::model::{
    Approval, ApprovalId, ApproversAdopted, AssetId, Authorities, Declaration, DeclarationId,
    Declared, DirectoryObserved, Document, Event, Evidence, Examination, Fingerprint, Found, Head,
    ObservedBatch, Recorded, RelPath, RootName, Scope, Seq, Sighting, Signed, SourceType, Strength,
    Tier, Timestamp, Tool,
};
use genlock::policy::{Case, PROFILES, Policy};
use genlock::record::{Places, Record};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey, SshSig};

const APPROVALS: u64 = 5_000;
const DECLARATIONS: u64 = 500;
const FILES_A_FOLDER: u64 = 200;
const ROUNDS: u32 = 7;
const WHO: &str = "dana@studio.example";

fn main() -> Result<(), Box<dyn Error>> {
    let assets = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(100_000_u64);
    let policy = policy()?;
    let ways = [
        ("one in ten AI-made", 10, None),
        ("all AI-made", 1, None),
        ("all AI-made and signed for", 1, Some(key())),
    ];
    for (what, every, key) in ways {
        let record = record(assets, every, key.as_ref())?;
        // Looked into before a judgement, with the record.
        let mut looked: Vec<_> = (0..ROUNDS).map(|_| inquire(&record)).collect();
        looked.sort_by_key(|(spent, _)| *spent);
        let (spent, known) = looked.swap_remove(looked.len() / 2);
        let signed = known.words.values().filter(|word| word.signed.is_some()).count();
        assert!(key.is_none() || signed == record.approvals.len(), "a signature does not hold");
        println!("{signed} signatures looked into in {:.1} ms", spent.as_secs_f64() * 1000.0);
        let mut wall = Vec::new();
        let cpu = on_cpu();
        let mut findings = 0;
        for _ in 0..ROUNDS {
            let case = Case {
                deliverable: "EP101",
                unmatched: &[],
                problems: &[],
                lost_documents: &BTreeSet::new(),
                authorities: &known,
                finalizing: true,
                attested: false,
                made: false,
                record: &record,
                now: Timestamp::from_nanos(1),
            };
            let ground = Ground { case, contents: record.present(), places: &Places::default() };
            let began = Instant::now();
            let verdict = gate(&policy, ground);
            wall.push(began.elapsed());
            findings = verdict.findings.len() + verdict.waived.len();
        }
        // With letting go of seven verdicts.
        let cpu = on_cpu().saturating_sub(cpu) / ROUNDS;
        wall.sort();
        let ms = |spent: &Duration| spent.as_secs_f64() * 1000.0;
        println!(
            "{assets} assets, {what}, {APPROVALS} approvals, {DECLARATIONS} declarations, {} rules: \
             {findings} findings in {:.1} ms (median of {}; best {:.1} ms), {:.0} ms on cores",
            policy.rules.iter().filter(|rule| rule.severity.is_some()).count(),
            ms(&wall[wall.len() / 2]),
            wall.len(),
            ms(&wall[0]),
            ms(&cpu),
        );
    }
    Ok(())
}

/// What stands behind the approvals, and how long it took to find out.
fn inquire(record: &Record) -> (Duration, Authorities) {
    let began = Instant::now();
    let known = genlock::app::authorities(record);
    (began.elapsed(), known)
}

fn key() -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[1; 32]))
}

/// How long this process was on cores, all its threads together, in steps of a hundredth of a second.
fn on_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// `netflix` with nothing off, rules of its own and waivers.
fn policy() -> Result<Policy, Box<dyn Error>> {
    let text = PROFILES[0].text.replace("severity = \"off\"", "severity = \"warn\"");
    let rules = (0..10).map(|number| {
        format!(
            "[[rule]]\ncode = \"own-{number}\"\nseverity = \"warn\"\nwhy = \"w\"\nfix = \"f\"\n\
             when = {{ all = [{{ fact = \"path\", matches = \"reel{number}/**/*.mov\" }}, \
             {{ fact = \"detected-tool\", known = false }}] }}\n"
        )
    });
    let waivers = (0..20).map(|number| {
        format!(
            "[[waiver]]\ncode = \"ai-unapproved\"\nasset = \"reel{number}/**\"\nwho = \"D\"\n\
             why = \"w\"\nuntil = \"2099-01-01\"\n"
        )
    });
    let more: Vec<_> = rules.chain(waivers).collect();
    Ok(Policy::parse(&format!("{text}\n{}", more.join("\n")))?)
}

fn asset(row: u64) -> AssetId {
    AssetId::from(blake3::hash(&row.to_le_bytes()))
}

fn record(assets: u64, every: u64, key: Option<&PrivateKey>) -> Result<Record, Box<dyn Error>> {
    let mut record = Record::default();
    let mut seq = 0;
    let mut add = |event: Event| {
        seq += 1;
        let head = Head { seq: Seq(seq), hash: [0; 32] };
        let at = Timestamp::from_nanos(1);
        record.apply(Recorded { head, at, actor: "bench".into(), event }, Some(&|_, _| true));
    };
    if let Some(key) = key {
        let text = format!("{WHO} {}\n", key.public_key().to_openssh()?);
        let hash = AssetId::from(blake3::hash(text.as_bytes()));
        add(Event::ApproversAdopted(ApproversAdopted { hash, text, shown: false }));
    }
    add(Event::Observed(observed(assets, every)?));
    let made: Vec<_> = (0..assets).filter(|row| row % every == 0).map(asset).collect();
    for (number, some) in (1..).zip(chunks(&made, DECLARATIONS)) {
        let mut declaration = Declaration {
            purpose: "a set extension".into(),
            is_final: Some(true),
            tool: Some("Sketcher".into()),
            ..Declaration::default()
        };
        declaration.elements.insert("background".into());
        add(Event::Declared(Declared {
            id: DeclarationId(number),
            version: 1,
            declaration: Box::new(declaration),
            tier: Tier::Escalate,
            assets: some.to_vec(),
            globs: Vec::new(),
        }));
    }
    add(Event::ToolRegistered(Tool { name: "Sketcher".into(), ..Tool::default() }));
    for (number, some) in (1..).zip(chunks(&made, APPROVALS)) {
        let mut approval = Approval {
            deliverables: vec!["EP101".into()],
            document: Some(Document { hash: asset(number), name: "letter".into(), size: 1 }),
            ..Approval::new(ApprovalId(number), some.to_vec(), WHO, Scope::Final)
        };
        if let Some(key) = key {
            approval.signed = Some(signed(key, &approval)?);
        }
        add(Event::Approved(approval));
    }
    Ok(record)
}

/// Signs as `approve --sign` does, on the history of the first event.
fn signed(key: &PrivateKey, of: &Approval) -> Result<Signed, Box<dyn Error>> {
    let subject = |name: Option<String>, asset: AssetId| Subject {
        name,
        digest: Digests { blake3: asset, sha256: Some(asset.to_string()) },
    };
    let document = of.document.iter().map(|one| subject(Some(one.name.clone()), one.hash));
    let predicate = ApprovalPredicate {
        head: Head { seq: Seq(1), hash: [0; 32] }.to_string(),
        by: of.by.clone(),
        signed_at: Timestamp::from_nanos(1),
        scope: of.scope,
        deliverables: of.deliverables.clone(),
        conditions: None,
        expires: None,
        note: None,
        documents: document.collect(),
        declaration: None,
        under: None,
        determination: false,
        policy: asset(0),
    };
    let subjects = of.assets.iter().map(|one| subject(None, *one)).collect();
    let statement = Statement::new(subjects, predicate).to_text()?;
    let signature = SshSig::sign(key, NAMESPACE, HashAlg::Sha512, statement.as_bytes())?;
    Ok(Signed { statement, signature: signature.to_pem(LineEnding::LF)? })
}

fn chunks(all: &[AssetId], number: u64) -> impl Iterator<Item = &[AssetId]> {
    let size = all.len().div_ceil(usize::try_from(number).unwrap_or(usize::MAX)).max(1);
    all.chunks(size)
}

fn observed(assets: u64, every: u64) -> Result<ObservedBatch, Box<dyn Error>> {
    let mut directories: Vec<DirectoryObserved> = Vec::new();
    let mut examined = Vec::new();
    for row in 0..assets {
        let folder = row / FILES_A_FOLDER;
        let directory = RelPath::new(format!("reel{}/shot{folder:05}", folder % 40))?;
        if directories.last().is_none_or(|last| last.directory != directory) {
            let (files, links, gone) = (Vec::new(), Vec::new(), Vec::new());
            directories.push(DirectoryObserved { directory, files, links, gone });
        }
        if let Some(last) = directories.last_mut() {
            last.files.push(found(row));
        }
        if row % every == 0 {
            let evidence = vec![mark()];
            examined.push((asset(row), Examination { evidence, ..Examination::default() }));
        }
    }
    Ok(ObservedBatch {
        root: RootName::project(),
        detectors: 1,
        deep: false,
        directories,
        examined,
        attached: Vec::new(),
        named: Vec::new(),
        values: Vec::new(),
    })
}

fn mark() -> Evidence {
    Evidence {
        source_type: Some(SourceType::TrainedAlgorithmicMedia),
        tool: Some("Stable Diffusion WebUI (AUTOMATIC1111 format)".into()),
        model: Some("saltmarshRealism_v12".into()),
        detail: Some(
            "a lighthouse at night, 35mm\nSteps: 28, Sampler: DPM++ 2M, Seed: 1".repeat(3),
        ),
        ..Evidence::new(
            "infotext",
            Strength::Trace,
            "generation parameters of Stable Diffusion WebUI",
            "PNG tEXt parameters @ offset 33",
        )
    }
}

fn found(row: u64) -> Found {
    Found {
        name: format!("comp_v001.{row:07}.png").into_bytes().into(),
        asset: asset(row),
        fingerprint: Fingerprint { size: 1, mtime: 1, ctime: 1, device: 1, inode: row },
        sighting: Sighting::Read,
        media_type: "image/png".to_owned(),
    }
}
