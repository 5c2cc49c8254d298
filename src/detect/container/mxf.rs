//! MXF (SMPTE ST 377-1): the header metadata. Walks the keys, lengths and sets of one partition and
//! seeks over everything else, so the essence is never read. Texts come from the identification of
//! the writing program, from tagged values (the comments of Avid and `FFmpeg`), and from items and
//! generic streams that are an XMP packet as a whole.

use std::collections::BTreeSet;

use crate::detect::block::{Carrier, Content, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::utf16;
use crate::detect::xmp::is_packet;

const NAME: &str = "mxf";
/// Keys and lengths walked in one partition.
const SETS_MAX: usize = 100_000;
/// Items read from one set.
const ITEMS_MAX: usize = 10_000;
/// The largest set that is read; its items have lengths of 16 bits.
const SET_CAP: u64 = 4 << 20;
/// Header metadata of one partition. Long programmes with many tracks have a few megabytes.
const METADATA_CAP: u64 = 64 << 20;
/// What every key here begins with.
const SMPTE: &[u8] = b"\x06\x0e\x2b\x34";
/// A partition pack, up to its kind.
const PARTITION: &[u8] = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01";
/// The index of partitions, up to its kind.
const INDEX: &[u8] = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x11";
/// Partitions looked at; a long programme has some thousands.
const PARTITIONS_MAX: usize = 10_000;
/// A set of metadata with tags and lengths of two bytes, up to its kind.
const SET: &[u8] = b"\x06\x0e\x2b\x34\x02\x53\x01\x01\x0d\x01\x01\x01\x01\x01";
/// How a tagged value begins: byte order and the type of its text.
const VALUE_LITTLE: &[u8] = b"\x4c\0\x02\x10\x01\0\0\0\0\x06\x0e\x2b\x34\x01\x04\x01\x01";
const VALUE_BIG: &[u8] = b"\x42\x01\x10\x02\0\0\0\0\0\x06\x0e\x2b\x34\x01\x04\x01\x01";

/// Walks the header metadata of the first partition, and where that is still open, of the last.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    bytes.read_ahead(16 << 10);
    match partition(bytes, 0, "header", found) {
        Ok(Partition { open: true, footer, .. }) if footer > 0 => {
            if let Err(broke) = partition(bytes, footer, "footer", found) {
                found.broke(NAME, &broke);
            }
        }
        Ok(_) => {}
        Err(broke) => found.broke(NAME, &broke),
    }
    if let Err(broke) = streams(bytes, found) {
        found.broke(NAME, &broke);
    }
}

/// Texts in partitions of their own (SMPTE ST 410, RP 2057), found by the index of partitions at the
/// end. A file without one has none that could be found without reading the essence.
fn streams(bytes: &mut Bytes<'_>, found: &mut Found) -> Result<(), Broke> {
    let Some(tail) = bytes.len().checked_sub(4) else {
        return Ok(());
    };
    let size = u64::from(bytes.u32_be(tail)?);
    let Some(at) = bytes.len().checked_sub(size) else {
        return Ok(());
    };
    if bytes.peek_up_to(at, 14) != INDEX {
        return Ok(());
    }
    let index = klv(bytes, at)?;
    let mut entry = index.body;
    let mut seen = BTreeSet::new();
    for _ in 0..PARTITIONS_MAX {
        if entry + 12 > index.end - 4 {
            return Ok(());
        }
        let place = bytes.u64_be(entry + 4)?;
        let key = bytes.array::<16>(place)?;
        if found.is_full() {
            return Ok(());
        }
        if key.starts_with(PARTITION) && key[13..15] == [3, 0x11] && seen.insert(place) {
            stream(bytes, place, found)?;
        }
        entry += 12;
    }
    Err(Broke::new(at, "lists more partitions than are looked at"))
}

