//! The disclosure log: every AI element with what is known of it, what is missing said, and nothing
//! that a file says taken for more than text.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::declarations::{FINAL, declare};
use crate::keys::{DANA, Key};
use crate::media::{a1111_png, plain_jpeg, plain_png, png, text_png, truncated_png, xmp_png};
use crate::world::{World, fixture, number, text};

const AI: &str = "trainedAlgorithmicMedia";
const PART: &str = "compositeWithTrainedAlgorithmicMedia";

/// One clip of a timeline: `at` and `long` in frames of 24 a second.
fn clip(target: &str, long: u32, enabled: bool) -> Value {
    json!({"OTIO_SCHEMA": "Clip.2", "name": target, "enabled": enabled,
        "source_range": {"OTIO_SCHEMA": "TimeRange.1",
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 0},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": long}},
        "media_references": {"DEFAULT_MEDIA":
            {"OTIO_SCHEMA": "ExternalReference.1", "target_url": target}},
        "active_media_reference_key": "DEFAULT_MEDIA"})
}

/// A timeline of one picture track that begins at one hour.
fn cut(clips: &[Value]) -> String {
    let track = json!({"OTIO_SCHEMA": "Track.1", "name": "V1", "kind": "Video", "enabled": true,
        "children": clips});
    json!({"OTIO_SCHEMA": "Timeline.1", "name": "cut",
        "global_start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 86400},
        "tracks": {"OTIO_SCHEMA": "Stack.1", "name": "s", "children": [track]}})
    .to_string()
}

fn timeline(world: &World, clips: &[Value]) {
    world.write("edit/cut.otio", cut(clips));
    world.run(["deliverable", "add", "EP", "--timeline", "edit/cut.otio"]).expect(0);
}

fn log(world: &World, name: &[&str]) -> Value {
    let args = [&["disclose", "--format", "json"], name].concat();
    world.run(args).expect(0).value()
}

fn page(world: &World, name: &[&str]) -> String {
    world.run([&["disclose", "--format", "html"], name].concat()).expect(0).stdout
}

fn csv(world: &World, name: &[&str]) -> Vec<Vec<String>> {
    let table = world.run([&["disclose", "--format", "csv"], name].concat()).expect(0).stdout;
    rows(&table)
}

/// Reads RFC 4180, strictly: quotes only around whole cells, rows end in CRLF.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let mut rest = table.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if cell.is_empty() => loop {
                match rest.next().expect("a quoted cell ends") {
                    '"' if rest.peek() == Some(&'"') => cell.push(rest.next().unwrap()),
                    '"' => {
                        assert!(
                            matches!(rest.peek(), Some(',' | '\r')),
                            "text after a quoted cell"
                        );
                        break;
                    }
                    other => cell.push(other),
                }
            },
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' => {
                assert_eq!(rest.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => {
                assert!(other != '\n' && other != '"', "a bare {other:?}");
                cell.push(other);
            }
        }
    }
    assert!(cell.is_empty() && row.is_empty(), "the last row ends");
    let width = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == width), "every row has every column");
    rows
}

/// A cell by the name of its column.
fn cell<'a>(rows: &'a [Vec<String>], row: usize, column: &str) -> &'a str {
    let at = rows[0].iter().position(|name| name == column).expect("there is such a column");
    &rows[row][at]
}

fn missing(element: &Value) -> Vec<String> {
    element["missing"].as_array().unwrap().iter().map(|gap| text(gap, "code")).collect()
}

