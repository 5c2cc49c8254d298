//! IPTC `DigitalSourceType` (`NewsCodes`, release of 2024-10-23) and the two terms C2PA adds.

use serde::{Deserialize, Serialize};

/// What a source type says about generative AI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generative {
    /// The whole was made by a trained model.
    Whole,
    /// A part was made or altered by one.
    Part,
    /// It may hold such parts: a person must look.
    MayContain,
    /// It says how the picture was made, and that was not by a generative model.
    No,
}

macro_rules! source_types {
    ($($variant:ident = $term:literal, $generative:ident, $plain:literal;)*) => {
        /// A term of the IPTC vocabulary, named as the vocabulary names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum SourceType {
            $(#[doc = $plain] #[serde(rename = $term)] $variant,)*
        }

        impl SourceType {
            /// Every term, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The vocabulary's own spelling: the last segment of its URI.
            pub const fn term(self) -> &'static str {
                match self { $(Self::$variant => $term),* }
            }

            /// What it says about generative AI (`signals.md` §4.1).
            pub const fn generative(self) -> Generative {
                match self { $(Self::$variant => Generative::$generative),* }
            }

            /// The meaning in plain words.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $plain),* }
            }
        }
    };
}

source_types! {
    DigitalCapture = "digitalCapture", No, "captured from life by a camera or recorder";
    ComputationalCapture = "computationalCapture", No, "several captured frames merged without a generative model";
    NegativeFilm = "negativeFilm", No, "digitised from a film negative";
    PositiveFilm = "positiveFilm", No, "digitised from a film positive";
    Print = "print", No, "digitised from a print";
    HumanEdits = "humanEdits", No, "edited by people with non-generative tools";
    MinorHumanEdits = "minorHumanEdits", No, "minor corrections by people";
    CompositeWithTrainedAlgorithmicMedia = "compositeWithTrainedAlgorithmicMedia", Part, "altered or extended with a generative model";
    AlgorithmicallyEnhanced = "algorithmicallyEnhanced", No, "corrected by an algorithm that leaves the main content alone";
    SoftwareImage = "softwareImage", No, "made with software";
    DigitalArt = "digitalArt", No, "made by a person with digital tools";
    DigitalCreation = "digitalCreation", No, "made by a person with non-generative digital tools";
    DataDrivenMedia = "dataDrivenMedia", No, "data made visible by human programming";
    TrainedAlgorithmicMedia = "trainedAlgorithmicMedia", Whole, "made as a whole by a generative model";
    AlgorithmicMedia = "algorithmicMedia", No, "made by an algorithm without any training data";
    ScreenCapture = "screenCapture", MayContain, "a recording of a screen";
    VirtualRecording = "virtualRecording", MayContain, "a recording of a virtual event";
    Composite = "composite", MayContain, "a mix in which any element may be generated";
    CompositeCapture = "compositeCapture", No, "a mix of real captures only";
    CompositeSynthetic = "compositeSynthetic", Part, "a mix with at least one generated element";
    TrainedAlgorithmicData = "trainedAlgorithmicData", Whole, "data that is the output of a trained model";
    Empty = "empty", No, "a blank canvas";
}

/// What the vocabulary calls the generative terms in English, where that is not the term in words.
const NAMES: &[(&str, SourceType)] = &[
    ("Created using Generative AI", SourceType::TrainedAlgorithmicMedia),
    ("Edited using Generative AI", SourceType::CompositeWithTrainedAlgorithmicMedia),
    ("Composite including Generative AI elements", SourceType::CompositeSynthetic),
];

impl SourceType {
    /// Reads a term or a URI. Only the whole last segment counts: `trainedAlgorithmicMedia` is
    /// contained in `compositeWithTrainedAlgorithmicMedia`, and `algorithmicMedia` is not AI.
    ///
    /// `http` and `https` both occur, as does the `QCode` `digsrctype:`; schema.org has the same terms with a
    /// word behind each. Case matters in the vocabulary but is forgiven here, as are slashes and hashes at the end and
    /// a query, because a mark may only ever raise suspicion. A text that is no address may as well be the term in
    /// words (`Trained algorithmic media`) or the vocabulary's own name of a generative one; both are compared whole.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let address = text.split('?').next()?.trim_end_matches(['/', '#']);
        let last = address.rsplit(['/', ':', '#']).next()?;
        let last = last.strip_suffix("DigitalSource").unwrap_or(last);
        Self::named(last).or_else(|| {
            let words: String = text.chars().filter(|it| !matches!(it, ' ' | '_' | '-')).collect();
            let name = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
            Self::named(&words).or(name.map(|(_, known)| *known))
        })
    }

    fn named(term: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.term().eq_ignore_ascii_case(term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_is_compared_whole() {
        let base = "http://cv.iptc.org/newscodes/digitalsourcetype/";
        for known in SourceType::ALL {
            assert_eq!(SourceType::parse(&format!("{base}{}", known.term())), Some(*known));
        }
        assert_eq!(
            SourceType::parse(
                "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
            ),
            Some(SourceType::TrainedAlgorithmicMedia)
        );
        assert_eq!(SourceType::parse("digsrctype:composite"), Some(SourceType::Composite));
        for whole in [
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/",
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia?lang=en-GB",
            "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia#",
            "https://cv.iptc.org/newscodes/digitalsourcetype#trainedAlgorithmicMedia/",
            "trainedAlgorithmicMedia",
            "cv:trainedAlgorithmicMedia",
            "digsrctype:trainedAlgorithmicMedia",
            " Trained algorithmic media",
            "trained_algorithmic_media",
            "created using generative AI",
        ] {
            assert_eq!(SourceType::parse(whole), Some(SourceType::TrainedAlgorithmicMedia));
        }
        let part = Some(SourceType::CompositeWithTrainedAlgorithmicMedia);
        for name in ["Edited using Generative AI", "Composite with trained algorithmic media"] {
            assert_eq!(SourceType::parse(name), part);
        }
        for none in [
            "notTrainedAlgorithmicMedia",
            "not trained algorithmic media",
            "no: trained algorithmic media",
            "Not created using Generative AI",
            "http://x/trainedAlgorithmicMedia#more",
            "Pure algorithmic media",
            "/",
            "#",
            "",
        ] {
            assert_eq!(SourceType::parse(none), None, "{none}");
        }
        assert_eq!(SourceType::parse("algorithmic media"), Some(SourceType::AlgorithmicMedia));
        assert_eq!(SourceType::parse("http://x/trainedAlgorithmicMedia/more"), None);
    }

    #[test]
    fn procedural_media_is_not_generative() {
        assert_eq!(SourceType::AlgorithmicMedia.generative(), Generative::No);
    }
}
