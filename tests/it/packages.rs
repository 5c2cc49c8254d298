//! Deliverables made of packages: all that is in them is judged, and they must be what they say.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
#[cfg(debug_assertions)]
use std::process::Stdio;

use genlock::deliver::manifest::{Creator, GenerationOptions, ManifestFile, write_generation};
use genlock::deliver::package::{Algorithm, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::export::{export, files, out, reference_tool, verify};
use crate::media::{a1111_png, plain_png};
use crate::world::{World, text, tick};

/// A legacy MHL over files of a folder.
pub fn mhl(world: &World, folder: &str, names: &[&str]) {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hashlist version=\"1.1\">\n".to_owned();
    for name in names {
        let bytes = world.read(format!("{folder}/{name}"));
        let hash = twox(&bytes);
        let size = bytes.len();
        write!(
            text,
            "<hash><file>{name}</file><size>{size}</size><xxhash64be>{hash}</xxhash64be></hash>"
        )
        .unwrap();
    }
    text.push_str("</hashlist>\n");
    world.write(format!("{folder}/list.mhl"), text);
}

fn twox(bytes: &[u8]) -> String {
    Hasher::digest(Algorithm::Xxh64, bytes).value
}

fn world() -> World {
    let world = World::with([("dcp/a.png", plain_png(1)), ("dcp/b/c.png", plain_png(2))]);
    mhl(&world, "dcp", &["a.png", "b/c.png"]);
    world.run(["deliverable", "add", "EP", "--package", "dcp"]).expect(0);
    world
}

/// An ASC MHL history of one generation over files of a folder.
fn history(folder: &Path, names: &[&str]) {
    let creator = Creator {
        host_name: "cart".to_owned(),
        tool: "other".to_owned(),
        tool_version: "1".to_owned(),
    };
    let listed = names.iter().map(|name| {
        let bytes = fs::read(folder.join(name)).unwrap();
        ManifestFile {
            path: name.as_bytes().to_vec(),
            size: bytes.len() as u64,
            modified: None,
            digests: vec![Hasher::digest(Algorithm::Xxh64, &bytes)],
        }
    });
    let made = write_generation(&GenerationOptions {
        creator: &creator,
        time: "2026-11-22T08:00:00Z".parse().unwrap(),
        folder_name: "card",
        files: &listed.collect::<Vec<_>>(),
        folders: &[],
        references: &[],
    })
    .unwrap();
    fs::create_dir_all(folder.join("ascmhl")).unwrap();
    fs::write(folder.join("ascmhl").join(&made.name), &made.manifest).unwrap();
    fs::write(folder.join("ascmhl/ascmhl_chain.xml"), &made.chain).unwrap();
}

fn checks(world: &World) -> usize {
    let events = world.json(["log"]).values();
    events.iter().filter(|event| event["kind"] == "package-checked").count()
}

#[test]
fn a_package_that_is_what_it_says_passes_and_is_read_once() {
    let world = world();
    world.gate("EP").expect("pass", &[]);
    let events = world.events();
    world.gate("EP").expect("pass", &[]);
    assert_eq!(world.events(), events + 1, "nothing but the gate's own event");
    assert_eq!(checks(&world), 1);
    tick();
    fs::write(world.path("dcp/a.png"), plain_png(3)).unwrap();
    world.gate("EP").expect("refused", &["package-mismatch dcp/a.png"; 2]);
    assert_eq!(checks(&world), 2);
    world.write("dcp/a.png", plain_png(1));
    world.gate("EP").expect("pass", &[]);
}

#[test]
fn what_lies_in_a_package_is_judged_and_what_is_not_listed_blocks() {
    let world = world();
    world.write("dcp/extra.png", plain_png(9));
    world.gate("EP").expect("refused", &["package-mismatch dcp/extra.png"]);
    // What is wrong with the package does not hide what the file is.
    world.write("dcp/extra.png", a1111_png(9));
    let both = ["ai-unapproved dcp/extra.png", "package-mismatch dcp/extra.png"];
    world.gate("EP").expect("refused", &both);
    world.remove("dcp/extra.png");
    world.remove("dcp/b/c.png");
    world.gate("EP").expect("cannot-tell", &["media-missing dcp/b/c.png"]);
    world.write("dcp/b/c.png", a1111_png(1));
    mhl(&world, "dcp", &["a.png", "b/c.png"]);
    world.gate("EP").expect("refused", &["ai-unapproved dcp/b/c.png"]);
}

#[test]
fn a_folder_that_is_no_package_is_not_added() {
    let world = World::with([("plain/a.png", plain_png(1))]);
    let error = world.json(["deliverable", "add", "EP", "--package", "plain"]).expect(4);
    assert!(error.error().contains("nothing was added"), "{}", error.stdout);
    assert!(text(&error.value()["error"], "hint").contains("ASSETMAP"), "{}", error.stdout);
    world.run(["deliverable", "add", "EP", "--package", "/etc"]).expect(2);
    assert_eq!(world.json(["deliverable", "ls"]).expect(0).stdout, "");
}

#[test]
fn what_could_not_be_read_is_read_at_every_gate() {
    let world = world();
    let list = world.read("dcp/list.mhl");
    world.write("dcp/list.mhl", "no list at all");
    let read = |world: &World| {
        let gate = world.gate("EP");
        assert_eq!(gate.verdict, "refused");
        text(gate.finding("media-unread"), "path")
    };
    assert_eq!((read(&world).as_str(), checks(&world)), ("dcp/list.mhl", 0));
    assert_eq!((read(&world).as_str(), checks(&world)), ("dcp/list.mhl", 0));
    world.write("dcp/list.mhl", list);
    world.gate("EP").expect("pass", &[]);
    assert_eq!(checks(&world), 1);
}

#[test]
fn what_is_no_file_counts_for_a_check_too() {
    let world = world();
    world.gate("EP").expect("pass", &[]);
    // To a file of the package itself: no content comes to it.
    world.link("dcp/l", "a.png");
    world.gate("EP").expect("refused", &["package-mismatch dcp/l"]);
    world.remove("dcp/l");
    world.gate("EP").expect("pass", &[]);
    let folder = World::with([("card/a.png", plain_png(1))]);
    history(&folder.path("card"), &["a.png"]);
    folder.run(["deliverable", "add", "EP", "--package", "card"]).expect(0);
    folder.gate("EP").expect("pass", &[]);
    // The hash of the folder says that there was none.
    fs::create_dir(folder.path("card/empty")).unwrap();
    assert_eq!(folder.gate("EP").verdict, "refused");
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_file_that_was_another_only_while_it_was_checked_gains_nothing() {
    let world = world();
    let good = world.read("dcp/a.png");
    tick();
    world.write("dcp/a.png", plain_png(9));
    let mut command = world.command();
    command.args(["--json", "gate", "EP"]).env("GENLOCK_FAILPOINT_STOP", "packages-seen");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
    assert!(waited.unwrap().unwrap().1.stopped());
    world.write("dcp/a.png", good);
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(4));
    assert_eq!(checks(&world), 0);
    tick();
    world.write("dcp/a.png", plain_png(9));
    world.gate("EP").expect("refused", &["package-mismatch dcp/a.png"; 2]);
}

#[test]
fn a_package_is_the_folder_of_that_name_and_no_pattern() {
    let others = ["v1/ai.png", "OV1/ai.png", "v2/ai.png"];
    let odd =
        [OsStr::new("v[12]"), OsStr::new("OV*"), OsStr::new("[z-a]"), OsStr::from_bytes(b"v\xff")];
    for name in odd {
        let world = World::with(others.map(|other| (other, a1111_png(1))));
        world.write(Path::new(name).join("a.png"), plain_png(1));
        history(&world.path(name), &["a.png"]);
        let args = ["deliverable", "add", "EP", "--package"].map(OsStr::new);
        world.run(args.into_iter().chain([name])).expect(0);
        let gate = world.gate("EP");
        gate.expect("pass", &[]);
        assert_eq!(gate.answer["checked"], 3, "{name:?}: the media and its lists");
    }
}

#[test]
fn the_package_leaves_and_not_what_a_timeline_made_it_from() {
    let world = world();
    world.write("src/plate.png", plain_png(5));
    world.write(
        "edit/cut.edl",
        "TITLE: CUT\n\n001  PLATE V     C        \
        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n* SOURCE FILE: ../src/plate.png\n",
    );
    world.run(["deliverable", "add", "EP", "--timeline", "edit/cut.edl"]).expect(0);
    assert_eq!(world.gate("EP").expect("pass", &[]).answer["checked"], 5);
    export(&world, &out(&world)).expect(0);
    let found = files(&out(&world));
    assert!(found.contains("dcp/a.png") && found.contains("dcp/list.mhl"), "{found:?}");
    assert!(!found.contains("src/plate.png") && !found.contains("edit/cut.edl"), "{found:?}");
    verify(&world, &out(&world)).expect(0);
}

#[test]
fn a_package_with_a_history_of_its_own_leaves_with_it() {
    let world = World::with([("card/a.png", plain_png(1)), ("card/clip/b.png", plain_png(2))]);
    history(&world.path("card/clip"), &["b.png"]);
    world.run(["deliverable", "add", "EP", "--package", "card/clip", "--path", "card"]).expect(0);
    let to = out(&world);
    export(&world, &to).expect(0);
    let lists = files(&to).into_iter().filter(|name| name.starts_with("card/clip/ascmhl/"));
    let lists: Vec<_> = lists.collect();
    assert_eq!(lists.len(), 2, "{lists:?}");
    verify(&world, &to).expect(0);
    if let Some(run) = reference_tool(&to) {
        for check in [&["verify"][..], &["diff"], &["verify", "-dh"]] {
            let (code, said) = run(check);
            assert_eq!(code, Some(0), "{check:?}: {said}");
            assert!(!said.contains("ERROR"), "{check:?}: {said}");
        }
    }
    // The manifest refers to the generation in it, the certificate names every list.
    for list in lists {
        let before = fs::read(to.join(&list)).unwrap();
        let mut after = before.clone();
        after.extend(b"<!-- more -->");
        fs::write(to.join(&list), after).unwrap();
        let found = verify(&world, &to).expect(6).value();
        assert_eq!(found["problems"][0]["path"], list.as_str());
        fs::write(to.join(&list), before).unwrap();
    }
    fs::write(to.join("card/clip/ascmhl/x.png"), a1111_png(1)).unwrap();
    verify(&world, &to).expect(6);
    fs::remove_dir_all(&to).unwrap();
    // One that is broken is no matter of the delivery's: who judges it is the gate.
    let chain = world.path("card/clip/ascmhl/ascmhl_chain.xml");
    fs::write(&chain, "no list at all").unwrap();
    world.run(["reopen", "EP", "--note", "broken"]).expect(0);
    world.run(["deliverable", "rm", "EP"]).expect(0);
    world.deliverable("EP", &["card"]);
    export(&world, &to).expect(0);
    verify(&world, &to).expect(0);
}

#[test]
fn a_package_at_the_top_of_the_project_is_checked_without_what_genlock_keeps_there() {
    let world = World::with([("a.png", plain_png(1))]);
    history(world.dir(), &["a.png"]);
    world.run(["deliverable", "add", "EP", "--package", "."]).expect(0);
    world.gate("EP").expect("pass", &[]);
    world.write("b/.genlock/x.png", plain_png(2));
    world.gate("EP").expect("refused", &["package-mismatch b/.genlock/x.png"]);
    fs::remove_dir_all(world.path("b")).unwrap();
    // A delivery has its own list in that place; that is told before anything is final.
    let error = export(&world, &out(&world)).expect(2).error();
    assert!(error.contains("keeps for its own papers"), "{error}");
    let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
    assert_eq!(shown["state"], "open");
}

fn uuid(number: u32) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012x}")
}

