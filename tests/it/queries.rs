//! The JSON of every query, field by field as the contract has it, and the filters of `ls`.

use serde_json::{Value, json};

use crate::declarations::FINAL;
use crate::media::{a1111_png, plain_png, xmp_png};
use crate::world::{World, fixture, number, text};

/// Fields of an object in order, each with the kind of its value: `s`tring, `n`umber, `b`ool,
/// `l`ist, `o`bject, `0` for null.
fn shape(value: &Value) -> String {
    let kind = |value: &Value| match value {
        Value::Null => "0",
        Value::Bool(_) => "b",
        Value::Number(_) => "n",
        Value::String(_) => "s",
        Value::Array(_) => "l",
        Value::Object(_) => "o",
    };
    let mut fields: Vec<_> = value
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| format!("{key}:{}", kind(value)))
        .collect();
    fields.sort();
    fields.join(" ")
}

/// The same for fields given as a list.
#[track_caller]
fn has(value: &Value, fields: &str) {
    let mut expected: Vec<_> = fields.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(shape(value), expected.join(" "), "{value:#}");
}

fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|id| id.len() == 64 && id.bytes().all(|one| one.is_ascii_hexdigit()))
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|time| time.parse::<genlock::model::Timestamp>().is_ok())
}

/// One of each status, and a deliverable that holds the AI one.
fn world() -> World {
    let portrait = fixture("conform/reel1/graphics/portrait_reconstruction.png");
    let world = World::with([
        ("ai.png", portrait),
        ("part.png", xmp_png(1, "compositeWithTrainedAlgorithmicMedia")),
        ("suspect.png", xmp_png(2, "screenCapture")),
        ("trace.png", a1111_png(3)),
        ("human.png", plain_png(4)),
        ("unknown.png", plain_png(5)),
    ]);
    world.run(["tag", "human.png", "--not-ai"]).expect(0);
    world.deliverable("EP", &["ai.png", "gone.png"]);
    world
}

#[test]
fn scan_answers_in_one_object_whose_statuses_add_up() {
    let world = world();
    let scanned = world.json(["scan"]).expect(0).value();
    has(
        &scanned,
        "v:n files:n bytes:n hashed_files:n hashed_bytes:n unchanged:n ai:n ai_part:n suspect:n \
         not_ai:n unknown:n missing:n skipped:n reexamined:n misnamed:l unfollowed:l problems:l elapsed_ms:n",
    );
    let statuses =
        ["ai", "ai_part", "suspect", "not_ai", "unknown"].map(|one| number(&scanned, one));
    assert_eq!(statuses, [2, 1, 1, 1, 1]);
    assert_eq!(statuses.iter().sum::<u64>(), number(&scanned, "files"));
}

