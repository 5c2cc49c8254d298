//! Premiere Pro project: XML in gzip, undocumented and different in each version. So it gives the list
//! of media that the project knows and not a cut: all references are listed, and a note says so. Read
//! as a stream, because projects unpack to hundreds of megabytes.

use std::collections::BTreeSet;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use crate::deliver::timeline::Timeline;
use crate::deliver::timeline::collector::Collector;
use crate::deliver::timeline::collector::mention;
use crate::deliver::timeline::error::TimelineError;
use crate::model::MediaKind;
use crate::model::Reference;
use crate::model::Use;

/// Bytes of a project, unpacked.
const UNPACKED_MAX: u64 = 2 << 30;
/// Bytes of one tag or one text.
const EVENT_MAX: u64 = 16 << 20;
/// Bytes of the paths of one media object, which says the same few again and again.
const PATHS_MAX: usize = 1 << 20;
/// Elements of a project: twice what two gigabytes of a real one hold.
const ELEMENTS_MAX: usize = 40_000_000;
/// Elements in elements.
const DEPTH_MAX: usize = 256;
/// Bytes of a path that is kept.
const PATH_MAX: usize = 32 << 10;
/// Elements that hold the place of media.
const PATHS: [&str; 2] = ["ActualMediaFilePath", "FilePath"];
/// The element that holds the place of media as seen from the project.
const BESIDE: &str = "RelativePath";

/// Reads a project, packed or not.
pub fn read(bytes: &[u8], out: Collector) -> Result<Timeline, TimelineError> {
    if bytes.starts_with(b"\x1f\x8b") {
        media(BufReader::new(MultiGzDecoder::new(bytes)), out)
    } else {
        media(bytes, out)
    }
}

