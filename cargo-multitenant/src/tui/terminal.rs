//! The terminal is taken, and given back as it was: at the end, after an error, after a panic on any thread.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, TryLockError};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::state::State;
use super::view::draw;

/// Whether the terminal is ours at the moment.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Held while a frame is written, so that nothing follows what gives the terminal back.
static WRITING: Mutex<()> = Mutex::new(());

/// How often, and how long each time, a panic waits for a frame of another thread.
const WAITS: usize = 20;
const WAIT: Duration = Duration::from_millis(5);

/// The terminal, as long as it is ours.
pub(super) struct Taken {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

/// Whether there is somebody who sees and types.
pub(crate) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether colours are wanted.
pub(super) fn has_colors(choice: anstream::ColorChoice) -> bool {
    match choice {
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        _ => true,
    }
}

/// Whether the terminal is still ours: after a panic it is not.
pub(super) fn is_taken() -> bool {
    IS_TAKEN.load(Ordering::SeqCst)
}

impl Taken {
    /// Takes the terminal. A panic gives it back before anything is said about it.
    pub(super) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                usual(panic);
            }));
        });
        enable_raw_mode()?;
        IS_TAKEN.store(true, Ordering::SeqCst);
        let mut stdout = BufWriter::new(io::stdout());
        // So that what is pasted is no keys; a terminal that cannot tell is no reason to give up.
        let _ = execute!(stdout, EnableBracketedPaste);
        // Not `Terminal::clear`, which asks the terminal where its cursor is, and waits for the answer.
        let taken = execute!(stdout, EnterAlternateScreen, Clear(ClearType::All))
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout)))
            .map(|terminal| Self { terminal });
        if taken.is_err() {
            give_back();
        }
        taken
    }

    /// How many columns and rows there are.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame; nothing where the terminal is not ours any more.
    pub(super) fn draw(&mut self, state: &State) -> io::Result<()> {
        let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if is_taken() {
            self.terminal.draw(|frame| draw(state, frame))?;
        }
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A thread that panics while it draws holds this itself: then nobody waits for ever.
    for _ in 0..WAITS {
        if !matches!(WRITING.try_lock(), Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(WAIT);
    }
    // Nobody is left to be told where that fails.
    let _ = leave(&mut io::stdout().lock());
    let _ = disable_raw_mode();
}

/// Back to the screen that was there, with a cursor.
fn leave(out: &mut impl Write) -> io::Result<()> {
    let _ = execute!(out, DisableBracketedPaste);
    execute!(out, LeaveAlternateScreen, Show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_that_was_there_comes_back_with_its_cursor() {
        let mut written = Vec::new();
        leave(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "\u{1b}[?2004l\u{1b}[?1049l\u{1b}[?25h");
    }

    /// What `a_panic_gives_the_terminal_back` runs on a terminal.
    #[test]
    #[ignore = "`a_panic_gives_the_terminal_back` starts it"]
    fn panics_on_a_terminal() {
        let mut terminal = Taken::take().unwrap();
        let state = State::new(terminal.size().unwrap(), false);
        terminal.draw(&state).unwrap();
        assert!(std::thread::spawn(|| panic!("a worker panics")).join().is_err());
        assert!(!is_taken());
        terminal.draw(&state).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_panic_gives_the_terminal_back() {
        use std::process::{Command, Stdio};
        let is_there = Command::new("script")
            .arg("--version")
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux"));
        if !is_there {
            return;
        }
        let program = std::env::current_exe().unwrap();
        let test = "tui::terminal::tests::panics_on_a_terminal";
        // `stty` says afterwards whether the terminal echoes again and breaks lines.
        let line =
            format!("stty rows 24 cols 80; '{}' --exact {test} --ignored --nocapture; stty -a", program.display());
        let output = Command::new("script")
            .args(["-qefc", &line, "/dev/null"])
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let written = String::from_utf8_lossy(&output.stdout);
        let (inside, after) = written.split_once("\u{1b}[?1049l").unwrap();
        assert!(inside.contains("\u{1b}[?1049h") && inside.contains("Tenant status"), "{written}");
        assert!(after.contains("a worker panics") && after.contains("1 passed"), "{written}");
        assert!(!after.contains("Tenant status"), "nothing is drawn any more: {written}");
        assert!(after.contains(" echo ") && after.contains(" icanon"), "{written}");
    }
}
