//! Questions to a disk that may never answer, each asked on a thread that nobody need wait for.
//!
//! The thread of a watch that hears hints asks about roots in no other way, also before it begins; and nobody follows a link in
//! another. A share that hangs keeps the thread of its errand, and nothing else; such a thread is left behind, and ends
//! when it is answered.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::Context;
use crate::clock::Stopwatch;

/// How long a disk may take to answer, before who asked goes on without it.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// How soon Ctrl-C is heard by who waits for an answer before anything is watched.
const NAP: Duration = Duration::from_millis(200);

/// One question at a time.
#[derive(Debug)]
pub(super) struct Errand<Q, A> {
    questions: Sender<Q>,
    answers: Receiver<A>,
    asked: Option<Stopwatch>,
}

impl<Q: Send + 'static, A: Send + 'static> Errand<Q, A> {
    /// Questions are answered by this.
    pub(super) fn new(mut answer: impl FnMut(Q) -> A + Send + 'static) -> Self {
        let (questions, asked) = bounded::<Q>(1);
        let (answered, answers) = bounded(1);
        std::thread::spawn(move || {
            for question in asked {
                if answered.send(answer(question)).is_err() {
                    return;
                }
            }
        });
        Self { questions, answers, asked: None }
    }

    /// Asks, unless there is something to wait for already.
    pub(super) fn ask(&mut self, question: Q) {
        if self.asked.is_none() && self.questions.send(question).is_ok() {
            self.asked = Some(Stopwatch::start());
        }
    }

    /// The answer, if it comes within `most`.
    pub(super) fn answer(&mut self, most: Duration) -> Option<A> {
        self.asked?;
        let answer = self.answers.recv_timeout(most).ok()?;
        self.asked = None;
        Some(answer)
    }

    /// The answer, if it comes before `since` is `most` ago and the user asks to stop.
    pub(super) fn answer_by(
        &mut self,
        since: Stopwatch,
        most: Duration,
        context: &Context<'_>,
    ) -> Option<A> {
        loop {
            let left = most.saturating_sub(since.elapsed());
            let answer = self.answer(left.min(NAP));
            if answer.is_some() || left.is_zero() || context.check().is_err() {
                return answer;
            }
        }
    }

    /// How long it has waited for an answer; nothing where none is waited for.
    pub(super) fn waits(&self) -> Option<Duration> {
        self.asked.map(|asked| asked.elapsed())
    }

    /// Where answers come in, to be waited for among other things.
    pub(super) fn answers(&self) -> &Receiver<A> {
        &self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_answered_goes_on_and_hears_it_later() {
        let (release, gate) = bounded::<()>(0);
        let mut errand = Errand::new(move |number: u32| {
            gate.recv().unwrap();
            number + 1
        });
        assert_eq!((errand.waits(), errand.answer(Duration::ZERO)), (None, None));
        errand.ask(1);
        assert_eq!(errand.answer(Duration::from_millis(1)), None);
        assert!(errand.waits().is_some());
        // One at a time: this is not asked.
        errand.ask(5);
        release.send(()).unwrap();
        assert_eq!(errand.answer(Duration::from_mins(1)), Some(2));
        assert_eq!((errand.waits(), errand.answer(Duration::ZERO)), (None, None));
    }
}