/// Counts what is read, so that neither the whole nor one event grows without end.
struct Metered<R> {
    inner: R,
    event: u64,
    total: u64,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(buffer)?;
        self.consume(len);
        Ok(len)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event > EVENT_MAX || self.total > UNPACKED_MAX {
            return Err(io::Error::other("more in it than a project holds"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, len: usize) {
        self.event += len as u64;
        self.total += len as u64;
        self.inner.consume(len);
    }
}

/// One `Media` object.
#[derive(Default)]
struct Media {
    id: String,
    title: String,
    paths: Vec<String>,
    /// Bytes of these.
    held: usize,
    /// The same place, from the folder of the project.
    beside: Option<String>,
    picture: bool,
    sound: bool,
}

impl Media {
    fn emit(mut self, out: &mut Collector) -> Result<(), TimelineError> {
        if self.paths.is_empty() {
            self.paths.extend(self.beside.take());
        }
        if self.paths.is_empty() && !self.title.is_empty() {
            return out.push(self.listed());
        }
        let mut said = BTreeSet::new();
        for path in &self.paths {
            // What Premiere makes itself, as black video, has a number for a path.
            let made = path.bytes().all(|byte| byte.is_ascii_digit());
            if made || !said.insert(path) {
                continue;
            }
            out.push(Reference { target: Some(path.clone()), ..self.listed() })?;
        }
        Ok(())
    }

    fn listed(&self) -> Reference {
        let place = format!("media {:?}; whether a sequence uses it is not told", self.id);
        let mut reference = mention(&self.title, Use::Listed, place);
        reference.media = match (self.picture, self.sound) {
            (true, _) => MediaKind::Picture,
            (false, true) => MediaKind::Sound,
            (false, false) => MediaKind::Other,
        };
        reference
    }
}

fn media<R: BufRead>(input: R, out: Collector) -> Result<Timeline, TimelineError> {
    let mut reader = Reader::from_reader(Metered { inner: input, event: 0, total: 0 });
    let mut project = Project { depth: 0, elements: 0, current: None, text: None, out };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().event = 0;
        let (format, at) = (project.out.format(), reader.buffer_position());
        let broken = |problem: String| {
            let place = format!("offset {at} of what is unpacked");
            TimelineError::malformed(format, place, problem)
        };
        let event =
            reader.read_event_into(&mut buffer).map_err(|error| broken(error.to_string()))?;
        match event {
            Event::Start(tag) | Event::Empty(tag)
                if project.elements == 0 && tag.name().as_ref() != "PremiereData" =>
            {
                return Err(broken("no PremiereData".to_owned()));
            }
            Event::Start(tag) => project.opened(&tag, false)?,
            Event::Empty(tag) => project.opened(&tag, true)?,
            Event::Text(part) => project.text(&part.xml10_content()),
            Event::CData(part) => project.text(&part.xml10_content()),
            Event::GeneralRef(entity) => {
                let spelled = format!("&{};", entity.xml10_content());
                let plain = unescape(&spelled).map_err(|error| broken(error.to_string()))?;
                project.text(&plain);
            }
            Event::End(tag) => project.closed(tag.name().as_ref())?,
            Event::Eof if project.depth == 0 && project.elements > 0 => break,
            Event::Eof => return Err(broken("the document ends too early".to_owned())),
            _ => {}
        }
    }
    project
        .out
        .note("a list of the project's media, not a cut: what its sequences use is not told");
    Ok(project.out.finish(None))
}

/// A project that is being read.
struct Project {
    /// Elements that are open.
    depth: usize,
    /// Elements so far.
    elements: usize,
    /// The media object that is open, and how deep it lies.
    current: Option<(usize, Media)>,
    /// The text of the element that was opened last, if it is read at all.
    text: Option<String>,
    out: Collector,
}

impl Project {
    fn opened(&mut self, tag: &BytesStart<'_>, is_empty: bool) -> Result<(), TimelineError> {
        let name = tag.name();
        let mut attributes = tag.attributes();
        let mut attributes = attributes.with_checks(false).flatten();
        let id = attributes.find(|one| matches!(one.key.as_ref(), "ObjectUID" | "ObjectID"));
        match (name.as_ref(), id, &mut self.current) {
            ("Media", Some(id), None) => {
                let id = id.value.chars().take(64).collect();
                self.current = Some((self.depth, Media { id, ..Media::default() }));
            }
            ("VideoStream", _, Some((_, media))) => media.picture = true,
            ("AudioStream", _, Some((_, media))) => media.sound = true,
            _ => {}
        }
        let is_read = matches!(name.as_ref(), "Title" | BESIDE);
        self.text = (is_read || PATHS.contains(&name.as_ref())).then(String::new);
        self.depth += usize::from(!is_empty);
        self.elements += 1;
        self.out.within("elements", self.elements, ELEMENTS_MAX)?;
        self.out.within("elements in elements", self.depth, DEPTH_MAX)
    }

    fn text(&mut self, part: &str) {
        let fits = |text: &&mut String| text.len() + part.len() <= 2 * PATH_MAX;
        if let Some(text) = self.text.as_mut().filter(fits) {
            text.push_str(part);
        }
    }

    fn closed(&mut self, name: &str) -> Result<(), TimelineError> {
        self.depth = self.depth.saturating_sub(1);
        let text = self.text.take().map(|text| text.trim().to_owned());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.said(name, text)?;
        }
        match self.current.take_if(|(opened, _)| *opened == self.depth) {
            Some((_, media)) => media.emit(&mut self.out),
            None => Ok(()),
        }
    }

