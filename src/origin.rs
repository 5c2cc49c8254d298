//! Evidence and people's determinations in, one AI status with its reasons out. Pure.
//!
//! Trust is asymmetric (`signals.md`): any mark can raise suspicion, signed or not, expired or not;
//! only a person's determination, or a capture claim whose signature is trusted, lowers it.

use crate::model::{
    AiStatus, Determination, DeterminedStatus, Evidence, Generative, SourceType, Strength, Trust,
};

/// What is known of an asset's origin, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The status.
    pub status: AiStatus,
    /// The source type of what decided it.
    pub source_type: Option<SourceType>,
    /// How strong that was; none when nothing decided.
    pub strength: Option<Strength>,
    /// The tool that was named by it.
    pub tool: Option<String>,
    /// The reasons, the deciding one first.
    pub why: Vec<String>,
    /// The strongest mark that says AI, whatever a person determined; not one that only allows it.
    pub marked: Option<Strength>,
    /// Whether a mark of its own raises suspicion, and be it one that only allows AI.
    pub raised: bool,
    /// A person says not AI, and a mark or an earlier word of somebody else says otherwise.
    pub contested: bool,
}

impl Origin {
    /// Draws the status from the evidence and the newest determination.
    pub fn of(evidence: &[Evidence], determination: Option<&Determination>) -> Self {
        let marks = Self::of_marks(evidence);
        let Some(person) = determination else {
            return marks;
        };
        let said = said(person.status);
        let note = person.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let contested = person.status == DeterminedStatus::NotAi && marks.marked.is_some();
        let same = marks.status == person.status.into();
        let mut why = vec![format!("{} determined it to be {said}{note}", person.by)];
        if contested {
            why.push("a mark in the file says otherwise; both stay on the record".to_owned());
        }
        why.extend(marks.why);
        Self {
            status: person.status.into(),
            // Who agrees with a mark and names no type takes nothing from what it says.
            source_type: person.source_type.or(marks.source_type.filter(|_| same)),
            strength: Some(Strength::Person),
            tool: person.tool.clone().or(marks.tool),
            why,
            marked: marks.marked,
            raised: marks.raised,
            contested,
        }
    }

    /// The same, where somebody says that it is AI-made and did not take that back: as strong as a mark
    /// that declares it, so that nobody's word lowers it alone.
    #[must_use]
    pub fn beside(mut self, made: Option<&Determination>) -> Self {
        let is_made = matches!(self.status, AiStatus::Ai | AiStatus::AiPart);
        let Some(made) = made.filter(|_| !is_made) else { return self };
        let word = format!("{} determined it to be {}", made.by, said(made.status));
        self.marked = self.marked.max(Some(Strength::Declared));
        self.raised = true;
        if self.strength == Some(Strength::Person) {
            self.contested = true;
            self.why[0] = format!("{}; {word} before", self.why[0]);
            return self;
        }
        self.why.insert(0, format!("{word}, and has not taken that back"));
        let (status, strength) = (made.status.into(), Some(Strength::Declared));
        let tool = made.tool.clone().or(self.tool);
        Self { status, source_type: made.source_type, strength, tool, ..self }
    }

    fn of_marks(evidence: &[Evidence]) -> Self {
        let mut deciding: Option<(Weight, &Evidence)> = None;
        for one in evidence {
            let weight = Weight::of(one);
            // The first of equal weight stays: it stands earlier in the file.
            if deciding.is_none_or(|(known, _)| weight > known) {
                deciding = Some((weight, one));
            }
        }
        let mut why: Vec<String> = Vec::new();
        let tool = evidence.iter().find_map(|one| one.tool.clone());
        let raising = || evidence.iter().filter(|one| Weight::of(one).status().is_ai_or_suspect());
        let raised = raising().next().is_some();
        let marked = raising().filter(|one| !is_permission(one)).map(|one| one.strength).max();
        let Some((weight, first)) = deciding else {
            return Self {
                status: AiStatus::Unknown,
                source_type: None,
                strength: None,
                tool,
                why: vec!["no mark was found, which says nothing".to_owned()],
                marked,
                raised,
                contested: false,
            };
        };
        why.push(reason(first));
        why.extend(evidence.iter().filter(|one| !std::ptr::eq(*one, first)).map(reason));
        Self {
            status: weight.status(),
            source_type: first.source_type,
            strength: (weight.status() != AiStatus::Unknown).then_some(first.strength),
            tool: first.tool.clone().or(tool),
            why,
            marked,
            raised,
            contested: false,
        }
    }
}

