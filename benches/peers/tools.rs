//! The tools beside us, each with the rule by which its answer counts as *says AI*. A rule is as kind
//! to the tool as a reader of its output would be.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Source types that say that a generative model made all or a part of it.
const TERMS: &[&str] = &[
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "trainedAlgorithmicData",
];

/// Credits that say so.
const CREDITS: &[&str] = &["Made with Google AI", "Edited with Google AI", "Apple Photos Clean Up"];

/// Tags, as exiftool spells them, that only generators write, whatever they hold.
const TAGS: &[&str] = &[
    "AIGC",
    "AISystemUsed",
    "AIPromptInformation",
    "Dream",
    "Fooocus_scheme",
    "GenAIType",
    "Invokeai_metadata",
    "Invokeai_graph",
    "Invokeai_workflow",
    "Parameters",
    "Prompt",
    "Sd-metadata",
    "Workflow",
];

/// Words that stand together in what generators write.
const TRACES: &[&[&str]] = &[
    &["Steps: ", "Sampler: "],
    &["\"class_type\"", "\"inputs\""],
    &["\"ContentProducer\""],
    &["\"aigc_label_type\""],
    &["\"sui_image_params\""],
    &["\"base_model_hash\""],
    &["\"noise_schedule\""],
    &["made with suno; created="],
    &["Signature: ", "=="],
    &["Job ID: "],
];

/// What a tool answered about a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It says AI.
    Ai,
    /// It does not.
    No,
    /// It gave no answer: it crashed or refused the file.
    Failed,
}

/// A way to run a tool over a tree.
pub struct Way {
    /// As it is called in a table.
    pub name: &'static str,
    words: &'static [&'static str],
    /// A process for each file; one for all of them otherwise.
    pub each: bool,
}

/// A tool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// aicheck 0.2.0.
    Aicheck,
    /// The same, where only medium and high confidence count.
    AicheckMedium,
    /// `ExifTool`.
    Exiftool,
    /// The C2PA reference tool.
    C2patool,
}

impl Peer {
    /// As it is called in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aicheck => "aicheck",
            Self::AicheckMedium => "aicheck, medium or high",
            Self::Exiftool => "exiftool",
            Self::C2patool => "c2patool",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Aicheck | Self::AicheckMedium => "aic",
            Self::Exiftool => "exiftool",
            Self::C2patool => "c2patool",
        }
    }

    /// The version it says it has; none when it is not installed.
    pub fn version(self) -> Option<String> {
        let flag = if self == Self::Exiftool { "-ver" } else { "--version" };
        let output = Command::new(self.program()).arg(flag).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// What it answers about one file.
    pub fn ask(self, file: &Path) -> Answer {
        let arguments: &[&str] = match self {
            Self::Aicheck => &["check", "--json"],
            Self::AicheckMedium => &["check", "--json", "--min-confidence", "medium"],
            Self::Exiftool => &["-json", "-a", "-struct"],
            Self::C2patool => &["--detailed"],
        };
        let output = Command::new(self.program()).args(arguments).arg(file).output();
        let Ok(output) = output else { return Answer::Failed };
        let json: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        let says = match (self, json) {
            // No manifest is an answer.
            (Self::C2patool, None) => {
                let why = String::from_utf8_lossy(&output.stderr).to_lowercase();
                let none = why.contains("no claim found") || why.contains("no jumbf data");
                return if none { Answer::No } else { Answer::Failed };
            }
            (_, None) => return Answer::Failed,
            (Self::Aicheck | Self::AicheckMedium, Some(json)) => {
                let files = json["files"].as_array();
                let Some(first) = files.and_then(|files| files.first()) else {
                    return Answer::Failed;
                };
                first["ai_generated"] == Value::Bool(true)
            }
            (Self::Exiftool, Some(json)) => anywhere(&json, &|key, value| {
                declares(value) || credit(value) || TAGS.contains(&key) || traces(value)
            }),
            (Self::C2patool, Some(json)) => anywhere(&json, &|_, value| declares(value)),
        };
        if says { Answer::Ai } else { Answer::No }
    }

    /// The ways to run it over a whole tree.
    pub const fn ways(self) -> &'static [Way] {
        match self {
            Self::Aicheck | Self::AicheckMedium => {
                &[Way { name: "aicheck", words: &["check", "--json", "-r"], each: false }]
            }
            // `-fast2` does not look behind the picture, where some marks stand; it answers 1 when it
            // did not know some file.
            Self::Exiftool => &[
                Way {
                    name: "exiftool -fast2",
                    words: &["-q", "-q", "-json", "-fast2", "-r"],
                    each: false,
                },
                Way { name: "exiftool", words: &["-q", "-q", "-json", "-r"], each: false },
                Way {
                    name: "exiftool, a process for each file",
                    words: &["-q", "-q", "-json"],
                    each: true,
                },
            ],
            // It takes one file at a time.
            Self::C2patool => {
                &[Way { name: "c2patool, a process for each file", words: &[], each: true }]
            }
        }
    }

    /// Reads a whole tree in one of its ways.
    pub fn read_tree(
        self,
        way: &Way,
        root: &Path,
        files: &[PathBuf],
    ) -> Result<(), Box<dyn Error>> {
        let read =
            |path: &Path| run(Command::new(self.program()).args(way.words).arg(path), &[0, 1]);
        if way.each { files.iter().try_for_each(|file| read(file)) } else { read(root) }
    }
}

/// Runs a command to its end; any other answer than these is an error.
pub fn run(command: &mut Command, answers: &[i32]) -> Result<(), Box<dyn Error>> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    match status.code() {
        Some(code) if answers.contains(&code) => Ok(()),
        _ => Err(format!("{command:?}: {status}").into()),
    }
}

fn declares(value: &str) -> bool {
    let term = value.trim().rsplit('/').next().unwrap_or(value);
    TERMS.contains(&term)
}

fn credit(value: &str) -> bool {
    CREDITS.contains(&value.trim())
}

/// What a reader knows for parameters of a generator at a glance.
fn traces(value: &str) -> bool {
    TRACES.iter().any(|words| words.iter().all(|word| value.contains(word)))
}

/// Whether a text anywhere in a document, or the key it stands at, passes a test.
fn anywhere(document: &Value, test: &dyn Fn(&str, &str) -> bool) -> bool {
    fn inner(key: &str, value: &Value, test: &dyn Fn(&str, &str) -> bool) -> bool {
        match value {
            Value::Object(map) => map.iter().any(|(key, value)| inner(key, value, test)),
            Value::Array(list) => list.iter().any(|value| inner(key, value, test)),
            Value::String(words) => test(key, words),
            Value::Number(number) => test(key, &number.to_string()),
            _ => false,
        }
    }
    inner("", document, test)
}
