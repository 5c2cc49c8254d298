#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    genlock_fuzz::run(data, |kind| kind.starts_with("image/") && kind != "image/svg+xml")
});