/// The first data of a partition, when it is a packet of XMP.
fn stream(bytes: &mut Bytes<'_>, partition: u64, found: &mut Found) -> Result<(), Broke> {
    let mut at = klv(bytes, partition)?.end;
    let mut here = klv(bytes, at)?;
    if filler(&here.key) {
        at = here.end;
        here = klv(bytes, at)?;
    }
    if xml(bytes.peek_up_to(here.body, 24)) {
        let data = bytes.take(here.body, here.end - here.body)?;
        found.add(format!("MXF generic stream @ offset {at}"), Content::Xmp(data));
    }
    Ok(())
}

struct Partition {
    /// Whether its metadata may still change, or is not there.
    open: bool,
    /// Where the closing partition stands, 0 when unknown.
    footer: u64,
}

/// One key and length: key, offset of the value, offset behind it.
struct Klv {
    key: [u8; 16],
    body: u64,
    end: u64,
}

fn klv(bytes: &mut Bytes<'_>, at: u64) -> Result<Klv, Broke> {
    let key = bytes.array::<16>(at)?;
    if !key.starts_with(SMPTE) {
        return Err(Broke::new(at, "no key stands here"));
    }
    let first = bytes.u8(at + 16)?;
    let (len, size) = if first < 0x80 {
        (u64::from(first), 1)
    } else {
        let count = usize::from(first & 0x7f);
        if count > 8 {
            return Err(Broke::new(at, "a length of more than eight bytes"));
        }
        let raw = bytes.peek(at + 17, count)?;
        (raw.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 1 + count as u64)
    };
    let body = at + 16 + size;
    let end = body.checked_add(len).filter(|end| *end <= bytes.len());
    let end =
        end.ok_or_else(|| Broke::new(at, format!("a set of {len} bytes runs past the end")))?;
    Ok(Klv { key, body, end })
}

fn partition(
    bytes: &mut Bytes<'_>,
    at: u64,
    name: &str,
    found: &mut Found,
) -> Result<Partition, Broke> {
    let pack = klv(bytes, at)?;
    if !pack.key.starts_with(PARTITION) || pack.end - pack.body < 88 {
        return Err(Broke::new(at, "no partition stands here"));
    }
    let footer = bytes.u64_be(pack.body + 24)?;
    let size = bytes.u64_be(pack.body + 32)?;
    if footer > bytes.len() {
        found.problem(
            NAME,
            format!("broke at offset {}: the file ends before its footer partition", bytes.len()),
        );
    }
    // Open partitions have an odd status (1 incomplete, 3 complete).
    let open = pack.key[14] & 1 == 1 || size == 0;
    let footer = if footer > at && footer < bytes.len() { footer } else { 0 };
    if size > METADATA_CAP {
        return Err(Broke::new(at, format!("metadata of {size} bytes is more than is read")));
    }
    // The count begins behind the pack, or behind the filler that follows it.
    let mut at = pack.end;
    let mut end = pack.end.saturating_add(size);
    let mut sets = 0;
    while size > 0 && at < end {
        sets += 1;
        if sets > SETS_MAX {
            return Err(Broke::new(at, "too many sets"));
        }
        let here = klv(bytes, at)?;
        if sets == 1 && filler(&here.key) {
            end = end.saturating_add(here.end - at);
        } else if here.key.starts_with(PARTITION) && here.key[13] != 5 {
            // The next partition: the count was wrong.
            break;
        }
        if here.key.starts_with(SET) {
            set(bytes, &here, at, name, found)?;
        } else if !filler(&here.key) && xml(bytes.peek_up_to(here.body, 24)) {
            let data = bytes.take(here.body, here.end - here.body)?;
            found.add(format!("MXF {name} XML @ offset {at}"), Content::Xmp(data));
        }
        at = here.end;
    }
    Ok(Partition { open, footer })
}

fn filler(key: &[u8; 16]) -> bool {
    // The version byte at 7 differs between editions of the standard.
    key[8..15] == *b"\x03\x01\x02\x10\x01\0\0"
}

