//! What is not pure: each effect on a thread of its own, with the functions that the commands call too.
//!
//! `look.rs` reads, `run.rs` carries out what changes schemas, `chore.rs` what changes one tenant or file, `trouble.rs`
//! says of an error what to do next.

mod chore;
mod look;
mod run;
mod trouble;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio_util::sync::CancellationToken;

use crate::context::Context;

use super::message::{Effect, Message};

/// Does what is to be done, and sends what came of it.
pub(super) struct Runner {
    context: Arc<Context>,
    sender: Sender<Message>,
    /// How what is at work is ended.
    ends: Ends,
    /// How many looks have begun.
    looks: u64,
}

/// How what is at work is ended: in order, or at once.
#[derive(Debug, Clone, Default)]
struct Ends {
    in_order: CancellationToken,
    at_once: CancellationToken,
}

impl Runner {
    pub(super) fn new(context: Context, sender: Sender<Message>) -> Self {
        Self { context: Arc::new(context), sender, ends: Ends::default(), looks: 0 }
    }

    /// Begins with it; nobody waits for its end.
    pub(super) fn start(&mut self, effect: Effect) {
        let context = Arc::clone(&self.context);
        self.looks += 1;
        let look = self.looks;
        match effect {
            Effect::Stop => self.ends.in_order.cancel(),
            Effect::Abandon => self.ends.at_once.cancel(),
            Effect::Look => self.spawn(move || Message::Seen(look, Box::new(look::seen(&context)))),
            Effect::Read(screen) => self.spawn(move || Message::Read(look, screen, look::read(&context, screen))),
            Effect::Foretell(request) => {
                self.spawn(move || Message::Foretold(Box::new(run::foretold(&context, request))));
            }
            Effect::Overview(id) => self.spawn(move || {
                let overview = look::overview(&context, &id);
                Message::Overview(id, overview)
            }),
            Effect::Run(job) => {
                let (ends, sender) = (self.begin(), self.sender.clone());
                self.spawn(move || Message::RunEnded(run::run(&context, &job, &sender, &ends)));
            }
            Effect::Do(chore) => {
                let (ends, sender) = (self.begin(), self.sender.clone());
                self.spawn(move || {
                    let done = chore::done(&context, &chore, &sender, &ends);
                    Message::Done(chore, done)
                });
            }
        }
    }

    /// What begins now is ended by what is said from now on.
    fn begin(&mut self) -> Ends {
        self.ends = Ends::default();
        self.ends.clone()
    }

    fn spawn(&self, effect: impl FnOnce() -> Message + Send + 'static) {
        let sender = self.sender.clone();
        // A panic is told by the hook, which gives the terminal back; the loop sees that.
        std::thread::spawn(move || {
            let _ = sender.send(effect());
        });
    }
}

/// What is said of a screen that this build does not have.
#[cfg(not(feature = "lint"))]
fn not_built(screen: super::state::Screen) -> super::state::Trouble {
    super::state::Trouble::new(
        format!("{} is not in this build", screen.title()),
        "it was built without the feature lint",
    )
}
