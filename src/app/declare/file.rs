//! `declare --from FILE`: a declaration out of TOML, the template of one, and one that is not finished.

use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::app::declare::check;
use crate::app::declare::draft::Draft;
use crate::app::declare::fields::{FIELDS, Field, Kind, LISTS, is_nothing};
use crate::app::documents::store;
use crate::app::{AppError, Context, Project};
use crate::model::{Answer, Declaration, Document, Timestamp};

/// Longer than any declaration a person would write.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a declaration. Consents that it names as files are copied into the project's documents.
pub(super) fn read(
    project: &Project,
    context: &Context<'_>,
    file: &Path,
) -> Result<Declaration, AppError> {
    let path = context.absolute(file);
    let unusable = |why: String| {
        AppError::usage(
            format!("cannot use {} as a declaration: {why}", path.display()),
            "genlock declare --template prints one with every field explained",
        )
    };
    let found = fs::metadata(&path).map_err(|error| unusable(error.to_string()))?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(unusable("it is no regular file of at most 1 MiB".to_owned()));
    }
    let text = fs::read_to_string(&path).map_err(|error| unusable(error.to_string()))?;
    let folder = path.parent().unwrap_or(&path).to_owned();
    // Looked at before anything is stored: a file that is no declaration leaves nothing behind.
    let problems = check::problems(&text, context.now(), &|file| folder.join(file).is_file());
    if !problems.is_empty() {
        return Err(AppError::DeclarationInvalid { path, problems });
    }
    let table: Table = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    whole(project, context, &folder, table).map_err(|error| match error {
        Unfit::Store(error) => error,
        Unfit::Table(why) => unusable(why),
    })
}

/// Why a table became no declaration.
pub(super) enum Unfit {
    /// A file could not be kept.
    Store(AppError),
    /// It is none.
    Table(String),
}

/// The declaration that a table is. Consents that it names as files, in `folder`, are copied into the
/// project's documents.
pub(super) fn whole(
    project: &Project,
    context: &Context<'_>,
    folder: &Path,
    mut table: Table,
) -> Result<Declaration, Unfit> {
    drop_nothing(&mut table);
    let talent = table.get_mut("talent").and_then(Value::as_array_mut);
    for one in talent.into_iter().flatten().filter_map(Value::as_table_mut) {
        if let Some(file) = one.get(CONSENT).and_then(Value::as_str) {
            let document = store(project, context, &folder.join(file)).map_err(Unfit::Store)?;
            one.insert(CONSENT.to_owned(), document_value(&document));
        }
    }
    table.try_into().map_err(|error: toml::de::Error| Unfit::Table(error.message().to_owned()))
}

/// Takes out what only says that there is nothing to say. "none" is no clearance and no consent, and nobody
/// of that name performs.
fn drop_nothing(table: &mut Table) {
    drop_texts(table, FIELDS);
    for list in LISTS {
        let entries = table.get_mut(list.key).and_then(Value::as_array_mut);
        let Some(entries) = entries else { continue };
        entries
            .iter_mut()
            .filter_map(Value::as_table_mut)
            .for_each(|one| drop_texts(one, list.fields));
        entries.retain(|one| match one {
            Value::Table(one) => {
                one.len() > 1 || !one.get(list.name).and_then(Value::as_str).is_some_and(is_nothing)
            }
            other => !other.as_str().is_some_and(is_nothing),
        });
    }
}

fn drop_texts(table: &mut Table, fields: &[Field]) {
    for field in fields {
        match (field.kind, table.get_mut(field.key)) {
            // What says nothing of the use itself is a problem of its own.
            (Kind::Text, Some(Value::String(text))) if field.key != "use" && is_nothing(text) => {
                table.remove(field.key);
            }
            (Kind::List, Some(Value::Array(texts))) => {
                texts.retain(|one| !one.as_str().is_some_and(is_nothing));
            }
            _ => {}
        }
    }
}

const CONSENT: &str = "consent_document";

