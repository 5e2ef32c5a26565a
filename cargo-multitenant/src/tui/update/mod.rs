//! From a state and what happened to the next state and what is to be done: no more than that.

mod act;
mod answer;
mod leave;
#[cfg(test)]
mod press;
#[cfg(test)]
mod tests;

use super::message::{Chore, Effect, Foretold, Key, Message, RunEnd, Seen};
#[cfg(test)]
pub(crate) use press::press;

use super::state::{Board, LOOKED_AT, Line, Load, Overlay, Screen, State, Tone, Trouble};

/// What is done first, so that a frame is there before the database has answered.
pub(crate) fn begin(state: &mut State) -> Vec<Effect> {
    look(state)
}

/// Takes note of what happened, and says what is to be done.
pub(crate) fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = match message {
        Message::Typed(key, at) => {
            if state.type_ahead.is_meant(key, state.overlay.as_ref(), at) {
                pressed(state, key)
            } else {
                Vec::new()
            }
        }
        Message::Pasted(text) => {
            answer::pasted(state, &text);
            Vec::new()
        }
        Message::Drawn(now) => {
            state.type_ahead.drawn(state.overlay.as_ref(), now);
            return Vec::new();
        }
        Message::Resized(width, height) => {
            state.size = (width, height);
            Vec::new()
        }
        Message::Tick(now) => {
            state.now = now;
            if let Some(board) = &mut state.board {
                board.settle();
            }
            Vec::new()
        }
        Message::Signal(signal) => leave::signalled(state, signal),
        Message::Seen(look, seen) => {
            if !state.page(LOOKED_AT[0]).is_newer_than(look) {
                self::seen(state, look, *seen);
            }
            Vec::new()
        }
        Message::Read(look, screen, read) => {
            state.page_mut(screen).read(look, read);
            Vec::new()
        }
        Message::Foretold(foretold) => self::foretold(state, *foretold),
        Message::Overview(id, overview) => {
            state.busy = None;
            act::overview(state, id, overview);
            leave::when_free(state)
        }
        Message::Happened(happening) => {
            let now = state.now;
            if let Some(board) = &mut state.board {
                board.happened(happening, now);
            }
            Vec::new()
        }
        Message::RunEnded(end) => run_ended(state, end),
        Message::Progress(text) => {
            if let Some((_, progress)) = &mut state.busy {
                *progress = Some(text);
            }
            Vec::new()
        }
        Message::Done(chore, done) => self::done(state, &chore, done),
    };
    let rows = state.rows();
    state.here_mut().list.keep_in_sight(rows);
    effects
}

/// One look at all schemas, for the four screens that it shows.
fn look(state: &mut State) -> Vec<Effect> {
    for screen in LOOKED_AT {
        state.page_mut(screen).load = Load::Reading;
    }
    vec![Effect::Look]
}

/// Reads a screen.
fn read(state: &mut State, screen: Screen) -> Vec<Effect> {
    if LOOKED_AT.contains(&screen) {
        return look(state);
    }
    if matches!(screen, Screen::Run | Screen::Generate) {
        return Vec::new();
    }
    state.page_mut(screen).load = Load::Reading;
    vec![Effect::Read(screen)]
}

fn seen(state: &mut State, look: u64, seen: Result<Seen, Trouble>) {
    match seen {
        Ok(Seen { fleet, contents }) => {
            if let Some(warning) = fleet.warnings.first() {
                state.notice = Some((Tone::Warn, Line::one(Tone::Warn, warning).text().to_owned()));
            }
            state.fleet = fleet;
            for (screen, content) in LOOKED_AT.into_iter().zip(contents) {
                state.page_mut(screen).read(look, Ok(content));
            }
        }
        Err(trouble) => {
            for screen in LOOKED_AT {
                state.page_mut(screen).read(look, Err(trouble.clone()));
            }
        }
    }
}

