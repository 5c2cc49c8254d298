//! What people read: stdout, stderr and exit code of the main commands, as they are printed.

use crate::media::{a1111_png, plain_png, truncated_png, xmp_png};
use crate::world::World;

/// A small reel: an AI picture, a suspect one, a broken one, a sequence.
fn reel() -> World {
    let world = World::new();
    world.write("reel/ai.png", a1111_png(1));
    world.write("reel/screen.png", xmp_png(2, "screenCapture"));
    world.write("reel/cut short.png", truncated_png(3));
    for frame in 1..=4 {
        world.write(format!("reel/comp.000{frame}.png"), plain_png(frame));
    }
    world
}

/// Takes what differs from run to run out of a text.
fn steady(world: &World, text: &str) -> String {
    let text = text.replace(&world.dir().display().to_string(), "[project]");
    let mut out = String::new();
    for line in text.lines() {
        let mut words: Vec<_> = line.split(' ').map(word).collect();
        // How small a picture gets is the compressor's to say.
        for at in 1..words.len() {
            let unit = words[at].trim_end_matches([',', ':', ')']);
            let sized = words[at - 1].parse::<f64>().is_ok();
            if sized && ["B", "kB", "bytes"].contains(&unit) {
                "[n]".clone_into(&mut words[at - 1]);
            }
        }
        out.push_str(&words.join(" "));
        out.push('\n');
    }
    out
}

fn word(word: &str) -> String {
    let core = word.trim_matches(|c: char| "(),:;".contains(c));
    let hex = |text: &str| text.bytes().all(|one| one.is_ascii_hexdigit());
    let head = core.split_once(':').is_some_and(|(seq, hash)| {
        seq.bytes().all(|one| one.is_ascii_digit()) && hash.len() == 64 && hex(hash)
    });
    let time = core.len() >= 19 && core.as_bytes()[4] == b'-' && core.as_bytes()[10] == b'T';
    let kind = match core.len() {
        _ if head => "[head]",
        64 if hex(core) => "[id]",
        12 if hex(core) && core.contains(|c: char| c.is_ascii_digit()) => "[short]",
        _ if time => "[time]",
        _ => return word.to_owned(),
    };
    word.replace(core, kind)
}

macro_rules! page {
    ($world:expr, $args:expr, @$page:literal) => {
        let text = steady(&$world, &$world.run($args).transcript());
        insta::assert_snapshot!(text, @$page);
    };
}

#[test]
fn a_scan_says_what_it_found_and_what_it_could_not_look_at() {
    let world = reel();
    let text = steady(&world, &world.run(["scan"]).transcript());
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("7 files, ") && first.ends_with(", 0 unchanged"), "{first}");
    insta::assert_snapshot!(rest, @r#"
    1 AI-made, 0 in part, 1 suspect, 0 determined not AI, 5 without a mark
    see them: genlock ls --ai
    1 problem: not everything could be examined
    --- stderr
    problem: reel/cut short.png: broke at offset 33: chunk IDAT of [n] bytes runs past the end
    --- exit 4
    "#);
}