#[test]
fn every_element_has_each_place_in_the_cut_its_tool_model_and_prompt() {
    let media =
        [("a/ai.png", a1111_png(1)), ("a/plain.png", plain_png(1)), ("b.png", a1111_png(2))];
    let world = World::with(media);
    let clips = [
        clip("../a/plain.png", 24, true),
        clip("../a/ai.png", 48, true),
        clip("../a/plain.png", 24, true),
        clip("../a/ai.png", 12, false),
    ];
    timeline(&world, &clips);
    let log = log(&world, &["EP"]);
    let all = log["elements"].as_array().unwrap();
    assert_eq!(all.len(), 1, "b.png is in no timeline, and plain.png is no AI: {log:#}");
    let one = &all[0];
    assert_eq!(
        (text(one, "name"), text(one, "contribution")),
        ("a/ai.png".into(), "generated".into())
    );
    assert_eq!(one["assets"][0]["asset"], json!(world.id("a/ai.png")));
    let uses: Vec<_> = one["uses"].as_array().unwrap().iter().collect();
    assert_eq!(uses.len(), 2);
    let span = |at: usize| (text(uses[at], "record_in"), text(uses[at], "record_out"));
    assert_eq!(span(0), ("01:00:01:00".into(), "01:00:03:00".into()));
    assert_eq!(span(1), ("01:00:04:00".into(), "01:00:04:12".into()));
    assert_eq!((&uses[0]["enabled"], &uses[1]["enabled"]), (&json!(true), &json!(false)));
    assert_eq!(
        (text(uses[0], "track"), text(uses[0], "timeline")),
        ("V1".into(), "edit/cut.otio".into())
    );
    assert!(text(&one["tools"][0], "text").contains("Stable Diffusion WebUI"));
    assert_eq!(text(&one["models"][0], "text"), "saltmarshRealism_v12");
    assert_eq!(text(&one["prompts"][0], "text"), "a lighthouse at night, 35mm");
    assert_eq!(text(&one["prompts"][0], "from"), "mark in PNG tEXt parameters @ offset 33");
    assert_eq!(missing(one), ["ai-undeclared", "ai-unapproved"]);
    assert_eq!((number(&log["counts"], "elements"), number(&log["counts"], "lacking")), (1, 1));
    // The files of the deliverable: the two media and the timeline, which no scan has seen yet.
    assert_eq!(number(&log["counts"], "unknown"), 1);
    let rows = csv(&world, &["EP"]);
    let elements: Vec<_> =
        (1..rows.len()).filter(|at| cell(&rows, *at, "kind") == "element").collect();
    assert_eq!(elements.len(), 2, "a row for each use");
    assert_eq!(cell(&rows, 2, "record_in"), "01:00:04:00");
    assert_eq!(cell(&rows, 2, "asset"), world.id("a/ai.png"));
    let page = page(&world, &["EP"]);
    for part in
        ["01:00:01:00", "01:00:04:12", "(disabled)", "a lighthouse at night, 35mm", "undeclared"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_cue_sheet_of_the_page_is_read_by_time() {
    let world = World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2))]);
    let clips = ["../b.png", "../a.png", "../b.png", "../a.png"].map(|one| clip(one, 24, true));
    timeline(&world, &clips);
    // Each element with all its places, in the order of the first of them.
    let rows = csv(&world, &["EP"]);
    let elements = |column| (1..5).map(|at| cell(&rows, at, column)).collect::<Vec<_>>();
    assert_eq!(elements("path"), ["b.png", "b.png", "a.png", "a.png"]);
    let page = page(&world, &["EP"]);
    let (_, sheet) = page.split_once("<h2>Cue sheet</h2>").unwrap();
    let (sheet, _) = sheet.split_once("</table>").unwrap();
    let times: Vec<_> = sheet.match_indices("01:00:").map(|(at, _)| &sheet[at..at + 11]).collect();
    let begins: Vec<_> = times.iter().step_by(2).copied().collect();
    assert_eq!(begins, ["01:00:00:00", "01:00:01:00", "01:00:02:00", "01:00:03:00"]);
    let numbers: Vec<_> = sheet
        .match_indices("href=\"#e")
        .map(|(at, found)| &sheet[at + found.len()..][..1])
        .collect();
    assert_eq!(numbers, ["1", "2", "1", "2"]);
    assert!(sheet.contains("as No. 1 above"));
}

/// A use about which a log has nothing left to ask.
fn whole() -> String {
    FINAL.replace(
        "inputs = [\"a sketch of ours\"]",
        "inputs = [{ what = \"a sketch\", owner = \"us\" }]",
    ) + "[[talent]]\nname = \"Jo\"\nuse = \"replica\"\nconsent = \"C-9\"\nconsent_date = \"2025-05-02\"\n"
}

fn without(what: &str, line: &str) -> String {
    let kept: Vec<_> = what.lines().filter(|one| !one.starts_with(line)).collect();
    assert!(kept.len() < what.lines().count(), "{line}");
    kept.join("\n")
}

