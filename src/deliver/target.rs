//! A reference's target, as a place: URLs decoded, Windows and macOS volume paths translated by the
//! project's `[[map]]` prefixes. Pure: nothing is looked up, so nothing outside the roots is touched.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::model::PrefixMap;

/// Where a target says that media lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At an absolute path of this machine.
    Absolute(PathBuf),
    /// Below the folder of the timeline, or below the project.
    Relative(PathBuf),
    /// Where this machine cannot look: another scheme, another host, a drive nobody mapped.
    Foreign(&'static str),
}

/// Every way to read a target, the likeliest first: a bare path with percent signs may be a URL or
/// not, and what begins with `?` or `#` in a URL may be a query or a name that was not escaped. More
/// than one that leads to a file is ambiguous, never a guess.
pub fn places(target: &str, maps: &[PrefixMap]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let place = place(&bytes, maps);
        if !places.contains(&place) {
            places.push(place);
        }
    };
    if let Some(url) = after_file_scheme(target) {
        add(of_file_url(url));
        add(of_file_url(without_query(url)));
        return places;
    }
    if has_scheme(target) {
        return vec![Place::Foreign("it is no path of a file")];
    }
    add(target.as_bytes().to_vec());
    if target.contains('%') {
        add(percent_decode_str(target).collect());
    }
    places
}

/// Whether a target may mean a place below that of the timeline.
pub fn is_relative(target: &str) -> bool {
    places(target, &[]).iter().any(|place| matches!(place, Place::Relative(_)))
}

/// The last part of a target: the name its media had where the timeline was made. What can be read in two
/// ways gives two, as in [`places`].
pub fn file_names(target: &str) -> Vec<Vec<u8>> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let mut spellings = match after_file_scheme(target) {
        Some(url) => vec![decoded(url), decoded(without_query(url))],
        None if has_scheme(target) => vec![decoded(without_query(target))],
        None if target.contains('%') => vec![target.as_bytes().to_vec(), decoded(target)],
        None => vec![target.as_bytes().to_vec()],
    };
    spellings.dedup();
    let last = |bytes: Vec<u8>| {
        let last = bytes.rsplit(|byte| matches!(byte, b'/' | b'\\')).next()?;
        (!matches!(last, b"" | b"." | b"..")).then(|| last.to_vec())
    };
    spellings.into_iter().filter_map(last).collect()
}

/// A frame of an image sequence: the template `%0Nd` in the last part of a target, filled in. `None` where
/// there is none. A sign stands before the digits, as OTIO has it, and is none of them.
pub fn of_frame(target: &str, number: i64) -> Option<String> {
    let begin = target.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let (folder, name) = target.split_at(begin);
    // Other percent signs may be of a URL: `%20draft` is no template.
    let (before, width, after) = name.rmatch_indices("%0").find_map(|(at, _)| {
        let (digits, after) = name[at + 2..].split_once('d')?;
        let plain = digits.len() <= 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        Some((&name[..at], digits.parse::<usize>().ok().filter(|_| plain)?, after))
    })?;
    let sign = if number < 0 { "-" } else { "" };
    Some(format!("{folder}{before}{sign}{:0width$}{after}", number.unsigned_abs()))
}

/// What follows the scheme of a URL that means a file: here, or on a share, as macOS and Linux spell it.
fn after_file_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once(':')?;
    let is = |one: &str| scheme.eq_ignore_ascii_case(one);
    (is("file") || (is("smb") || is("cifs")) && rest.starts_with("//")).then_some(rest)
}

/// Whether it begins like `https:`; one letter is a drive. A file name may hold a colon too, so the
/// slashes that follow a scheme are asked for, but of what holds its media itself.
pub fn has_scheme(target: &str) -> bool {
    let plain = |scheme: &str| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one))
    };
    target.split_once(':').is_some_and(|(scheme, rest)| {
        let slashes = rest.starts_with("//")
            || ["data", "file"].iter().any(|one| scheme.eq_ignore_ascii_case(one));
        plain(scheme) && slashes
    })
}

