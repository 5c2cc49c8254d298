//! Settings that are edited while a watch runs, roots that lead elsewhere, ledgers that come and go.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::media;
use crate::watch::kit::{BOUND, Watched, in_ledger};
use crate::world::{Ran, World, fixture, fixtures, text};

const GUARD: &str = "[[guard]]\npath = \"DELIVERY\"";

fn is_ready(one: &Value) -> bool {
    one["event"] == "ready"
}

/// Something lands in the guarded folder, and is refused.
#[track_caller]
fn guards(world: &World, watched: &mut Watched) {
    world.write("DELIVERY/round-the-gate.mov", "no gate saw it");
    watched.until("refusal", |one| one["event"] == "guard" && one["state"] == "refused");
}

#[test]
fn settings_edited_while_the_project_was_away_hold_when_it_is_back() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let away = world.outside("away");
    fs::rename(world.dir(), &away).unwrap();
    watched.problem("the ledger is not there");
    let config = away.join(".genlock/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n{GUARD}\n")).unwrap();
    watched.forget();
    fs::rename(&away, world.dir()).unwrap();
    watched.until("ready again", is_ready);
    guards(&world, &mut watched);
    watched.stop();
}

#[test]
fn settings_edited_while_the_last_edit_is_taken_up_hold_too() {
    let world = World::new();
    world.configure("[watch]\non_ai = [\"/bin/sleep\", \"4\"]");
    let mut watched = Watched::start(&world, &[]);
    world.write("a.png", media::a1111_png(1));
    watched.changed("a.png");
    // Taken up once the hook has ended; meanwhile there is another edit.
    world.configure("reconcile = \"2h\"");
    std::thread::sleep(Duration::from_secs(2));
    watched.forget();
    world.configure(GUARD);
    watched.until("ready again", is_ready);
    guards(&world, &mut watched);
    watched.stop();
}

/// The settings with this instead, and the problem that comes of it.
#[track_caller]
fn is_refused(world: &World, watched: &mut Watched, settings: &str, part: &str) {
    fs::write(world.path(".genlock/config.toml"), settings).unwrap();
    let said = watched.problem(part);
    let said = text(&said, "problem");
    assert!(said.contains("the settings cannot be used, the old ones hold"), "{said}");
    // It goes on as before.
    let name = format!("{}.txt", blake3::hash(settings.as_bytes()).to_hex());
    world.write(&name, &name);
    watched.changed(&name);
}

#[test]
fn a_mistake_in_the_settings_ends_no_watch() {
    let world = World::new();
    let good = fs::read_to_string(world.path(".genlock/config.toml")).unwrap();
    let mut watched = Watched::start(&world, &[]);
    let mut refused = |settings: String, part| is_refused(&world, &mut watched, &settings, part);
    refused(good.replace("[scan]", "[scan]\nignore = [\"a[z-b]\"]"), "a[z-b]");
    refused(good.replace("[detect]", "[detect]\ntrust_list = \"none.pem\""), "none.pem");
    fs::write(world.path(".genlock/garbage.pem"), "garbage").unwrap();
    refused(good.replace("[detect]", "[detect]\ntrust_list = \"garbage.pem\""), "garbage.pem");
    refused(format!("ledger = \"other.db\"\n{good}"), "other.db");
    refused(format!("{good}\n[[rule]]\nglob = \"/elsewhere/**\"\n"), "/elsewhere/**");
    // What is wrong with settings may lie outside of them: nobody edits them again.
    refused(
        format!("{good}\n{GUARD}\n").replace("[detect]", "[detect]\ntrust_list = \"late.pem\""),
        "late.pem",
    );
    watched.forget();
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    fs::write(world.path(".genlock/late.pem"), certificate).unwrap();
    watched.until("ready again", is_ready);
    guards(&world, &mut watched);
    watched.stop();
    world.verify();
}

