//! What manifest stores say whose file the C2PA library refuses: one that is cut off, that has more than one store
//! or bytes where none belong, and stores that are damaged themselves. Nothing that comes from here is ever
//! valid: such a store can raise what is thought of an asset and never lower it. Used by `look`.

use std::borrow::Cow;
use std::io::SeekFrom;

use crate::detect::Settings;
use crate::detect::block::{Block, Content, Pieces, STORES_MAX, Store};
use crate::detect::bytes::{BLOCK_CAP, Source};
use crate::detect::marks::c2pa::graph::Graph;
use crate::detect::marks::c2pa::{read, salvage};

/// A store that was read without its file.
pub struct Apart<'a> {
    /// What it says.
    pub graph: Graph,
    /// Where it stands among the blocks of the file.
    pub order: usize,
    /// Its place.
    pub place: &'a str,
    /// Whether the library checked it by itself; else no one did.
    pub is_checked: bool,
}

/// Reads stores from their own bytes, and says whether there are more of them than are read.
pub fn read<'a>(
    source: &mut dyn Source,
    stores: &'a [(usize, Block)],
    settings: &Settings,
) -> (Vec<Apart<'a>>, bool) {
    let mut tried = 0;
    let mut out = Vec::new();
    for (order, block) in stores {
        let Some(store) = bytes(source, &block.content) else { continue };
        tried += 1;
        if tried > STORES_MAX {
            break;
        }
        let checked = read::read_apart(&store, settings).ok();
        let is_checked = checked.is_some();
        let (order, place) = (*order, block.place.as_str());
        let graph = checked.or_else(|| salvage::read(&store));
        out.extend(graph.map(|graph| Apart { graph, order, place, is_checked }));
    }
    (out, tried > STORES_MAX)
}

/// The bytes of a store, as far as they are there.
fn bytes<'a>(source: &mut dyn Source, content: &'a Content) -> Option<Cow<'a, [u8]>> {
    let store = match content {
        Content::C2pa(Store::InPlace(pieces)) => Cow::Owned(gather(source, pieces)?),
        Content::C2pa(Store::Unpacked(store) | Store::Extracted(store)) => {
            Cow::Borrowed(&store[..])
        }
        _ => return None,
    };
    (!store.is_empty()).then_some(store)
}

fn gather(source: &mut dyn Source, pieces: &Pieces) -> Option<Vec<u8>> {
    let len = source.seek(SeekFrom::End(0)).ok()?;
    let mut out = Vec::new();
    for piece in pieces.all()? {
        let size = piece.end.min(len).saturating_sub(piece.start);
        if out.len() as u64 + size > BLOCK_CAP {
            return None;
        }
        let start = out.len();
        out.resize(start + usize::try_from(size).ok()?, 0);
        source.seek(SeekFrom::Start(piece.start)).ok()?;
        source.read_exact(out.get_mut(start..)?).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::detect::block::Found;
    use crate::detect::bytes::Bytes;
    use crate::detect::container::bmff::tests::bx;
    use crate::detect::container::id3::tests::id3;
    use crate::detect::container::jpeg::tests::{jpeg, segment_bytes};
    use crate::detect::container::png::tests::{chunk, png};
    use crate::detect::container::riff;
    use crate::detect::container::tiff::tests::tiff;
    use crate::detect::{registry, sniff};

    /// The first store of a file, from where its walker says that it stands.
    fn taken(file: &[u8]) -> Option<Vec<u8>> {
        let mut found = Found::default();
        let media_type = sniff::sniff(&mut Bytes::memory(file));
        (registry::container(media_type)?.walk)(&mut Bytes::memory(file), &mut found);
        let is_store = |block: &&Block| matches!(block.content, Content::C2pa(_));
        let block = found.blocks.iter().find(is_store)?;
        bytes(&mut Cursor::new(file), &block.content).map(Cow::into_owned)
    }

    #[test]
    fn a_store_is_taken_out_of_every_container_whole_and_cut() {
        let inside = bx(b"jumd", b"c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0");
        let store = bx(b"jumb", &[inside, bx(b"jumb", &[7; 600])].concat());
        let part = |number: u8, data: &[u8]| {
            let head = if number == 1 { &[][..] } else { &store[..8] };
            segment_bytes(0xeb, &[b"JP\0\x01\0\0\0", &[number][..], head, data].concat())
        };
        let pieces: Vec<u8> = store
            .chunks(255)
            .flat_map(|piece| [&[u8::try_from(piece.len()).unwrap()], piece].concat())
            .collect();
        let uuid = b"\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81";
        let purpose = [&uuid[..], b"\0\0\0\0manifest\0\0\0\0\0\0\0\0\0", &store].concat();
        let object = [b"\0application/c2pa\0c2pa\0a\0".as_slice(), &store].concat();
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &store);
        let files = [
            png(&[chunk(b"caBX", &store)]),
            jpeg(&[part(1, &store[..200]), part(2, &store[200..])]),
            [b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bC2PA_GIF\x01\0\0", &pieces[..], b"\0\x3b"]
                .concat(),
            tiff(&[(0xCD41, 7, &store)]),
            riff::tests::riff(b"WEBP", &[riff::tests::chunk(b"C2PA", &store)]),
            [bx(b"ftyp", b"isom\0\0\0\0"), bx(b"uuid", &purpose)].concat(),
            [bx(b"JXL ", b"\r\n\x87\n"), bx(b"ftyp", b"jxl \0\0\0\0jxl "), store.clone()].concat(),
            id3(&[(b"GEOB", &object)]),
            format!(
                "<svg xmlns='http://www.w3.org/2000/svg' xmlns:c='http://c2pa.org/manifest'>\
                 <metadata><c:manifest>\n{text}</c:manifest></metadata></svg>"
            )
            .into_bytes(),
        ];
        for file in files {
            let name = String::from_utf8_lossy(&file[..20]);
            let whole = taken(&file).expect(&name);
            assert_eq!(whole, store, "{name}");
            let behind = file.windows(64).rposition(|part| part == [7; 64]);
            let end = behind.unwrap_or(file.len() - 200);
            let cut = taken(&file[..end]).expect(&name);
            assert!(store.starts_with(&cut) && cut.len() > 300, "{name}");
        }
    }

    #[test]
    fn a_store_in_too_many_pieces_or_too_large_is_not_taken() {
        let mut pieces = Pieces::from(0..BLOCK_CAP);
        let mut source = Cursor::new(vec![0; 4]);
        assert_eq!(gather(&mut source, &pieces), Some(vec![0; 4]));
        for _ in 0..80_000 {
            pieces.push(0..1);
        }
        assert_eq!(gather(&mut source, &pieces), None);
        let twice = [0..4, 0..4].into_iter().fold(Pieces::default(), |mut pieces, piece| {
            pieces.push(piece);
            pieces
        });
        assert_eq!(gather(&mut source, &twice), Some(vec![0; 8]));
    }
}