#[test]
fn only_what_is_declared_reported_and_approved_lacks_nothing() {
    let world = World::with([("cut/ai.png", a1111_png(1))]);
    world.deliverable("EP", &["cut"]);
    let what = whole().replace("talent = []\n", "");
    assert_eq!(text(&declare(&world, &what, &["cut/ai.png"]), "id"), "D-1");
    let lacks = |world: &World| missing(&log(world, &["EP"])["elements"][0]);
    assert_eq!(lacks(&world), ["ai-unreported", "ai-unapproved"]);
    world.run(["reported", "D-1", "--to", "Mara", "--on", "2026-05-04"]).expect(0);
    assert_eq!(lacks(&world), ["ai-unapproved"]);
    world.approve(&["cut/ai.png"]);
    assert!(lacks(&world).is_empty(), "{:?}", lacks(&world));
    let full = log(&world, &["EP"]);
    let one = &full["elements"][0];
    let declared = &one["declarations"][0];
    assert_eq!((text(declared, "id"), text(declared, "tier")), ("D-1".into(), "escalate".into()));
    assert!(declared["reasons"].as_array().unwrap().iter().any(|why| why["code"] == "principle-4"));
    assert_eq!(text(&declared["reported"], "to"), "Mara");
    assert_eq!(
        (text(declared, "phase"), text(declared, "prominence")),
        ("post".into(), "background".into())
    );
    assert_eq!(text(&declared["talent"][0], "consent"), "C-9");
    assert_eq!(
        (&one["decisions"][0]["id"], &one["decisions"][0]["lacks"]),
        (&json!("A-1"), &json!([]))
    );
    let rows = csv(&world, &["EP"]);
    for (column, part) in [
        ("sources", "a sketch (owner: us)"),
        ("p4", "no"),
        ("tier", "D-1: escalate"),
        ("reported", "D-1 to Mara on 2026-05-04"),
        ("talent", "Jo (use: replica; consent: C-9; given: 2025-05-02)"),
        ("decisions", "A-1 approved for final use by Dana"),
        ("decisions", "document letter.txt (BLAKE3 "),
        ("decisions", "not signed; active"),
        ("human_contribution", "retouched by the art department"),
        ("declarations", "D-1 version 1"),
        ("missing", ""),
    ] {
        assert!(cell(&rows, 1, column).contains(part), "{column}: {}", cell(&rows, 1, column));
    }
    assert_eq!(cell(&rows, 1, "missing"), "");
    let page = page(&world, &["EP"]);
    assert!(page.contains("Nothing that this log asks for is missing"));
    assert!(page.contains("P4 temporary, not in final deliverables: no"));

    // Whatever is taken away is missed.
    for (line, code) in [
        ("inputs", "sources-unknown"),
        ("phase", "phase-unknown"),
        ("final", "finality-unknown"),
        ("prominence", "prominence-unknown"),
        ("human_contribution", "human-contribution-unknown"),
        ("p2", "principles-unanswered"),
        ("consent", "talent-consent-missing"),
    ] {
        declare(&world, &without(&what, line), &["D-1"]);
        let found = lacks(&world);
        assert!(found.iter().any(|one| one == code), "{line}: {found:?}");
        assert!(found.iter().any(|one| one == "ai-unreported"), "a new version: {found:?}");
    }
}

