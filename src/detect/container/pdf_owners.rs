//! Whose the metadata streams of a PDF are: the document's, a page's, or those of something that was placed on
//! one. A picture keeps its packet when it is placed, and what that says is said of the picture. Hears every
//! dictionary from `pdf`, in any order; what nothing refers to is the document's.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::block::Found;
use crate::detect::container::pdf_syntax::{entries, is_name, reference};

/// Objects kept of a kind. What is beyond counts for the document, which says more.
const OBJECTS_MAX: usize = 65_536;

/// What refers to a metadata stream, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Part,
    Page,
    Document,
}

/// What is known of the owners so far.
#[derive(Default)]
pub struct Owners {
    /// By the number of the metadata stream.
    of: BTreeMap<u64, Owner>,
    pages: BTreeSet<u64>,
    pictures: BTreeSet<u64>,
    /// Pictures that are only what another one shows through.
    masks: BTreeSet<u64>,
    /// Whether there is text.
    fonts: bool,
    /// Where the blocks of metadata streams stand among all, and the numbers of the streams.
    streams: Vec<(usize, u64)>,
}

impl Owners {
    /// Hears the dictionary of an object.
    pub fn dictionary(&mut self, object: u64, dictionary: &[u8]) {
        let mut owner = Owner::Part;
        let mut metadata = Vec::new();
        for (key, after) in entries(dictionary) {
            match key {
                b"Type" if is_name(after, b"Catalog") => owner = Owner::Document,
                b"Type" if is_name(after, b"Page") => {
                    owner = owner.max(Owner::Page);
                    keep(&mut self.pages, object);
                }
                b"Type" => self.fonts |= is_name(after, b"Font"),
                b"Subtype" if is_name(after, b"Image") => keep(&mut self.pictures, object),
                b"Metadata" => metadata.extend(reference(after)),
                b"SMask" | b"Mask" => {
                    if let Some(mask) = reference(after) {
                        keep(&mut self.masks, mask);
                    }
                }
                _ => {}
            }
        }
        for stream in metadata {
            if self.of.len() < OBJECTS_MAX || self.of.contains_key(&stream) {
                let known = self.of.entry(stream).or_insert(owner);
                *known = owner.max(*known);
            }
        }
    }

    /// Hears where the block of a metadata stream stands.
    pub fn stream(&mut self, object: u64, block: usize) {
        self.streams.push((block, object));
    }

    /// Tells the blocks that speak of a part, once all dictionaries were heard.
    pub fn tell(&self, found: &mut Found) {
        for (block, object) in &self.streams {
            if let Some(block) = found.blocks.get_mut(*block) {
                block.part = self.is_part(*object);
            }
        }
    }

    fn is_part(&self, object: u64) -> bool {
        match self.of.get(&object) {
            None | Some(Owner::Document) => false,
            Some(Owner::Page) => self.pages.len() > 1,
            Some(Owner::Part) => !self.is_one_picture(),
        }
    }

    /// Whether the document is no more than one picture on its page.
    fn is_one_picture(&self) -> bool {
        let pictures = self.pictures.difference(&self.masks).count();
        self.pages.len() <= 1 && pictures <= 1 && !self.fonts
    }
}

fn keep(objects: &mut BTreeSet<u64>, object: u64) {
    if objects.len() < OBJECTS_MAX {
        objects.insert(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::Content;

    /// Whether the packet in object 9 speaks of a part.
    fn is_part(dictionaries: &[(u64, &str)]) -> bool {
        let (mut owners, mut found) = (Owners::default(), Found::default());
        found.add("P", Content::Xmp(Vec::new()));
        owners.stream(9, 0);
        for (object, dictionary) in dictionaries {
            owners.dictionary(*object, dictionary.as_bytes());
        }
        owners.tell(&mut found);
        found.blocks[0].part
    }

    const PICTURE: (u64, &str) = (3, "<</Type/XObject/Subtype/Image/SMask 4 0 R/Metadata 9 0 R>>");
    const MASK: (u64, &str) = (4, "<</Type/XObject/Subtype/Image>>");
    const PAGE: (u64, &str) = (2, "<</Type /Page/Resources<</XObject<</A 3 0 R>>>>>>");
    const FONT: (u64, &str) = (5, "<</Type/Font/Subtype/Type1>>");

    #[test]
    fn a_picture_speaks_of_itself_where_it_is_not_all_there_is() {
        assert!(!is_part(&[PICTURE, MASK, PAGE]));
        assert!(is_part(&[PICTURE, MASK, PAGE, FONT]));
        assert!(is_part(&[PICTURE, MASK, PAGE, (6, "<</Type/Page>>")]));
        assert!(is_part(&[PICTURE, MASK, PAGE, (6, "<</Subtype/Image>>")]));
        // The same page and picture in a later revision.
        assert!(!is_part(&[PICTURE, MASK, PAGE, PAGE, PICTURE]));
    }

    #[test]
    fn the_document_speaks_of_all_of_it() {
        let catalog = (1, "<</Pages 8 0 R/Metadata 9 0 R/Type/Catalog>>");
        for all in [[catalog, PICTURE, FONT], [PICTURE, FONT, catalog], [FONT, MASK, PAGE]] {
            assert!(!is_part(&all));
        }
        // Another stream is the document's.
        assert!(is_part(&[(1, "<</Type/Catalog/Metadata 8 0 R>>"), PICTURE, FONT]));
        let page = (2, "<</Type/Page/Metadata 9 0 R>>");
        assert!(!is_part(&[page, FONT, PICTURE]));
        assert!(is_part(&[page, (6, "<</Type/Page>>")]));
    }
}
