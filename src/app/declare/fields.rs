//! The fields of a declaration: what each asks, where the question comes from, and when an earlier
//! answer makes it relevant. One table for the template, the questions and what a file may hold.

use crate::model::{
    Answer, ELEMENTS, IDEATION, Medium, Prominence, TalentExemption, TalentUse, Timestamp,
    plain_word,
};

/// What can be answered.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// Texts between commas.
    List,
    /// Yes or no.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words, between commas.
    Words(&'static [&'static str]),
    /// A day, `YYYY-MM-DD`.
    Day,
    /// A day on which something was done.
    PastDay,
    /// A file, which is copied into the project's documents.
    File,
}

impl Kind {
    /// What is wrong with a day that is answered, where one is asked for.
    pub fn wrong_day(self, day: &str, now: Timestamp) -> Option<String> {
        let has_come = match self {
            Self::Day => Timestamp::end_of_day(day).map(|_| true),
            Self::PastDay => Timestamp::has_begun(day, now),
            _ => return None,
        };
        match has_come {
            Ok(true) => None,
            Ok(false) => Some(format!("{day:?} is yet to come")),
            Err(_) => Some(format!("{day:?} is no day like 2026-11-30")),
        }
    }
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its key in TOML; `[[talent]]` and the like have their own tables below.
    pub key: &'static str,
    /// What can be answered.
    pub kind: Kind,
    /// What is asked.
    pub question: &'static str,
    /// Where the question comes from.
    pub source: &'static str,
    /// Whether it matters, by what was answered so far.
    pub relevant: Relevance,
}