#[test]
fn an_approval_that_does_not_hold_is_no_clearance_and_the_log_says_why() {
    let world = World::with([("a.png", a1111_png(1))]);
    world.deliverable("EP", &["a.png"]);
    world.deliverable("OTHER", &["a.png"]);
    let letter = world.letter();
    let lacks = |name: &[&str]| missing(&log(&world, name)["elements"][0]);
    let approve = |more: &[&str]| {
        world.run([&["approve", "a.png", "--by", "Dana"], more].concat()).expect(0);
    };
    approve(&["--scope", "temp", "--document", &letter]);
    assert_eq!(lacks(&["EP"]), ["ai-undeclared", "approval-temp-only"]);
    world.run(["revoke", "A-1", "--by", "Dana", "--note", "no"]).expect(0);
    assert_eq!(lacks(&["EP"]), ["ai-undeclared", "approval-revoked", "approval-temp-only"]);
    let shown = log(&world, &["EP"]);
    assert_eq!(text(&shown["elements"][0]["decisions"][0]["revoked"], "note"), "no");
    approve(&["--scope", "final", "--document", &letter, "--deliverable", "OTHER"]);
    assert!(lacks(&["EP"]).contains(&"approval-not-for-this-deliverable".to_owned()));
    assert_eq!(lacks(&["OTHER"]), ["ai-undeclared"]);
    approve(&["--scope", "final", "--document", &letter, "--conditions", "blur it"]);
    assert!(lacks(&["EP"]).contains(&"conditions-open".to_owned()));
    world.run(["approve", "A-3", "--condition-met", "--by", "Dana", "--note", "done"]).expect(0);
    assert_eq!(lacks(&["EP"]), ["ai-undeclared"]);
    world.run(["reject", "a.png", "--by", "Lee", "--note", "legal says no"]).expect(0);
    let found = lacks(&["EP"]);
    assert!(found.contains(&"approval-rejected".to_owned()), "{found:?}");
    approve(&["--scope", "final", "--document", &letter]);
    assert_eq!(lacks(&["EP"]), ["ai-undeclared"]);
    // The letter is gone from the store: nobody can read what was approved.
    fs::remove_dir_all(world.path(".genlock/documents")).unwrap();
    assert!(lacks(&["EP"]).contains(&"approval-no-document".to_owned()));
}

#[test]
fn what_nobody_decided_what_is_contested_and_what_is_only_declared_is_listed_as_such() {
    let world = World::with([
        ("ai.png", xmp_png(1, AI)),
        ("part.png", xmp_png(2, PART)),
        ("screen.png", xmp_png(3, "screenCapture")),
        ("said.png", plain_png(4)),
        ("declared.png", plain_png(5)),
        ("plain.png", plain_png(6)),
        ("photo.png", plain_png(7)),
    ]);
    world.run(["tag", "ai.png", "--not-ai", "--note", "I painted it"]).expect(0);
    world.run(["tag", "said.png", "--ai", "--tool", "Brush"]).expect(0);
    world.run(["tag", "photo.png", "--not-ai"]).expect(0);
    declare(&world, FINAL, &["declared.png"]);
    declare(&world, FINAL, &[]);
    let shown = log(&world, &[]);
    let found: Vec<_> = shown["elements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "name"), text(one, "contribution"), missing(one)[0].clone()))
        .collect();
    let own =
        |name: &str, kind: &str, lack: &str| (name.to_owned(), kind.to_owned(), lack.to_owned());
    assert_eq!(
        found,
        [
            own("ai.png", "contested", "determination-contradicts-mark"),
            own("declared.png", "declared", "origin-unmarked"),
            own("part.png", "part-generated", "ai-undeclared"),
            own("said.png", "generated", "ai-undeclared"),
            own("screen.png", "suspect", "suspect-undetermined"),
        ]
    );
    let counts = &shown["counts"];
    for (of, many) in [("ai", 1), ("ai_part", 1), ("suspect", 1), ("contested", 1), ("declared", 1)]
    {
        assert_eq!(number(counts, of), many, "{of}");
    }
    assert_eq!(
        (number(counts, "not_ai"), number(counts, "unknown"), number(counts, "files")),
        (1, 1, 7)
    );
    assert_eq!(text(&shown["declared_only"][0], "id"), "D-2");
    let notes = shown["not_shown"].to_string();
    assert!(notes.contains("1 of 7 files carry no mark"), "{notes}");
    // Somebody else confirms it, in writing or not: then it is settled, and still told.
    world
        .run(["approve", "ai.png", "--by", "Dana", "--scope", "final", "--determination"])
        .expect(0);
    let shown = log(&world, &[]);
    assert!(missing(&shown["elements"][0]).is_empty(), "{shown:#}");
    assert_eq!(text(&shown["elements"][0], "contribution"), "contested");
}

#[test]
fn frames_that_are_alike_are_one_element_and_one_that_differs_is_told() {
    let names: Vec<_> = (1..=6).map(|at| format!("sh/x.100{at}.png")).collect();
    let media = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), a1111_png(u8::try_from(at).unwrap())));
    let world = World::with(media);
    let shown = log(&world, &[]);
    let all = shown["elements"].as_array().unwrap();
    assert_eq!((all.len(), text(&all[0], "name")), (1, "sh/x.[1001-1006].png".into()));
    assert_eq!((number(&all[0], "frames"), all[0]["assets"].as_array().unwrap().len()), (6, 6));
    assert_eq!((number(&shown["counts"], "assets"), number(&shown["counts"], "elements")), (6, 1));
    let rows = csv(&world, &[]);
    let elements = (1..rows.len()).filter(|at| cell(&rows, *at, "kind") == "element").count();
    assert_eq!(elements, 6, "a spreadsheet has each content");
    world.approve(&["sh/x.1001.png"]);
    let shown = log(&world, &[]);
    let names: Vec<_> =
        shown["elements"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert_eq!(names, ["sh/x.1001.png", "sh/x.[1002-1006].png"]);
}