#[test]
fn a_trust_list_that_is_edited_in_place_holds_at_once() {
    let world = World::new();
    world.write("camera.jpg", fixture("stills/DSC_0431_evidence_key.jpg"));
    let other = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    fs::write(world.path(".genlock/list.pem"), other).unwrap();
    let path = world.path(".genlock/config.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.replace("[detect]", "[detect]\ntrust_list = \"list.pem\"")).unwrap();
    let mut watched = Watched::start(&world, &[]);
    assert_eq!(world.row("camera.jpg")["status"], "unknown");
    watched.forget();
    let list = fixtures().join("generate/keys/TEST_ONLY_ca_cert.pem");
    fs::write(world.path(".genlock/list.pem"), fs::read(list).unwrap()).unwrap();
    watched.until("ready again", is_ready);
    assert_eq!(world.row("camera.jpg")["status"], "not-ai");
    watched.stop();
}

#[test]
fn settings_edited_while_the_watched_folder_is_away_are_tried_until_it_is_back() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::create_dir(archive.join("reel1")).unwrap();
    let config = world.path(".genlock/config.toml");
    let good = fs::read_to_string(&config).unwrap();
    let reel = archive.join("reel1").display().to_string();
    let mut watched = Watched::start(&world, &[&reel]);
    fs::rename(archive.join("reel1"), archive.join("away")).unwrap();
    fs::write(&config, format!("{good}\n[[guard]]\npath = \"archive:reel1/out\"\n")).unwrap();
    watched.problem("the old ones hold");
    watched.forget();
    fs::rename(archive.join("away"), archive.join("reel1")).unwrap();
    watched.until("ready again", is_ready);
    fs::create_dir(archive.join("reel1/out")).unwrap();
    fs::write(archive.join("reel1/out/a.mov"), "no gate saw it").unwrap();
    watched.until("refusal", |one| one["event"] == "guard" && one["state"] == "refused");
    // The root that the folder lies in is taken out.
    let taken = good.replace("archive", "other");
    fs::create_dir(world.outside("other")).unwrap();
    fs::write(&config, taken).unwrap();
    watched.problem("lies outside the roots");
    fs::write(archive.join("reel1/b.txt"), "b").unwrap();
    watched.changed("archive:reel1/b.txt");
    watched.stop();
}

#[test]
fn a_root_whose_link_leads_elsewhere_is_watched_where_it_leads() {
    let world = World::new();
    for episode in ["ep1", "ep2"] {
        fs::create_dir(world.outside(episode)).unwrap();
        fs::write(world.outside(episode).join(format!("{episode}.txt")), episode).unwrap();
    }
    symlink(world.outside("ep1"), world.outside("current")).unwrap();
    world.add_root("current");
    let mut watched = Watched::start(&world, &[]);
    assert!(in_ledger(&world).contains_key("current:ep1.txt"));
    watched.forget();
    symlink(world.outside("ep2"), world.outside("next")).unwrap();
    fs::rename(world.outside("next"), world.outside("current")).unwrap();
    watched.until("ready again", is_ready);
    let known: Vec<_> = in_ledger(&world).into_keys().collect();
    assert_eq!(known, ["current:ep2.txt"]);
    fs::write(world.outside("ep2/new.txt"), "new").unwrap();
    watched.changed("current:new.txt");
    watched.stop();
}

#[test]
fn a_second_watch_is_refused_after_the_ledger_came_back_too() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let files = ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.watch"];
    let control = |name: &str| world.path(format!(".genlock/{name}"));
    for name in files.into_iter().filter(|name| control(name).exists()) {
        fs::rename(control(name), world.outside(name)).unwrap();
    }
    watched.problem("the ledger is not there");
    watched.forget();
    // Without the file that is locked.
    for name in files.into_iter().filter(|name| !name.ends_with("watch")) {
        if world.outside(name).exists() {
            fs::rename(world.outside(name), control(name)).unwrap();
        }
    }
    watched.until("ready again", is_ready);
    let error = world.json(["watch", "--once"]).expect(5).error();
    assert!(error.contains(&format!("process {}", watched.pid())), "{error}");
    watched.stop();
}