/// What one mark does to the status, the stronger the greater. A certain mark outranks a weak one;
/// among certain ones the stronger evidence decides between whole and part, and whole wins a tie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Says nothing about AI.
    Nothing,
    /// A trusted signature says it was captured: lowers what nothing raised.
    Captured,
    /// May contain AI, or is only a pattern.
    Suspect(Strength),
    /// Says AI.
    Certain(Strength, Whole),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whole {
    No,
    Yes,
}

impl Weight {
    fn of(one: &Evidence) -> Self {
        let generative = one.source_type.map(SourceType::generative);
        match (generative, one.strength) {
            (None | Some(Generative::Whole | Generative::Part), Strength::Heuristic) => {
                Self::Suspect(Strength::Heuristic)
            }
            (Some(Generative::Whole), strength) => Self::Certain(strength, Whole::Yes),
            (Some(Generative::Part), strength) => Self::Certain(strength, Whole::No),
            (Some(Generative::MayContain), strength) => Self::Suspect(strength),
            (Some(Generative::No), Strength::Signed) if is_trusted_capture(one) => Self::Captured,
            _ => Self::Nothing,
        }
    }

    const fn status(self) -> AiStatus {
        match self {
            Self::Nothing => AiStatus::Unknown,
            Self::Captured => AiStatus::NotAi,
            Self::Suspect(_) => AiStatus::Suspect,
            Self::Certain(_, Whole::Yes) => AiStatus::Ai,
            Self::Certain(_, Whole::No) => AiStatus::AiPart,
        }
    }
}

const fn said(status: DeterminedStatus) -> &'static str {
    match status {
        DeterminedStatus::Ai => "AI-made",
        DeterminedStatus::AiPart => "AI-made in part",
        DeterminedStatus::NotAi => "not AI-made",
    }
}

/// Whether a mark only allows that there is AI: who determines that there is none does not go against it.
fn is_permission(one: &Evidence) -> bool {
    one.source_type.map(SourceType::generative) == Some(Generative::MayContain)
}

fn is_trusted_capture(one: &Evidence) -> bool {
    let captured = matches!(
        one.source_type,
        Some(
            SourceType::DigitalCapture
                | SourceType::ComputationalCapture
                | SourceType::CompositeCapture
        )
    );
    captured && one.trust == Some(Trust::Trusted)
}

