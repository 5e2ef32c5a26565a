//! What a key asks for on a screen.

use multitenant_runtime::{Scope, Selection, TenantId, Version};

use crate::report::Kind;
use crate::tui::keymap::Action;
use crate::tui::message::{Chore, Effect, Request};
use crate::tui::state::{
    Cell, Field, Form, Item, Line, Load, Overlay, Purpose, SCREENS, Screen, State, Tone, Trouble, WIDE, detail_width,
    wrapped,
};

use super::{answer, go, leave, read, told};

/// Does what a key asks for.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let page = isize::try_from(state.rows()).unwrap_or(isize::MAX);
    match action {
        Action::Go(screen) => return go(state, screen),
        Action::NextScreen => return beside(state, 1),
        Action::PreviousScreen => return beside(state, -1),
        Action::Down => step(state, 1),
        Action::Up => step(state, -1),
        Action::PageDown => step(state, page),
        Action::PageUp => step(state, -page),
        Action::First => step(state, isize::MIN),
        Action::Last => step(state, isize::MAX),
        Action::Details => match (&state.here().load, state.here().list.current()) {
            (Load::Failed(_), _) => return read(state, state.screen),
            (_, Some(_)) => state.here_mut().detail = Some(0),
            _ => {}
        },
        Action::Back => back(state),
        Action::Filter => state.is_filtering = true,
        Action::Sort => {
            let columns = state.screen.columns().len();
            state.here_mut().list.sort_next(columns);
        }
        Action::SortReversed => state.here_mut().list.sort_reversed(),
        Action::Reload => return read(state, state.screen),
        Action::Help => state.overlay = Some(Overlay::Help(0)),
        Action::Quit if state.here().detail.is_some() => state.here_mut().detail = None,
        Action::Quit => return leave::wanted(state),
        Action::Interrupt => return leave::interrupted(state),
        Action::Mark => state.here_mut().list.mark(),
        Action::MarkAll => state.here_mut().list.mark_all(),
        Action::Stop => return stop(state),
        action => return change(state, action),
    }
    Vec::new()
}

/// What changes something: one at a time.
fn change(state: &mut State, action: Action) -> Vec<Effect> {
    if state.is_at_work() {
        let text = "something is at work: wait for its end, or stop it on the run board (=, x)";
        state.notice = Some((Tone::Warn, text.to_owned()));
        return Vec::new();
    }
    match action {
        Action::Migrate => migrate(state),
        Action::MigrateEverything => foretell(state, Request::new(Kind::Migrate, Scope::all())),
        Action::MigrateTo => migrate_to(state),
        Action::Rollback => match chosen(state) {
            Some(scope) => foretell(state, Request::new(Kind::Rollback, scope)),
            None => Vec::new(),
        },
        Action::Retry => retry(state),
        Action::Seed => form(state, seed_form()),
        Action::Generate => form(state, generate_form()),
        Action::Create => form(state, create_form()),
        Action::Clone | Action::Rename | Action::Archive | Action::Restore | Action::Drop => of_tenant(state, action),
        _ => Vec::new(),
    }
}

fn form(state: &mut State, form: Form) -> Vec<Effect> {
    state.overlay = Some(Overlay::Form(form));
    Vec::new()
}

fn foretell(state: &mut State, request: Request) -> Vec<Effect> {
    state.busy = Some(("looking what would be done".to_owned(), None));
    vec![Effect::Foretell(request)]
}

fn migrate(state: &mut State) -> Vec<Effect> {
    let scope = match state.screen {
        Screen::TenantMigrations => Some(Scope::tenants()),
        Screen::SharedMigrations => Some(Scope::shared()),
        _ => chosen(state),
    };
    scope.map_or_else(Vec::new, |scope| foretell(state, Request::new(Kind::Migrate, scope)))
}

fn migrate_to(state: &mut State) -> Vec<Effect> {
    let Some(to) = state.here().list.current().and_then(|item| Version::of_folder(&item.key)) else {
        return Vec::new();
    };
    let scope = if state.screen == Screen::SharedMigrations { Scope::shared() } else { Scope::tenants() };
    foretell(state, Request { to: Some(to), ..Request::new(Kind::Migrate, scope) })
}

