//! What people write where a form asks for the AI system that was used, and none was: "none", "n/a", "No AI used in
//! this photograph". Read as a whole: every word must be one that is known here, and no part of it may say that there
//! was one, so that the name of a system is never taken for a denial. Used by `declared`.

/// Words in which people say that there was none.
const DENIALS: &[&str] = &[
    "no",
    "none",
    "not",
    "non",
    "nothing",
    "nil",
    "null",
    "false",
    "without",
    "never",
    "0",
    "na",
    "keine",
    "kein",
    "keinerlei",
    "nein",
    "ohne",
    "nicht",
    "aucun",
    "aucune",
    "sans",
    "pas",
    "sin",
    "ninguno",
    "ninguna",
    "ningún",
    "nessuno",
    "nessuna",
    "nessun",
    "senza",
    "geen",
    "niet",
    "zonder",
    "brak",
    "bez",
    "nie",
    "ingen",
    "inga",
    "inget",
    "ikke",
    "utan",
    "uden",
    "uten",
    "não",
    "nao",
    "nenhum",
    "nenhuma",
    "sem",
    "нет",
    "не",
    "без",
    "なし",
    "無し",
    "無",
    "无",
    "没有",
    "未使用",
    "不使用",
    "未使用ai",
    "不使用ai",
    "ai不使用",
    "없음",
];

/// What they say was not there.
const SYSTEMS: &[&str] = &[
    "ai",
    "ki",
    "ia",
    "ии",
    "genai",
    "gen",
    "generative",
    "artificial",
    "artificielle",
    "intelligence",
    "künstliche",
    "intelligenz",
    "inteligencia",
    "intelligenza",
    "system",
    "systems",
    "tool",
    "tools",
    "software",
    "model",
    "models",
];

/// Words that stand beside those.
const AROUND: &[&str] = &[
    "used",
    "use",
    "was",
    "were",
    "is",
    "has",
    "been",
    "any",
    "at",
    "all",
    "applicable",
    "involved",
    "content",
    "of",
    "by",
    "with",
    "verwendet",
    "eingesetzt",
    "genutzt",
    "benutzt",
    "wurde",
    "gebruikt",
    "utilisé",
    "utilisée",
    "de",
    "d",
    "se",
    "ha",
    "utilizado",
    "utilizada",
    "usado",
    "usada",
    "utilizzata",
    "utilizzato",
    "usata",
    "använd",
    "använt",
    "brukt",
    "użyto",
    "использовался",
];

/// What systems do. Where the system stands before the denial, that is of something else: `AI generated, not edited`.
const DONE: &[&str] = &["generated", "created", "made"];

/// What the thing is, which says neither.
const THINGS: &[&str] = &[
    "photo",
    "photos",
    "photograph",
    "photographs",
    "photography",
    "picture",
    "image",
    "film",
    "video",
    "footage",
    "recording",
    "work",
    "camera",
    "original",
    "capture",
    "captured",
    "foto",
];

/// What stands between the words of a denial and the thing that it is about.
const ABOUT: &[&str] = &["in", "for", "on"];
const ARTICLES: &[&str] = &["this", "the", "these", "a", "an"];

/// Whether a text says that nothing was used: `none`, `n/a`, `-`, `No AI used in this photograph`, `Human made`.
pub fn denies(text: &str) -> bool {
    if text.chars().all(|it| it.is_whitespace() || "-\u{2013}\u{2014}./".contains(it)) {
        return true;
    }
    // `n/a` and `N.A.` are one word.
    let plain = text.to_lowercase().replace(['.', '/'], "");
    let clauses = plain.replace(" - ", ",");
    let mut clauses = clauses
        .split([',', ';', '(', ')', '[', ']', '\u{2013}', '\u{2014}', '\n'])
        .map(words)
        .filter(|words| !words.is_empty())
        .peekable();
    let mut denied = false;
    clauses.peek().is_some()
        && clauses.all(|words| {
            let none = is_denial(&words) || is_by_people(&words);
            denied |= none;
            none || words.iter().all(|word| THINGS.contains(word))
        })
        && denied
}