/// An IMF package in a folder: a composition that plays these track files by number, with the hash it
/// says they have, and the files it holds of them.
fn imf(world: &World, folder: &str, number: u32, plays: &[(u32, &[u8])], holds: &[(u32, &[u8])]) {
    let sha1 = |bytes: &[u8]| STANDARD.encode(Hasher::digest(Algorithm::Sha1, bytes).to_bytes());
    let (list, composition) = (number, number + 1);
    let resources = plays.iter().map(|(file, bytes)| {
        let (id, file, hash) = (uuid(7_000), uuid(*file), sha1(bytes));
        format!(
            "<Resource><Id>{id}</Id><EditRate>24 1</EditRate><IntrinsicDuration>24\
             </IntrinsicDuration><TrackFileId>{file}</TrackFileId><Hash>{hash}</Hash></Resource>"
        )
    });
    let resources: String = resources.collect();
    let cpl = format!(
        "<CompositionPlaylist xmlns='http://www.smpte-ra.org/schemas/2067-3/2016'><Id>{}</Id>\
         <EditRate>24 1</EditRate><SegmentList><Segment><SequenceList><MainImageSequence><TrackId>{}\
         </TrackId><ResourceList>{resources}</ResourceList></MainImageSequence></SequenceList>\
         </Segment></SegmentList></CompositionPlaylist>",
        uuid(composition),
        uuid(6_000),
    );
    let held = holds.iter().map(|(number, bytes)| (*number, format!("{number}.png"), *bytes));
    let cpl = [(composition, "CPL.xml".to_owned(), cpl.as_bytes())];
    let all: Vec<_> = cpl.into_iter().chain(held).collect();
    let mut pkl = format!(
        "<PackingList xmlns='http://www.smpte-ra.org/schemas/2067-2/2016/PKL'><Id>{}</Id><AssetList>",
        uuid(list)
    );
    let mut map = format!(
        "<AssetMap xmlns='http://www.smpte-ra.org/schemas/429-9/2007/AM'><AssetList><Asset><Id>{}</Id>\
         <PackingList>true</PackingList><ChunkList><Chunk><Path>PKL.xml</Path></Chunk></ChunkList>\
         </Asset>",
        uuid(list)
    );
    for (number, name, bytes) in all {
        let (id, hash, size) = (uuid(number), sha1(bytes), bytes.len());
        let kind = if name == "CPL.xml" { "text/xml" } else { "application/mxf" };
        write!(
            pkl,
            "<Asset><Id>{id}</Id><Hash>{hash}</Hash><Size>{size}</Size><Type>{kind}</Type></Asset>"
        )
        .unwrap();
        write!(
            map,
            "<Asset><Id>{id}</Id><ChunkList><Chunk><Path>{name}</Path></Chunk></ChunkList></Asset>"
        )
        .unwrap();
        world.write(format!("{folder}/{name}"), bytes);
    }
    world.write(format!("{folder}/PKL.xml"), pkl + "</AssetList></PackingList>");
    world.write(format!("{folder}/ASSETMAP.xml"), map + "</AssetList></AssetMap>");
}

