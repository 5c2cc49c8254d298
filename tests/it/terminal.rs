//! Questions on a terminal: answered, left in the middle, interrupted. `script(1)` of util-linux is the
//! terminal.

#![allow(clippy::print_stderr, reason = "a test that was skipped says so")]

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::media::{a1111_png, plain_png};
use crate::world::{World, text};

/// Longer than any question takes to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody at a terminal, and the program they started.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// Everything that was on the screen.
    seen: String,
    /// How much of it was looked at.
    read: usize,
}

impl Terminal {
    /// Runs the program with a terminal; `None`, said loudly, where there is no `script`.
    fn run(world: &World, args: &[&str]) -> Option<Self> {
        let version = Command::new("script").arg("--version").output();
        if !version.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("util-linux")) {
            eprintln!("SKIPPED: no script(1) of util-linux on this machine");
            return None;
        }
        let words = [&[env!("CARGO_BIN_EXE_genlock")], args].concat();
        let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let like = world.command();
        // Started in the background, a test runner ignores Ctrl-C, and so would everything it starts.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", "script"]);
        command.args(["--quiet", "--flush", "--return", "--command", &words.join(" ")]);
        command.arg("/dev/null").current_dir(world.dir()).env_clear();
        command.envs(like.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let keys = child.stdin.take().unwrap();
        let mut out = child.stdout.take().unwrap();
        let (send, screen) = sync_channel(1024);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut bytes) {
                if send.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self { child, keys, screen, seen: String::new(), read: 0 })
    }

    /// The next question; `None` when the program is done.
    fn question(&mut self) -> Option<String> {
        self.until("\r\n> ")
    }

    /// What comes before a mark that waits for an answer.
    fn until(&mut self, mark: &str) -> Option<String> {
        loop {
            if let Some(at) = self.seen[self.read..].find(mark) {
                let question = self.seen[self.read..self.read + at].to_owned();
                self.read += at + mark.len();
                return Some(question);
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("nothing was asked:\n{}", self.seen),
            }
        }
    }

    fn press(&mut self, keys: impl AsRef<[u8]>) {
        self.keys.write_all(keys.as_ref()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Answers every question that holds one of these texts, each once, and nothing to the others; gives
    /// how it ended.
    fn answer(mut self, answers: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut left = answers.to_vec();
        while let Some(question) = self.question() {
            let at = left.iter().position(|(part, _)| question.contains(part));
            let answer = at.map_or("", |at| left.remove(at).1);
            self.press(format!("{answer}\n"));
        }
        assert!(left.is_empty(), "never asked: {left:?}\n{}", self.seen);
        self.end()
    }

    /// Waits for the program to end.
    fn end(mut self) -> (Option<i32>, String) {
        while self.question().is_some() {}
        drop(self.keys);
        (self.child.wait().unwrap().code(), self.seen)
    }
}

fn world() -> World {
    World::with([("ai.png", a1111_png(1)), ("other.png", plain_png(1))])
}

#[test]
fn who_is_asked_answers_one_question_at_a_time_and_the_answers_are_declared() {
    let world = world();
    fs::write(world.path("consent.txt"), "I agree.").unwrap();
    let Some(terminal) = Terminal::run(&world, &["declare", "ai.png"]) else { return };
    let (code, seen) = terminal.answer(&[
        ("What is made with it", "a voice for the trailer"),
        ("What is made? (video", "smell"),
        ("one of video, sound", "sound"),
        ("Is it to be part of a final", "yes"),
        ("What kinds of elements", "voice"),
        ("Which performers", "Jane Doe"),
        ("Jane Doe: Where is the consent", "C-17"),
        ("Jane Doe: Is there a file of it", "nowhere.txt"),
        ("a file that is there", "consent.txt"),
        ("2. Do the tools", "unsure"),
    ]);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("D-1: ") && seen.contains("escalate"), "{seen}");
    // What the marks say is offered, with where the question comes from.
    assert!(seen.contains("now: Stable Diffusion WebUI"), "{seen}");
    assert!(seen.contains("[Talent & Performance"), "{seen}");
    assert!(!seen.contains("Which tools or models does the vendor"), "{seen}");
    let declared = &world.show("ai.png")["declarations"][0];
    assert_eq!(text(declared, "use"), "a voice for the trailer");
    assert_eq!(text(declared, "medium"), "sound");
    assert_eq!(text(declared, "tool"), "Stable Diffusion WebUI (AUTOMATIC1111 format)");
    assert_eq!(declared["principles"]["p2"], json!("unsure"));
    let kept = text(&declared["talent"][0]["consent_document"], "hash");
    assert_eq!(world.read(format!(".genlock/documents/{kept}")), b"I agree.");
    world.verify();
}

