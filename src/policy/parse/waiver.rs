//! `[[waiver]]` out of TOML: code, asset, who, why, until; all of them, or it is none.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{FindingCode, Glob, RuleCode, Timestamp};
use crate::policy::is_waivable;
use crate::policy::parse::reader::Reader;
use crate::policy::rule::{Waiver, Wanted};

/// Digits of an abbreviated id.
const MIN_PREFIX: usize = 8;

pub(super) fn waiver(reader: &mut Reader<'_>, at: usize, table: &DeTable<'_>) -> Option<Waiver> {
    let (mut code, mut asset, mut deliverable) = (None, None, None);
    let (mut who, mut why, mut until) = (None, None, None);
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match name {
            "code" => code = self::code(reader, value),
            "asset" => asset = wanted(reader, value),
            "deliverable" => deliverable = said(reader, name, value),
            "who" => who = said(reader, name, value),
            "why" => why = said(reader, name, value),
            "until" => until = self::until(reader, value),
            unknown => reader.problem(key.span().start, format!("unknown key {unknown:?}")),
        }
    }
    let missing: Vec<_> = ["code", "asset", "who", "why", "until"]
        .into_iter()
        .filter(|key| !table.contains_key(*key))
        .collect();
    for key in missing {
        reader.problem(at, format!("a waiver has no {key}"));
    }
    Some(Waiver { code: code?, asset: asset?, deliverable, who: who?, why: why?, until: until? })
}

fn code(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<FindingCode> {
    let (text, at) = reader.text("code", value)?;
    match RuleCode::ALL.iter().find(|code| code.as_str() == text) {
        Some(code) if !is_waivable(*code) => {
            reader.problem(at, format!("{text:?} nobody can waive"));
            None
        }
        Some(code) => Some(FindingCode::BuiltIn(*code)),
        None => {
            reader.waives(at, &text);
            Some(FindingCode::Own(Arc::from(text)))
        }
    }
}

/// An id, or the beginning of one, in hex; anything else is a glob over paths as they are shown.
fn wanted(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Wanted> {
    let (text, at) = reader.text("asset", value)?;
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex && (MIN_PREFIX..=64).contains(&text.len()) {
        return Some(Wanted::Id(text.to_lowercase()));
    }
    match Glob::parse(&text) {
        Ok(_) if !text.is_empty() => Some(Wanted::Paths(text)),
        Ok(_) => {
            reader.problem(at, "asset is empty".into());
            None
        }
        Err(error) => {
            reader.problem(at, format!("{text:?} is no glob: {}", error.kind()));
            None
        }
    }
}

fn said(reader: &mut Reader<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let (text, at) = reader.text(key, value)?;
    if text.trim().is_empty() {
        reader.problem(at, format!("{key} is empty"));
        return None;
    }
    Some(text)
}

/// The last day it holds, as a date or as a string.
fn until(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Timestamp> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(day) => day.to_string(),
        _ => String::new(),
    };
    let read =
        if reader.is_recorded() { Timestamp::end_of_recorded_day } else { Timestamp::end_of_day };
    let day = read(&text).ok();
    if day.is_none() {
        reader.problem(value.span().start, "until is a day, e.g. 2026-12-31".into());
    }
    day
}
