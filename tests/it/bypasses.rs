//! Ways around the gate through a cut, beside those that the tests of each format try: what was changed
//! after the verdict, what stands for something else, what leads out of the project.

use std::fs;
#[cfg(debug_assertions)]
use std::process::Stdio;

use crate::export::{export, out};
use crate::media::{a1111_png, plain_jpeg, plain_png};
use crate::packages::mhl;
use crate::world::{World, text, tick};

/// A cut of one event, by a comment of its clip.
fn edl(said: &str) -> String {
    format!(
        "TITLE: CUT\n\n001  AX       V     C        \
         00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n* {said}\n"
    )
}

fn world(media: &[(&str, Vec<u8>)], name: &str, timeline: &str) -> World {
    let world = World::with(media.iter().map(|(name, bytes)| (*name, bytes.clone())));
    world.write(name, timeline);
    world.run(["deliverable", "add", "EP", "--timeline", name]).expect(0);
    world
}

fn two() -> World {
    let media = [("plain.png", plain_png(1)), ("ai.png", a1111_png(1))];
    world(&media, "edit/cut.edl", &edl("SOURCE FILE: ../plain.png"))
}

#[test]
fn a_timeline_that_was_edited_after_the_gate_lets_nothing_out() {
    let world = two();
    world.run(["finalize", "EP"]).expect(0);
    tick();
    world.write("edit/cut.edl", edl("SOURCE FILE: ../ai.png"));
    let said = export(&world, &out(&world)).expect(1).value();
    assert_eq!(said["verdict"], "refused");
    world.run(["reopen", "EP", "--note", "another cut"]).expect(0);
    export(&world, &out(&world)).expect(1);
    world.gate("EP").expect("refused", &["ai-unapproved ai.png"]);
    assert!(!out(&world).exists());
}

// Failpoints are compiled into debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_timeline_that_is_edited_while_it_leaves_stops_it() {
    let world = two();
    let before = world.read("edit/cut.edl");
    let mut command = world.command();
    command.args(["--json", "export", "EP"]).arg(out(&world));
    command.env("GENLOCK_FAILPOINT_STOP", "export-judged");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let waited = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::UNTRACED);
    assert!(waited.unwrap().unwrap().1.stopped());
    world.write("edit/cut.edl", edl("SOURCE FILE: ../ai.png"));
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stdout));
    assert!(!out(&world).exists());
    world.write("edit/cut.edl", before);
    export(&world, &out(&world)).expect(0);
}

#[test]
fn a_proxy_does_not_stand_for_its_original() {
    let media = [("orig.png", a1111_png(1)), ("proxy.jpg", plain_jpeg(2))];
    // The timeline says that there is an original.
    let fcpxml = "<fcpxml version=\"1.10\"><resources><format id=\"f\" frameDuration=\"1/25s\"/><asset id=\"a\" \
        hasVideo=\"1\" duration=\"2s\"><media-rep kind=\"original-media\" src=\"orig.png\"/><media-rep \
        kind=\"proxy-media\" src=\"proxy.jpg\"/></asset></resources><project name=\"p\"><sequence format=\"f\">\
        <spine><asset-clip ref=\"a\" duration=\"2s\"/></spine></sequence></project></fcpxml>";
    let one = world(&media, "cut.fcpxml", fcpxml);
    one.gate("EP").expect("refused", &["ai-unapproved orig.png"]);
    // Or a person does.
    let one = world(&media, "cut.edl", &edl("FROM CLIP NAME: proxy.jpg"));
    one.gate("EP").expect("pass", &[]);
    one.run(["link", "proxy.jpg", "--from", "orig.png", "--as", "proxy"]).expect(0);
    one.gate("EP").expect("refused", &["ai-unapproved proxy.jpg"]);
}

#[test]
fn what_is_written_through_another_name_of_the_file_is_seen() {
    let world = World::with([("lib/x.png", plain_png(1)), ("lib/ai.png", a1111_png(1))]);
    fs::create_dir(world.path("cut")).unwrap();
    fs::hard_link(world.path("lib/x.png"), world.path("cut/x.png")).unwrap();
    world.deliverable("EP", &["cut/**"]);
    world.run(["finalize", "EP"]).expect(0);
    tick();
    world.write("lib/x.png", a1111_png(2));
    export(&world, &out(&world)).expect(1);
    let refused = ["[final-changed -]", "ai-unapproved cut/x.png"];
    world.gate("EP").expect("refused", &refused);
    fs::hard_link(world.path("lib/ai.png"), world.path("cut/b.png")).unwrap();
    assert!(world.gate("EP").findings().contains(&"ai-unapproved cut/b.png".to_owned()));
    assert!(!out(&world).exists());
}