/// The schemas that are marked, or the one under the cursor.
fn chosen(state: &mut State) -> Option<Scope> {
    if state.screen == Screen::SharedStatus {
        return state.here().list.current().map(|_| Scope::shared());
    }
    let keys: Vec<String> = state.here().list.chosen().iter().map(|item| item.key.clone()).collect();
    only(state, &keys, false)
}

/// These tenants, and the shared schema or not; says where one of them can be none.
fn only(state: &mut State, ids: &[String], shared: bool) -> Option<Scope> {
    let tenants: Result<Vec<TenantId>, _> = ids.iter().map(TenantId::new).collect();
    match tenants {
        Ok(tenants) if tenants.is_empty() => shared.then(Scope::shared),
        Ok(tenants) => Some(Scope { shared, tenants: Selection::Only(tenants) }),
        Err(error) => {
            let text = Line::one(Tone::Bad, error.to_string());
            state.notice = Some((Tone::Bad, text.text().to_owned()));
            None
        }
    }
}

/// The same once more where it failed; what would be done is looked at and asked about again.
fn retry(state: &mut State) -> Vec<Effect> {
    let Some(board) = &state.board else { return Vec::new() };
    let (request, (shared, ids)) = (board.job.request.clone(), board.to_retry());
    let Some(scope) = only(state, &ids, shared) else {
        state.notice = Some((Tone::Dim, "nothing failed, and nothing was left out".to_owned()));
        return Vec::new();
    };
    let request = request.again(scope);
    if request.operation().is_some() {
        return foretell(state, request);
    }
    state.overlay = Some(answer::ask_to_seed(answer::seeds(state, request)));
    Vec::new()
}

/// The first time in order; at once only after a question, since a key that is held comes again by itself.
fn stop(state: &mut State) -> Vec<Effect> {
    let Some(board) = state.board.as_mut().filter(|board| board.is_running()) else { return Vec::new() };
    board.stops = board.stops.saturating_add(1);
    if board.stops == 1 {
        return vec![Effect::Stop];
    }
    let text = "The run is ending in order already: what has begun is finished or rolled back.\n\
                At once, all connections are cut. What is in a transaction is rolled back by the server. What runs outside \
                of one, as an index that is built concurrently, may be cut off, and may have done its work or a part of it: \
                look at the status then.";
    state.overlay = Some(Overlay::Confirm {
        title: "End at once".to_owned(),
        lines: Line::of(Tone::Plain, text),
        question: "End the run at once?".to_owned(),
        scroll: 0,
        then: Box::new(Effect::Abandon),
    });
    Vec::new()
}

fn of_tenant(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(id) = state.here().list.current().map(|item| item.key.clone()) else { return Vec::new() };
    let tenant = match TenantId::new(&id) {
        Ok(tenant) => tenant,
        Err(error) => {
            state.overlay = Some(told(&Trouble::new("This is no tenant's id", &error.to_string())));
            return Vec::new();
        }
    };
    let asked = |what: &str, text: &str, chore| Overlay::Confirm {
        title: format!("{what} a tenant"),
        lines: Line::of(Tone::Plain, text),
        question: Line::one(Tone::Plain, format!("{what} {id:?}?")).text().to_owned(),
        scroll: 0,
        then: Box::new(Effect::Do(chore)),
    };
    state.overlay = Some(match action {
        Action::Clone => Overlay::Form(Form::new(
            Line::one(Tone::Plain, format!("Clone {id:?}")).text(),
            Purpose::Clone(id),
            vec![
                Field::text("id", "", "the id of the copy"),
                Field::choice(
                    "rows",
                    &["as [clone.anonymise] says", "none"],
                    "← →; without rules there, the rows are copied as they are",
                ),
            ],
        )),
        Action::Rename => Overlay::Form(Form::new(
            Line::one(Tone::Plain, format!("Rename {id:?}")).text(),
            Purpose::Rename(id),
            vec![Field::text("id", "", "the id that it gets")],
        )),
        Action::Archive => asked(
            "Archive",
            "Nothing serves it or migrates it from then on, and all its data stays.\n\
             Applications are not told: fence the tenant in their pools before (TenantPool::fence).",
            Chore::Archive(tenant),
        ),
        Action::Restore => asked("Restore", "It is served and migrated again.", Chore::Restore(tenant)),
        _ => {
            state.busy = Some(("looking what would go".to_owned(), None));
            return vec![Effect::Overview(id)];
        }
    });
    Vec::new()
}

