//! Lists with bytes changed, cut off and doubled: each is read or refused, none is the end of the
//! program. The same cases every time.

use crate::deliver::package::tests::corpus;
use crate::deliver::package::tests::imf;
use crate::deliver::package::tests::kit::{Folder, checked};
use crate::deliver::package::tests::mhl;
use crate::deliver::package::text::decode;
use crate::deliver::package::{
    asset_map, chain, composition, hash_list, legacy, packing_list, read,
};

/// Damaged copies of each file.
const CASES: u32 = 40;

/// A generator of numbers that needs no seed from outside (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn damaged(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let at = numbers.below(out.len());
    match numbers.below(5) {
        0 => out.truncate(at),
        1 => out[at] ^= 1 << numbers.below(8),
        2 => {
            let end = (at + numbers.below(400)).min(out.len());
            let piece = out[at..end].to_vec();
            out.splice(at..at, piece);
        }
        3 => {
            let end = (at + numbers.below(40)).min(out.len());
            out.drain(at..end);
        }
        _ => {
            let hostile: [&[u8]; 8] =
                [b"<", b"&", b"]]>", b"\0", b"99999999999999999999", b"-1", b"\xff", b"<!DOCTYPE"];
            let piece = hostile[numbers.below(hostile.len())];
            out.splice(at..at, piece.iter().copied());
        }
    }
    out
}

fn read_all(bytes: Vec<u8>) -> usize {
    let Ok(text) = decode(bytes) else { return 0 };
    let read = [
        asset_map::parse(&text).is_ok(),
        asset_map::parse_volume_index(&text).is_ok(),
        packing_list::parse(&text).is_ok(),
        composition::parse(&text).is_ok(),
        composition::parse_output_profile_list(&text).is_ok(),
        chain::parse(&text).is_ok(),
        hash_list::parse(&text).is_ok(),
        legacy::parse(&text).is_ok(),
    ];
    read.iter().filter(|read| **read).count()
}

#[test]
fn no_damage_ends_the_program() {
    let mut files: Vec<Vec<u8>> = vec![
        b"<hashlist version='1.1'><hash><file>a</file><xxhash>1</xxhash></hash></hashlist>"
            .to_vec(),
        b"<VolumeIndex xmlns='a'><Index>1</Index></VolumeIndex>".to_vec(),
        b"<ascmhldirectory xmlns='urn:ASC:MHL:DIRECTORY:v2.0'><hashlist sequencenr='1'><path>a\
          </path><c4>c4</c4></hashlist></ascmhldirectory>"
            .to_vec(),
    ];
    if let Some(corpus) = corpus::folder("no_damage_ends_the_program (with real files)") {
        files.extend(corpus::lists(&corpus).iter().map(|path| std::fs::read(path).unwrap()));
    }
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut cases) = (0, 0);
    for file in &files {
        for _ in 0..CASES {
            read += usize::from(read_all(damaged(file, &mut numbers)) > 0);
            cases += 1;
        }
    }
    // Some damage is in texts that nobody reads; if none or all were read, this would test nothing.
    assert!(read > 0 && read < cases, "{read} of {cases}");
}

#[test]
fn packages_with_a_damaged_list_are_never_called_whole_in_another_shape() {
    /// Damaged copies of each list.
    const CASES: u32 = 120;
    let folders: [(Folder, &[&str]); 2] = [
        (imf::intact(), &["ASSETMAP.xml", "PKL.xml", "CPL.xml"]),
        (mhl::nested(), &["ascmhl/0001_x_2026.mhl", "ascmhl/ascmhl_chain.xml"]),
    ];
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for (folder, names) in &folders {
        let packages = |folder: &Folder| read(&folder.path()).map_err(|error| error.to_string());
        let files = |folder: &Folder| -> Vec<Vec<u8>> {
            let packages = packages(folder).unwrap();
            packages[0].listed.iter().map(|listed| listed.path.clone()).collect()
        };
        let whole = files(folder);
        for name in *names {
            let path = folder.path().join(name);
            let intact = std::fs::read(&path).unwrap();
            for _ in 0..CASES {
                std::fs::write(&path, damaged(&intact, &mut numbers)).unwrap();
                let Ok(packages) = packages(folder) else { continue };
                let (problems, _) = checked(&folder.path(), &packages[0]).unwrap();
                if problems.is_empty() {
                    let listed = packages[0].listed.iter().map(|listed| listed.path.clone());
                    assert_eq!(listed.collect::<Vec<_>>(), whole, "{name}");
                }
            }
            std::fs::write(&path, intact).unwrap();
        }
        assert_eq!(folder.told(), [""; 0]);
    }
}