fn document_value(document: &Document) -> Value {
    let size = i64::try_from(document.size).unwrap_or(i64::MAX);
    Value::Table(Table::from_iter([
        ("hash".to_owned(), Value::from(document.hash.to_string())),
        ("name".to_owned(), Value::from(document.name.clone())),
        ("size".to_owned(), Value::from(size)),
    ]))
}

/// What must be so of every declaration, however it came.
pub(super) fn sound(declaration: &Declaration, now: Timestamp) -> Result<(), String> {
    if declaration.purpose.trim().is_empty() {
        return Err(check::NO_USE.to_owned());
    }
    for one in &declaration.talent {
        let days = [&one.consent_date, &one.consent_until, &one.notice];
        for day in days.into_iter().flatten() {
            if Timestamp::end_of_recorded_day(day).is_err() {
                return Err(format!("{}: {day:?} is no day like 2026-11-30", one.name));
            }
        }
        for day in [&one.consent_date, &one.notice].into_iter().flatten() {
            if Timestamp::has_begun(day, now) == Ok(false) {
                return Err(format!("{}: {day:?} is yet to come", one.name));
            }
        }
        let end = |day: &Option<String>| Timestamp::end_of_recorded_day(day.as_deref()?).ok();
        if let (Some(given), Some(until)) = (end(&one.consent_date), end(&one.consent_until))
            && until < given
        {
            return Err(format!("{}: the consent ended before it was given", one.name));
        }
    }
    Ok(())
}

/// A commented declaration with every field, and what is known filled in. That of a declaration which
/// is on record says the same as that: read again, it is no other version.
pub(super) fn template(known: &Draft) -> String {
    let mut out = String::from(
        "# A declaration of a use of generative AI, for: genlock declare ASSET… --from FILE\n\
         #\n\
         # Take the # away from what you answer. What is not answered is not guessed; of the five\n\
         # principles, no answer and \"unsure\" count as no. Sections are of Netflix's guidance of 2025-08.\n",
    );
    let (principles, fields): (Vec<&Field>, Vec<&Field>) =
        FIELDS.iter().partition(|field| field.key.starts_with("principles."));
    for field in fields {
        entry(&mut out, field, known.value(field.key), field.key == "use");
    }
    out.push_str("\n[principles]  # yes, no or unsure\n");
    let is_new = known.value("principles").is_none();
    for field in principles {
        let key = field.key.trim_start_matches("principles.");
        let said = known.value(field.key);
        let unsure = Value::from(Answer::Unsure.as_str());
        entry(&mut out, &Field { key, ..*field }, said.or(is_new.then_some(&unsure)), is_new);
    }
    for list in LISTS {
        let _ = write!(out, "\n# {}\n# ({})\n", list.question, list.source);
        let said = known.value(list.key).and_then(Value::as_array);
        let said = said.map(Vec::as_slice).unwrap_or_default();
        if said.is_empty() {
            let _ = writeln!(out, "# [[{}]]\n# {} = \"…\"", list.key, list.name);
            for field in list.fields {
                entry(&mut out, field, None, false);
            }
        }
        for one in said {
            // A bare string is a table that says no more.
            let name = one.get(list.name).unwrap_or(one);
            let _ = writeln!(out, "[[{}]]\n{} = {name}", list.key, list.name);
            for field in list.fields {
                entry(&mut out, field, one.get(field.key), false);
            }
        }
    }
    out
}