/// What would go with a tenant is known: the id is to be typed again.
pub(super) fn overview(state: &mut State, id: String, overview: Result<Vec<Line>, Trouble>) {
    state.overlay = Some(match (overview, TenantId::new(&id)) {
        (Ok(lines), Ok(tenant)) => Overlay::Type {
            title: "Drop a tenant".to_owned(),
            lines,
            wanted: id,
            typed: String::new(),
            error: false,
            then: Box::new(Effect::Do(Chore::Drop(tenant))),
        },
        (Err(trouble), _) => told(&trouble),
        (Ok(_), Err(error)) => told(&Trouble::new("This is no tenant's id", &error.to_string())),
    });
}

/// Files were written: they stand on the screen from then on.
pub(super) fn wrote(state: &mut State, chore: &Chore, lines: &[Line]) {
    let Chore::Generate { tier, .. } = chore else { return };
    let page = state.page_mut(Screen::Generate);
    for line in lines {
        page.list.push(Item {
            key: line.text().to_owned(),
            cells: vec![Cell::new(tier.to_string()), Cell::new(line.text())],
            lines: vec![line.clone()],
        });
    }
    page.list.reorder();
    page.load = Load::Done;
}

fn create_form() -> Form {
    let columns = "what else the registry's row must have: name=Acme Inc., plan_id=3";
    let fields = vec![
        Field::text("id", "", "the tenant's id"),
        Field::text("columns", "", columns),
        Field::text("environment", "", "the seeds of this environment too; empty for the common ones alone"),
    ];
    Form::new("Create a tenant", Purpose::Create, fields)
}

fn generate_form() -> Form {
    let fields = vec![
        Field::text("name", "", "what it does, as in create_orders"),
        Field::choice("tier", &["tenant", "shared"], "← →; whose tables it changes"),
    ];
    Form::new("Write a new migration", Purpose::Generate, fields)
}

fn seed_form() -> Form {
    let fields = vec![
        Field::choice("schemas", &["all", "tenants", "shared"], "← →; whose seeds"),
        Field::text("environment", "", "the seeds of this environment too; empty for the common ones alone"),
        Field::choice("each", &["time", "once"], "← →; once: what was done is recorded, and left out"),
    ];
    Form::new("Seed", Purpose::Seed, fields)
}

fn beside(state: &mut State, by: isize) -> Vec<Effect> {
    let screens = SCREENS.len() - usize::from(state.board.is_none());
    let at = state.screen.index().wrapping_add_signed(by).wrapping_add(screens) % screens;
    go(state, SCREENS[at])
}

/// A step in the list, or in the details where they cover it.
fn step(state: &mut State, by: isize) {
    let is_wide = state.size.0 >= WIDE;
    // Beside the list the details are scrolled by pages.
    let is_page = by.unsigned_abs() > 1;
    let (width_of_screen, width, rows) = (state.size.0, detail_width(state.size.0), state.rows());
    let page = state.here_mut();
    if let Load::Failed(trouble) = &page.load {
        let lines = wrapped(&trouble.to_screen(), detail_width(width_of_screen.min(WIDE - 1))).len();
        // There are no heads of columns here.
        page.scroll = page.scroll.saturating_add_signed(by).min(lines.saturating_sub(rows + 1));
        return;
    }
    match (page.detail, page.list.current()) {
        (Some(scroll), Some(item)) if !is_wide || is_page => {
            let most = wrapped(&item.lines, width).len().saturating_sub(rows);
            page.detail = Some(scroll.saturating_add_signed(by).min(most));
        }
        _ => {
            match by {
                isize::MIN => page.list.first(),
                isize::MAX => page.list.last(),
                by => page.list.step(by),
            }
            page.detail = page.detail.map(|_| 0);
        }
    }
}

fn back(state: &mut State) {
    let page = state.here_mut();
    if page.detail.is_some() {
        page.detail = None;
    } else if !page.list.filter().is_empty() {
        page.list.narrow("");
    } else if page.list.marked() > 0 {
        page.list.clear_marks();
    } else if state.screen == Screen::Run {
        state.screen = state.before;
    }
}
