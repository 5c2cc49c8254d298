//! Every way files change, one after the other.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::media;
use crate::watch::kit::{BOUND, Watched, converges, in_ledger};
use crate::world::{World, number, text};

fn id(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[test]
fn a_new_file_is_recorded_with_its_status_and_reason() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    world.write("in/a.png", media::a1111_png(1));
    let said = watched.changed("in/a.png");
    assert_eq!((&said["status"], &said["new"]), (&"ai".into(), &true.into()));
    assert_eq!(said["asset"], world.id("in/a.png"));
    assert!(!text(&said["why"], "0").is_empty());
    watched.stop();
    world.verify();
    assert_eq!(world.scan()["hashed_files"], 0, "a scan agrees");
}

#[test]
fn writing_truncating_appending_and_saving_by_rename_are_seen() {
    let world = World::with([("a.txt", b"one".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    let mut expect = |bytes: &[u8]| {
        let id = id(bytes);
        watched.until("the new content", |one| one["event"] == "changed" && one["asset"] == id);
    };
    world.write("a.txt", "two");
    expect(b"two");
    File::options().append(true).open(world.path("a.txt")).unwrap().write_all(b" more").unwrap();
    expect(b"two more");
    File::options().write(true).open(world.path("a.txt")).unwrap().set_len(1).unwrap();
    expect(b"t");
    world.write("a.txt.tmp", "saved");
    world.rename("a.txt.tmp", "a.txt");
    expect(b"saved");
    converges(&world, &mut watched);
    watched.stop();
}

#[test]
fn renaming_inside_into_and_out_of_the_tree_is_seen() {
    let world = World::with([("a.txt", b"one".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    world.rename("a.txt", "b.txt");
    watched.gone("a.txt");
    assert_eq!(watched.changed("b.txt")["asset"], id(b"one"));
    fs::rename(world.path("b.txt"), world.outside("b.txt")).unwrap();
    watched.gone("b.txt");
    fs::rename(world.outside("b.txt"), world.path("c.txt")).unwrap();
    assert_eq!(watched.changed("c.txt")["asset"], id(b"one"));
    converges(&world, &mut watched);
    watched.stop();
}

#[test]
fn links_permissions_deleting_and_making_again_are_seen() {
    let world = World::with([("a.txt", b"one".to_vec()), ("b.txt", b"two".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    fs::hard_link(world.path("a.txt"), world.path("hard.txt")).unwrap();
    assert_eq!(watched.changed("hard.txt")["asset"], id(b"one"));
    fs::remove_file(world.path("b.txt")).unwrap();
    watched.gone("b.txt");
    watched.forget();
    world.write("b.txt", "again");
    assert_eq!(watched.changed("b.txt")["asset"], id(b"again"));
    // A file becomes a link and the other way round.
    fs::remove_file(world.path("b.txt")).unwrap();
    world.link("b.txt", "a.txt");
    converges(&world, &mut watched);
    fs::remove_file(world.path("b.txt")).unwrap();
    world.write("b.txt", "a file again");
    converges(&world, &mut watched);
    watched.forget();
    fs::set_permissions(world.path("a.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(watched.changed("a.txt")["asset"], id(b"one"));
    watched.stop();
    assert_eq!(world.scan()["hashed_files"], 0);
}

#[test]
fn nothing_made_right_behind_a_new_folder_is_lost() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    for at in 0..200 {
        let folder = format!("shot{at}/v1/{at}");
        for frame in 0..5 {
            world.write(format!("{folder}/{frame}.txt"), format!("{at} {frame}"));
        }
    }
    converges(&world, &mut watched);
    let said = watched.stop();
    assert!(said.iter().all(|one| one["event"] != "problem"), "{said:#?}");
    assert_eq!(in_ledger(&world).len(), 1000);
}

#[test]
fn a_moved_folder_of_ten_thousand_known_files_is_not_read_again() {
    let world = World::new();
    for at in 0..10_000 {
        world.write(format!("in/{}/{at}.bin", at % 50), format!("file {at}"));
    }
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    let before = world.events();
    fs::rename(world.path("in"), world.path("moved")).unwrap();
    let began = Instant::now();
    converges(&world, &mut watched);
    println!("10,000 files moved: {:?}", began.elapsed());
    // What was read is recorded as such; what a rename carried is not.
    let rusqlite = rusqlite::Connection::open(world.ledger()).unwrap();
    let read: i64 = rusqlite
        .query_row("SELECT count(*) FROM location WHERE present = 1 AND sighting <> 2", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(read, 0, "files were read again");
    // New files in it are heard of, and what lies under the old name is too.
    world.write("moved/7/new.txt", "new");
    watched.changed("moved/7/new.txt");
    world.write("in/7/other.txt", "other");
    watched.changed("in/7/other.txt");
    watched.stop();
    assert!(world.events() - before < 40, "one event per file");
}

#[test]
fn folders_swapped_under_their_names_are_not_mixed_up() {
    let world = World::new();
    for at in 0..20 {
        world.write(format!("a/x/{at}.txt"), format!("a {at}"));
        world.write(format!("b/x/{at}.txt"), format!("b {at}"));
    }
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    for _ in 0..10 {
        world.rename("a", "c");
        world.rename("b", "a");
        world.rename("c", "b");
    }
    converges(&world, &mut watched);
    for name in ["a/x/new.txt", "b/x/new.txt"] {
        world.write(name, name);
        watched.changed(name);
    }
    fs::remove_dir_all(world.path("a")).unwrap();
    world.write("a/x/again.txt", "again");
    converges(&world, &mut watched);
    world.write("a/x/more.txt", "more");
    watched.changed("a/x/more.txt");
    watched.stop();
}

#[test]
fn a_growing_file_is_not_recorded_before_it_is_complete() {
    let world = World::new();
    let mut watched = Watched::start(&world, &["--settle", "500ms"]);
    let mut render = File::create(world.path("render.mov")).unwrap();
    let began = Instant::now();
    let mut whole = Vec::new();
    while began.elapsed() < Duration::from_secs(3) {
        render.write_all(&[7; 4096]).unwrap();
        whole.extend([7; 4096]);
        watched.hear();
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = |said: &[serde_json::Value]| said.iter().any(|one| one["path"] == "render.mov");
    assert!(!told(&watched.said), "recorded half: {:#?}", watched.said);
    assert!(in_ledger(&world).is_empty());
    // Held open and quiet: the settle time decides.
    assert_eq!(watched.changed("render.mov")["asset"], id(&whole));
    watched.forget();
    render.write_all(b"end").unwrap();
    drop(render);
    whole.extend(b"end");
    assert_eq!(watched.changed("render.mov")["asset"], id(&whole));
    watched.stop();
}

#[test]
fn in_a_tree_that_comes_all_at_once_each_folder_is_under_the_rules_above_it() {
    let world = World::with([(".genlockignore", b"*.bak\n".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    let new = world.outside("new");
    let deep = |path: &str| {
        let path = new.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    };
    for path in ["a/b/c/d.txt", "a/b/c/d.bak", "a/b/c/d.tmp", "a/b/out/e.txt", "out/f.txt", "g.tmp"]
    {
        deep(path);
    }
    fs::write(new.join("a/.genlockignore"), "*.tmp\nout/\n").unwrap();
    fs::rename(&new, world.path("new")).unwrap();
    for path in ["new/a/b/c/d.txt", "new/out/f.txt", "new/g.tmp"] {
        watched.changed(path);
    }
    watched.stop();
    let told = |name: &str| world.files().iter().any(|one| text(one, "path").ends_with(name));
    assert!(!told("d.bak") && !told("d.tmp") && !told("e.txt"));
}

#[test]
fn ignore_rules_edited_while_it_runs_hold_at_once() {
    let world = World::new();
    world.write("cache/a.txt", "a");
    world.write(".genlockignore", "cache/\n");
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    let cost = number(&watched.until("ready", |one| one["event"] == "ready"), "watched");
    assert_eq!(cost, 1, "an ignored folder costs a watch");
    world.write("cache/b.txt", "b");
    world.write("sentinel.txt", "s");
    watched.changed("sentinel.txt");
    assert!(!in_ledger(&world).contains_key("cache/b.txt"));
    world.write(".genlockignore", "*.log\n");
    watched.changed("cache/b.txt");
    watched.changed("cache/a.txt");
    world.write("cache/deep/c.txt", "c");
    watched.changed("cache/deep/c.txt");
    world.write(".genlockignore", "cache/\n");
    watched.until("rules", |one| one["path"] == ".genlockignore" && one["event"] == "changed");
    watched.stop();
}

#[test]
fn settings_edited_while_it_runs_hold_at_once() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    watched.forget();
    let extra = world.outside("archive");
    fs::create_dir_all(&extra).unwrap();
    fs::write(extra.join("old.txt"), "old").unwrap();
    world.add_root("archive");
    watched.until("ready again", |one| one["event"] == "ready");
    assert!(in_ledger(&world).contains_key("archive:old.txt"));
    fs::write(extra.join("new.txt"), "new").unwrap();
    watched.changed("archive:new.txt");
    // What cannot be used is said, and what held holds.
    world.configure("[nonsense]\n");
    watched.problem("the settings cannot be used");
    fs::write(world.path(".genlock/policy.toml"), "nonsense").unwrap();
    watched.problem("no gate will pass by it");
    fs::write(extra.join("more.txt"), "more").unwrap();
    watched.changed("archive:more.txt");
    watched.stop();
}

#[test]
fn a_root_that_goes_away_loses_nothing_and_is_picked_up_again() {
    let world = World::new();
    let archive = world.add_root("archive");
    fs::write(archive.join("a.txt"), "a").unwrap();
    world.scan();
    let mut watched = Watched::start(&world, &[]);
    let away = world.outside("away");
    fs::rename(&archive, &away).unwrap();
    watched.problem("root archive is not there");
    fs::write(away.join("b.txt"), "b").unwrap();
    world.write("here.txt", "here");
    watched.changed("here.txt");
    assert!(in_ledger(&world).contains_key("archive:a.txt"), "called missing");
    fs::rename(&away, &archive).unwrap();
    watched.changed("archive:b.txt");
    fs::write(archive.join("c.txt"), "c").unwrap();
    watched.changed("archive:c.txt");
    watched.stop();
}

#[test]
fn a_project_that_is_renamed_and_comes_back_goes_on() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    let away = world.outside("away");
    fs::rename(world.dir(), &away).unwrap();
    watched.problem("the ledger is not there");
    fs::write(away.join("b.txt"), "b").unwrap();
    watched.forget();
    fs::rename(&away, world.dir()).unwrap();
    watched.until("ready again", |one| one["event"] == "ready");
    world.write("c.txt", "c");
    watched.changed("c.txt");
    converges(&world, &mut watched);
    watched.stop();
    world.verify();
}

#[test]
fn any_byte_in_a_name_is_told_and_recorded() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let folder = world.path(std::ffi::OsStr::from_bytes(b"new\nline \xff"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("\u{1b}[2J.txt"), "x").unwrap();
    let said = watched.until("the file", |one| one["event"] == "changed");
    assert!(said["path_bytes"].is_string(), "{said}");
    watched.stop();
}

#[test]
fn what_changed_while_it_was_read_is_thrown_away() {
    let world = World::new();
    let mut watched = Watched::start(&world, &[]);
    let size = 2 << 30;
    File::create(world.path("long.mov")).unwrap().set_len(size).unwrap();
    let began = Instant::now();
    // By the system's count of bytes read, the reader is in the middle of it.
    let bytes_read = || {
        let counts = fs::read_to_string(format!("/proc/{}/io", watched.pid())).unwrap();
        counts.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse::<u64>().ok()).unwrap()
    };
    while bytes_read() < size / 8 {
        assert!(began.elapsed() < BOUND, "nobody reads it");
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut file = File::options().append(true).open(world.path("long.mov")).unwrap();
    file.write_all(b"the end").unwrap();
    drop(file);
    let said = watched.changed("long.mov");
    assert_eq!(number(&said, "size"), size + 7, "half of it was recorded: {said}");
    watched.stop();
    assert_eq!(world.scan()["hashed_files"], 0);
}

#[test]
fn a_folder_swapped_for_a_link_is_not_followed() {
    let world = World::with([("in/a.txt", b"a".to_vec())]);
    let out = world.outside("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("secret.txt"), "not of this project").unwrap();
    let mut watched = Watched::start(&world, &[]);
    world.rename("in", "before");
    world.link("in", &out);
    watched.gone("in/a.txt");
    fs::write(out.join("more.txt"), "nor this").unwrap();
    world.write("before/b.txt", "b");
    watched.changed("before/b.txt");
    fs::remove_file(world.path("in")).unwrap();
    world.write("in/c.txt", "c");
    watched.changed("in/c.txt");
    let known: Vec<_> = in_ledger(&world).into_keys().collect();
    assert_eq!(known, ["before/a.txt", "before/b.txt", "in/c.txt"]);
    watched.stop();
}

#[test]
fn a_folder_swapped_for_a_link_to_where_it_went_leaves_no_ghost() {
    let world = World::with([("v1/sub/f.png", media::a1111_png(1))]);
    let mut watched = Watched::start(&world, &[]);
    world.rename("v1", "v1_old");
    world.link("v1", "v1_old");
    watched.gone("v1/sub/f.png");
    watched.changed("v1_old/sub/f.png");
    let known: Vec<_> = in_ledger(&world).into_keys().collect();
    assert_eq!(known, ["v1_old/sub/f.png"]);
    watched.stop();
}

#[test]
fn a_project_that_moved_and_is_reached_through_a_link_is_heard_to_its_top() {
    let world = World::with([("s/a.txt", b"a".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    let away = world.outside("away");
    fs::rename(world.dir(), &away).unwrap();
    std::os::unix::fs::symlink(&away, world.dir()).unwrap();
    watched.forget();
    watched.until("ready again", |one| one["event"] == "ready");
    fs::write(away.join("top.txt"), "top").unwrap();
    watched.changed("top.txt");
    fs::create_dir(away.join("new")).unwrap();
    fs::write(away.join("new/b.txt"), "b").unwrap();
    watched.changed("new/b.txt");
    let said = watched.stop();
    assert!(!said.iter().any(|one| one.to_string().contains("is watched already")), "{said:#?}");
}

#[test]
fn a_project_that_is_removed_is_said_and_waited_for() {
    let world = World::with([("a.txt", b"a".to_vec())]);
    let mut watched = Watched::start(&world, &[]);
    fs::remove_dir_all(world.dir()).unwrap();
    watched.problem("the ledger is not there");
    watched.problem("nothing in it is called missing");
    let said = watched.stop();
    assert!(!said.is_empty());
}
