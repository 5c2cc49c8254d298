//! Temporary
#[test]
fn dump() {
    let path = std::env::var_os("DUMP").unwrap();
    let path = std::path::Path::new(&path);
    let bytes = std::fs::read(path).unwrap();
    let timeline = crate::deliver::timeline::parse(path, &bytes).unwrap();
    for one in &timeline.references {
        eprintln!("{one:?}");
    }
    eprintln!("{:?} {:?} {}", timeline.name, timeline.notes, timeline.references.len());
}
