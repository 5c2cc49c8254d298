//! Looks through a manifest store before the library does: the library takes memory for a text of CBOR
//! by the length that the text states, and a store of a hundred kilobytes can state gigabytes. Reads
//! boxes and heads of items only, never a value. Used by `read`.

/// Boxes in boxes, items in items. The library allows as many.
const DEPTH_MAX: usize = 128;

/// Whether no length in a store runs past what holds it; else where it does.
pub fn check(store: &[u8]) -> Result<(), String> {
    boxes(store, 0, 0)
}

fn lie(at: usize) -> String {
    format!("broke at offset {at} of it: a length runs past what holds it")
}

/// `start` is where `data` stands in the store.
fn boxes(data: &[u8], start: usize, depth: usize) -> Result<(), String> {
    let mut at = 0;
    // What is left over is padding.
    while let Some(head) = data.get(at..at + 8) {
        let lie = || lie(start + at);
        let number = |raw: &[u8]| raw.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let (header, size) = match number(head.get(..4).unwrap_or_default()) {
            0 => (8, data.len() - at),
            1 => {
                let size = number(data.get(at + 8..at + 16).ok_or_else(lie)?);
                (16, usize::try_from(size).map_err(|_| lie())?)
            }
            size => (8, usize::try_from(size).map_err(|_| lie())?),
        };
        let end = at.checked_add(size).filter(|_| size >= header).ok_or_else(lie)?;
        let body = data.get(at + header..end).ok_or_else(lie)?;
        match head.get(4..) {
            Some(b"jumb") if depth < DEPTH_MAX => boxes(body, start + at + header, depth + 1)?,
            Some(b"jumb") => return Err(lie()),
            Some(b"cbor") => item(body, start + at + header)?,
            _ => {}
        }
        at = end;
    }
    Ok(())
}

/// The first item of CBOR and all in it (RFC 8949, 3). What is no CBOR is left to the library, which
/// takes no memory for it.
fn item(data: &[u8], start: usize) -> Result<(), String> {
    // How many items each open one still has; nothing where a break ends it.
    let mut open: Vec<Option<u64>> = vec![Some(1)];
    let mut at = 0;
    while let Some(left) = open.last_mut() {
        match left {
            Some(0) => {
                open.pop();
                continue;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let Some(first) = data.get(at) else {
            return Ok(());
        };
        let (kind, short) = (first >> 5, first & 0x1f);
        let width = match short {
            24..=27 => 1 << (short - 24),
            _ => 0,
        };
        let Some(raw) = data.get(at + 1..at + 1 + width) else {
            return Ok(());
        };
        let value = raw.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let value = if width == 0 { u64::from(short) } else { value };
        let here = at;
        at += 1 + width;
        let left = (data.len() - at) as u64;
        let within = |count: u64| if count <= left { Ok(()) } else { Err(lie(start + here)) };
        match (kind, short) {
            (7, 31) => {
                open.pop();
            }
            (2..=5, 31) => open.push(None),
            (_, 28..=31) => return Ok(()),
            (2 | 3, _) => {
                within(value)?;
                at += usize::try_from(value).unwrap_or(data.len());
            }
            // An item takes a byte at least.
            (4, _) => within(value).map(|()| open.push(Some(value)))?,
            (5, _) => {
                within(value.saturating_mul(2))?;
                open.push(Some(value.saturating_mul(2)));
            }
            (6, _) => open.push(Some(1)),
            _ => {}
        }
        if open.len() > DEPTH_MAX {
            return Err(lie(start + here));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::container::bmff::tests::bx;

    fn store(cbor: &[u8]) -> Vec<u8> {
        bx(b"jumb", &[bx(b"jumd", b"c2pa"), bx(b"jumb", &bx(b"cbor", cbor))].concat())
    }

    #[test]
    fn what_fits_is_fine_and_what_is_no_cbor_is_left_alone() {
        for cbor in [
            b"\xa1\x61a\x82\x01\x43abc".as_slice(),
            b"\xbf\x61a\x7f\x61b\x61c\xff\xff",
            b"\xd2\x84\x40\xa0\xf6\x41x",
            b"\x01 and padding \x7b\xff\xff",
            b"\xfc",
            b"",
        ] {
            assert_eq!(check(&store(cbor)), Ok(()), "{cbor:?}");
        }
        assert_eq!(check(&[store(b"\x01"), vec![0; 7]].concat()), Ok(()));
    }

    #[test]
    fn lies_say_where_they_are() {
        for cbor in [
            b"\xa1\x61a\x7a\x65\x78\x69\x66x".as_slice(),
            b"\x9a\xff\xff\xff\xff\x01",
            b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
            &[0x81; 1000],
        ] {
            let got = check(&store(cbor));
            assert!(got.is_err_and(|why| why.contains("of it: a length")), "{cbor:?}");
        }
        assert!(check(b"\0\0\xff\xffjumb").is_err());
        assert!(check(&b"\0\0\0\0jumb".repeat(1000)).is_err());
    }
}