#[test]
fn a_list_folds_sequences_and_shows_how_each_status_is_known() {
    let world = reel();
    world.run(["scan"]);
    page!(world, ["ls"], @r#"
    ai       trace     undeclared     [n] B  reel/ai.png  [Stable Diffusion WebUI (AUTOMATIC1111 f…]
    unknown  -         -              [n] B  reel/comp.[0001-0004].png  (4 frames)
    unknown  -         -               [n] B  reel/cut short.png
    suspect  declared  undeclared     [n] B  reel/screen.png
    --- stderr
    --- exit 0
    "#);
}

#[test]
fn a_gate_names_every_reason_and_what_would_clear_it() {
    let world = reel();
    world.deliverable("EP101", &["reel", "credits.png"]);
    page!(world, ["gate", "EP101"], @r#"
    block media-missing: the deliverable names it, and it is not there
        credits.png
        to clear it: put the file back, or define the deliverable anew without it
    block ai-unapproved: it is AI-made, and nobody approved it: generation parameters of Stable Diffusion WebUI in PNG tEXt parameters @ offset 33 (trace)
        reel/ai.png  [short]
        to clear it: get written approval, then: genlock approve [short] --by WHO --scope final --deliverable EP101 --document FILE; or take it out of the deliverable
    block media-unread: its content could not be fully examined: broke at offset 33: chunk IDAT of [n] bytes runs past the end
        reel/cut short.png  [short]
        to clear it: replace it with a whole file, or have a person look and determine: genlock tag [short] --not-ai --note WHY (or --ai, --ai-part)
    block suspect-undetermined: it may be AI-made: DigitalSourceType screenCapture: a recording of a screen in PNG iTXt XML:com.adobe.xmp @ offset 33 Iptc4xmpExt:DigitalSourceType (declared)
        reel/screen.png  [short]
        to clear it: a person decides: genlock tag [short] --ai, --ai-part or --not-ai --note WHY
    warn origin-unknown: 5 files of unknown origin: no mark, no declaration, and nobody determined anything
    warn ai-undeclared: it is AI-made, and no declaration covers its use
        reel/ai.png  [short]
    EP101: refused  (7 files checked, 4 blocking; policy netflix [short], journal [head])
    --- stderr
    --- exit 1
    "#);
}

#[test]
fn an_asset_is_shown_with_its_mark_and_its_history() {
    let world = reel();
    world.run(["scan"]);
    world.approve(&["reel/ai.png"]);
    page!(world, ["show", "reel/ai.png"], @r#"
    asset [id]
      [n] B, image/png
      status ai, approved
        because generation parameters of Stable Diffusion WebUI in PNG tEXt parameters @ offset 33 (trace)
        reel/ai.png  (seen [time])
      mark 1: generation parameters of Stable Diffusion WebUI (trace)
        in        PNG tEXt parameters @ offset 33
        tool      Stable Diffusion WebUI (AUTOMATIC1111 format)
        model     saltmarshRealism_v12
        detail    a lighthouse at night, 35mm Negative prompt: text Steps: 28, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 2710443391, Size: 320x180, Model hash: 7f3a91c2de, Model:…
      A-1 approved by Dana for final use (active, [time])
        document  letter.txt ([short])
      history
            3 [time] kim@edit.example  observed 7 files, 2 with marks in project
            5 [time] kim@edit.example  A-1 Dana approved 1 asset for final use, in writing
    --- stderr
    --- exit 0
    "#);
}

#[test]
fn the_status_page() {
    let world = reel();
    world.run(["scan"]);
    world.deliverable("EP101", &["reel"]);
    page!(world, ["status"], @r#"
    project [project]
    policy netflix, last scan [time]
    7 files, [n] kB: 1 AI-made, 0 in part, 1 suspect, 0 determined not AI, 5 without a mark
    
    AI-made, awaiting declaration (1)  genlock ls --ai; genlock declare PATH …
    
    AI-made, awaiting approval (1)  genlock show PATH; genlock approve PATH …
      ai       trace     undeclared     [n] B  reel/ai.png  [Stable Diffusion WebUI (AUTOMATIC1111 f…]
    
    suspect, awaiting a person's determination (1)  genlock tag PATH --ai | --not-ai
      suspect  declared  undeclared     [n] B  reel/screen.png
    
    not fully examined (1)
      reel/cut short.png: broke at offset 33: chunk IDAT of [n] bytes runs past the end
    
    deliverables
      open          EP101  7 files  never gated
    --- stderr
    --- exit 0
    "#);
}

#[test]
fn an_error_has_a_cause_and_a_hint() {
    let world = reel();
    page!(world, ["gate", "EP101"], @r#"
    --- stderr
    error: there is no deliverable "EP101"
    hint: genlock deliverable add NAME --path GLOB defines one
    --- exit 2
    "#);
}