#[test]
fn a_supplemental_package_is_judged_with_the_original_version() {
    let world = World::new();
    let (old, new, ai) = (plain_png(1), plain_png(2), a1111_png(1));
    imf(&world, "ov", 1, &[(10, &old)], &[(10, &old)]);
    imf(&world, "sup", 20, &[(10, &old), (30, &new)], &[(30, &new)]);
    world.run(["deliverable", "add", "EP", "--package", "sup"]).expect(0);
    let gate = world.gate("EP");
    gate.expect("cannot-tell", &["media-unresolved sup"]);
    let why = text(gate.finding("media-unresolved"), "why");
    assert!(why.contains("--package"), "{why}");
    // A folder that is only part of it is not asked what is in its lists.
    world.run(["deliverable", "add", "EP", "--path", "ov"]).expect(0);
    world.gate("EP").expect("cannot-tell", &["media-unresolved sup"]);
    world.run(["deliverable", "add", "EP", "--package", "ov"]).expect(0);
    let passed = world.gate("EP");
    assert_eq!(passed.expect("pass", &[]).answer["checked"], 8);
    let events = world.events();
    world.gate("EP").expect("pass", &[]);
    assert_eq!(world.events(), events + 1, "neither package is read again");
    // What the supplemental composition plays of the original version is judged.
    imf(&world, "ov", 1, &[(10, &ai)], &[(10, &ai)]);
    let found = ["ai-unapproved ov/10.png", "package-mismatch ov/10.png"];
    world.gate("EP").expect("refused", &found);
    // Bytes that both packages say.
    imf(&world, "sup", 20, &[(10, &ai), (30, &new)], &[(30, &new)]);
    world.gate("EP").expect("refused", &["ai-unapproved ov/10.png"]);
    // Without it in the original version it is nowhere, whatever was found before.
    imf(&world, "ov", 1, &[], &[]);
    world.remove("ov/10.png");
    world.gate("EP").expect("cannot-tell", &["media-unresolved sup"]);
    world.verify();
    let seq = passed.answer["journal"]["seq"].to_string();
    let again = world.json(["gate", "EP", "--as-of", &seq]).expect(0).value();
    assert_eq!(again, passed.answer);
}