fn foretold(state: &mut State, foretold: Result<Foretold, Trouble>) -> Vec<Effect> {
    state.busy = None;
    if state.leaving.is_some() {
        return leave::when_free(state);
    }
    state.overlay = Some(match foretold {
        Ok(Foretold { job, lines, question, has_work: true }) => Overlay::Confirm {
            title: job.request.title().to_owned(),
            lines,
            question,
            scroll: 0,
            then: Box::new(Effect::Run(job)),
        },
        Ok(Foretold { lines, .. }) => Overlay::Told { title: "Nothing to do".to_owned(), lines, scroll: 0 },
        Err(trouble) => told(&trouble),
    });
    Vec::new()
}

/// What went wrong, to be read.
fn told(trouble: &Trouble) -> Overlay {
    Overlay::Told { title: trouble.title.clone(), lines: trouble.to_lines(), scroll: 0 }
}

/// An effect that somebody has agreed to.
fn agreed(state: &mut State, effect: Effect) -> Vec<Effect> {
    match &effect {
        Effect::Run(job) => {
            // A change of screens meanwhile is no reason to run two at once.
            if state.is_at_work() {
                return Vec::new();
            }
            state.board = Some(Board::new(job.clone(), state.now));
            go(state, Screen::Run);
        }
        Effect::Do(chore) => {
            if state.is_at_work() {
                return Vec::new();
            }
            state.busy = Some((Line::one(Tone::Plain, chore.doing()).text().to_owned(), None));
        }
        // The run may have come to its end while somebody was asked.
        Effect::Abandon if !state.is_running() => return Vec::new(),
        _ => {}
    }
    vec![effect]
}

/// Shows a screen, and reads it if it never was.
fn go(state: &mut State, screen: Screen) -> Vec<Effect> {
    if screen == Screen::Run && state.board.is_none() {
        let text = "no run yet: migrate, roll back or seed something first";
        state.notice = Some((Tone::Dim, text.to_owned()));
        return Vec::new();
    }
    if screen == Screen::Run && state.screen != Screen::Run {
        state.before = state.screen;
    }
    state.screen = screen;
    if state.here().load == Load::Never && screen.reads_itself() {
        return read(state, screen);
    }
    Vec::new()
}

fn run_ended(state: &mut State, end: RunEnd) -> Vec<Effect> {
    let now = state.now;
    if matches!(&state.overlay, Some(Overlay::Confirm { then, .. }) if **then == Effect::Abandon) {
        state.overlay = None;
    }
    if !end.lines.is_empty() {
        state.overlay = Some(Overlay::Told { title: end.text.clone(), lines: end.lines.clone(), scroll: 0 });
    }
    if let Some(board) = &mut state.board {
        board.ended(end, now);
    }
    let mut effects = leave::when_free(state);
    if state.left.is_none() {
        effects.extend(refreshed(state));
    }
    effects
}

/// What may have changed is looked at again, where somebody has looked before.
fn refreshed(state: &mut State) -> Vec<Effect> {
    let mut effects = look(state);
    if state.page(Screen::Tenants).load != Load::Never {
        effects.extend(read(state, Screen::Tenants));
    }
    effects
}

fn done(state: &mut State, chore: &Chore, done: Result<Vec<Line>, Trouble>) -> Vec<Effect> {
    state.busy = None;
    let is_file = matches!(chore, Chore::Generate { .. });
    match done {
        Ok(lines) => {
            if is_file {
                act::wrote(state, chore, &lines);
            }
            if let Some(first) = lines.first() {
                state.notice = Some((Tone::Good, first.text().trim().to_owned()));
            }
            if lines.len() > 1 && !is_file {
                state.overlay = Some(Overlay::Told { title: "Done".to_owned(), lines, scroll: 0 });
            }
        }
        Err(trouble) => state.overlay = Some(told(&trouble)),
    }
    let mut effects = leave::when_free(state);
    if state.left.is_none() {
        effects.extend(refreshed(state));
    }
    effects
}

/// A key goes to whoever waits for one: an overlay, the filter, the screen.
fn pressed(state: &mut State, key: Key) -> Vec<Effect> {
    state.notice = None;
    if key == Key::control('c') {
        return leave::interrupted(state);
    }
    if state.overlay.is_some() {
        return answer::answered(state, key);
    }
    if state.is_filtering {
        answer::filtered(state, key);
        return Vec::new();
    }
    match super::keymap::action(state.screen, key) {
        Some(action) => act::act(state, action),
        None => Vec::new(),
    }
}
