//! The words of declarations: closed sets, read as people type them.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::model::words;

macro_rules! typed_words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal $(| $also:literal)*, $meaning:literal;)* }) => {
        words! {
            $(#[$doc])*
            #[derive(PartialOrd, Ord, Hash)]
            pub enum $name {
                $(#[doc = $meaning] $variant = $word,)*
            }
        }

        impl $name {
            /// Reads a word; case does not matter, and `_` and blanks stand for `-`.
            pub fn parse(text: &str) -> Option<Self> {
                match plain_word(text).as_str() {
                    $($word $(| $also)* => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Word::deserialize(deserializer)?.0;
                Self::parse(&text).ok_or_else(|| {
                    let words = Self::WORDS.join(", ");
                    serde::de::Error::custom(format!("{text:?} is none of {words}"))
                })
            }
        }
    };
}

/// A word as people type it.
pub fn plain_word(text: &str) -> String {
    text.trim().to_lowercase().replace(['_', ' '], "-")
}

/// A word, or `true` and `false` for `yes` and `no`.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl serde::de::Visitor<'_> for Either {
            type Value = Word;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
            fn visit_bool<E: serde::de::Error>(self, yes: bool) -> Result<Word, E> {
                Ok(Word(if yes { "yes" } else { "no" }.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

typed_words! {
    /// An answer to a question.
    Answer {
        Yes = "yes" | "y" | "true", "yes";
        No = "no" | "n" | "false", "no";
        Unsure = "unsure" | "unknown" | "?", "not known: counts as the answer that needs more care";
    }
}

typed_words! {
    /// What is made.
    Medium {
        Video = "video", "moving pictures";
        Sound = "sound" | "audio", "voice, music, effects";
        Text = "text", "words to be read";
        Image = "image" | "still", "still pictures";
    }
}

typed_words! {
    /// How much of it the audience notices; more is greater.
    Prominence {
        Background = "background", "seen or heard, never looked at or listened to";
        Incidental = "incidental", "noticed, and nothing hangs on it";
        Prominent = "prominent", "looked at, read aloud or listened to";
        StoryCritical = "story-critical" | "story-relevant", "the story needs it";
    }
}

typed_words! {
    /// Whom a declaration must go to.
    Tier {
        Report = "report", "telling the commissioner's contact may be enough";
        Escalate = "escalate", "ask the commissioner's contact before going on";
    }
}

typed_words! {
    /// What is done with a performer.
    TalentUse {
        Replica = "replica" | "digital-replica" | "voice" | "likeness", "a voice or likeness of a performer doing what they did not perform";
        Alteration = "alteration" | "digital-alteration", "a recorded performance is changed";
        Synthetic = "synthetic" | "synthetic-performer", "a performer that is nobody";
    }
}

typed_words! {
    /// Why no further consent would be needed.
    TalentExemption {
        AsPerformed = "as-performed" | "as-scripted", "stays substantially as scripted, performed or recorded";
        Safety = "safety", "shows what nobody could perform safely";
        Unrecognisable = "unrecognisable" | "unrecognizable", "the performer cannot be recognised";
        Customary = "customary", "cosmetics, wardrobe, noise, timing, continuity, pitch, clarity and the like";
        Agreed = "agreed", "dubbing or doubles that an agreement permits already";
    }
}

/// Kinds of elements a use can make. What is none of them counts as `other`, which nobody has
/// thought about yet and so escalates.
pub const ELEMENTS: &[&str] = &[
    "character",    // a main character, or how one looks
    "key-visual",   // a picture that stands for the title or carries the story
    "setting",      // a fictional place central to the story
    "prop",         // a thing on the set
    "signage",      // signs, posters, documents, screens, clippings
    "background",   // what is behind: plates, skies, crowds nobody can tell apart
    "texture",      // surfaces, mattes, fills
    "voice",        // a speaking or singing voice
    "likeness",     // a face or body of a person who exists or existed
    "performance",  // acting, lip-sync, delivery
    "music",        // music
    "sound-effect", // effects, ambience
    "text",         // words: script, titles, captions, lyrics
    "clean-up",     // removal, repair, extension of what was recorded
    "reference",    // moodboards, look tests: never shown
    "other",        // anything else
];

/// The phase in which nothing made is kept: moodboards, reference pictures.
pub const IDEATION: &str = "ideation";
