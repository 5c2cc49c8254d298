//! What Samsung's phones keep behind the image in a JPEG: a directory at the very end (`SEFH` …
//! `SEFT`) whose entries count backwards. Only the editor's own data is read.

use crate::detect::block::{Carrier, Found};
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::unicode::latin;

const NAME: &str = "samsung-trailer";
/// Entries of one directory; phones write a dozen.
const ENTRIES_MAX: u32 = 256;
/// The entry that tells of generative edits.
const EDIT: &[u8] = b"PhotoEditor_Re_Edit_Data";

/// Looks at the end of the file, not before `floor`.
pub fn walk(bytes: &mut Bytes<'_>, floor: u64, found: &mut Found) {
    let Some(end) = bytes.len().checked_sub(8) else {
        return;
    };
    if bytes.peek_up_to(end + 4, 4) != b"SEFT" {
        return;
    }
    if let Err(broke) = directory(bytes, floor, end, found) {
        found.broke(NAME, &broke);
    }
}

fn directory(bytes: &mut Bytes<'_>, floor: u64, end: u64, found: &mut Found) -> Result<(), Broke> {
    let len = u64::from(bytes.u32_le(end)?);
    let start = end
        .checked_sub(len)
        .filter(|start| *start >= floor)
        .ok_or_else(|| Broke::new(end, "a directory begins before the image ends"))?;
    if bytes.peek(start, 4)? != b"SEFH" {
        return Err(Broke::new(start, "no directory stands here"));
    }
    let count = bytes.u32_le(start + 8)?;
    if count > ENTRIES_MAX {
        found.more(NAME, "entries");
    }
    for number in 0..u64::from(count.min(ENTRIES_MAX)) {
        let entry = start + 12 + number * 12;
        let back = u64::from(bytes.u32_le(entry + 4)?);
        let size = u64::from(bytes.u32_le(entry + 8)?);
        let Some(at) = start.checked_sub(back).filter(|at| *at >= floor) else {
            return Err(Broke::new(entry, "an entry begins before the image ends"));
        };
        let name = u64::from(bytes.u32_le(at + 4)?);
        let head = 8 + name;
        if name == EDIT.len() as u64 && size >= head && bytes.peek(at + 8, EDIT.len())? == EDIT {
            let value = latin(&bytes.take(at + head, size - head)?);
            let key = String::from_utf8_lossy(EDIT).into_owned();
            let place = format!("JPEG Samsung trailer {key} @ offset {at}");
            found.text(place, Carrier::Trailer, key, value);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A trailer with this editor's data.
    pub fn trailer(value: &str) -> Vec<u8> {
        let mut block = b"\0\0\xa1\x0b".to_vec();
        block.extend_from_slice(&u32::try_from(EDIT.len()).unwrap().to_le_bytes());
        block.extend_from_slice(EDIT);
        block.extend_from_slice(value.as_bytes());
        let size = u32::try_from(block.len()).unwrap().to_le_bytes();
        let mut out = block;
        out.extend_from_slice(b"SEFH\x6a\0\0\0\x01\0\0\0\0\0\xa1\x0b");
        out.extend_from_slice(&size);
        out.extend_from_slice(&size);
        out.extend_from_slice(&24u32.to_le_bytes());
        out.extend_from_slice(b"SEFT");
        out
    }

    #[test]
    fn the_editors_data_is_found_and_lies_end() {
        let mut file = vec![0; 10];
        file.extend(trailer("{\"genAIType\":1}"));
        let mut found = Found::default();
        walk(&mut Bytes::memory(&file), 10, &mut found);
        assert_eq!(found.problems, []);
        assert_eq!(found.blocks.len(), 1);
        let mut lie = Found::default();
        walk(&mut Bytes::memory(&file), 20, &mut lie);
        assert_eq!(lie.problems.len(), 1);
    }
}
