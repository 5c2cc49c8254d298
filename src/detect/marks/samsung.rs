//! Samsung's editor tells of a generative edit behind the end of the picture: a type other than zero, once for each
//! edit, in objects, lists and texts of JSON within each other. Nothing else there is a mark.

use serde_json::Value;

use crate::detect::block::Carrier;
use crate::detect::expand::Field;
use crate::detect::marks::local_ui::DETECTOR;
use crate::detect::marks::trace;
use crate::model::{Evidence, SourceType};

/// Samsung's editor tells of a generative edit by a type other than zero, once for each edit.
pub fn of(field: &Field) -> Option<Evidence> {
    if field.carrier != Carrier::Trailer {
        return None;
    }
    let listed = field.value.trim_start().starts_with('[');
    let list = listed.then(|| field.parse(&field.value)).flatten();
    let kind = edit(field, list.as_ref().or_else(|| field.json())?, 0)?;
    Some(Evidence {
        source_type: Some(SourceType::CompositeWithTrainedAlgorithmicMedia),
        detail: Some(field.value.clone()),
        ..trace(
            field,
            DETECTOR,
            "Samsung Galaxy AI",
            format!("genAIType {kind}: edited with Galaxy AI"),
        )
    })
}

/// The first type of a generative edit in objects, lists and texts of JSON within each other.
fn edit(field: &Field, value: &Value, depth: usize) -> Option<String> {
    /// Levels looked through.
    const DEPTH_MAX: usize = 16;
    if depth >= DEPTH_MAX {
        return None;
    }
    match value {
        Value::Object(object) => object.iter().find_map(|(key, inner)| {
            let own = (key == "genAIType").then(|| edit_type(inner)).flatten();
            own.or_else(|| edit(field, inner, depth + 1))
        }),
        Value::Array(list) => list.iter().find_map(|inner| edit(field, inner, depth + 1)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            edit(field, &field.parse(text)?, depth + 1)
        }
        _ => None,
    }
}

/// A type other than zero, or the first of a list of them.
fn edit_type(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            number.as_i64().is_some_and(|it| it != 0).then(|| number.to_string())
        }
        Value::String(text) => (!matches!(text.trim(), "" | "0")).then(|| text.clone()),
        Value::Array(list) => list.iter().find_map(edit_type),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::block::text;
    use crate::detect::marks::{local_ui, said};

    #[test]
    fn an_edit_is_found_however_deep_it_is_told() {
        let of = |value: &str| -> Vec<Option<SourceType>> {
            let content = text(Carrier::Trailer, "PhotoEditor_Re_Edit_Data", value);
            said(local_ui::look, [content]).into_iter().map(|one| one.source_type).collect()
        };
        let part = [Some(SourceType::CompositeWithTrainedAlgorithmicMedia)];
        for edited in [
            r#"{"edits":[{"genAIType":0},{"genAIType":3}]}"#,
            r#"[{"genAIType":"2"}]"#,
            r#"{"a":{"genAIType":[0,2]}}"#,
            r#"{"genAIType":0,"before":{"genAIType":1}}"#,
            r#"{"aiData":"[{\"genAIType\":1}]"}"#,
        ] {
            assert_eq!(of(edited), part, "{edited}");
        }
        let deep = format!("{}{{\"genAIType\":1}}{}", "[".repeat(100), "]".repeat(100));
        for not in
            [r#"{"genAIType":[0,"0",""],"note":"genAIType 1"}"#, r#"["genAIType",1]"#, "[", &deep]
        {
            assert_eq!(of(not), [], "{not}");
        }
    }
}