fn reason(one: &Evidence) -> String {
    let trust = one.trust.map(|trust| format!(", {}", trust.as_str())).unwrap_or_default();
    format!("{} in {} ({}{trust})", one.mark, one.place, one.strength.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(source_type: Option<SourceType>, strength: Strength, trust: Option<Trust>) -> Evidence {
        Evidence { source_type, trust, ..Evidence::new("test", strength, "a mark", "a place") }
    }

    fn person(status: DeterminedStatus) -> Determination {
        Determination {
            assets: vec![],
            status,
            source_type: None,
            tool: None,
            note: None,
            by: "kim".into(),
        }
    }

    fn status(evidence: &[Evidence]) -> AiStatus {
        Origin::of(evidence, None).status
    }

    #[test]
    fn each_kind_of_mark_gives_its_status() {
        use SourceType as T;
        use Strength as S;
        let cases = [
            (None, S::Signed, None, AiStatus::Unknown),
            (None, S::Heuristic, None, AiStatus::Suspect),
            (Some(T::TrainedAlgorithmicMedia), S::Signed, Some(Trust::Expired), AiStatus::Ai),
            (Some(T::TrainedAlgorithmicMedia), S::Signed, Some(Trust::Tampered), AiStatus::Ai),
            (Some(T::TrainedAlgorithmicMedia), S::Declared, None, AiStatus::Ai),
            (Some(T::TrainedAlgorithmicMedia), S::Trace, None, AiStatus::Ai),
            (Some(T::TrainedAlgorithmicMedia), S::Heuristic, None, AiStatus::Suspect),
            (Some(T::CompositeSynthetic), S::Declared, None, AiStatus::AiPart),
            (Some(T::Composite), S::Declared, None, AiStatus::Suspect),
            (Some(T::AlgorithmicMedia), S::Declared, None, AiStatus::Unknown),
            (Some(T::AlgorithmicallyEnhanced), S::Signed, None, AiStatus::Unknown),
            (Some(T::DigitalCapture), S::Declared, None, AiStatus::Unknown),
            (Some(T::DigitalCapture), S::Signed, Some(Trust::ValidUntrusted), AiStatus::Unknown),
            (Some(T::DigitalCapture), S::Signed, Some(Trust::Trusted), AiStatus::NotAi),
        ];
        for (source_type, strength, trust, expected) in cases {
            let found = status(&[mark(source_type, strength, trust)]);
            assert_eq!(found, expected, "{source_type:?} {strength:?} {trust:?}");
        }
        assert_eq!(status(&[]), AiStatus::Unknown);
    }

    #[test]
    fn a_trusted_capture_claim_does_not_outweigh_an_ai_mark() {
        let capture =
            mark(Some(SourceType::DigitalCapture), Strength::Signed, Some(Trust::Trusted));
        let trace = mark(Some(SourceType::TrainedAlgorithmicMedia), Strength::Trace, None);
        assert_eq!(status(&[capture, trace]), AiStatus::Ai);
    }

    #[test]
    fn the_stronger_evidence_decides_between_whole_and_part() {
        let part = mark(Some(SourceType::CompositeSynthetic), Strength::Signed, None);
        let whole = mark(Some(SourceType::TrainedAlgorithmicMedia), Strength::Declared, None);
        assert_eq!(status(&[whole, part]), AiStatus::AiPart);
    }

    #[test]
    fn a_person_decides_and_a_contrary_mark_stays_visible() {
        let signed = mark(Some(SourceType::TrainedAlgorithmicMedia), Strength::Signed, None);
        let origin =
            Origin::of(std::slice::from_ref(&signed), Some(&person(DeterminedStatus::NotAi)));
        assert_eq!(origin.status, AiStatus::NotAi);
        assert_eq!(origin.strength, Some(Strength::Person));
        assert_eq!(origin.marked, Some(Strength::Signed));
        assert!(origin.contested);
        assert!(origin.why.iter().any(|why| why.contains("a mark in a place")));
        assert!(!Origin::of(&[], Some(&person(DeterminedStatus::NotAi))).contested);
    }

    #[test]
    fn a_mark_that_only_allows_ai_contests_no_determination() {
        let not_ai = person(DeterminedStatus::NotAi);
        let allowed = mark(Some(SourceType::ScreenCapture), Strength::Signed, None);
        let origin = Origin::of(std::slice::from_ref(&allowed), Some(&not_ai));
        assert_eq!((origin.status, origin.contested), (AiStatus::NotAi, false));
        assert_eq!((origin.marked, origin.raised), (None, true));
        // A pattern is weak, and says it all the same.
        let pattern = mark(None, Strength::Heuristic, None);
        let origin = Origin::of(&[allowed, pattern], Some(&not_ai));
        assert_eq!((origin.marked, origin.contested), (Some(Strength::Heuristic), true));
    }
}