#[test]
fn ls_answers_with_one_object_a_line() {
    let world = world();
    let rows = world.json(["ls"]).expect(0).values();
    let paths: Vec<_> = rows.iter().map(|row| text(row, "path")).collect();
    assert_eq!(
        paths,
        ["ai.png", "human.png", "part.png", "suspect.png", "trace.png", "unknown.png"]
    );
    has(
        &rows[0],
        "v:n path:s asset:s size:n media_type:s status:s source_type:s strength:s tool:s \
         clearance:s present:b",
    );
    has(
        &rows[5],
        "v:n path:s asset:s size:n media_type:s status:s source_type:0 strength:0 tool:0 \
         clearance:0 present:b",
    );
    assert!(is_id(&rows[0]["asset"]));
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row["status"].as_str().unwrap(), row["strength"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(
        seen,
        [
            ("ai", "signed"),
            ("not-ai", "person"),
            ("ai-part", "declared"),
            ("suspect", "declared"),
            ("ai", "trace"),
            ("unknown", "-")
        ]
    );
    for row in &rows {
        let judged = ["ai", "ai-part", "suspect"].contains(&row["status"].as_str().unwrap());
        assert_eq!(row["clearance"].is_string(), judged, "{row}");
    }
}

#[test]
fn ls_filters_by_status_clearance_source_type_and_tool() {
    let world = world();
    world.approve(&["trace.png"]);
    let list = |args: &[&str]| {
        let rows = world.json([&["ls"], args].concat()).expect(0).values();
        rows.iter().map(|row| text(row, "path")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(&["--ai"]), "ai.png part.png suspect.png trace.png");
    assert_eq!(list(&["--status", "ai"]), "ai.png trace.png");
    assert_eq!(list(&["--status", "ai-part"]), "part.png");
    assert_eq!(list(&["--status", "not-ai"]), "human.png");
    assert_eq!(list(&["--status", "unknown"]), "unknown.png");
    assert_eq!(list(&["--clearance", "approved"]), "trace.png");
    assert_eq!(list(&["--clearance", "undeclared"]), "ai.png part.png suspect.png");
    assert_eq!(list(&["--source-type", "screenCapture"]), "suspect.png");
    assert_eq!(list(&["--tool", "STABLE diffusion"]), "trace.png");
    assert_eq!(list(&["--ai", "--clearance", "approved"]), "trace.png");
    assert_eq!(list(&["trace.png", "unknown.png"]), "trace.png unknown.png");
    assert_eq!(list(&["*a*.png", "--status", "ai"]), "ai.png trace.png");
    assert_eq!(list(&["--missing"]), "");
    world.remove("trace.png");
    world.scan();
    assert_eq!(list(&["--missing"]), "trace.png");
    assert_eq!(list(&["--missing", "--ai"]), "trace.png");
    assert_eq!(list(&["--status", "ai"]), "ai.png");
}

#[test]
fn ls_writes_csv_for_spreadsheets_and_raw_paths_for_xargs() {
    let world = World::with([("=cmd,x.png", plain_png(1)), ("b\"c.png", a1111_png(2))]);
    let csv = world.run(["ls", "--csv"]).expect(0);
    let lines: Vec<_> = csv.stdout.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "path,asset,size,media_type,status,source_type,strength,tool,clearance,present"
    );
    assert!(lines[1].starts_with("\"'=cmd,x.png\","), "{lines:?}");
    assert!(lines[2].starts_with("\"b\"\"c.png\","), "{lines:?}");
    assert_eq!(lines.len(), 4);
    assert_eq!(world.run(["ls", "-0"]).raw, b"=cmd,x.png\0b\"c.png\0");
    assert_eq!(world.run(["ls", "--ai", "-0"]).raw, b"b\"c.png\0");
}

#[test]
fn show_answers_with_everything_known() {
    let world = world();
    world.approve(&["ai.png"]);
    let shown = world.show("ai.png");
    has(
        &shown,
        "v:n asset:s size:n media_type:s status:s why:l source_type:s strength:s tool:s clearance:s \
         locations:l evidence:l parents:l children:l declarations:l approvals:l events:l \
         determination:0 problems:l",
    );
    has(&shown["locations"][0], "path:s present:b first_seen:s last_seen:s");
    assert!(is_time(&shown["locations"][0]["first_seen"]));
    has(
        &shown["evidence"][0],
        "detector:s mark:s place:s strength:s source_type:s tool:s model:0 signer:s trust:s detail:s",
    );
    assert_eq!(shown["evidence"][0]["trust"], "valid-untrusted");
    assert!(!shown["why"].as_array().unwrap().is_empty());
    let kinds: Vec<_> =
        shown["events"].as_array().unwrap().iter().map(|event| text(event, "kind")).collect();
    assert_eq!(kinds, ["observed", "approved"], "oldest first");
}

#[test]
fn last_seen_is_the_end_of_the_newest_scan_that_covered_the_place() {
    let world = World::with([("cut/a.png", plain_png(1)), ("b.png", plain_png(2))]);
    let seen = |path: &str| text(&world.show(path)["locations"][0], "last_seen");
    let (a, b) = (seen("cut/a.png"), seen("b.png"));
    world.run(["scan", "cut"]).expect(0);
    assert!(seen("cut/a.png") > a);
    assert_eq!(seen("b.png"), b);
    let newest = text(&world.json(["log"]).values()[0], "at");
    assert_eq!(seen("cut/a.png"), newest);
    // Once it is gone, it was last seen by the last scan that saw it.
    world.remove("cut/a.png");
    world.scan();
    assert_eq!(seen("cut/a.png"), newest);
    assert!(seen("b.png") > newest);
}

#[test]
fn gate_and_finalize_answer_in_one_object() {
    let world = world();
    for command in ["gate", "finalize"] {
        let answer = world.json([command, "EP"]).expect(1).value();
        let more = if command == "gate" { "" } else { "state:s" };
        has(
            &answer,
            &format!(
                "v:n deliverable:s verdict:s checked:n findings:l problems:l policy:o journal:o {more}"
            ),
        );
        assert_eq!((&answer["deliverable"], &answer["verdict"]), (&json!("EP"), &json!("refused")));
        let findings = answer["findings"].as_array().unwrap();
        // The third one warns that nobody declared the use.
        assert_eq!(findings.len(), 3);
        let ai = findings.iter().find(|one| one["code"] == "ai-unapproved").unwrap();
        has(ai, "code:s severity:s asset:s path:s why:s fix:s");
        let missing = findings.iter().find(|one| one["code"] == "media-missing").unwrap();
        has(missing, "code:s severity:s asset:0 path:s why:s fix:s");
        has(&answer["problems"][0], "path:s problem:s");
        has(&answer["policy"], "profile:s hash:s");
        has(&answer["journal"], "seq:n head:s");
        assert!(is_id(&answer["journal"]["head"]) && is_id(&answer["policy"]["hash"]));
    }
}

#[test]
fn verify_answers_in_one_object() {
    let world = world();
    let verified = world.json(["verify"]).expect(0).value();
    has(&verified, "v:n ok:b events:n head:s problems:l");
    assert_eq!(verified["ok"], true);
    let newest = world.json(["log"]).values().remove(0);
    assert_eq!((&verified["events"], &verified["head"]), (&newest["seq"], &newest["hash"]));
    let head = format!("{}:{}", verified["events"], text(&verified, "head"));
    world.run(["verify", "--head", &head]).expect(0);
    world.run(["verify", "--head", &text(&verified, "head")]).expect(0);
    // A delivery is told in the same words: the history that its certificate quotes.
    let out = world.outside("out");
    world.deliverable("OUT", &["unknown.png"]);
    world.run(["export", "OUT", out.to_str().unwrap()]).expect(0);
    let delivered = world.json(["verify", out.to_str().unwrap()]).expect(0).value();
    has(&delivered, "v:n ok:b files:n deliverable:s events:n head:s signed:0 problems:l beside:l");
    let begins = format!("{}:", number(&delivered, "events"));
    assert!(text(&delivered, "head").starts_with(&begins), "{delivered}");
    std::fs::remove_file(out.join("genlock-certificate.json")).unwrap();
    let broken = world.json(["verify", out.to_str().unwrap()]).expect(6).value();
    assert!(broken["events"].is_null() && broken.get("events").is_some(), "{broken}");
}

#[test]
fn log_answers_newest_first_and_filters_by_asset_and_time() {
    let world = world();
    let events = world.json(["log"]).expect(0).values();
    has(&events[0], "v:n seq:n at:s actor:s kind:s summary:s hash:s");
    let seqs: Vec<_> = events.iter().map(|event| number(event, "seq")).collect();
    assert!(seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
    assert_eq!(seqs.len() as u64, seqs[0]);
    let of = |args: &[&str]| -> Vec<String> {
        let events = world.json([&["log"], args].concat()).expect(0).values();
        events.iter().map(|event| text(event, "kind")).collect()
    };
    assert_eq!(of(&["--asset", "human.png"]), ["determined", "observed"]);
    assert_eq!(of(&["--asset", "unknown.png"]), ["observed"]);
    assert_eq!(of(&["--since", "2000-01-01"]).len(), events.len());
    assert_eq!(of(&["--since", &text(&events[1], "at")]).len(), 2);
    assert!(of(&["--since", "2190-01-01T00:00:00Z"]).is_empty());
    world.json(["log", "--asset", "*.png"]).expect(2).error();
}

#[test]
fn status_is_a_page_of_what_awaits_somebody() {
    let world = world();
    world.remove("trace.png");
    world.scan();
    let page = world.json(["status"]).expect(0).value();
    has(
        &page,
        "v:n project:s roots:l profile:s scanned:s files:n bytes:n ai:n ai_part:n suspect:n not_ai:n \
         unknown:n awaiting_declaration:l awaiting_report:l awaiting_approval:l \
         awaiting_determination:l missing:l problems:l deliverables:l",
    );
    let paths = |field: &str| -> Vec<String> {
        page[field].as_array().unwrap().iter().map(|row| text(row, "path")).collect()
    };
    assert_eq!(paths("awaiting_approval"), ["ai.png", "part.png"]);
    assert_eq!(paths("awaiting_determination"), ["suspect.png"]);
    assert_eq!(paths("missing"), ["trace.png"]);
    has(&page["deliverables"][0], "name:s state:s files:n verdict:0 gated:0");
}

#[test]
fn deliverables_answer_in_objects() {
    let world = world();
    world.gate("EP");
    let listed = world.json(["deliverable", "ls"]).expect(0).values();
    has(&listed[0], "v:n name:s state:s files:n verdict:s gated:s");
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    has(
        &shown,
        "v:n deliverable:s state:s paths:l timelines:l packages:l references:l notes:l renditions:l \
         exports:l problems:l",
    );
    has(
        &shown["references"][0],
        "name:s target:s reel:0 record_in:0 record_out:0 track:0 enabled:b resolution:s asset:s path:s",
    );
}

#[test]
fn every_command_that_records_answers_with_a_version() {
    let world = World::bare();
    world.write("a.png", a1111_png(1));
    for args in [
        &["init"][..],
        &["init"],
        &["scan"],
        &["tag", "a.png", "--ai"],
        &["tag", "a.png", "--clear"],
        &["approve", "a.png", "--by", "D", "--scope", "final"],
        &["reject", "a.png", "--by", "D", "--note", "no"],
        &["revoke", "A-1", "--note", "no"],
        &["deliverable", "add", "EP", "--path", "nothing/**"],
        &["deliverable", "add", "EP", "--path", "more/**"],
        &["deliverable", "rm", "EP"],
    ] {
        world.json(args).expect(0).value();
    }
}

#[test]
fn quiet_prints_the_answer_only() {
    let world = World::with([("a.png", plain_png(1))]);
    for args in [
        &["--quiet", "init"][..],
        &["--quiet", "tag", "a.png", "--ai"],
        &["--quiet", "deliverable", "add", "EP", "--path", "a.png"],
    ] {
        let ran = world.run(args).expect(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{args:?}");
    }
    assert!(world.run(["--quiet", "ls"]).expect(0).stdout.contains("a.png"));
    assert!(world.run(["--quiet", "gate", "EP"]).expect(1).stdout.contains("ai-unapproved"));
}

#[test]
fn colours_come_only_when_asked_for() {
    let world = World::with([("a.png", a1111_png(1))]);
    assert!(!world.run(["ls"]).stdout.contains('\x1b'));
    assert!(world.run(["--color", "always", "ls"]).stdout.contains("\x1b[31m"));
    assert!(!world.run(["--color", "never", "ls"]).stdout.contains('\x1b'));
}

#[test]
fn nothing_stays_cut_where_everything_was_asked_for() {
    let world = World::with([("a.png", a1111_png(1))]);
    let end = "and that is the end of it";
    let note = format!("{}{end}", "a long word about this, ".repeat(30));
    world.run(["approve", "a.png", "--by", "Dana", "--scope", "temp", "--note", &note]).expect(0);
    world.run(["tag", "a.png", "--ai", "--as", &note]).expect(0);
    world.policy(&[]);
    world.deliverable("EP", &["a.png"]);
    let waiver = format!(
        "[[waiver]]\ncode = \"approval-temp-only\"\nasset = \"a.png\"\nwho = \"dana\"\nuntil = \"2099-01-01\"\nwhy = {note:?}\n"
    );
    let mut policy = String::from_utf8(world.read(".genlock/policy.toml")).unwrap();
    policy.push_str(&waiver);
    world.write(".genlock/policy.toml", policy);
    for args in [&["show", "a.png"][..], &["log"], &["gate", "EP"]] {
        let said = |more: &[&str]| world.run([args, more].concat()).stdout;
        assert!(!said(&[]).contains(end), "{args:?}");
        assert!(said(&["-v"]).contains(end), "{args:?}: {}", said(&["-v"]));
    }
}

#[test]
fn the_history_of_an_asset_has_what_was_said_of_its_approvals_and_declarations() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    let declare = |what: &str, asset: &str| {
        crate::declarations::declare(&world, what, &[asset]);
    };
    declare(FINAL, "a.png");
    declare(&FINAL.replace("a poster", "a map"), "b.png");
    declare(&FINAL.replace("a poster", "two posters"), "D-1");
    world.run(["reported", "D-1", "--to", "Dana"]).expect(0);
    let bound = ["--by", "Dana", "--scope", "final", "--conditions", "a credit"];
    world.run([&["approve", "a.png", "b.png", "--yes"][..], &bound].concat()).expect(0);
    world.run(["approve", "A-1", "--condition-met", "--by", "Dana", "--note", "done"]).expect(0);
    // Of b.png alone, and of all that the approval covers.
    world.run(["revoke", "b.png", "--note", "rights"]).expect(0);
    world.run(["revoke", "A-1", "--note", "rights"]).expect(0);
    let kinds = ["revoked", "condition-met", "approved", "reported", "declared", "declared"];
    let of = |rows: Vec<Value>| -> Vec<String> {
        let rows = rows.iter().map(|row| text(row, "kind"));
        rows.filter(|kind| kind != "observed").collect()
    };
    assert_eq!(of(world.json(["log", "--asset", "a.png"]).expect(0).values()), kinds);
    let mut shown = of(world.show("a.png")["events"].as_array().unwrap().clone());
    shown.reverse();
    assert_eq!(shown, kinds);
    let others = of(world.json(["log", "--asset", "b.png"]).expect(0).values());
    assert_eq!(others, ["revoked", "revoked", "condition-met", "approved", "declared"]);
}