#[test]
fn what_could_not_be_told_is_told() {
    let world = World::new();
    world.write("a.png", a1111_png(1));
    world.write("cut short.png", truncated_png(3));
    world.run(["scan"]).expect(4);
    timeline(&world, &[clip("../a.png", 24, true), clip("nowhere.mov", 24, true)]);
    world.run(["deliverable", "add", "EP", "--path", "cut short.png"]).expect(0);
    let shown = log(&world, &["EP"]);
    let open: Vec<_> =
        shown["open"].as_array().unwrap().iter().map(|one| text(one, "code")).collect();
    assert_eq!(open, ["media-unread", "media-unresolved"]);
    assert!(shown["open"].to_string().contains("nowhere.mov"), "{shown:#}");
    assert_eq!(shown["deliverable"]["verdict"], Value::Null);
    assert!(shown["not_shown"].to_string().contains("no gate has looked at this deliverable"));
    let rows = csv(&world, &["EP"]);
    let open = (1..rows.len()).filter(|at| cell(&rows, *at, "kind") == "open").count();
    assert_eq!(open, 2);
    let shown = page(&world, &["EP"]);
    assert!(
        shown.contains("This log is not complete") && shown.contains("2 things could not be told")
    );
    let gate = world.gate("EP");
    let verdict = &log(&world, &["EP"])["deliverable"]["verdict"];
    assert_eq!(text(verdict, "verdict"), gate.verdict);
    assert_eq!(verdict["seq"], gate.answer["journal"]["seq"]);
    assert_eq!(number(verdict, "decisions_since"), 0);
    world.approve(&["a.png"]);
    assert_eq!(number(&log(&world, &["EP"])["deliverable"]["verdict"], "decisions_since"), 1);
    // A timeline that cannot be read any more: the log is there, and the exit code says it too.
    world.write("edit/cut.otio", "{");
    let ran = world.run(["disclose", "EP", "--format", "json"]).expect(4);
    assert_eq!(text(&ran.value()["open"][1], "where"), "edit/cut.otio");
    assert!(ran.stderr.contains("edit/cut.otio"), "{}", ran.stderr);
    world.json(["disclose", "NONE"]).expect(2).error();
}

#[test]
fn what_a_link_leads_to_has_its_place_in_the_cut() {
    let world = World::with([("a/ai.png", a1111_png(1))]);
    world.link("l.png", "a/ai.png");
    timeline(&world, &[clip("../l.png", 24, true)]);
    let one = &log(&world, &["EP"])["elements"][0];
    assert_eq!(text(one, "name"), "a/ai.png");
    assert_eq!(text(&one["uses"][0], "record_in"), "01:00:00:00");
}

#[test]
fn an_empty_log_says_so_in_every_format() {
    let world = World::with([("a.png", plain_png(1))]);
    world.deliverable("EP", &["a.png"]);
    for name in [&["EP"][..], &[]] {
        let shown = log(&world, name);
        assert_eq!((&shown["elements"], &shown["credit"]), (&json!([]), &Value::Null));
        let page = page(&world, name);
        assert!(page.contains("No AI element is on record.") && page.ends_with("</html>\n"));
        assert!(page.contains("That is not proof that"));
        let rows = csv(&world, name);
        assert!(rows[1..].iter().all(|row| row[0] == "note"));
        assert_eq!(cell(&rows, 1, "missing"), "no AI element is on record");
    }
    // Also of a project that was never scanned.
    let empty = World::new();
    assert_eq!(number(&log(&empty, &[])["counts"], "files"), 0);
}

const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror=alert(2)>' & \u{202e}gnp.exe \x1b[2J\x07";

