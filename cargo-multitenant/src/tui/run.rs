//! The loop: what happens is waited for, taken note of, and drawn.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event};

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::interrupt::{Signal, Signals};

use super::effects::Runner;
use super::message::{Key, Message};
use super::state::{Load, State};
use super::terminal::{Taken, has_colors, is_taken};
use super::update::{begin, update};

/// How long a frame stays at least: a run of a thousand tenants has more events than anybody can see.
const FRAME: Duration = Duration::from_millis(33);

/// How long nothing is drawn where something is going on, and where nothing is.
const BUSY: Duration = Duration::from_millis(120);
const IDLE: Duration = Duration::from_secs(2);

/// Opens the UI, and answers with the exit code when it is left.
pub(crate) fn open(context: &Context) -> Result<u8, CliError> {
    let mut terminal = Taken::take().map_err(CliError::System)?;
    let (sender, messages) = channel();
    signals(sender.clone())?;
    let begun = Instant::now();
    keys(sender.clone(), begun);
    let size = terminal.size().map_err(CliError::System)?;
    let mut state = State::new(size, has_colors(context.console.color));
    let mut runner = Runner::new(context.silent(), sender);
    for effect in begin(&mut state) {
        runner.start(effect);
    }
    // The first frame is there before the database has answered.
    loop {
        // Taken before it is written: who has seen the frame answers later than that.
        let drawn = begun.elapsed();
        terminal.draw(&state).map_err(CliError::System)?;
        update(&mut state, Message::Drawn(drawn));
        if let Some(code) = state.left {
            drop(terminal);
            // The board is gone with the screen; who has ended a run is to know what became of it.
            if let Some(text) = state.farewell() {
                context.console.message(&text);
            }
            return Ok(code);
        }
        let took_note = take_note(&messages, &mut state, &mut runner, begun);
        // After a panic somewhere the terminal is not ours any more, and what was said about it is to be read.
        if took_note.is_err() || !is_taken() {
            return Ok(exit_code::BUG);
        }
    }
}

/// Waits for what happens, and takes note of all of it until the next frame is due.
fn take_note(
    messages: &Receiver<Message>,
    state: &mut State,
    runner: &mut Runner,
    begun: Instant,
) -> Result<(), RecvTimeoutError> {
    let is_busy = state.is_at_work() || state.here().load == Load::Reading;
    let mut wait = if is_busy { BUSY } else { IDLE };
    let frame = Instant::now() + FRAME;
    loop {
        match messages.recv_timeout(wait) {
            Ok(message) => {
                let is_key = matches!(message, Message::Typed(..) | Message::Pasted(_) | Message::Signal(_));
                update(state, Message::Tick(begun.elapsed()));
                for effect in update(state, message) {
                    runner.start(effect);
                }
                wait = frame.saturating_duration_since(Instant::now());
                // Who types sees it at once.
                if is_key || wait.is_zero() || state.left.is_some() {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                update(state, Message::Tick(begun.elapsed()));
                return Ok(());
            }
            Err(gone) => return Err(gone),
        }
    }
}

/// Reads keys on a thread of its own, which ends with the process.
fn keys(sender: Sender<Message>, begun: Instant) {
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = match event {
                Event::Key(key) => Key::of(&key).map(|key| Message::Typed(key, begun.elapsed())),
                Event::Paste(text) => Some(Message::Pasted(text)),
                Event::Resize(width, height) => Some(Message::Resized(width, height)),
                _ => None,
            };
            if message.is_some_and(|message| sender.send(message).is_err()) {
                return;
            }
        }
    });
}

/// Waits for signals on a thread of its own.
fn signals(sender: Sender<Message>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::System)?;
    let (mut signals, mut hangup) = {
        let _inside = runtime.enter();
        (Signals::catch().map_err(CliError::System)?, Hangup::catch().map_err(CliError::System)?)
    };
    let mut next = move || {
        runtime.block_on(async {
            tokio::select! {
                signal = signals.next() => signal,
                signal = hangup.next() => signal,
            }
        })
    };
    std::thread::spawn(move || while sender.send(Message::Signal(next())).is_ok() {});
    Ok(())
}

/// The terminal goes away. Only the UI catches that: a command may have been told to outlive its terminal (`nohup`).
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    #[cfg(unix)]
    fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::hangup())?))
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        self.0.recv().await;
        Signal::Terminate
    }

    #[cfg(not(unix))]
    fn catch() -> std::io::Result<Self> {
        Ok(Self())
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        std::future::pending().await
    }
}