#[test]
fn who_leaves_in_the_middle_has_declared_nothing_and_lost_nothing() {
    let world = world();
    let events = world.events();
    let kept = |number| world.path(format!(".genlock/unfinished-declaration-{number}.toml"));
    // The end of the input, and Ctrl-C; at the first question, and after some answers.
    for (number, (key, code)) in [(1, ("\u{4}", 1)), (2, ("\u{3}", 130))] {
        for answers in [&[][..], &["a poster", "image", "post"]] {
            let Some(mut terminal) = Terminal::run(&world, &["declare", "ai.png"]) else { return };
            for answer in answers {
                terminal.question().expect("a question");
                terminal.press(format!("{answer}\n"));
            }
            terminal.question().expect("a question");
            terminal.press(key);
            let (ended, seen) = terminal.end();
            assert_eq!(ended, Some(code), "{answers:?}\n{seen}");
            assert!(seen.contains("nothing was recorded"), "{seen}");
            let said = seen.contains(&format!("kept in {}", kept(number).display()));
            assert_eq!((said, kept(number).is_file()), (!answers.is_empty(), !answers.is_empty()));
        }
    }
    assert_eq!(world.events(), events);
    assert_eq!(world.json(["status"]).expect(0).value()["awaiting_report"], json!([]));
    // What was answered is declared from there, with what the marks said.
    let file = kept(2).display().to_string();
    world.run(["declare", "ai.png", "--from", &file]).expect(0);
    let declared = &world.show("ai.png")["declarations"][0];
    assert_eq!(
        (text(declared, "use"), text(declared, "phase")),
        ("a poster".into(), "post".into())
    );
    assert_eq!(text(declared, "model"), "saltmarshRealism_v12");
    world.verify();
}

#[test]
fn answers_that_others_leave_no_question_for_are_left_out_and_named() {
    let world = world();
    world.deliverable("EP", &["ai.png"]);
    let voice = [
        ("What is made with it", "a singer"),
        ("What is made? (video", "video"),
        ("What kinds of elements", "voice"),
        ("Which performers", "Jane Doe"),
        ("Is a model trained", "tapes"),
        ("Does a vendor", "ACME"),
        ("Which tools or models", "RunwayX"),
    ];
    let Some(terminal) = Terminal::run(&world, &["declare", "ai.png"]) else { return };
    let (code, seen) = terminal.answer(&voice);
    assert_eq!(code, Some(0), "{seen}");
    world.gate("EP").finding("talent-consent-missing");
    let picture = [
        ("What is made? (video", "image"),
        ("What kinds of elements", "prop"),
        ("With which tool", "none"),
        ("Is a model trained", "none"),
        ("Does a vendor", "none"),
    ];
    let terminal = Terminal::run(&world, &["declare", "D-1"]).unwrap();
    let (code, seen) = terminal.answer(&picture);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("no question for it: model, prompts, talent, pipeline"), "{seen}");
    let declared = &world.show("ai.png")["declarations"][0];
    for gone in ["talent", "tool", "model", "prompts", "training_data", "vendor", "pipeline"] {
        assert_eq!(declared[gone], Value::Null, "{gone}: {declared:#}");
    }
    let findings = world.gate("EP").findings();
    assert!(!findings.iter().any(|one| one.contains("talent-consent")), "{findings:#?}");
}