fn set(
    bytes: &mut Bytes<'_>,
    here: &Klv,
    at: u64,
    partition: &str,
    found: &mut Found,
) -> Result<(), Broke> {
    let kind = here.key[14];
    let mut name = String::new();
    let mut value = None;
    let mut item = here.body;
    if here.end - here.body > SET_CAP {
        return Err(Broke::new(at, "a set is larger than is read"));
    }
    for _ in 0..ITEMS_MAX {
        if item + 4 > here.end {
            break;
        }
        let (tag, len) = (bytes.u16_be(item)?, u64::from(bytes.u16_be(item + 2)?));
        let body = item + 4;
        if body + len > here.end {
            return Err(Broke::new(
                item,
                format!("item {tag:04X} of {len} bytes runs past its set"),
            ));
        }
        let key = match (kind, tag) {
            (0x30, 0x3c01) => "CompanyName",
            (0x30, 0x3c02) => "ProductName",
            (0x30, 0x3c04) => "VersionString",
            (0x30, 0x3c08) => "Platform",
            _ => "",
        };
        if !key.is_empty() {
            let text = utf16(&bytes.take(body, len)?, false);
            let place = format!("MXF {partition} Identification {key} @ offset {item}");
            found.text(place, Carrier::Mxf, key, text);
        } else if kind == 0x3f && tag == 0x5001 {
            name = utf16(&bytes.take(body, len)?, false);
        } else if kind == 0x3f && tag == 0x5003 {
            value = indirect(&bytes.take(body, len)?);
        } else if len >= 24 && xml(bytes.peek_up_to(body, 24)) {
            let data = bytes.take(body, len)?;
            found.add(format!("MXF {partition} XML @ offset {item}"), Content::Xmp(data));
        }
        item = body + len;
    }
    if item + 4 <= here.end {
        found.more(NAME, "items in one set");
    }
    if let Some(value) = value {
        let place = format!("MXF {partition} TaggedValue {name} @ offset {at}");
        if is_packet(value.as_bytes()) {
            found.add(place, Content::Xmp(value.into_bytes()));
        } else {
            found.text(place, Carrier::Mxf, name, value);
        }
    }
    Ok(())
}

/// The text of a tagged value, whose first bytes tell its type.
fn indirect(data: &[u8]) -> Option<String> {
    if let Some(rest) = data.strip_prefix(VALUE_LITTLE) {
        Some(utf16(rest, true))
    } else {
        data.strip_prefix(VALUE_BIG).map(|rest| utf16(rest, false))
    }
}