#[test]
fn what_the_compositions_of_packages_play_is_shown_with_its_times() {
    let world = World::new();
    let (old, new) = (plain_png(1), a1111_png(2));
    imf(&world, "ov", 1, &[(10, &old)], &[(10, &old)]);
    imf(&world, "sup", 20, &[(10, &old), (30, &new), (40, &new)], &[(30, &new)]);
    world.run(["scan"]).expect(0);
    world.run(["deliverable", "add", "EP", "--package", "sup"]).expect(0);
    let shown = || {
        let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
        let all = shown["references"].as_array().unwrap().iter();
        all.filter(|one| one["package"].is_string()).cloned().collect::<Vec<_>>()
    };
    let words = |key: &str| -> Vec<String> { shown().iter().map(|one| text(one, key)).collect() };
    // The original version is not named: what lies there is nowhere.
    assert_eq!(words("resolution"), ["unresolved", "resolved", "unresolved"]);
    assert_eq!(words("record_in"), ["00:00:00:00", "00:00:01:00", "00:00:02:00"]);
    assert_eq!(shown()[1]["record_out"], "00:00:02:00");
    assert_eq!(shown()[1]["package"], "sup");
    assert_eq!(shown()[1]["target"], uuid(30));
    assert_eq!(shown()[1]["track"], "V1");
    assert_eq!((&shown()[1]["path"], text(&shown()[1], "asset").len()), (&"sup/30.png".into(), 64));
    world.run(["deliverable", "add", "EP", "--package", "ov"]).expect(0);
    assert_eq!(words("resolution"), ["resolved", "resolved", "unresolved", "resolved"]);
    assert_eq!(shown()[0]["path"], "ov/10.png");
    assert!(world.run(["deliverable", "show", "EP"]).stdout.contains("00:00:01:00  V1   30.png"));
    let log = world.run(["disclose", "EP", "--format", "json"]).value();
    let uses = &log["elements"][0]["uses"];
    assert_eq!(
        (&uses[0]["timeline"], &uses[0]["record_in"]),
        (&"sup".into(), &"00:00:01:00".into())
    );
    assert!(!log["not_shown"].to_string().contains("names no timeline"), "{log:#}");
    // A listed file that is not there; a timecode that the composition starts at.
    world.remove("ov/10.png");
    assert_eq!(words("resolution")[0], "offline");
    let cpl = String::from_utf8(world.read("sup/CPL.xml")).unwrap();
    let start = "<CompositionTimecode><TimecodeRate>24</TimecodeRate><TimecodeStartAddress>01:00:00:00\
         </TimecodeStartAddress></CompositionTimecode><SegmentList>";
    world.write("sup/CPL.xml", cpl.replacen("<SegmentList>", start, 1));
    assert_eq!(words("record_in")[1], "01:00:01:00");
}