#[test]
fn the_lock_is_of_the_ledger_that_the_settings_name_now() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    fs::copy(world.ledger(), world.path(".genlock/other.db")).unwrap();
    let config = world.path(".genlock/config.toml");
    let good = fs::read_to_string(&config).unwrap();
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    fs::write(&config, format!("ledger = \"other.db\"\n{good}")).unwrap();
    watched.until("ready again", is_ready);
    let error = world.json(["watch", "--once"]).expect(5).error();
    assert!(error.contains(&format!("process {}", watched.pid())), "{error}");
    // Nobody watches the other one any more.
    fs::write(&config, &good).unwrap();
    world.json(["watch", "--once"]).expect(0);
    watched.stop();
}

#[test]
fn what_is_recorded_while_settings_are_edited_is_told() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let reel = world.outside("reel");
    fs::create_dir(&reel).unwrap();
    fs::write(reel.join("a.png"), media::a1111_png(1)).unwrap();
    // Takes no room, is read first and by itself, and for long enough to edit the settings meanwhile.
    fs::File::create(reel.join("0-long.mov")).unwrap().set_len(20 << 30).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    fs::rename(&reel, world.path("reel")).unwrap();
    let began = Instant::now();
    while in_ledger(&world).is_empty() {
        assert!(began.elapsed() < BOUND, "it is not recorded");
        std::thread::sleep(Duration::from_millis(20));
    }
    world.configure(GUARD);
    assert_eq!(watched.changed("reel/a.png")["new"], true);
    fs::File::create(world.path("reel/0-long.mov")).unwrap();
    watched.stop();
}

#[test]
fn what_a_new_rule_or_a_person_says_of_known_files_is_told() {
    let world = World::new();
    world.write("generated/a.txt", "a");
    world.write("generated/ai.png", media::a1111_png(1));
    world.write("plain.txt", "plain");
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    world.configure("[[rule]]\nglob = \"generated/**\"");
    let said = watched.changed("generated/a.txt");
    assert_eq!((&said["status"], &said["new"]), (&"suspect".into(), &true.into()), "{said}");
    watched.until("ready again", is_ready);
    let again = watched.said.iter().any(|one| one["path"] == "generated/ai.png");
    assert!(!again, "it was AI-made before: {:#?}", watched.said);
    // By another command.
    watched.forget();
    world.run(["tag", "plain.txt", "--ai"]).expect(0);
    assert_eq!(watched.changed("plain.txt")["status"], "ai");
    watched.forget();
    world.run(["tag", "plain.txt", "--not-ai", "--note", "a mistake"]).expect(0);
    world.run(["tag", "plain.txt", "--ai"]).expect(0);
    watched.changed("plain.txt");
    watched.stop();
}

#[test]
fn whoever_may_write_the_ledger_may_watch_it_whoever_watched_it_before() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    let permit = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    permit(&world.outside(""), 0o755);
    permit(&world.path(".genlock"), 0o777);
    permit(&world.ledger(), 0o666);
    world.run(["watch", "--once"]).expect(0);
    let lock = world.path(".genlock/ledger.db.watch");
    assert_eq!(fs::metadata(&lock).unwrap().permissions().mode() & 0o777, 0o666);
    // As somebody else left it once.
    permit(&lock, 0o444);
    let mut other = world.command();
    if rustix::process::geteuid().is_root() {
        other.uid(65534);
    }
    Ran::from(other.args(["watch", "--once"]).output().unwrap()).expect(0);
}

#[test]
fn a_folder_that_is_watched_alone_and_goes_is_named() {
    let world = World::with([("sub/a.txt", b"a".to_vec())]);
    let mut watched = Watched::start(&world, &["sub"]);
    world.rename("sub", "away");
    let said = watched.problem("nothing in it is called missing");
    assert_eq!(text(&said, "path"), world.path("sub").display().to_string());
    assert!(!said.to_string().contains("root project"), "{said}");
    watched.forget();
    world.rename("away", "sub");
    let said = watched.until("rescan", |one| one["event"] == "rescan");
    assert!(text(&said, "why").contains("project/sub is there again"), "{said}");
    watched.stop();
}