    /// The text of an element: a path, or the title of the media object around it.
    fn said(&mut self, name: &str, text: String) -> Result<(), TimelineError> {
        let is_path = PATHS.contains(&name);
        match &mut self.current {
            Some((_, media)) if is_path => {
                media.held += text.len();
                self.out.within("bytes of paths of one object", media.held, PATHS_MAX)?;
                media.paths.push(text);
            }
            Some((_, media)) if name == BESIDE => media.beside = Some(text),
            Some((_, media)) => media.title = text,
            // A path outside of any media object is one of a kind that is not known.
            None if is_path => {
                Media { paths: vec![text], ..Media::default() }.emit(&mut self.out)?;
            }
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use crate::deliver::timeline::Format;
    use crate::deliver::timeline::Timeline;
    use crate::deliver::timeline::TimelineError;
    use crate::deliver::timeline::parse;
    use crate::model::MediaKind;
    use crate::model::Use;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    }

    fn read(text: &str) -> Result<Timeline, TimelineError> {
        parse(Path::new("x.prproj"), &packed(text.as_bytes()))
    }

    #[test]
    fn an_object_of_very_many_paths_is_refused() {
        let many = |count: usize, path: &str| {
            let paths = format!("<FilePath>{path}</FilePath>").repeat(count);
            read(&format!("<PremiereData><Media ObjectUID=\"1\">{paths}</Media></PremiereData>"))
        };
        assert_eq!(many(1_000, "/m/a.mov").unwrap().references.len(), 1);
        let error = many(1_000, &"p".repeat(2_000)).unwrap_err();
        assert!(matches!(error, TimelineError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn media_are_listed_and_what_premiere_makes_is_not() {
        let text = r#"<?xml version="1.0"?><PremiereData Version="3">
            <Media ObjectUID="1"><AudioStream ObjectRef="8"/><VideoStream ObjectRef="9"/><FilePath>/m/a &amp; b.mov</FilePath><Title>a</Title><ActualMediaFilePath>/m/a &amp; b.mov</ActualMediaFilePath></Media>
            <Media ObjectUID="2"><AudioStream ObjectRef="8"/><FilePath>/old/s.wav</FilePath><ActualMediaFilePath>/m/s.wav</ActualMediaFilePath></Media>
            <Media ObjectUID="3"><FilePath>1112293707</FilePath></Media>
            <Clip><Media ObjectRef="1"/></Clip><Other><FilePath>/m/odd.mov</FilePath></Other></PremiereData>"#;
        let found = read(text).unwrap();
        assert_eq!(found.format, Format::Prproj);
        let targets: Vec<_> =
            found.references.iter().map(|one| one.target.as_deref().unwrap()).collect();
        assert_eq!(targets, ["/m/a & b.mov", "/old/s.wav", "/m/s.wav", "/m/odd.mov"]);
        assert!(found.references.iter().all(|one| one.usage == Use::Listed));
        assert_eq!(found.references[0].media, MediaKind::Picture);
        assert_eq!(found.references[1].media, MediaKind::Sound);
        assert!(found.notes[0].contains("not a cut"));
        let plain = parse(Path::new("x"), text.as_bytes()).unwrap();
        assert_eq!(plain.references, found.references);
    }

    #[test]
    fn media_without_a_path_are_where_they_lie_beside_the_project_or_a_name() {
        let text = r#"<PremiereData Version="3">
            <Media ObjectUID="1"><FilePath>/m/a.mov</FilePath><RelativePath>../m/a.mov</RelativePath></Media>
            <Media ObjectUID="2"><RelativePath>..\media\hero.mov</RelativePath><Title>hero</Title></Media>
            <Media ObjectUID="3"><Title>lost.mov</Title></Media><Media ObjectUID="4"></Media>
            <Media ObjectUID="5"><FilePath>1112293707</FilePath><Title>Black Video</Title></Media></PremiereData>"#;
        let found = read(text).unwrap();
        let seen: Vec<_> =
            found.references.iter().map(|one| (one.name.as_str(), one.target.as_deref())).collect();
        let hero = ("hero", Some(r"..\media\hero.mov"));
        assert_eq!(seen, [("", Some("/m/a.mov")), hero, ("lost.mov", None)]);
    }

    #[test]
    fn bombs_and_broken_projects_are_refused() {
        let huge = format!("<PremiereData><a>{}", " ".repeat(20 << 20));
        assert!(read(&huge).is_err());
        let deep = format!("<PremiereData>{}", "<a>".repeat(1000));
        assert!(matches!(read(&deep), Err(TimelineError::TooLarge { .. })));
        assert!(read("<html></html>").is_err());
        assert!(read("<PremiereData>").is_err());
        assert!(read("<PremiereData>&bomb;</PremiereData>").is_err());
        let whole = packed(b"<PremiereData></PremiereData>");
        assert!(parse(Path::new("x.prproj"), &whole[..whole.len() - 12]).is_err());
    }
}
