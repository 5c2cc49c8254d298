//! Sidecars: files that speak of another file, told by their names. Pure.
//!
//! `clip.mov.xmp` speaks of `clip.mov`; `clip.xmp` of every `clip.*` beside it, as raw converters
//! and generators write them; `clip.swarm.json` as well, since `SwarmUI` puts a word of its own before
//! the ending. What a sidecar says is for `detect`; that it says nothing costs nothing.

/// How sidecars end, in lower case: XMP, what generators write as JSON or as a text of parameters, and
/// detached C2PA manifests. One that ends as another does stands before it.
const ENDINGS: [&str; 5] = [".xmp", ".swarm.json", ".json", ".c2pa", ".txt"];

/// The name without the ending of a sidecar; none when it has another.
pub fn subject(name: &[u8]) -> Option<&[u8]> {
    subjects(name).next()
}

/// The name without each ending that it has: `clip.swarm.json` may speak of a `clip` and of a `clip.swarm`.
fn subjects(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    ENDINGS.iter().filter_map(|ending| {
        let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
        name[at..].eq_ignore_ascii_case(ending.as_bytes()).then_some(&name[..at])
    })
}

/// Which files of a folder a sidecar speaks of, by index into its names, which are sorted.
pub fn media_of<N: AsRef<[u8]>>(names: &[N], sidecar: &[u8]) -> Vec<usize> {
    let mut all: Vec<usize> =
        subjects(sidecar).flat_map(|subject| named_so(names, subject)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The file that has this name, else all that have it before their extension.
fn named_so<N: AsRef<[u8]>>(names: &[N], subject: &[u8]) -> Vec<usize> {
    if let Ok(exact) = names.binary_search_by(|name| name.as_ref().cmp(subject)) {
        return vec![exact];
    }
    let mut begins = subject.to_vec();
    begins.push(b'.');
    let first = names.partition_point(|name| name.as_ref() < begins.as_slice());
    let beside = names[first..].iter().take_while(|name| name.as_ref().starts_with(&begins));
    (first..)
        .zip(beside)
        .filter(|(_, name)| {
            let name = name.as_ref();
            !name[begins.len()..].contains(&b'.') && self::subject(name).is_none()
        })
        .map(|(at, _)| at)
        .collect()
}

/// The names under which a file's sidecars could lie beside it, in the spellings that programs write.
pub fn names_for(media: &[u8]) -> Vec<Vec<u8>> {
    let stem = media.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    let subjects = [Some(media), stem.map(|dot| &media[..dot])];
    let named = |subject: &[u8]| {
        let plain = ENDINGS.iter().map(|ending| [subject, ending.as_bytes()].concat());
        let loud = ENDINGS.map(str::to_ascii_uppercase);
        plain.chain(loud.iter().map(|ending| [subject, ending.as_bytes()].concat())).collect()
    };
    subjects.into_iter().flatten().flat_map(|subject| -> Vec<Vec<u8>> { named(subject) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside<'a>(names: &'a [&'a str], sidecar: &str) -> Vec<&'a str> {
        media_of(names, sidecar.as_bytes()).into_iter().map(|at| names[at]).collect()
    }

    #[test]
    fn a_sidecar_speaks_of_the_file_it_names() {
        let names = ["a.jpg", "a.jpg.xmp", "a.mov", "a.v2.jpg", "a.xmp", "ab.jpg"];
        assert_eq!(beside(&names, "a.jpg.xmp"), ["a.jpg"]);
        assert_eq!(beside(&names, "a.xmp"), ["a.jpg", "a.mov"]);
        assert_eq!(beside(&names, "a.v2.XMP"), ["a.v2.jpg"]);
        assert!(beside(&names, "b.json").is_empty());
        assert!(beside(&names, "a.jpg").is_empty());
        assert!(beside(&names, ".xmp").is_empty());
        assert_eq!(beside(&["a.png", "a.txt"], "a.txt"), ["a.png"]);
        let names = ["0001.mp4", "0001.swarm.json", "0002.swarm.png", "0003.swarm"];
        assert_eq!(beside(&names, "0001.swarm.json"), ["0001.mp4"]);
        assert_eq!(beside(&names, "0001.mp4.swarm.json"), ["0001.mp4"]);
        assert_eq!(beside(&names, "0002.swarm.json"), ["0002.swarm.png"]);
        assert_eq!(beside(&names, "0003.swarm.json"), ["0003.swarm"]);
    }

    #[test]
    fn sidecars_do_not_speak_of_each_other() {
        let names = ["a.c2pa", "a.json", "a.png", "a.xmp"];
        assert_eq!(beside(&names, "a.json"), ["a.png"]);
        assert_eq!(beside(&names, "a.c2pa"), ["a.png"]);
    }

    #[test]
    fn a_file_finds_the_sidecars_that_find_it() {
        for name in ["a.jpg", "a", "a.v2.jpg", ".hidden", "a.swarm.mp4"] {
            for sidecar in names_for(name.as_bytes()) {
                assert_eq!(media_of(&[name], &sidecar), [0], "{name}");
            }
        }
        assert!(names_for(b"a.jpg").contains(&b"a.XMP".to_vec()));
        assert!(names_for(b"0001.mp4").contains(&b"0001.swarm.json".to_vec()));
    }
}