/// A project in which every text that comes from a file or a person is hostile.
fn hostile() -> World {
    let world = World::new();
    let parameters = format!(
        "{HOSTILE}\nNegative prompt: x\nSteps: 28, Sampler: a, CFG scale: 7, Seed: 5, Model: {HOSTILE}"
    );
    let data = [b"parameters\0\0\0\0\0", parameters.as_bytes()].concat();
    let name = "=cmd<script>alert(3)</script>\u{202e}.png";
    world.write(name, png(1, &[crate::media::chunk(b"iTXt", &data)]));
    world.write("+plain.png", a1111_png(2));
    world.scan();
    let quoted = serde_json::to_string(&HOSTILE.replace(['\x1b', '\x07'], "")).unwrap();
    let what = format!(
        "use = {quoted}\ntool = {quoted}\nprompts = [{quoted}]\ninputs = [{{ what = \"@SUM(1)\", owner = {quoted} }}]\n\
         human_contribution = {quoted}\nvendor = \"-2+3\"\n[[talent]]\nname = {quoted}\nconsent = {quoted}\n"
    );
    declare(&world, &what, &[name]);
    world.run(["reported", "D-1", "--to", HOSTILE]).expect(0);
    world.run(["tag", name, "--ai", "--note", HOSTILE, "--tool", "=1+1"]).expect(0);
    world
        .run(["approve", name, "--by", "<b>Dana</b>", "--scope", "final", "--conditions", HOSTILE])
        .expect(0);
    world
}

#[test]
fn hostile_text_is_text_on_the_page() {
    let page = page(&hostile(), &[]);
    // Every tag and attribute is one of ours; what is hostile is spelled out.
    let mut tags: Vec<_> = page
        .split('<')
        .skip(1)
        .map(|part| part.split(['>', ' ', '\n']).next().unwrap().trim_start_matches('/'))
        .collect();
    tags.sort_unstable();
    tags.dedup();
    let ours = "!DOCTYPE a article bdi body br caption dd div dl dt figure h1 h2 h3 head header html img li \
                main meta p section span strong style table tbody td th thead title tr ul";
    let strange: Vec<_> =
        tags.iter().filter(|tag| !ours.split(' ').any(|one| one == **tag)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("\\u{202e}gnp.exe"));
    assert!(!page.contains("onerror=alert(2)>") && !page.contains("<b>Dana"));
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "no control character");
    assert!(!page.contains(['\u{202e}', '\u{200f}', '\u{2066}']));
    for part in page.split("<img").skip(1) {
        assert!(part.starts_with(" class=\"pic\" width="), "{part:.80}");
    }
}

#[test]
fn hostile_text_is_text_in_a_spreadsheet() {
    let rows = csv(&hostile(), &[]);
    let mut seen = 0;
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        assert!(!cell.chars().any(|c| c.is_control() || c == '\u{202e}'), "{cell:?}");
        seen += usize::from(cell.starts_with("'="));
    }
    assert!(seen > 0, "a formula was there to be tamed");
    assert!((1..rows.len()).any(|at| cell(&rows, at, "vendor") == "'-2+3"));
}

#[test]
fn hostile_text_comes_back_whole_from_json() {
    let world = hostile();
    let ran = world.run(["disclose", "--format", "json"]).expect(0);
    assert_eq!(ran.stdout.lines().count(), 1);
    let shown = ran.value();
    let one =
        shown["elements"].as_array().unwrap().iter().find(|one| one["declarations"] != json!([]));
    let one = one.unwrap();
    assert_eq!(text(&one["prompts"][0], "text"), HOSTILE.trim());
    assert_eq!(text(&one["determination"], "note"), HOSTILE);
    assert_eq!(text(&one["declarations"][0]["reported"], "to"), HOSTILE);
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let world = World::with([("a.png", a1111_png(1)), ("b.jpg", plain_jpeg(2))]);
    world.run(["tag", "b.jpg", "--ai"]).expect(0);
    let page = page(&world, &[]);
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for never in
        ["<script", "<link", "<iframe", "<base", "@import", "url(", "http:", "https:", " on"]
    {
        let found = page.find(never).filter(|_| never != " on");
        assert!(found.is_none(), "{never}: {:?}", found.map(|at| &page[at..at + 60]));
    }
    assert!(page.contains("default-src 'none'"));
    assert_eq!(
        page.matches("src=\"").count(),
        page.matches("src=\"data:image/jpeg;base64,").count()
    );
    assert_eq!(page.matches("src=\"").count(), 4, "two pictures, in the cue sheet and in detail");
    assert_eq!(page.matches("<img").count(), page.matches(" alt=\"Element ").count());
    let heads = page.matches("<th ").count() - page.matches("scope=\"row\"").count();
    assert_eq!(heads, page.matches("scope=\"col\"").count(), "every head says what it is of");
    assert!(page.contains("@page") && page.contains("table-header-group"));
}

