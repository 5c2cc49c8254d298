use super::*;

fn rel(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

fn patterns(lines: &[&str]) -> Filter {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    Filter::new(&lines).unwrap()
}

/// A tree of `.genlockignore` files, and the filter of one of its directories.
fn filter_of(files: &[(&str, &[u8])], directory: &str) -> (Option<Filter>, Vec<Problem>) {
    let root = tempfile::tempdir().unwrap();
    for (dir, text) in files {
        std::fs::create_dir_all(root.path().join(dir)).unwrap();
        std::fs::write(root.path().join(dir).join(IGNORE_FILE), text).unwrap();
    }
    let mut problems = Vec::new();
    let name = RootName::project();
    let directory = rel(directory);
    let filter =
        patterns(&[]).descend(&name, root.path(), &directory, &mut problems).map(|filter| {
            let here = root.path().join(directory.as_path());
            filter.read_rules(&name, &here, &mut problems)
        });
    (filter, problems)
}

#[test]
fn junk_is_always_left_out_even_when_a_rule_wants_it_back() {
    let (filter, _) = filter_of(&[("", b"!.DS_Store\n!._*\n!.genlock/\n")], "");
    let filter = filter.unwrap();
    for (name, is_dir) in [
        (".DS_Store", false),
        ("._plate.exr", false),
        ("Thumbs.db", false),
        ("desktop.ini", false),
        ("Desktop.ini", false),
        ("x.mov.genlock-tmp", false),
        (".genlock", true),
        (".genlock-partial", true),
        (".Trashes", true),
    ] {
        assert!(filter.ignores(name.as_bytes(), is_dir), "{name}");
    }
}

#[test]
fn media_cannot_hide_behind_the_name_of_junk_of_another_kind() {
    let filter = patterns(&[]);
    assert!(!filter.ignores(b"._renders", true));
    assert!(!filter.ignores(b".genlock", false));
    assert!(!filter.ignores(b"genlock-tmp", false));
}

#[test]
fn a_gate_sees_everything_but_the_ledger_of_the_root() {
    let filter = Filter::only_own();
    assert!(filter.ignores(b".genlock", true));
    assert!(!filter.ignores(b"._plate.exr", false));
    assert!(!filter.enter(&rel("sub")).ignores(b".genlock", true));
}

#[test]
fn the_deepest_rule_decides_and_the_last_line_in_it() {
    let files: &[(&str, &[u8])] =
        &[("", b"*.tmp\n*.exr\n"), ("comp", b"!*.exr\nold.exr\n!old.exr\nbad.exr\n")];
    let (filter, problems) = filter_of(files, "comp");
    let filter = filter.unwrap();
    assert!(problems.is_empty());
    assert!(filter.ignores(b"a.tmp", false));
    assert!(!filter.ignores(b"a.exr", false));
    assert!(!filter.ignores(b"old.exr", false));
    assert!(filter.ignores(b"bad.exr", false));
    assert!(filter.enter(&rel("comp/deep")).ignores(b"bad.exr", false));
}

#[test]
fn a_file_overrules_the_configuration() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join(IGNORE_FILE), "!keep.wav\n").unwrap();
    let mut problems = Vec::new();
    let filter = patterns(&["*.wav"]).read_rules(&RootName::project(), root.path(), &mut problems);
    assert!(filter.ignores(b"a.wav", false));
    assert!(!filter.ignores(b"keep.wav", false));
}

#[test]
fn anchored_and_directory_patterns_mean_what_they_mean_in_git() {
    let files: &[(&str, &[u8])] = &[("a", b"/top.mov\ncache/\nx/y.mov\n**/z/deep.mov\n")];
    let (filter, _) = filter_of(files, "a");
    let filter = filter.unwrap();
    assert!(filter.ignores(b"top.mov", false));
    assert!(filter.ignores(b"cache", true));
    assert!(!filter.ignores(b"cache", false));
    let below = filter.enter(&rel("a/x"));
    assert!(!below.ignores(b"top.mov", false));
    assert!(below.ignores(b"y.mov", false));
    assert!(filter.enter(&rel("a/q/z")).ignores(b"deep.mov", false));
    assert!(!filter.enter(&rel("a/q/x")).ignores(b"y.mov", false));
}

#[test]
fn nothing_below_a_directory_left_out_can_come_back() {
    let files: &[(&str, &[u8])] = &[("", b"out/\n"), ("out", b"!*\n"), ("out/deep", b"!*\n")];
    assert!(filter_of(files, "out/deep").0.is_none());
    assert!(filter_of(files, "out").0.is_none());
}

#[test]
fn names_that_are_not_utf8_are_matched_by_their_bytes() {
    let filter = patterns(&["*.png", "?x.tif"]);
    assert!(filter.ignores(b"\xff\xfe.png", false));
    assert!(filter.ignores(b"\xffx.tif", false));
    assert!(!filter.ignores(b"\xff\xfe.exr", false));
    let below = filter.enter(&RelPath::new(&b"dir\xff"[..]).unwrap());
    assert!(below.ignores(b"\xe9.png", false));
}

#[test]
fn a_bad_line_is_a_problem_and_the_good_ones_hold() {
    let (filter, problems) = filter_of(&[("", b"*.bak\n{a\n\xff\xff\n\r\n# note\n*.old\r\n")], "");
    let filter = filter.unwrap();
    assert!(filter.ignores(b"x.bak", false));
    assert!(filter.ignores(b"x.old", false));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0].path, IGNORE_FILE);
    assert!(problems[0].problem.starts_with("line 2: "), "{problems:?}");
    assert_eq!(problems[1].problem, "line 3: is not UTF-8");
}

#[test]
fn a_rule_file_that_cannot_be_read_is_a_problem() {
    let root = tempfile::tempdir().unwrap();
    let read = |problems: &mut Vec<Problem>| {
        patterns(&["*.bak"]).read_rules(&RootName::project(), root.path(), problems)
    };
    let mut problems = Vec::new();

    let file = root.path().join(IGNORE_FILE);
    std::fs::create_dir(&file).unwrap();
    assert!(read(&mut problems).ignores(b"x.bak", false));
    std::fs::remove_dir(&file).unwrap();

    std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
    let _ = read(&mut problems);
    std::fs::remove_file(&file).unwrap();

    let fifo = rustix::fs::FileType::Fifo;
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &file, fifo, mode, 0).unwrap();
    let _ = read(&mut problems);
    std::fs::remove_file(&file).unwrap();

    std::fs::write(&file, vec![b'#'; 2 << 20]).unwrap();
    let _ = read(&mut problems);
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_pattern() {
    let (filter, _) = filter_of(&[("", b"\xef\xbb\xbf*.bak\n")], "");
    assert!(filter.unwrap().ignores(b"x.bak", false));
}

#[test]
fn a_pattern_of_the_configuration_that_is_none_is_refused() {
    let error = Filter::new(&["{a".to_owned()]).unwrap_err();
    assert_eq!(error.pattern, "{a");
    assert!(!error.reason.is_empty());
}
