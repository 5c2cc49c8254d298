//! Packing list (ST 429-8:2007; ST 2067-2:2016 and later; Interop `PROTO-ASDCP-PKL-20040311#`): what
//! the bytes of each asset must be.

use crate::deliver::package::xml::{Element, Xml, XmlFault};
use crate::deliver::package::{Algorithm, Digest, uuid};

/// Assets of one list.
const ASSETS_MAX: usize = 250_000;

/// What a packing list says.
#[derive(Debug)]
pub(super) struct PackingList {
    pub(super) namespace: String,
    /// UUID.
    pub(super) id: Option<String>,
    pub(super) annotation: Option<String>,
    pub(super) assets: Vec<PackedAsset>,
}

/// One asset of a packing list.
#[derive(Debug)]
pub(super) struct PackedAsset {
    /// UUID.
    pub(super) id: String,
    /// What the bytes must hash to, or why that cannot be said.
    pub(super) digest: Result<Digest, String>,
    /// Bytes.
    pub(super) size: Option<u64>,
    /// MIME type as written, lower case: `application/mxf`, `text/xml;asdcpkind=cpl`.
    pub(super) media_type: String,
}

/// The editions of the packing list.
pub(super) const KNOWN: &[&str] = &[
    "http://www.digicine.com/PROTO-ASDCP-PKL-20040311#",
    "http://www.smpte-ra.org/schemas/429-8/2007/PKL",
    IMF_2016,
];
pub(super) const IMF_2016: &str = "http://www.smpte-ra.org/schemas/2067-2/2016/PKL";

/// Reads a packing list.
pub(super) fn parse(text: &str) -> Result<PackingList, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "PackingList" {
        return Err(xml.fault(&format!("is a {}, not a PackingList", root.name)));
    }
    let mut list = PackingList {
        namespace: xml.namespace().to_owned(),
        id: None,
        annotation: None,
        assets: Vec::new(),
    };
    let mut listed = false;
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "Id" if tag.own => list.id = uuid(&xml.text()?),
            "AnnotationText" if tag.own => {
                list.annotation = Some(xml.text()?).filter(|text| !text.is_empty());
            }
            "AssetList" if tag.own => {
                listed = true;
                while let Some(tag) = xml.child()? {
                    let element = xml.record(tag)?;
                    if list.assets.len() >= ASSETS_MAX {
                        return Err(xml.fault(&format!("lists more than {ASSETS_MAX} assets")));
                    }
                    list.assets.push(asset(&element).map_err(|what| xml.fault(&what))?);
                }
            }
            _ => xml.skip()?,
        }
    }
    if !listed {
        return Err(xml.fault("has no AssetList"));
    }
    Ok(list)
}

fn asset(element: &Element) -> Result<PackedAsset, String> {
    if element.tag.name != "Asset" || !element.tag.own {
        return Err(format!("lists a {} among its assets", element.tag.name));
    }
    let id = element.text_of("Id").and_then(uuid).ok_or("lists an asset without a UUID")?;
    let size = match element.text_of("Size") {
        None => None,
        Some(text) => Some(
            text.parse::<u64>()
                .map_err(|_| format!("gives asset {id} the size {text:?}, which is no number"))?,
        ),
    };
    Ok(PackedAsset {
        digest: digest(element),
        size,
        media_type: element.text_of("Type").unwrap_or_default().to_ascii_lowercase(),
        id,
    })
}

/// The hash of a packing list's asset or a playlist's resource: SHA-1 unless `HashAlgorithm` says
/// otherwise (ST 2067-2:2016, 7.3).
pub(super) fn digest(element: &Element) -> Result<Digest, String> {
    let text = element.text_of("Hash").ok_or("its packing list gives none")?;
    let uri = element.child("HashAlgorithm").and_then(|child| child.tag.attribute("Algorithm"));
    let algorithm = match uri {
        None => Algorithm::Sha1,
        Some(uri) => {
            let short: String = uri.chars().take(100).collect();
            Algorithm::from_uri(uri.trim())
                .ok_or_else(|| format!("its hash algorithm {short:?} is not known"))?
        }
    };
    Digest::from_base64(algorithm, text)
}