#[test]
fn a_file_that_is_not_the_asset_any_more_is_never_shown_as_it() {
    let world =
        World::with([("a.png", a1111_png(1)), ("b.png", a1111_png(2)), ("c.png", a1111_png(3))]);
    let pictures = |page: &str| page.matches("src=\"data:image/jpeg").count() / 2;
    assert_eq!(pictures(&page(&world, &[])), 3);
    world.write("a.png", a1111_png(9));
    world.remove("b.png");
    let shown = page(&world, &[]);
    assert_eq!(pictures(&shown), 1);
    assert!(shown.contains("No picture: the file is not the asset any more"));
    assert!(shown.contains("No picture: the file is not there any more"));
    // Nor through a link that was put in its place.
    fs::rename(world.path("c.png"), world.outside("c.png")).unwrap();
    world.link("c.png", world.outside("c.png"));
    assert_eq!(pictures(&page(&world, &[])), 0);
}

#[test]
fn what_cannot_be_drawn_has_a_box_that_says_so_and_pictures_have_a_limit() {
    let world = World::new();
    world.write("comp.exr", fixture("conform/reel1/vfx/sh010/sh010_comp_v003.1001.exr"));
    world.write("tone.wav", fixture("conform/reel1/audio/ep101_reel1_roomtone.wav"));
    let mut broken = a1111_png(1);
    let at = broken.windows(4).position(|four| four == b"IDAT").unwrap();
    broken[at + 8] ^= 0xff;
    world.write("broken.png", broken);
    world.scan();
    world.run(["tag", "comp.exr", "tone.wav", "--ai"]).expect(0);
    let shown = page(&world, &[]);
    for box_says in
        ["No picture: image/x-exr", "No picture: audio/wav", "No picture: it cannot be decoded"]
    {
        assert!(shown.contains(box_says), "{box_says}");
    }
    assert!(!shown.contains("data:image"));
    let many = World::new();
    for at in 0..405_u32 {
        let parameters = format!("{at}\nSteps: 28, Sampler: a, Seed: {at}, CFG scale: 6.5");
        many.write(format!("m/p{at}x.png"), text_png(1, "parameters", &parameters));
    }
    many.scan();
    let shown = page(&many, &[]);
    assert_eq!(shown.matches("src=\"data:image/jpeg").count(), 800);
    assert_eq!(shown.matches("No picture: a log shows the first 400 pictures").count(), 5);
}

#[test]
fn the_credit_line_says_what_is_there() {
    let tone = fixture("conform/reel1/audio/ep101_reel1_roomtone.wav");
    let credit = |tags: &[(&str, &[&str])]| {
        let world = World::with([
            ("a.png", plain_png(1)),
            ("b.png", plain_png(2)),
            ("tone.wav", tone.clone()),
            ("screen.png", xmp_png(3, "screenCapture")),
        ]);
        for (file, how) in tags {
            world.run([&["tag", file], *how].concat()).expect(0);
        }
        log(&world, &[])["credit"].clone()
    };
    let line = |text: &str| json!(format!("Some {text}."));
    assert_eq!(credit(&[]), Value::Null, "a suspect is not credited");
    assert_eq!(
        credit(&[
            ("a.png", &["--ai", "--tool", "Brush (web)"]),
            ("b.png", &["--ai", "--tool", "Ink"])
        ]),
        line("images in this programme were created with generative AI (Brush, Ink)")
    );
    assert_eq!(
        credit(&[("a.png", &["--ai-part"])]),
        line("images in this programme were altered with generative AI")
    );
    assert_eq!(
        credit(&[("tone.wav", &["--ai", "--tool", "Hum"])]),
        line("sound in this programme was created with generative AI (Hum)")
    );
    assert_eq!(
        credit(&[("a.png", &["--ai-part"]), ("tone.wav", &["--ai", "--tool", "Hum"])]),
        line("images and sound in this programme were created or altered with generative AI (Hum)")
    );
    let world = World::with([("a.png", a1111_png(1)), ("b.png", plain_png(1))]);
    timeline(&world, &[clip("../a.png", 24, false), clip("../b.png", 24, true)]);
    assert_eq!(
        log(&world, &["EP"])["credit"],
        Value::Null,
        "what is disabled is not in the programme"
    );
    let repair = "use = \"dust\"\nelements = [\"clean-up\"]\ntool = \"Duster\"\n";
    world.run(["tag", "b.png", "--ai-part"]).expect(0);
    declare(&world, repair, &["b.png"]);
    assert_eq!(
        log(&world, &["EP"])["credit"],
        line("images in this programme were enhanced with generative AI (Duster)")
    );
}

