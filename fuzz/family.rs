//! What each target does: examine the bytes as a file of its family.

use std::io::Cursor;
use std::sync::LazyLock;

use genlock::detect::bytes::Bytes;
use genlock::detect::{Settings, examine, is_deep, sniff};
use libfuzzer_sys::Corpus;

static PLAIN: LazyLock<Settings> = LazyLock::new(Settings::default);
static DEEP: LazyLock<Settings> = LazyLock::new(|| Settings::default().deep(true));

/// Examines `data` twice, with all of it at hand and with nothing: the answer must be the same.
/// Bytes of another family are refused, so that a target stays with its own.
pub fn run(data: &[u8], ours: fn(&str) -> bool) -> Corpus {
    if !ours(sniff::sniff(&mut Bytes::memory(data))) {
        return Corpus::Reject;
    }
    let len = data.len() as u64;
    let whole = examine(&mut Cursor::new(data), len, data, &PLAIN);
    let seeking = examine(&mut Cursor::new(data), len, &[], &PLAIN);
    assert_eq!(whole, seeking);
    if is_deep(whole.media_type) {
        examine(&mut Cursor::new(data), len, data, &DEEP);
    }
    Corpus::Keep
}
