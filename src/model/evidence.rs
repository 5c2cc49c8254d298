//! What detectors report: which mark, where in the file, how strong. Never a judgement.

use serde::{Deserialize, Serialize};

use crate::model::{AssetId, Identity, SourceType, Strength, words};

/// One mark found in (or beside) an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which detector saw it, e.g. `c2pa`, `xmp`, `iptc-iim`, `png-text`.
    pub detector: String,
    /// What it says in plain words, e.g. `DigitalSourceType trainedAlgorithmicMedia`.
    pub mark: String,
    /// The exact place: chunk, segment, box path, tag or manifest label.
    pub place: String,
    /// How strong it is on its own.
    pub strength: Strength,
    /// The source type it declares or stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<SourceType>,
    /// The generating tool or service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Who signed it, for signed marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// How far the signature can be trusted, for signed marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// Prompt, seed, parameters: what else the mark holds. Its start, where `value` holds the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where the whole of a long `detail` is kept: the hash of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<AssetId>,
    /// The path rule that raised it: it counts for as long as the project has that rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Evidence {
    /// A mark of which nothing more is known than what says it, where and how strongly.
    pub fn new(
        detector: impl Into<String>,
        strength: Strength,
        mark: impl Into<String>,
        place: impl Into<String>,
    ) -> Self {
        Self {
            detector: detector.into(),
            mark: mark.into(),
            place: place.into(),
            strength,
            source_type: None,
            tool: None,
            model: None,
            signer: None,
            trust: None,
            detail: None,
            value: None,
            rule: None,
        }
    }
}

words! {
    /// How far a signature can be trusted. Anything but `Trusted` still counts when it *raises* the
    /// status of an asset: most genuine AI outputs are signed by keys no list knows.
    #[derive(PartialOrd, Ord, Deserialize)]
    pub enum Trust {
        /// Whole, and the signer is on the configured trust list.
        Trusted = "trusted",
        /// Whole, and the signer is on no list we have.
        ValidUntrusted = "valid-untrusted",
        /// Whole, and the signing certificate had run out.
        Expired = "expired",
        /// The manifest or its signature does not check out.
        Invalid = "invalid",
        /// The manifest checks out and the content it was made for has been changed.
        Tampered = "tampered",
    }
}

/// Something about an asset's bytes that kept a detector from looking at all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentProblem {
    /// Which detector.
    pub detector: String,
    /// What went wrong and where in the file it broke.
    pub problem: String,
}

/// All that examining one asset's bytes gave.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Examination {
    /// Marks, in the order they stand in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What could not be examined. Not empty means: absence of marks proves nothing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ContentProblem>,
    /// The names it carries for itself and for what it was made from. Most have none, so that this has its
    /// own room only where it says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Box<Identity>>,
}

impl Examination {
    /// Whether there is anything to record beyond "looked, found nothing".
    pub fn is_empty(&self) -> bool {
        self.evidence.is_empty() && self.problems.is_empty() && self.identity.is_none()
    }
}