/// What was said of a field so far.
pub type Said<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whether a question matters, by what was said so far.
pub type Relevance = fn(Said<'_>) -> bool;

fn always(_: Said<'_>) -> bool {
    true
}

/// Whether somebody only says that there is nothing to say.
pub(super) fn is_nothing(text: &str) -> bool {
    let word = plain_word(text);
    let word = word.trim_end_matches('.');
    matches!(word, "" | "-" | "no" | "none" | "nothing" | "nobody" | "no-one" | "n/a" | "n.a")
}

/// Something there is, or may be.
fn some(said: Said<'_>, key: &str) -> bool {
    said(key).is_some_and(|text| text != "false" && !is_nothing(&text))
}

fn is_ideation(said: Said<'_>) -> bool {
    // As rules read it: however it is written.
    said("phase").is_some_and(|phase| plain_word(&phase) == IDEATION) && !is_final(said)
}

fn is_final(said: Said<'_>) -> bool {
    said("final").as_deref() == Some("true")
}

fn beyond_ideation(said: Said<'_>) -> bool {
    !is_ideation(said)
}

fn is_noticed(said: Said<'_>) -> bool {
    is_final(said) || matches!(said("prominence").as_deref(), Some("prominent" | "story-critical"))
}

/// Whether somebody could be seen or heard in it.
fn has_people(said: Said<'_>) -> bool {
    let elements = said("elements").unwrap_or_default();
    let people = ["character", "voice", "likeness", "performance", "other"];
    elements.split(", ").any(|one| people.contains(&one) || !ELEMENTS.contains(&one))
        || matches!(said("medium").as_deref(), Some("video" | "sound"))
}

macro_rules! fields {
    ($($key:literal, $kind:expr, $relevant:expr, $question:literal, $source:literal;)*) => {
        &[$(Field { key: $key, kind: $kind, question: $question, source: $source, relevant: $relevant }),*]
    };
}

/// The fields of the whole.
pub const FIELDS: &[Field] = fields! {
    "use", Kind::Text, always, "What is made with it, and why, in a sentence?", "Introduction: tell the contact of any intended use";
    "medium", Kind::Word(Medium::WORDS), always, "What is made?", "Introduction: video, sound, text, image";
    "phase", Kind::Text, always, "When in the production? Say ideation while nothing made is kept: moodboards, reference pictures.", "Matrix: ideation only";
    "final", Kind::Flag, always, "Is it to be part of a final deliverable?", "Introduction (a); Principle 4";
    "prominence", Kind::Word(Prominence::WORDS), beyond_ideation, "How much of it is noticed?", "Final output vs temporary media; Matrix: background elements";
    "elements", Kind::Words(ELEMENTS), always, "What kinds of elements does it make?", "Creative Output: key creative elements; Final output: posters, documents, signage";
    "tool", Kind::Text, always, "With which tool?", "Principle 2; Confidentiality and data protection";
    "tool_version", Kind::Text, |said| some(said, "tool"), "Which version of it?", "Confidentiality and data protection";
    "model", Kind::Text, |said| some(said, "tool"), "Which model?", "Custom workflow or vendor";
    "model_version", Kind::Text, |said| some(said, "model"), "Which version or checkpoint of the model?", "Custom workflow or vendor";
    "licence_tier", Kind::Text, |said| some(said, "tool"), "Under which plan is it used (free, pro, enterprise)?", "Confidentiality: the wrong licence tier can breach it";
    "prompts", Kind::List, |said| some(said, "tool"), "What was it told (prompts)?", "Creative Output: prompts that refer to what others own";
    "personal_data", Kind::Word(Answer::WORDS), always, "Does personal data go in, e.g. of cast or crew?", "Introduction (c); Data Use";
    "proprietary", Kind::Word(Answer::WORDS), always, "Does unreleased or confidential material of the commissioner go in: footage, scripts, pictures, contracts?", "Data Use; Confidentiality; Matrix: proprietary material";
    "third_party_ip", Kind::Word(Answer::WORDS), always, "Does it refer to, copy or resemble what others own, in prompts or inputs?", "Introduction (d); Principle 1; Creative Output";
    "public_figure", Kind::Word(Answer::WORDS), always, "Does it refer to a public figure or a deceased person?", "Creative Output: copyrighted or estate-controlled material";
    "alters_performance", Kind::Word(Answer::WORDS), has_people, "Does it change the emotion, delivery or intent of a performance?", "Talent & Performance: significant digital alterations";
    "training_data", Kind::Text, beyond_ideation, "Is a model trained or tuned for it? On what? Leave empty if not.", "Data Use: third-party or unowned talent assets; Matrix: unowned training data";
    "training_clearance", Kind::Text, |said| some(said, "training_data"), "Under what may that be used for training?", "Data Use: legal clearance";
    "union_impact", Kind::Word(Answer::WORDS), beyond_ideation, "Does it replace or touch work that unions cover?", "Principle 5; Ethics & Representation: union roles";
    "could_mislead", Kind::Word(Answer::WORDS), beyond_ideation, "Could it be mistaken for real events, people or statements, even in the background?", "Ethics & Representation: misleading content";
    "watermarked", Kind::Word(Answer::WORDS), |said| !is_final(said) && beyond_ideation(said), "Does it carry a visible mark while it is temporary?", "documentary practice: temporary watermarks";
    "human_contribution", Kind::Text, is_noticed, "What do people do to it?", "Final output: meaningful human input";
    "rights_clearance", Kind::Text, |said| is_final(said) || some(said, "third_party_ip"), "Where were the rights cleared?", "Final output: rights clearance before inclusion";
    "vendor", Kind::Text, always, "Does a vendor make it? Which? Leave empty if not.", "Custom workflow or vendor";
    "note", Kind::Text, |_| false, "Remarks?", "";
    "principles.p1", Kind::Word(Answer::WORDS), always, "1. Do the outputs copy nothing, and recreate nothing recognisable, that is not owned?", "Guiding Principles 1";
    "principles.p2", Kind::Word(Answer::WORDS), always, "2. Do the tools store, re-use and train on nothing that goes in or comes out?", "Guiding Principles 2";
    "principles.p3", Kind::Word(Answer::WORDS), always, "3. Is an enterprise-secured environment used, where possible?", "Guiding Principles 3";
    "principles.p4", Kind::Word(Answer::WORDS), always, "4. Is what is made temporary, and not part of the final deliverables?", "Guiding Principles 4";
    "principles.p5", Kind::Word(Answer::WORDS), always, "5. Is no talent performance and no union-covered work replaced or made without consent?", "Guiding Principles 5";
};

/// The lists of a declaration: the question that fills them, when, and the fields of each entry.
pub const LISTS: &[ListField] = &[
    ListField {
        key: "inputs",
        name: "what",
        question: "What goes in: pictures, footage, scripts? Between commas; leave empty if nothing.",
        source: "Data Use",
        after: "prompts",
        relevant: always,
        fields: INPUT,
    },
    ListField {
        key: "talent",
        name: "name",
        question: "Which performers does it show, sound like or change? Between commas; leave empty if none.",
        source: "Introduction (b); Talent & Performance; Talent enhancement",
        after: "public_figure",
        relevant: has_people,
        fields: TALENT,
    },
    ListField {
        key: "pipeline",
        name: "tool",
        question: "Which tools or models does the vendor's pipeline go through? Between commas.",
        source: "Custom workflow or vendor: each step",
        after: "vendor",
        relevant: |said| some(said, "vendor"),
        fields: STEP,
    },
];

/// A list of entries, each with fields of its own.
#[derive(Clone, Copy, Debug)]
pub struct ListField {
    /// Its key: `[[key]]`.
    pub key: &'static str,
    /// The field that names an entry.
    pub name: &'static str,
    /// What is asked.
    pub question: &'static str,
    /// Where the question comes from.
    pub source: &'static str,
    /// The field it is asked after.
    pub after: &'static str,
    /// Whether it matters, by what was answered so far.
    pub relevant: Relevance,
    /// The other fields of an entry; relevance is asked within the entry.
    pub fields: &'static [Field],
}

const INPUT: &[Field] = fields! {
    "owner", Kind::Text, always, "Who owns it?", "Data Use";
    "third_party", Kind::Word(Answer::WORDS), always, "Is it owned or controlled by somebody outside the production?", "Creative Output";
    "clearance", Kind::Text, |said| some(said, "third_party"), "Under what may it be used?", "Data Use: clearance";
    "proprietary", Kind::Word(Answer::WORDS), always, "Is it unreleased material of the commissioner?", "Data Use";
    "personal_data", Kind::Word(Answer::WORDS), always, "Is it data of people?", "Data Use";
};

const TALENT: &[Field] = fields! {
    "use", Kind::Word(TalentUse::WORDS), always, "What is done?", "Talent enhancement: replica, alteration";
    "exempt", Kind::Word(TalentExemption::WORDS), always, "Why would no further consent be needed? Leave empty if it is.", "Talent enhancement: exceptions";
    "consent", Kind::Text, always, "Where is the consent (a number, a file, a clause)?", "Talent & Performance: explicit and documented consent";
    "consent_document", Kind::File, |said| some(said, "consent"), "Is there a file of it?", "Talent & Performance: documented";
    "consent_date", Kind::PastDay, |said| some(said, "consent"), "When was it given?", "Talent & Performance";
    "consent_until", Kind::Day, |said| some(said, "consent"), "Until when does it hold?", "Talent enhancement: scope agreed";
    "scope", Kind::Text, |said| some(said, "consent"), "What does it allow?", "Talent enhancement: scope agreed";
    "production", Kind::Text, |said| some(said, "consent"), "For which production?", "Talent enhancement: this production only";
    "territory", Kind::Text, |said| some(said, "consent"), "Where does it hold?", "Talent enhancement: scope agreed";
    "duration", Kind::Text, |said| some(said, "consent"), "For how long?", "Talent enhancement: scope agreed";
    "guild", Kind::Text, always, "Which guild covers them?", "Talent & Performance: guild requirements";
    "notice", Kind::PastDay, |said| some(said, "guild"), "When were they or the guild given notice?", "Talent & Performance: guild requirements";
    "represented_by", Kind::Text, |said| some(said, "consent"), "Who represented them?", "Talent & Performance: guild requirements";
    "minor", Kind::Word(Answer::WORDS), always, "Are they a minor?", "Talent & Performance: care";
};

const STEP: &[Field] = fields! {
    "version", Kind::Text, always, "Which version?", "Custom workflow or vendor";
    "model", Kind::Text, always, "Which model?", "Custom workflow or vendor";
    "does", Kind::Text, always, "What does it do there?", "Custom workflow or vendor";
    "meets_guidance", Kind::Word(Answer::WORDS), always, "Does this step meet the guidance for data protection, consent and content?", "Custom workflow or vendor: each step";
};
