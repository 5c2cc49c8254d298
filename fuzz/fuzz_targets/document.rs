#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    genlock_fuzz::run(data, |kind| {
        kind == "image/svg+xml"
            || kind.starts_with("text/")
            || (kind.starts_with("application/") && kind != "application/mxf")
    })
});
