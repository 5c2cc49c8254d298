//! Photoshop documents: the image resources section, which holds XMP, IPTC and EXIF. Layers and
//! pixels behind it are never read.

use crate::detect::block::Found;
use crate::detect::bytes::{Broke, Bytes};
use crate::detect::container::irb;

const NAME: &str = "psd";

/// Reads the image resources.
pub fn walk(bytes: &mut Bytes<'_>, found: &mut Found) {
    match resources(bytes) {
        Ok((at, data)) => irb::walk(&data, &format!("PSD resources @ offset {at}"), found),
        Err(broke) => found.broke(NAME, &broke),
    }
}

fn resources(bytes: &mut Bytes<'_>) -> Result<(u64, Vec<u8>), Broke> {
    let colors = u64::from(bytes.u32_be(26)?);
    let at = 30 + colors;
    let len = u64::from(bytes.u32_be(at)?);
    Ok((at + 4, bytes.take(at + 4, len)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::Content;
    use crate::detect::container::irb::tests::resource_bytes;
    use crate::detect::container::walked;

    #[test]
    fn resources_are_read() {
        let resource = resource_bytes(0x0424, b"<x/>");
        let mut file = b"8BPS\0\x01".to_vec();
        file.extend_from_slice(&[0; 24]);
        file.extend_from_slice(&u32::try_from(resource.len()).unwrap().to_be_bytes());
        file.extend(resource);
        let found = walked(walk, &file);
        assert!(matches!(&found.blocks[0].content, Content::Xmp(_)));
        file.truncate(36);
        let found = walked(walk, &file);
        assert_eq!(found.problems.len(), 1);
    }
}