/// A URL without what asks for a part of it: RFC 3986, query and fragment.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// What follows the scheme, as a path. RFC 8089: no host or `localhost` is this machine; another host
/// is a share, spelled as Windows does, without who looks.
fn of_file_url(url: &str) -> Vec<u8> {
    let decode = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let Some(rest) = url.strip_prefix("//") else { return decode(url) };
    // `file://C:/x` and `file:///C:/x` are both written.
    if begins_with_drive(rest.as_bytes()) {
        return decode(rest);
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut path = decode(path);
    // `file:///C|/x` is how URLs had to spell a drive.
    if let [b'/', letter, bar @ b'|', b'/', ..] = &mut *path
        && letter.is_ascii_alphabetic()
    {
        *bar = b':';
    }
    match host.rsplit('@').next().unwrap_or_default() {
        "" => path,
        host if host.eq_ignore_ascii_case("localhost") => path,
        host => [b"//", &*decode(host), &path].concat(),
    }
}

fn is_drive(bytes: &[u8]) -> bool {
    matches!(bytes, [letter, b':'] if letter.is_ascii_alphabetic())
}

fn begins_with_drive(bytes: &[u8]) -> bool {
    bytes.len() >= 2 && is_drive(&bytes[..2])
}

/// With forward slashes, where it is a Windows path; `/C:/` loses its first slash, a share has two, and
/// what begins with `\\?\` is spelled as without it.
fn normalised(bytes: &[u8]) -> Vec<u8> {
    let bytes = match bytes {
        [b'/', rest @ ..] if begins_with_drive(rest) => rest,
        other => other,
    };
    let windows = begins_with_drive(bytes) || bytes.starts_with(b"\\\\") || !bytes.contains(&b'/');
    let slash = |byte: &u8| if windows && *byte == b'\\' { b'/' } else { *byte };
    let plain: Vec<u8> = bytes.iter().map(slash).collect();
    let slashes = plain.iter().take_while(|byte| **byte == b'/').count();
    match plain.strip_prefix(b"//?/") {
        Some(rest) if rest.get(..4).is_some_and(|unc| unc.eq_ignore_ascii_case(b"UNC/")) => {
            [b"//", &rest[4..]].concat()
        }
        Some(rest) => rest.to_vec(),
        None => plain[slashes.saturating_sub(2)..].to_vec(),
    }
}

fn place(bytes: &[u8], maps: &[PrefixMap]) -> Place {
    let plain = normalised(bytes);
    // The longest prefix is the nearest.
    let mapped = maps.iter().filter_map(|map| Some((map.from.len(), within(&plain, map)?)));
    if let Some((_, path)) = mapped.max_by_key(|(length, _)| *length) {
        return Place::Absolute(path);
    }
    if begins_with_drive(&plain) {
        return Place::Foreign("it lies on a Windows drive that no [[map]] names");
    }
    if plain.starts_with(b"//") {
        return Place::Foreign("it lies on a share that no [[map]] names");
    }
    if bytes.contains(&0) || plain.is_empty() {
        return Place::Foreign("it is no path of a file");
    }
    if plain.starts_with(b"/") {
        return Place::Absolute(path(plain));
    }
    // A backslash is a plain letter of a name here; a timeline from Windows means a folder.
    Place::Relative(path(plain))
}

fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// The path below a mapped prefix. Windows does not tell capitals apart.
fn within(plain: &[u8], map: &PrefixMap) -> Option<PathBuf> {
    let mut from = normalised(map.from.as_bytes());
    while from.ends_with(b"/") {
        from.pop();
    }
    let (head, rest) = plain.split_at_checked(from.len())?;
    let windows = begins_with_drive(&from) || from.starts_with(b"//");
    let same = if windows { head.eq_ignore_ascii_case(&from) } else { head == from };
    if !same || from.is_empty() || !(rest.is_empty() || rest.starts_with(b"/")) {
        return None;
    }
    let below: Vec<u8> = rest.iter().copied().skip_while(|byte| *byte == b'/').collect();
    Some(if below.is_empty() { map.to.clone() } else { map.to.join(path(below)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps() -> Vec<PrefixMap> {
        [
            ("/Volumes/RAID", "/mnt/raid"),
            ("/Volumes/RAID/show", "/srv/show"),
            (r"P:\", "/mnt/p"),
            (r"\\nas\media", "/mnt/nas"),
        ]
        .map(|(from, to)| PrefixMap { from: from.to_owned(), to: PathBuf::from(to) })
        .to_vec()
    }

    fn at(path: &str) -> Vec<Place> {
        vec![Place::Absolute(PathBuf::from(path))]
    }

    #[test]
    fn every_spelling_of_a_place_is_read() {
        let maps = maps();
        for (target, wanted) in [
            ("file:///a/b%20c.mov", at("/a/b c.mov")),
            ("file://localhost/a/b%c3%a9.mov", at("/a/bé.mov")),
            ("FILE:/a/b.mov", at("/a/b.mov")),
            ("/a/b.mov", at("/a/b.mov")),
            ("file:///Volumes/RAID/x/y.mov", at("/mnt/raid/x/y.mov")),
            ("/Volumes/RAID/show/y.mov", at("/srv/show/y.mov")),
            ("/Volumes/RAID2/y.mov", at("/Volumes/RAID2/y.mov")),
            ("file:///P:/x.mov", at("/mnt/p/x.mov")),
            ("file://localhost/p%3a/x.mov", at("/mnt/p/x.mov")),
            (r"p:\Reel 1\x.mov", at("/mnt/p/Reel 1/x.mov")),
            (r"\\NAS\media\x.mov", at("/mnt/nas/x.mov")),
            ("file://nas/media/x.mov", at("/mnt/nas/x.mov")),
            ("file:////nas/media/x.mov", at("/mnt/nas/x.mov")),
            ("file://///nas/media/x.mov", at("/mnt/nas/x.mov")),
            (r"\\?\UNC\nas\media\x.mov", at("/mnt/nas/x.mov")),
            ("smb://nas/media/x.mov", at("/mnt/nas/x.mov")),
            ("smb://kim@nas/media/x%20y.mov", at("/mnt/nas/x y.mov")),
            (r"\\?\P:\x.mov", at("/mnt/p/x.mov")),
            ("file:///P|/x.mov", at("/mnt/p/x.mov")),
            (r"file://P:\x.mov", at("/mnt/p/x.mov")),
            ("file:///a/b%3fc%23.mov", at("/a/b?c#.mov")),
        ] {
            assert_eq!(places(target, &maps), wanted, "{target}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_here_says_why() {
        let why = |target: &str| match &*places(target, &maps()) {
            [Place::Foreign(why)] => *why,
            other => panic!("{target}: {other:?}"),
        };
        assert!(why(r"D:\x.mov").contains("drive"));
        assert!(why("file://other/x.mov").contains("share"));
        assert!(why("https://example.com/x.mov").contains("no path"));
        assert!(why("").contains("no path"));
        assert!(why("a\0b").contains("no path"));
    }

    #[test]
    fn a_bare_path_with_percent_signs_is_read_both_ways() {
        let relative = |path: &str| Place::Relative(PathBuf::from(path));
        assert_eq!(places("a%20b.mov", &[]), [relative("a%20b.mov"), relative("a b.mov")]);
        assert_eq!(places("100%.mov", &[]), [relative("100%.mov")]);
        assert_eq!(places("a/b:c.mov", &[]), [relative("a/b:c.mov")]);
        assert_eq!(places(r"a\b.mov", &[]), [relative("a/b.mov")]);
    }

    #[test]
    fn what_may_be_a_query_is_read_both_ways_in_a_path_and_cut_from_other_urls() {
        let both = ["/a/b.mov?x=1", "/a/b.mov"].map(|path| Place::Absolute(PathBuf::from(path)));
        assert_eq!(places("file:///a/b.mov?x=1", &[]), both);
        let name = |target: &str| file_names(target).into_iter().map(String::from_utf8);
        let name = |target: &str| name(target).collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(name("file:///a/b#1.mov"), ["b#1.mov", "b"]);
        assert_eq!(name("s3://x/b%20c.mp4?sig=a/d.mov#t"), ["b c.mp4"]);
        assert_eq!(name("m/b#1.mov"), ["b#1.mov"]);
        assert!(has_scheme("data:video/mp4;base64,AAAA") && !has_scheme("EP:b.mov"));
    }

    #[test]
    fn a_template_is_filled_in_with_the_number() {
        let frame = |target: &str| of_frame(target, 12);
        assert_eq!(frame("a%20b/c.%04d.exr").as_deref(), Some("a%20b/c.0012.exr"));
        assert_eq!(frame("c.%01d.exr").as_deref(), Some("c.12.exr"));
        assert_eq!(frame("%2520c.%05d.exr").as_deref(), Some("%2520c.00012.exr"));
        assert_eq!(frame("c.%04d%20draft.exr").as_deref(), Some("c.0012%20draft.exr"));
        for none in ["c.exr", "c.%xd", "c.%d.exr", "c%20d.exr", "c.%0d", "c.%0+4d", "c.%0111d"] {
            assert_eq!(frame(none), None, "{none}");
        }
        assert_eq!(of_frame("c.%04d.exr", -3).as_deref(), Some("c.-0003.exr"));
        assert_eq!(of_frame("c.%02d.exr", -12).as_deref(), Some("c.-12.exr"));
    }

    #[test]
    fn the_last_part_is_the_name() {
        let names = |target: &str| -> Vec<String> {
            file_names(target).into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
        };
        assert_eq!(names("file:///a/b%20c.mov"), ["b c.mov"]);
        assert_eq!(names(r"D:\x\y.mov"), ["y.mov"]);
        assert_eq!(names("y.mov"), ["y.mov"]);
        assert_eq!(names("m/b%20c.mov"), ["b%20c.mov", "b c.mov"]);
        assert_eq!(names("/a/"), [""; 0]);
        assert_eq!(names(".."), [""; 0]);
    }
}
