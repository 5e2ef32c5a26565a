//! Every screen as it is seen, on a terminal of 80 by 24, and one on a larger one.

use std::time::Duration;

use insta::assert_snapshot;
use multitenant_runtime::{Outcome, Scope, TenantId};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use unicode_width::UnicodeWidthStr as _;

use super::draw;
use crate::report::Kind;
use crate::tui::items::{Texts, migrations};
use crate::tui::message::{Effect, FailureText, Fleet, Happening, Job, Key, Message, Planned, Request, RunEnd, Seen};
use crate::tui::state::{Cell, Content, Item, Line, Overlay, Page, Screen, State, Tone, Trouble};
use crate::tui::update::{begin, press, update};

const SMALL: (u16, u16) = (80, 24);

fn seen(state: &State) -> String {
    let (width, height) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width)).map(|row| {
        // Behind a wide character there is a cell that nothing is in.
        let mut wide = 0;
        let row = row.iter().filter(|cell| {
            let is_covered = wide > 0;
            wide = if is_covered { wide - 1 } else { cell.symbol().width().saturating_sub(1) };
            !is_covered
        });
        let row: String = row.map(ratatui::buffer::Cell::symbol).collect();
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn item(cells: &[(&str, Tone)], lines: &[&str]) -> Item {
    Item {
        key: cells[0].0.to_owned(),
        cells: cells.iter().map(|(text, tone)| Cell::new(text).tone(*tone)).collect(),
        lines: lines.iter().map(|line| Line::one(Tone::Plain, line)).collect(),
    }
}

/// A project with many tenants, of which some are not as they should be.
fn project(size: (u16, u16)) -> State {
    let mut state = State::new(size, true);
    begin(&mut state);
    let status = |schema: &str, pending: &str, state: &str, tone, detail: &str| {
        let count = |text: &str| (if text.is_empty() { "0" } else { text }).to_owned();
        item(
            &[
                (schema, Tone::Plain),
                ("31", Tone::Plain),
                (&count(pending), Tone::Plain),
                (state, tone),
                (detail, Tone::Plain),
            ],
            &[state, "pending: 1", "  2026-11-02-101500_add_total"],
        )
    };
    let mut tenants = vec![
        status("tenant_acme", "1", "behind", Tone::Warn, "2026-11-02-101500_add_total"),
        status(
            "tenant_globex",
            "2",
            "failed",
            Tone::Bad,
            "42P07 relation \"orders\" already exists (2026-11-01-090000_orders/up.sql:3)",
        ),
        status("tenant_\u{1b}[31mevil\u{7}", "", "up to date", Tone::Good, ""),
        status("tenant_漢字", "", "up to date", Tone::Good, ""),
    ];
    tenants.extend((4..1_000).map(|n| status(&format!("tenant_{n:04}"), "", "up to date", Tone::Good, "")));
    let texts = |version: &str, name: &str, down: Option<&str>| Texts {
        version: version.to_owned(),
        name: format!("{version}_{name}"),
        up: Some("create table orders (\n\tid bigint primary key\n);\n".to_owned()),
        down: down.map(str::to_owned),
        is_reversible: down.is_some(),
    };
    let texts = [
        texts("2026-11-01-090000", "orders", Some("drop table orders;\n")),
        texts("2026-11-02-101500", "add_total", None),
    ];
    let seen = Seen {
        fleet: Fleet {
            naming: None,
            place: "shop: shop_dev on localhost:5432".to_owned(),
            shared: Some("public".to_owned()),
            tenants: vec![("acme".to_owned(), "tenant_acme".to_owned())],
            warnings: Vec::new(),
        },
        contents: [
            Content { items: tenants, note: "1000 tenants: 998 up to date, 1 behind, 1 failed".to_owned() },
            Content {
                items: vec![status("public", "", "up to date", Tone::Good, "")],
                note: "the shared schema".to_owned(),
            },
            migrations(&texts, &[], false),
            migrations(&texts, &[], true),
        ],
    };
    update(&mut state, Message::Seen(0, Box::new(Ok(seen))));
    state
}

fn typed(state: &mut State, keys: &str) {
    for c in keys.chars() {
        let key = if c == '\n' { Key::new(ratatui::crossterm::event::KeyCode::Enter) } else { Key::char(c) };
        press(state, key);
    }
}

/// A screen with what was read for it.
fn with(screen: Screen, items: Vec<Item>, note: &str) -> State {
    let mut state = project(SMALL);
    typed(&mut state, &screen.key().to_string());
    update(&mut state, Message::Read(0, screen, Ok(Content { items, note: note.to_owned() })));
    state
}

#[test]
fn the_first_frame_is_there_before_the_database_has_answered() {
    let mut state = State::new(SMALL, true);
    begin(&mut state);
    assert_snapshot!("first_frame", seen(&state));
}

#[test]
fn tenant_status() {
    let mut state = project(SMALL);
    assert_snapshot!("tenant_status", seen(&state));
    typed(&mut state, "sssS/00 tenant\n");
    assert_snapshot!("tenant_status_filtered", seen(&state));
    let mut state = project(SMALL);
    typed(&mut state, " j\n");
    assert_snapshot!("tenant_status_details", seen(&state));
}

#[test]
fn what_tenants_wrote_is_shown_and_not_obeyed() {
    let frame = seen(&project(SMALL));
    assert!(frame.contains(r"tenant_\u{1b}[31mev…"), "{frame}");
    assert!(!frame.chars().any(|c| c.is_control() && c != '\n'), "{frame:?}");
}

#[test]
fn tenant_status_on_a_large_terminal() {
    let mut state = project((120, 40));
    typed(&mut state, "j\n");
    assert_snapshot!("tenant_status_large", seen(&state));
}

#[test]
fn shared_status_and_migrations() {
    let mut state = project(SMALL);
    typed(&mut state, "2");
    assert_snapshot!("shared_status", seen(&state));
    typed(&mut state, "3");
    assert_snapshot!("tenant_migrations", seen(&state));
    typed(&mut state, "\n");
    assert_snapshot!("tenant_migrations_details", seen(&state));
    typed(&mut state, "4");
    assert_snapshot!("shared_migrations", seen(&state));
}

#[test]
fn tenants() {
    let row = |id: &str, state: &str, tone| {
        let schema = format!("tenant_{id}");
        let cells =
            [(id, Tone::Plain), (&schema, Tone::Plain), ("12", Tone::Plain), ("4031", Tone::Plain), (state, tone)];
        item(&[&cells[..], &[("", Tone::Dim)]].concat(), &[])
    };
    let items = vec![row("acme", "up to date", Tone::Good), row("globex", "archived", Tone::Dim)];
    let mut state = with(Screen::Tenants, items, "2 tenants, 1 archived");
    assert_snapshot!("tenants", seen(&state));
    typed(&mut state, "nacme-2");
    assert_snapshot!("tenants_create", seen(&state));
    press(&mut state, Key::new(ratatui::crossterm::event::KeyCode::Esc));
    typed(&mut state, "d");
    let overview =
        Line::of(Tone::Plain, " acme  to be dropped\n   the schema tenant_acme: 12 tables, about 4031 rows, 1.4 MB");
    update(&mut state, Message::Overview("acme".to_owned(), Ok(overview)));
    typed(&mut state, "acm\n");
    assert_snapshot!("tenants_drop", seen(&state));
}

#[test]
fn seeding() {
    let row =
        |tier, environment, path| item(&[(tier, Tone::Plain), (environment, Tone::Plain), (path, Tone::Plain)], &[]);
    let items =
        vec![row("shared", "-", "seeds/shared/1_plans.sql"), row("tenant", "dev", "seeds/tenant/dev/1_users.sql")];
    let mut state = with(Screen::Seeding, items, "2 seeds");
    assert_snapshot!("seeding", seen(&state));
    typed(&mut state, "p");
    assert_snapshot!("seeding_form", seen(&state));
}

#[test]
fn health() {
    let row = |what, word, tone, text| item(&[(what, Tone::Plain), (word, tone), (text, Tone::Plain)], &[]);
    let items = vec![
        row("connecting", "good", Tone::Good, "5.1 ms"),
        row("connections", "many", Tone::Warn, "90 of 97, all databases together"),
        row("shop-web", "waiting", Tone::Warn, "3 active, 9 idle, 0 idle in a transaction, 1 waiting for a lock"),
    ];
    assert_snapshot!(
        "health",
        seen(&with(Screen::Health, items, "1 application is connected, 1 connection waits for a lock"))
    );
}

#[test]
fn generate() {
    let mut state = project(SMALL);
    typed(&mut state, "8");
    assert_snapshot!("generate", seen(&state));
    typed(&mut state, "ncreate_plans");
    assert_snapshot!("generate_form", seen(&state));
}

#[test]
fn lint() {
    let row = |level, tone, rule, place, message| {
        item(&[(level, tone), (rule, Tone::Plain), (place, Tone::Plain), (message, Tone::Plain)], &["the rule"])
    };
    let items = vec![
        row(
            "error",
            Tone::Bad,
            "tenant-schema-qualified",
            "migrations/tenant/2026-11-02-101500_orders/up.sql:4",
            "tenant migration names the schema `public`",
        ),
        row(
            "warning",
            Tone::Warn,
            "index-foreign-keys",
            "src/schema.rs:12",
            "foreign key `orders.user_id` has no index",
        ),
    ];
    assert_snapshot!("lint", seen(&with(Screen::Lint, items, "12 schemas checked: 1 error, 1 warning, 0 notes")));
}

#[test]
fn doctor() {
    let row = |state, tone, check, detail| item(&[(state, tone), (check, Tone::Plain), (detail, Tone::Plain)], &[]);
    let items = vec![
        row("good", Tone::Good, "database", "PostgreSQL 15.18, 12 ms"),
        row("error", Tone::Bad, "histories", "2 of 41 cannot be read"),
        row("not run", Tone::Dim, "roles", "the database cannot be reached"),
    ];
    assert_snapshot!("doctor", seen(&with(Screen::Doctor, items, "3 checks: 1 error, 0 warnings, 0 notes")));
}

#[test]
fn drift() {
    let mut state = project(SMALL);
    typed(&mut state, "-");
    assert_snapshot!("drift_before", seen(&state));
    let row = item(
        &[
            ("tenant_acme", Tone::Plain),
            ("error", Tone::Bad),
            ("column `orders.total`: type is text, expected integer", Tone::Plain),
        ],
        &["column `orders.total`: type is text, expected integer"],
    );
    assert_snapshot!("drift", seen(&with(Screen::Drift, vec![row], "41 schemas: 40 equal, 1 differs (1 difference)")));
}

fn job() -> Job {
    let targets = (0..30).map(|n| Planned {
        tenant: (n > 0).then(|| format!("{n:02}")),
        schema: if n == 0 { "public".to_owned() } else { format!("tenant_{n:02}") },
        steps: 2,
    });
    let request = Request::new(Kind::Migrate, Scope::all());
    Job { operation: request.operation(), request, targets: targets.collect() }
}

/// A run in the middle of everything.
fn board() -> State {
    let mut state = project(SMALL);
    let foretold =
        crate::tui::message::Foretold { job: job(), lines: Vec::new(), question: "Do it?".to_owned(), has_work: true };
    update(&mut state, Message::Foretold(Box::new(Ok(foretold))));
    typed(&mut state, "y");
    let schema = |n: usize| job().targets[n].schema.clone();
    let failure = || FailureText {
        brief: "42P07 relation \"orders\" already exists (migrations/tenant/1_orders/up.sql:3)".to_owned(),
        lines: Line::of(
            Tone::Bad,
            "42P07 relation \"orders\" already exists\n--> migrations/tenant/1_orders/up.sql:3:14\nhint: drop it first",
        ),
    };
    let began = |n| Happening::Began { schema: schema(n), tenant: None, steps: 2 };
    let finished = |n, outcome, failure| Happening::Finished { schema: schema(n), tenant: None, outcome, failure };
    for n in 0..6 {
        update(&mut state, Message::Happened(began(n)));
    }
    update(&mut state, Message::Tick(Duration::from_millis(4_200)));
    for happening in [
        finished(0, Outcome::Applied, None),
        finished(1, Outcome::Failed, Some(failure())),
        Happening::Held { schema: schema(2) },
        Happening::Retrying {
            schema: schema(3),
            attempt: 2,
            delay: Duration::from_millis(1_200),
            failure: FailureText {
                brief: "55P03 canceling statement due to lock timeout".to_owned(),
                lines: Vec::new(),
            },
        },
        Happening::Step { schema: schema(4), what: "1_orders".to_owned() },
        Happening::StepDone { schema: schema(4) },
        Happening::Step { schema: schema(4), what: "2_total".to_owned() },
        finished(5, Outcome::UpToDate, None),
    ] {
        update(&mut state, Message::Happened(happening));
    }
    update(&mut state, Message::Tick(Duration::from_millis(5_000)));
    state
}

#[test]
fn run_board() {
    let mut state = board();
    assert_snapshot!("run", seen(&state));
    typed(&mut state, "g\n");
    assert_snapshot!("run_details", seen(&state));
    typed(&mut state, "qq");
    assert_snapshot!("run_leave", seen(&state));
    typed(&mut state, "nx");
    let end = RunEnd {
        is_complete: false,
        is_orderly: true,
        text: "30 schemas: 1 migrated, 1 failed".to_owned(),
        lines: Vec::new(),
    };
    update(&mut state, Message::RunEnded(end));
    assert_snapshot!("run_over", seen(&state));
}

#[test]
fn a_question_stands_over_the_screen() {
    let mut state = project(SMALL);
    state.overlay = Some(Overlay::Confirm {
        title: "Migrating".to_owned(),
        lines: (0..40).flat_map(|n| Line::of(Tone::Plain, &format!("tenant_{n:02}  apply 1"))).collect(),
        question: "Migrate 40 schemas with 40 migrations?".to_owned(),
        scroll: 3,
        then: Box::new(Effect::Run(job())),
    });
    assert_snapshot!("question", seen(&state));
}

#[test]
fn keys_are_explained() {
    let mut state = project(SMALL);
    typed(&mut state, "?");
    assert_snapshot!("keys", seen(&state));
}

#[test]
fn troubles_say_what_to_do_next() {
    let trouble = Trouble::new("The database cannot be reached", "localhost:5432 refuses the connection")
        .next("start the server, or correct database.url in multitenant.toml, DATABASE_URL or --database-url")
        .next("then look again: r");
    let mut state = State::new(SMALL, true);
    update(&mut state, Message::Seen(0, Box::new(Err(trouble))));
    assert_snapshot!("trouble", seen(&state));
    let mut state = State::new(SMALL, true);
    update(&mut state, Message::Seen(0, Box::new(Ok(Seen::default()))));
    assert_snapshot!("no_tenants", seen(&state));
}

#[test]
fn without_colours_there_are_none() {
    let has_colors = |state: &State| {
        let mut terminal = Terminal::new(TestBackend::new(state.size.0, state.size.1)).unwrap();
        terminal.draw(|frame| draw(state, frame)).unwrap();
        let plain = ratatui::style::Color::Reset;
        terminal.backend().buffer().content().iter().any(|cell| cell.fg != plain || cell.bg != plain)
    };
    let mut state = board();
    assert!(has_colors(&state));
    state.has_colors = false;
    assert!(!has_colors(&state));
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    for size in [(1, 1), (3, 2), (10, 5), (20, 8), (79, 23), (300, 100)] {
        let mut states = [project(size), board(), State::new(size, false)];
        for state in &mut states {
            update(state, Message::Resized(size.0, size.1));
            for keys in ["", "?", "\n", "qq", "8n"] {
                typed(state, keys);
                seen(state);
            }
        }
    }
}

#[test]
fn ten_thousand_tenants_are_scrolled_through() {
    let id = |n: usize| TenantId::new(format!("{n}")).unwrap();
    let items = (0..10_000).map(|n| item(&[(id(n).as_str(), Tone::Plain)], &[])).collect();
    let mut page = Page::default();
    page.read(0, Ok(Content { items, note: String::new() }));
    let mut state = project(SMALL);
    *state.page_mut(Screen::TenantStatus) = page;
    typed(&mut state, "G");
    assert!(seen(&state).contains(" 9999"));
    typed(&mut state, "g");
    assert!(!seen(&state).contains(" 9999"));
}