#[test]
fn a_name_in_other_bytes_is_found_or_missed_and_never_passed_over() {
    let (composed, decomposed) = ("caf\u{e9}.png", "cafe\u{301}.png");
    for (said, disk) in [(composed, decomposed), (decomposed, composed)] {
        for comment in ["FROM CLIP NAME", "SOURCE FILE"] {
            let text = edl(&format!("{comment}: {said}"));
            let world = world(&[(disk, a1111_png(1))], "cut.edl", &text);
            world.gate("EP").expect("refused", &[&format!("ai-unapproved {disk}")]);
        }
        let world = World::with([(disk, a1111_png(1))]);
        world.deliverable("EP", &[said]);
        assert_ne!(world.gate("EP").verdict, "pass");
    }
}

#[test]
fn what_comes_to_a_package_after_it_was_final_does_not_leave() {
    let world = World::with([("dcp/a.png", plain_png(1))]);
    mhl(&world, "dcp", &["a.png"]);
    world.run(["deliverable", "add", "EP", "--package", "dcp"]).expect(0);
    world.run(["finalize", "EP"]).expect(0);
    world.write("dcp/deep/extra.png", a1111_png(1));
    export(&world, &out(&world)).expect(1);
    assert!(!out(&world).exists());
    let both = ["ai-unapproved dcp/deep/extra.png", "package-mismatch dcp/deep/extra.png"];
    let gate = world.gate("EP");
    assert!(both.iter().all(|one| gate.findings().contains(&(*one).to_owned())), "{gate:?}");
}

#[test]
fn lists_that_are_made_to_exhaust_their_reader_are_no_package() {
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let map = |inner: &str| {
        format!(
            "<AssetMap xmlns=\"http://www.smpte-ra.org/schemas/429-9/2007/AM\"><AssetList>{inner}\
             </AssetList></AssetMap>"
        )
    };
    for text in [format!("{laughs}{}", map("&b;")), map(&"<Asset/>".repeat(3_000_000))] {
        let world = World::new();
        world.write("imp/ASSETMAP.xml", text);
        world.run(["deliverable", "add", "EP", "--package", "imp"]).expect(4);
        assert_eq!(world.json(["deliverable", "ls"]).expect(0).stdout, "");
    }
}

#[test]
fn nothing_outside_of_the_roots_is_read_whoever_refers_to_it() {
    let outside = World::new();
    let secret = outside.write("secret.png", plain_png(1));
    let secret = secret.to_str().unwrap();
    let up = format!("{}etc/passwd", "../".repeat(30));
    let encoded = "file:///%65tc/%70asswd";
    for place in ["file:///etc/passwd", "/etc/passwd", encoded, &up, "file://localhost/etc", secret]
    {
        for (name, timeline) in [
            ("cut.edl", edl(&format!("SOURCE FILE: {place}"))),
            (
                "cut.otio",
                format!(
                    "{{\"OTIO_SCHEMA\":\"Clip.2\",\"name\":\"x\",\"media_reference\":\
                     {{\"OTIO_SCHEMA\":\"ExternalReference.1\",\"target_url\":\"{place}\"}}}}"
                ),
            ),
            (
                "cut.fcpxml",
                format!(
                    "<fcpxml version=\"1.10\"><resources><asset id=\"a\" src=\"{place}\"/></resources>\
                     </fcpxml>"
                ),
            ),
            (
                "cut.xml",
                format!(
                    "<xmeml><bin><clip><file><pathurl>{place}</pathurl></file></clip></bin></xmeml>"
                ),
            ),
        ] {
            let world = world(&[("a.png", plain_png(1))], name, &timeline);
            let finding = format!("media-unresolved {name}");
            world.gate("EP").expect("cannot-tell", &[&finding]);
            let shown = world.json(["deliverable", "show", "EP"]).expect(0).value();
            let found = &shown["references"][0];
            assert!(found["asset"].is_null() && found["path"].is_null(), "{place}: {found}");
            assert_eq!(text(found, "resolution"), "unresolved", "{place}");
        }
    }
}