#[test]
fn neither_an_empty_first_answer_nor_a_broken_letter_ends_the_questions_and_a_broken_policy_comes_first()
 {
    let world = world();
    let Some(mut terminal) = Terminal::run(&world, &["declare", "ai.png"]) else { return };
    for nothing in ["\n", "  \n"] {
        terminal.question().expect("a question");
        terminal.press(nothing);
    }
    assert!(terminal.question().unwrap().contains("use says nothing"));
    terminal.press(b"caf\xe9\n");
    assert!(terminal.question().unwrap().contains("not UTF-8"));
    terminal.press("a poster in a caf\u{e9}\n");
    let (code, seen) = terminal.answer(&[("Does a vendor", "ACME")]);
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(text(&world.show("ai.png")["declarations"][0], "use"), "a poster in a café");

    world.write(".genlock/policy.toml", "profile = 7\n");
    let mut terminal = Terminal::run(&world, &["declare", "ai.png"]).unwrap();
    assert_eq!(terminal.question(), None);
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(3), "{seen}");
}

#[test]
fn answers_that_somebody_else_came_before_are_not_recorded_and_not_lost() {
    let world = world();
    world.write("../use.toml", "use = \"a poster\"\n");
    let file = world.outside("use.toml").display().to_string();
    world.run(["declare", "ai.png", "--from", &file]).expect(0);
    let Some(mut terminal) = Terminal::run(&world, &["declare", "D-1"]) else { return };
    terminal.question().expect("a question");
    world.write("../use.toml", "use = \"a map\"\n");
    world.run(["declare", "D-1", "--from", &file]).expect(0);
    terminal.press("a card\n");
    let (code, seen) = terminal.answer(&[]);
    assert_eq!(code, Some(2), "{seen}");
    let kept = world.read(".genlock/unfinished-declaration-1.toml");
    assert!(String::from_utf8(kept).unwrap().contains("use = \"a card\""), "{seen}");
    assert!(seen.contains("then: genlock declare D-1v1 --from that file"), "{seen}");
    assert_eq!(text(&world.show("ai.png")["declarations"][0], "use"), "a map");
}

#[test]
fn a_no_on_a_terminal_is_an_error_in_json() {
    let world = world();
    let events = world.events();
    let approve = ["--json", "approve", "*.png", "--by", "Dana", "--scope", "final"];
    let Some(mut terminal) = Terminal::run(&world, &approve) else { return };
    terminal.until(" [y/N] ").unwrap();
    terminal.press("n\n");
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains(r#""error":{"exit":1,"message":"nothing was recorded""#), "{seen}");
    assert_eq!(world.events(), events);
}

#[test]
fn a_yes_on_a_terminal_is_to_the_version_that_was_asked_about() {
    let world = world();
    let use_of = |what: &str| {
        world.write("../use.toml", format!("use = \"{what}\"\n"));
        world.outside("use.toml").display().to_string()
    };
    let args = ["declare", "ai.png", "other.png", "--yes", "--from", &use_of("a poster")];
    world.run(args).expect(0);
    let approve = ["approve", "D-1", "--by", "Dana", "--scope", "final"];
    let Some(mut terminal) = Terminal::run(&world, &approve) else { return };
    assert_eq!(terminal.until(" [y/N] ").unwrap(), "approve D-1 version 1, 2 assets?");
    world.run(["declare", "D-1", "--from", &use_of("a map")]).expect(0);
    terminal.press("y\n");
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(2), "{seen}");
    let mut terminal = Terminal::run(&world, &approve).unwrap();
    assert_eq!(terminal.until(" [y/N] ").unwrap(), "approve D-1 version 2, 2 assets?");
    terminal.press("y\n");
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("A-1: D-1 version 2, 2 assets approved for final use"), "{seen}");
}

#[test]
fn a_table_on_a_terminal_does_nothing_to_it_and_a_file_of_it_has_the_names_as_they_are() {
    let world = World::with([("red\u{1b}[31m.png", a1111_png(1))]);
    let Some(terminal) = Terminal::run(&world, &["ls", "--csv"]) else { return };
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("red\\x1b[31m.png") && !seen.contains('\u{1b}'), "{seen:?}");
    assert!(world.run(["ls", "--csv"]).expect(0).stdout.contains("red\u{1b}[31m.png"));
}