#[test]
fn a_signed_approval_gives_the_hash_that_others_can_check() {
    let world = World::with([("ai.png", a1111_png(1))]);
    world.deliverable("EP", &["ai.png"]);
    let dana = Key::new(&world, 1);
    world.approvers(&[format!("{DANA} {}", dana.public)]);
    assert_eq!(log(&world, &["EP"])["elements"][0]["assets"][0]["sha256"], Value::Null);
    world.sign(&dana, DANA, &["ai.png"]).expect(0);
    let one = &log(&world, &["EP"])["elements"][0];
    let mut hex = String::new();
    for byte in <sha2::Sha256 as sha2::Digest>::digest(a1111_png(1)) {
        write!(hex, "{byte:02x}").unwrap();
    }
    assert_eq!(text(&one["assets"][0], "sha256"), hex);
    let decision = &one["decisions"][0];
    assert!(text(decision, "signature").starts_with("SHA256:"), "{decision}");
}

#[test]
fn a_file_is_written_whole_in_the_format_of_its_name() {
    let world = World::with([("a.png", a1111_png(1))]);
    fs::create_dir(world.path("out")).unwrap();
    for (name, begins) in
        [("l.csv", "kind,number"), ("l.json", "{\"v\":1,"), ("l.html", "<!DOCTYPE"), ("l", "<!D")]
    {
        let file = format!("out/{name}");
        let ran = world.run(["disclose", "--output", &file]).expect(0);
        assert!(ran.stdout.contains("1 element, 1 of them lacking something"), "{}", ran.stdout);
        assert!(world.read(&file).starts_with(begins.as_bytes()), "{name}");
    }
    world.run(["disclose", "--format", "csv", "--output", "out/l.html"]).expect(0);
    assert!(
        world.read("out/l.html").starts_with(b"kind,"),
        "--format decides, and a file is replaced"
    );
    let names: Vec<_> =
        fs::read_dir(world.path("out")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "nothing else is left: {names:?}");
    world.json(["disclose", "--output", "none/l.csv"]).expect(2).error();
    world.json(["disclose", "--output", "out"]).expect(2).error();
    world.run(["disclose", "--format", "pdf"]).expect(2);
    // What is asked for with --json, and what goes to a pipe.
    assert!(world.json(["disclose"]).expect(0).value()["elements"].is_array());
    assert!(world.run(["disclose"]).expect(0).stdout.starts_with("<!DOCTYPE html>"));
}

#[test]
fn nothing_is_recorded_by_a_log() {
    let world = World::with([("a.png", a1111_png(1))]);
    timeline(&world, &[clip("../a.png", 24, true)]);
    let events = world.events();
    page(&world, &["EP"]);
    log(&world, &[]);
    assert_eq!(world.events(), events);
    let head = &log(&world, &["EP"])["journal"];
    let quoted = format!("{}:{}", number(head, "seq"), text(head, "head"));
    world.run(["verify", "--head", &quoted]).expect(0);
}

#[test]
fn a_row_edited_in_the_tables_hides_nothing_from_a_log() {
    let world = World::with([("a.png", a1111_png(1))]);
    let connection = rusqlite::Connection::open(world.ledger()).unwrap();
    assert!(connection.execute("DELETE FROM evidence", []).unwrap() > 0);
    drop(connection);
    assert_eq!(log(&world, &[])["elements"].as_array().unwrap().len(), 1);
}
