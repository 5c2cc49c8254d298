//! Asset map (ST 429-9:2014; Interop `PROTO-ASDCP-AM-20040311#`): where each asset lies. The same
//! file serves IMF and DCP.

use crate::deliver::package::uuid;
use crate::deliver::package::xml::{Element, Xml, XmlFault};

/// Assets of one map.
const ASSETS_MAX: usize = 250_000;

/// What an asset map says.
#[derive(Debug)]
pub(super) struct AssetMap {
    pub(super) namespace: String,
    pub(super) annotation: Option<String>,
    pub(super) assets: Vec<MapAsset>,
}

/// One asset of a map.
#[derive(Debug)]
pub(super) struct MapAsset {
    /// UUID.
    pub(super) id: String,
    /// Whether it is a packing list.
    pub(super) packing_list: bool,
    /// At least one.
    pub(super) chunks: Vec<Chunk>,
}

/// A part of an asset, one file.
#[derive(Debug)]
pub(super) struct Chunk {
    /// As written: a URI reference.
    pub(super) path: String,
    /// From 1.
    pub(super) volume: u64,
    /// Bytes, when said.
    pub(super) length: Option<u64>,
    /// Bytes of the asset that come before.
    pub(super) offset: u64,
}

/// The editions of the asset map.
pub(super) const INTEROP: &str = "http://www.digicine.com/PROTO-ASDCP-AM-20040311#";
pub(super) const SMPTE: &str = "http://www.smpte-ra.org/schemas/429-9/2007/AM";

/// Reads an asset map.
pub(super) fn parse(text: &str) -> Result<AssetMap, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "AssetMap" {
        return Err(xml.fault(&format!("is a {}, not an AssetMap", root.name)));
    }
    let mut map =
        AssetMap { namespace: xml.namespace().to_owned(), annotation: None, assets: Vec::new() };
    let mut listed = false;
    while let Some(tag) = xml.child()? {
        match tag.name.as_str() {
            "AnnotationText" if tag.own => {
                map.annotation = Some(xml.text()?).filter(|text| !text.is_empty());
            }
            "AssetList" if tag.own => {
                listed = true;
                while let Some(tag) = xml.child()? {
                    let element = xml.record(tag)?;
                    if map.assets.len() >= ASSETS_MAX {
                        return Err(xml.fault(&format!("lists more than {ASSETS_MAX} assets")));
                    }
                    map.assets.push(asset(&element).map_err(|what| xml.fault(&what))?);
                }
            }
            _ => xml.skip()?,
        }
    }
    if !listed {
        return Err(xml.fault("has no AssetList"));
    }
    Ok(map)
}

fn asset(element: &Element) -> Result<MapAsset, String> {
    if element.tag.name != "Asset" || !element.tag.own {
        return Err(format!("lists a {} among its assets", element.tag.name));
    }
    let id = element.text_of("Id").and_then(uuid).ok_or("lists an asset without a UUID")?;
    let list = element.child("ChunkList").ok_or_else(|| format!("gives asset {id} no chunks"))?;
    let chunks = list.children.iter().filter(|child| child.tag.own && child.tag.name == "Chunk");
    let chunks = chunks.map(|chunk| self::chunk(&id, chunk)).collect::<Result<Vec<_>, _>>()?;
    if chunks.is_empty() {
        return Err(format!("gives asset {id} no chunks"));
    }
    // Interop writes an empty element, SMPTE a Boolean (ST 429-9, 6.3).
    let packing_list = element.text_of("PackingList").is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        text != "false" && text != "0"
    });
    Ok(MapAsset { id, packing_list, chunks })
}

fn chunk(id: &str, element: &Element) -> Result<Chunk, String> {
    let number = |name: &str| match element.text_of(name) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| format!("gives asset {id} the {name} {text:?}, which is no number")),
    };
    let path = element.text_of("Path").ok_or_else(|| format!("gives asset {id} no path"))?;
    Ok(Chunk {
        path: path.to_owned(),
        volume: number("VolumeIndex")?.unwrap_or(1),
        length: number("Length")?,
        offset: number("Offset")?.unwrap_or(0),
    })
}

/// The number of this volume by its VOLINDEX (ST 429-9, 8).
pub(super) fn parse_volume_index(text: &str) -> Result<u64, XmlFault> {
    let (mut xml, root) = Xml::open(text)?;
    if root.name != "VolumeIndex" {
        return Err(xml.fault(&format!("is a {}, not a VolumeIndex", root.name)));
    }
    while let Some(tag) = xml.child()? {
        if tag.own && tag.name == "Index" {
            let index = xml.text()?;
            return index.parse().map_err(|_| xml.fault("has an Index that is no number"));
        }
        xml.skip()?;
    }
    Err(xml.fault("has no Index"))
}
