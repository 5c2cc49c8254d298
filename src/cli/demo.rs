//! `demo`: the main job on a small film project, each step as the command a user would type.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::app::{AppError, DEMO_FILES};
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tone};

const LETTER: &str = "\
To: Post production, EP101

We approve the use of the AI-generated portrait, storm and boathouse pictures in the final
delivery of episode 101, as shown to us on 20 November.

Dana Reyes, for the studio
";

/// A step: why, the words after `genlock`, and the exit code it must end with.
struct Step {
    why: &'static str,
    words: &'static [&'static str],
    exit: Exit,
}

const PORTRAIT: &str = "conform/reel1/graphics/portrait_reconstruction.png";
const STORM: &str = "conform/reel1/graphics/storm_over_harbour.png";
const BOATHOUSE: &str = "conform/reel1/stills/boathouse_night_extended.jpg";

const STEPS: &[Step] = &[
    Step { why: "Make a project of an editorial folder.", words: &["init"], exit: Exit::Ok },
    Step { why: "Hash it and look for marks of AI.", words: &["scan"], exit: Exit::Ok },
    Step {
        why: "Which assets are AI-made, and how is that known?",
        words: &["ls", "--ai"],
        exit: Exit::Ok,
    },
    Step { why: "What exactly does the file say?", words: &["show", PORTRAIT], exit: Exit::Ok },
    Step {
        why: "The episode is made of everything in conform/.",
        words: &["deliverable", "add", "EP101", "--path", "conform/**"],
        exit: Exit::Ok,
    },
    Step {
        why: "Nobody approved the AI pictures, so it cannot be final.",
        words: &["finalize", "EP101"],
        exit: Exit::No,
    },
    Step {
        why: "The studio approves them in writing.",
        words: &[
            "approve",
            PORTRAIT,
            STORM,
            BOATHOUSE,
            "--by",
            "Dana Reyes",
            "--scope",
            "final",
            "--deliverable",
            "EP101",
            "--document",
            "approval-letter.txt",
        ],
        exit: Exit::Ok,
    },
    Step { why: "Now it is final.", words: &["finalize", "EP101"], exit: Exit::Ok },
    Step { why: "And all of it can be proved later.", words: &["verify"], exit: Exit::Ok },
];

pub(super) fn run(dir: Option<&Path>, output: &mut Output) -> Result<Exit, AppError> {
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => std::env::temp_dir().join(format!("genlock-demo-{}", std::process::id())),
    };
    lay_out(&dir)?;
    let program = std::env::current_exe().map_err(io("find", &dir))?;
    output.line(&format!("A small film project is in {}", dir.display()));
    for step in STEPS {
        let command = shown(step.words);
        let why = output.paint(Tone::Faint, &format!("# {}", step.why));
        let command = output.paint(Tone::Strong, &format!("$ genlock {command}"));
        output.line(&format!("\n{why}\n{command}"));
        // Everything up to here must stand before what the step itself prints.
        output.raw(|out| out.flush());
        let status = Command::new(&program)
            .args(step.words)
            .current_dir(&dir)
            .env_remove("GENLOCK_ACTOR")
            .status()
            .map_err(io("run", &program))?;
        if status.code() != Some(i32::from(step.exit.code())) {
            let code = status.code().map_or("a signal".to_owned(), |code| code.to_string());
            return Err(AppError::Internal(format!("the step ended with {code}")));
        }
        if step.exit != Exit::Ok {
            output.line(&format!("(exit {})", step.exit.code()));
        }
    }
    output.line(&format!("\nLook around in it: cd {} && genlock status", dir.display()));
    Ok(Exit::Ok)
}

fn lay_out(dir: &Path) -> Result<(), AppError> {
    if fs::symlink_metadata(dir).is_ok() {
        return Err(AppError::usage(
            format!("{} is there already", dir.display()),
            "name a folder that is not",
        ));
    }
    let letter = ("approval-letter.txt", LETTER.as_bytes());
    for (name, bytes) in DEMO_FILES.iter().copied().chain([letter]) {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent).map_err(io("create", parent))?;
        fs::write(&path, bytes).map_err(io("write", &path))?;
    }
    Ok(())
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AppError {
    let path = path.to_owned();
    move |source| AppError::Io { action, path, source }
}

/// Words as a shell would need them.
fn shown(words: &[&str]) -> String {
    let quoted = |word: &&str| {
        if word.contains([' ', '*']) { format!("'{word}'") } else { (*word).to_owned() }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