/// Whether an item begins as a packet of XMP does, in UTF-8 or UTF-16.
fn xml(start: &[u8]) -> bool {
    let narrow: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
    is_packet(start) || (narrow.len() * 2 == start.len() && is_packet(&narrow))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::detect::container::walked;

    fn klv_bytes(key: &[u8; 16], data: &[u8]) -> Vec<u8> {
        let mut out = key.to_vec();
        out.push(0x83);
        out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes()[1..]);
        out.extend_from_slice(data);
        out
    }

    fn item(tag: u16, data: &[u8]) -> Vec<u8> {
        let len = u16::try_from(data.len()).unwrap();
        [&tag.to_be_bytes()[..], &len.to_be_bytes(), data].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn set_key(kind: u8) -> [u8; 16] {
        let mut key = [0; 16];
        key[..14].copy_from_slice(SET);
        key[14] = kind;
        key
    }

    /// A tagged value, as `FFmpeg` writes it.
    pub fn tagged(name: &str, value: &str) -> Vec<u8> {
        let narrow: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let value = [VALUE_LITTLE, &narrow].concat();
        klv_bytes(&set_key(0x3f), &[item(0x5001, &wide(name)), item(0x5003, &value)].concat())
    }

    /// A file of one header partition with these sets, and some essence.
    pub fn mxf(status: u8, footer: u64, sets: &[u8]) -> Vec<u8> {
        let mut key = [0; 16];
        key[..13].copy_from_slice(PARTITION);
        key[13] = 2;
        key[14] = status;
        let mut pack = vec![0; 88];
        pack[24..32].copy_from_slice(&footer.to_be_bytes());
        pack[32..40].copy_from_slice(&(sets.len() as u64).to_be_bytes());
        let essence =
            klv_bytes(b"\x06\x0e\x2b\x34\x01\x02\x01\x01\x0d\x01\x03\x01\x15\0\0\0", &[9; 99]);
        [klv_bytes(&key, &pack), sets.to_vec(), essence].concat()
    }

    fn look(data: &[u8]) -> Found {
        walked(walk, data)
    }

    #[test]
    fn identification_and_tagged_values_are_read() {
        let id = klv_bytes(
            &set_key(0x30),
            &[item(0x3c01, &wide("Avid")), item(0x3c02, &wide("MC")), item(0x3c0a, &[0; 16])]
                .concat(),
        );
        let file = mxf(4, 0, &[id, tagged("AIGC", "{\"Label\":\"1\"}")].concat());
        let found = look(&file);
        assert_eq!(found.problems, []);
        let places: Vec<_> = found.blocks.iter().map(|block| block.place.as_str()).collect();
        assert_eq!(places.len(), 3);
        assert!(places[0].starts_with("MXF header Identification CompanyName @ offset "));
        assert!(matches!(&found.blocks[2].content, Content::Text { key, value, .. }
            if key == "AIGC" && value == "{\"Label\":\"1\"}"));
    }

    #[test]
    fn a_packet_in_any_set_is_xmp() {
        let packet = b"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
        let sets = klv_bytes(&set_key(0x7f), &item(0x8001, packet));
        let found = look(&mxf(4, 0, &[sets, tagged("xmp", "<x:xmpmeta/>")].concat()));
        assert_eq!(found.problems, []);
        assert!(found.blocks.iter().all(|block| matches!(block.content, Content::Xmp(_))));
        assert_eq!(found.blocks.len(), 2);
    }

    /// A file with this packet in a generic stream, and the index that leads there.
    pub fn streamed(packet: &[u8]) -> Vec<u8> {
        let mut key = [0; 16];
        key[..13].copy_from_slice(PARTITION);
        (key[13], key[14]) = (3, 0x11);
        let data = *b"\x06\x0e\x2b\x34\x01\x01\x01\x0c\x0d\x01\x05\x09\x01\0\0\0";
        let mut file = mxf(4, 0, &tagged("a", "b"));
        let at = file.len() as u64;
        file.extend(klv_bytes(&key, &[0; 88]));
        file.extend(klv_bytes(&data, packet));
        let mut index = [0; 16];
        index[..14].copy_from_slice(INDEX);
        index[14] = 1;
        let entry = [&1u32.to_be_bytes()[..], &at.to_be_bytes(), &[0, 0, 0, 36]].concat();
        file.extend(klv_bytes(&index, &entry));
        file
    }

    #[test]
    fn a_packet_in_a_generic_stream_is_xmp() {
        let mut file = streamed(b"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
        let got = look(&file);
        assert_eq!(got.problems, []);
        assert!(got.blocks[1].place.starts_with("MXF generic stream @ offset "));
        let end = file.len();
        file[end - 12] = 0x7f;
        assert_eq!(look(&file).problems.len(), 1);
    }

    #[test]
    fn an_open_header_is_followed_to_the_footer() {
        let mut file = mxf(1, 0, &tagged("a", "b"));
        let footer = file.len() as u64;
        file[20 + 24..20 + 32].copy_from_slice(&footer.to_be_bytes());
        file.extend(mxf(4, footer, &tagged("c", "d")));
        let found = look(&file);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 2);
        assert!(found.blocks[1].place.starts_with("MXF footer TaggedValue c"));
    }

    #[test]
    fn a_cut_file_and_a_lie_are_problems() {
        let file = mxf(4, 0, &tagged("AIGC", "{\"Label\":\"1\"}"));
        for end in [30, 107, 120, 160] {
            assert_eq!(look(&file[..end]).problems.len(), 1, "{end}");
        }
        let past = mxf(4, 1 << 40, &tagged("a", "b"));
        assert!(look(&past).problems[0].problem.contains("before its footer"));
        let mut lie = file;
        lie[20 + 32] = 0x7f;
        assert!(look(&lie).problems[0].problem.contains("more than is read"));
    }
}