/// Keeps a draft that somebody left in the middle, as a template with what was answered; gives where. In
/// `.genlock/`: beside the media it would become part of a deliverable.
pub(super) fn keep(project: &Project, draft: &Draft) -> Result<PathBuf, AppError> {
    let mut number = 1;
    loop {
        let path = project.control().join(format!("unfinished-declaration-{number}.toml"));
        let written = File::create_new(&path).and_then(|mut file| {
            io::Write::write_all(&mut file, template(draft).as_bytes())?;
            file.sync_all()
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            written => return written.map(|()| path.clone()).map_err(AppError::io("write", &path)),
        }
    }
}

fn entry(out: &mut String, field: &Field, said: Option<&Value>, always: bool) {
    let _ = write!(out, "\n# {}\n", field.question);
    if let Kind::Word(words) | Kind::Words(words) = field.kind {
        let _ = writeln!(out, "# {}", words.join(", "));
    }
    if !field.source.is_empty() {
        let _ = writeln!(out, "# ({})", field.source);
    }
    let mark = if said.is_some() || always { "" } else { "# " };
    let nothing = match field.kind {
        Kind::Flag => Value::from(false),
        Kind::List | Kind::Words(_) => Value::Array(Vec::new()),
        Kind::Text | Kind::Word(_) | Kind::Day | Kind::PastDay | Kind::File => Value::from(""),
    };
    let value = said.unwrap_or(&nothing);
    let _ = writeln!(out, "{mark}{} = {value}", field.key);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-12-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_template_has_every_field_and_becomes_a_declaration() {
        let mut known = Draft::default();
        known.fill("use", "a \"sign\"");
        known.fill("tool", "ComfyUI");
        let text = template(&known);
        let declaration: Declaration = toml::from_str(&text).unwrap();
        assert_eq!(declaration.purpose, "a \"sign\"");
        assert_eq!(declaration.tool.as_deref(), Some("ComfyUI"));
        assert_eq!(check::problems(&text, now(), &|_| true), []);
        for field in FIELDS.iter().chain(LISTS.iter().flat_map(|list| list.fields)) {
            let key = field.key.trim_start_matches("principles.");
            assert!(text.contains(&format!("{key} = ")), "{key} is missing");
            assert!(field.source.is_empty() || text.contains(field.source), "{key}");
        }
    }

    #[test]
    fn the_template_of_a_declaration_says_the_same_again() {
        let text = "use = \"a voice\"\nmedium = \"sound\"\nfinal = true\nelements = [\"voice\", \"text\"]\n\
            tool = \"Speaker\"\nprompts = [\"say, this\", \"\"\"and\nthat\"\"\"]\ninputs = [\"a tape\", \
            { what = \"a \\\"book\\\"\", owner = \"B\", personal_data = \"no\" }]\npersonal_data = \"unsure\"\n\
            [principles]\np1 = \"yes\"\np2 = \"no\"\n\
            [[talent]]\nname = \"Jane Doe\"\nuse = \"replica\"\nminor = \"no\"\n\
            consent_document = { hash = \"HASH\", name = \"c.pdf\", size = 7 }\n[[talent]]\nname = \"Sam\"\n\
            [[pipeline]]\ntool = \"T\"\nversion = \"2\"\nmeets_guidance = \"unsure\"\n";
        let text = text.replace("HASH", &"ab".repeat(32));
        let declaration: Declaration = toml::from_str(&text).unwrap();
        assert_eq!(check::problems(&text, now(), &|_| false), []);
        let again = template(&Draft::from(&declaration));
        assert_eq!(check::problems(&again, now(), &|_| false), []);
        assert_eq!(toml::from_str::<Declaration>(&again).unwrap(), declaration, "{again}");
    }

    #[test]
    fn every_field_of_a_declaration_can_be_written_in_a_file() {
        // What the template comments out is read too.
        let text = template(&Draft::default());
        let open = |line: &str| {
            let plain = line.trim_start_matches("# ");
            let is_entry = plain.contains(" = ") && !plain.contains('(') || plain.starts_with("[[");
            if is_entry { plain } else { line }.to_owned()
        };
        let all = text.lines().map(open).collect::<Vec<_>>().join("\n");
        let all = all.replace("= \"\"", "= \"2026-11-30\"");
        let table: Table = toml::from_str(&all).unwrap();
        assert!(table.len() > 25, "{all}");
        // Words of closed sets are placeholders here; what is asked is whether each key is known.
        let unknown = check::problems(&all, now(), &|_| true);
        assert!(unknown.iter().all(|one| !one.problem.contains("unknown key")), "{unknown:#?}");
    }
}