fn words(clause: &str) -> Vec<&str> {
    clause.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// Whether a clause says that there was no system, or nothing at all. That there was no camera says the contrary, so
/// that what the thing is may only stand behind all else: `No AI used in this photograph`.
fn is_denial(words: &[&str]) -> bool {
    let about = words.iter().position(|word| ABOUT.contains(word)).unwrap_or(words.len());
    let (said, thing) = words.split_at(about);
    // `AI-free` and `free of AI`, but not the free AI.
    let free = |at: usize| {
        said[at] == "free"
            && (said.get(at + 1) == Some(&"of")
                || at.checked_sub(1).is_some_and(|before| SYSTEMS.contains(&said[before])))
    };
    let is = |at: usize| DENIALS.contains(&said[at]) || free(at);
    let Some(first) = (0..said.len()).find(|at| is(*at)) else {
        return false;
    };
    let done = !said[..first].iter().any(|word| SYSTEMS.contains(word));
    (0..said.len()).all(|at| {
        let word = &said[at];
        let did = done && at > first && DONE.contains(word);
        is(at) || did || SYSTEMS.contains(word) || AROUND.contains(word)
    }) && thing.iter().all(|word| [ABOUT, ARTICLES, THINGS].iter().any(|all| all.contains(word)))
}

/// `Human made`, `Made by humans`.
fn is_by_people(words: &[&str]) -> bool {
    let people = |word: &&str| matches!(*word, "human" | "humans" | "hand" | "people");
    let made = |word: &&str| matches!(*word, "made" | "created" | "authored");
    words.iter().any(people)
        && words.iter().any(made)
        && words.iter().all(|word| people(word) || made(word) || ["by", "a"].contains(word))
}

/// Whether a text is too little to name a system: somebody must look.
pub fn vague(text: &str) -> bool {
    const VAGUE: &[&str] = &[
        "unknown",
        "unspecified",
        "undisclosed",
        "not known",
        "not specified",
        "not disclosed",
        "tbd",
        "tbc",
        "other",
        "maybe",
        "unbekannt",
        "inconnu",
        "desconocido",
        "sconosciuto",
        "onbekend",
    ];
    let lower = text.trim().to_lowercase();
    lower.chars().filter(|it| it.is_alphanumeric()).count() < 3 || VAGUE.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_deny_in_many_words() {
        for none in [
            "none",
            "No",
            "n/a",
            "N.A.",
            "-",
            "not applicable",
            "None used",
            "No AI used",
            "no AI",
            "Not used",
            "nil",
            "false",
            "0",
            "Keine",
            "No AI system used",
            "Keine KI verwendet",
            "AI: none",
            "None (camera original)",
            "No AI used in this photograph",
            "No generative AI was used",
            "not AI generated",
            "Not AI-generated.",
            "AI-free",
            "AI free",
            "free of AI",
            "N/A - photograph",
            "Human made",
            "made by humans",
            "Sin IA",
            "Geen AI gebruikt",
            "Brak",
            "Ingen",
            "なし",
            "无",
            "Não",
            "Nenhum",
            "Нет",
            "No se ha utilizado IA",
            "Pas d'IA",
            "Ninguna IA utilizada",
            "Keine KI eingesetzt",
            "Nessuna IA",
            "None; camera original",
            "no gen AI",
            "未使用AI",
        ] {
            assert!(denies(none), "{none}");
        }
    }

    #[test]
    fn what_may_name_a_system_is_no_denial() {
        for system in [
            "DALL-E",
            "No Man AI",
            "AI",
            "AI generated",
            "yes",
            "Free AI",
            "free AI image tool",
            "No camera, AI generated",
            "not a photograph",
            "AI, not human made",
            "not human made",
            "AI not human",
            "camera original",
            "Nothing Ear AI 2",
            "None other than Firefly",
            "Not AI generated but AI assisted",
            "no AI except for the sky",
            "No AI used in the sky, Firefly in the sea",
            "in this photograph",
            "human",
            "Photo AI",
            "AI generated not edited",
            "AI not made",
            "made with AI",
            "not edited AI generated",
        ] {
            assert!(!denies(system), "{system}");
        }
        assert!(vague("unbekannt") && vague("?") && vague("AI") && !vague("Flux"));
    }
}
