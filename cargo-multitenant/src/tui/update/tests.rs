//! What follows from keys and answers, without a terminal and without a database.

use std::time::Duration;

use multitenant_runtime::{Outcome, Scope, Selection, TenantId, Tier};
use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::interrupt::Signal;
use crate::report::Kind;
use crate::tui::message::{FailureText, Fleet, Happening, Job, Planned, Request};
use crate::tui::state::{Cell, Content, Item};

fn item(key: &str) -> Item {
    Item { key: key.to_owned(), cells: vec![Cell::new(key)], lines: vec![Line::one(Tone::Plain, key)] }
}

/// Two tenants and a shared schema have been seen.
fn state() -> State {
    let mut state = State::new((80, 24), false);
    assert_eq!(begin(&mut state), [Effect::Look]);
    let contents = [&["a", "b"][..], &["public"], &["1", "2"], &["1"]];
    let content = |keys: &[&str]| Content { items: keys.iter().map(|key| item(key)).collect(), note: String::new() };
    let tenants = ["a", "b"].map(|id| (id.to_owned(), format!("tenant_{id}"))).to_vec();
    let fleet = Fleet { shared: Some("public".to_owned()), tenants, ..Fleet::default() };
    let seen = Seen { fleet, contents: contents.map(content) };
    update(&mut state, Message::Seen(0, Box::new(Ok(seen))));
    state
}

/// What is to be done after these keys.
fn typed(state: &mut State, keys: &str) -> Vec<Effect> {
    let key = |c: char| match c {
        '\n' => Key::new(KeyCode::Enter),
        '\u{1b}' => Key::new(KeyCode::Esc),
        '\t' => Key::new(KeyCode::Tab),
        c => Key::char(c),
    };
    keys.chars().flat_map(|c| press(state, key(c))).collect()
}

fn only(ids: &[&str]) -> Scope {
    Scope { shared: false, tenants: Selection::Only(ids.iter().map(|id| TenantId::new(id).unwrap()).collect()) }
}

/// A run of these schemas that was agreed to.
fn running(state: &mut State, kind: Kind) -> Job {
    let request = Request::new(kind, Scope::all());
    let planned = |tenant: Option<&str>, schema: &str| Planned {
        tenant: tenant.map(str::to_owned),
        schema: schema.to_owned(),
        steps: 2,
    };
    let targets = vec![planned(None, "public"), planned(Some("a"), "tenant_a"), planned(Some("b"), "tenant_b")];
    let job = Job { operation: request.operation(), request, targets };
    let foretold = Foretold { job: job.clone(), lines: Vec::new(), question: "Do it?".to_owned(), has_work: true };
    update(state, Message::Foretold(Box::new(Ok(foretold))));
    assert_eq!(typed(state, "y"), [Effect::Run(job.clone())]);
    job
}

fn finished(state: &mut State, tenant: Option<&str>, schema: &str, outcome: Outcome) {
    let failure = (outcome == Outcome::Failed)
        .then(|| FailureText { brief: "42P07 it exists".to_owned(), lines: Line::of(Tone::Bad, "why") });
    let (schema, tenant) = (schema.to_owned(), tenant.map(str::to_owned));
    update(state, Message::Happened(Happening::Finished { schema, tenant, outcome, failure }));
}

fn end(is_complete: bool) -> Message {
    Message::RunEnded(RunEnd { is_complete, is_orderly: true, text: "over".to_owned(), lines: Vec::new() })
}

#[test]
fn nothing_is_changed_without_a_word_of_agreement() {
    for refusal in ["n", "\n", "\u{1b}", "q", "x", " "] {
        let mut state = state();
        assert_eq!(
            typed(&mut state, "m"),
            [Effect::Foretell(Request::new(Kind::Migrate, only(&["a"])))],
            "what is under the cursor"
        );
        let request = Request::new(Kind::Migrate, only(&["a"]));
        let job = Job { operation: request.operation(), request, targets: Vec::new() };
        let foretold = Foretold { job, lines: Vec::new(), question: String::new(), has_work: true };
        update(&mut state, Message::Foretold(Box::new(Ok(foretold))));
        assert_eq!(typed(&mut state, refusal), [], "{refusal:?}");
        assert!(state.board.is_none() && state.overlay.is_none());
    }
}

#[test]
fn what_is_marked_is_meant_and_else_what_is_under_the_cursor() {
    let mut state = state();
    assert_eq!(typed(&mut state, "jb"), [Effect::Foretell(Request::new(Kind::Rollback, only(&["b"])))]);
    let mut state = self::state();
    assert_eq!(typed(&mut state, "am"), [Effect::Foretell(Request::new(Kind::Migrate, only(&["a", "b"])))]);
    let mut state = self::state();
    assert_eq!(typed(&mut state, "M"), [Effect::Foretell(Request::new(Kind::Migrate, Scope::all()))]);
    let mut state = self::state();
    assert_eq!(typed(&mut state, "2m"), [Effect::Foretell(Request::new(Kind::Migrate, Scope::shared()))]);
    let mut state = self::state();
    let to = multitenant_runtime::Version::of_folder("2").unwrap();
    let request = Request { to: Some(to), ..Request::new(Kind::Migrate, Scope::tenants()) };
    assert_eq!(typed(&mut state, "3jt"), [Effect::Foretell(request)]);
}

#[test]
fn a_drop_wants_the_id_typed_again() {
    let mut state = state();
    assert_eq!(typed(&mut state, "5"), [Effect::Read(Screen::Tenants)]);
    let content = Content { items: vec![item("a"), item("b")], note: String::new() };
    update(&mut state, Message::Read(0, Screen::Tenants, Ok(content)));
    assert_eq!(typed(&mut state, "jd"), [Effect::Overview("b".to_owned())]);
    update(&mut state, Message::Overview("b".to_owned(), Ok(Vec::new())));
    assert_eq!(typed(&mut state, "\ny\na\n"), [], "neither nothing, nor a yes, nor another id");
    assert!(matches!(&state.overlay, Some(Overlay::Type { error: true, .. })));
    typed(&mut state, "\u{1b}");
    assert!(state.overlay.is_none() && !state.is_at_work());
    typed(&mut state, "d");
    update(&mut state, Message::Overview("b".to_owned(), Ok(Vec::new())));
    let drop = Chore::Drop(TenantId::new("b").unwrap());
    assert_eq!(typed(&mut state, "b\n"), [Effect::Do(drop.clone())]);
    assert_eq!(typed(&mut state, "d"), [], "one thing at a time");
    let effects = update(&mut state, Message::Done(drop, Ok(Line::of(Tone::Good, "gone"))));
    assert_eq!(effects, [Effect::Look, Effect::Read(Screen::Tenants)], "what has changed is looked at again");
}

#[test]
fn an_id_that_no_key_makes_is_typed_as_it_is_shown() {
    let mut state = state();
    update(&mut state, Message::Overview("a\u{7}b".to_owned(), Ok(Vec::new())));
    assert_eq!(typed(&mut state, "ab\n"), []);
    typed(&mut state, "\u{1b}");
    update(&mut state, Message::Overview("a\u{7}b".to_owned(), Ok(Vec::new())));
    assert_eq!(typed(&mut state, "a\\u{7}b\n"), [Effect::Do(Chore::Drop(TenantId::new("a\u{7}b").unwrap()))]);
}

#[test]
fn forms_are_checked_before_anything_is_done() {
    let mut state = state();
    typed(&mut state, "8n");
    assert_eq!(typed(&mut state, "../evil\n"), []);
    assert!(matches!(&state.overlay, Some(Overlay::Form(form)) if form.error.is_some()));
    typed(&mut state, "\u{1b}n");
    let generate = Chore::Generate { tier: Tier::Shared, name: "plans".to_owned() };
    assert_eq!(typed(&mut state, "plans\t \n"), [Effect::Do(generate.clone())]);
    update(&mut state, Message::Done(generate, Ok(Line::of(Tone::Good, "migrations/shared/1_plans/up.sql"))));
    assert_eq!(state.page(Screen::Generate).list.len(), 1);
    let mut state = self::state();
    let naming =
        (multitenant_runtime::SchemaTemplate::new("tenant_{id}"), multitenant_runtime::SchemaName::new("public"));
    state.fleet.naming = Some((naming.0.unwrap(), naming.1.unwrap()));
    typed(&mut state, "5n");
    assert_eq!(typed(&mut state, &format!("{}\n", "x".repeat(60))), [], "no schema has so long a name");
    assert!(matches!(&state.overlay, Some(Overlay::Form(form)) if form.error.is_some()));
    let mut state = self::state();
    typed(&mut state, "5n");
    let create = |columns: &[(&str, &str)], environment: Option<&str>| Chore::Create {
        environment: environment.map(str::to_owned),
        id: TenantId::new("c").unwrap(),
        columns: columns.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect(),
    };
    assert_eq!(typed(&mut state, "c\tname\n"), []);
    let created = typed(&mut state, "=Acme\\, Inc., seats=3\n");
    assert_eq!(created, [Effect::Do(create(&[("name", "Acme, Inc."), ("seats", "3")], None))]);
    let mut state = self::state();
    assert_eq!(typed(&mut state, "5nc\t\t dev\n")[1..], [Effect::Do(create(&[], Some("dev")))]);
}

#[test]
fn seeds_are_asked_about_with_the_schemas_that_are_meant() {
    let mut state = state();
    typed(&mut state, "6");
    assert_eq!(typed(&mut state, "p \tdev\t \n"), []);
    let effects = typed(&mut state, "y");
    let [Effect::Run(job)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((job.request.scope.clone(), job.request.once), (Scope::tenants(), true));
    assert_eq!(job.request.environment.as_deref(), Some("dev"));
    assert_eq!(job.targets.iter().map(|target| target.schema.as_str()).collect::<Vec<_>>(), ["tenant_a", "tenant_b"]);
    assert_eq!(state.screen, Screen::Run);
}

#[test]
fn the_board_knows_every_target_and_what_to_retry() {
    let mut state = state();
    running(&mut state, Kind::Migrate);
    let counts = |state: &State| state.board.as_ref().unwrap().counts();
    assert_eq!(counts(&state), [(3, "queued", Tone::Dim)]);
    update(&mut state, Message::Tick(Duration::from_secs(10)));
    finished(&mut state, None, "public", Outcome::Applied);
    let (schema, tenant) = ("tenant_a".to_owned(), Some("a".to_owned()));
    update(&mut state, Message::Happened(Happening::Began { schema: schema.clone(), tenant, steps: 2 }));
    update(&mut state, Message::Happened(Happening::Held { schema: schema.clone() }));
    assert_eq!(counts(&state)[0], (1, "waiting", Tone::Warn));
    let failure = FailureText { brief: "08006 the server is gone".to_owned(), lines: Vec::new() };
    let (lost, delay) = ("tenant_b".to_owned(), Duration::from_secs(1));
    update(&mut state, Message::Happened(Happening::Retrying { schema: lost, attempt: 2, delay, failure }));
    assert_eq!(counts(&state)[..2], [(1, "retrying", Tone::Warn), (1, "waiting", Tone::Warn)], "the cause first");
    update(&mut state, Message::Happened(Happening::Step { schema: schema.clone(), what: "1_x".to_owned() }));
    update(&mut state, Message::Happened(Happening::StepDone { schema }));
    let left = state.board.as_ref().unwrap().time_left(state.now).unwrap();
    assert_eq!(left, Duration::from_secs(10), "three of six steps took ten seconds");
    assert_eq!(state.board.as_ref().unwrap().time_left(Duration::from_secs(21)), None, "it stands still");
    finished(&mut state, Some("a"), "tenant_a", Outcome::Failed);
    assert_eq!(typed(&mut state, "f"), [], "not while it runs");
    let effects = update(&mut state, end(false));
    assert_eq!(effects, [Effect::Look]);
    assert_eq!(state.board.as_ref().unwrap().progress(), (3, 3));
    let again = Request::new(Kind::Migrate, only(&["a", "b"]));
    assert_eq!(typed(&mut state, "f"), [Effect::Foretell(again)], "what failed, and what was not come to");
    assert_eq!(state.board.as_ref().unwrap().time_left(state.now), None);
}

#[test]
fn a_run_is_stopped_in_order_and_at_once_only_after_a_question() {
    let mut state = state();
    running(&mut state, Kind::Migrate);
    assert_eq!(typed(&mut state, "x"), [Effect::Stop]);
    assert_eq!(typed(&mut state, "xxxx"), [], "a key that is held");
    assert_eq!(typed(&mut state, "n"), [], "no");
    if state.overlay.is_none() {
        typed(&mut state, "x");
    }
    let text = match &state.overlay {
        Some(Overlay::Confirm { lines, .. }) => lines.iter().map(Line::text).collect::<String>(),
        other => panic!("{other:?}"),
    };
    assert!(text.contains("outside of one"), "{text}");
    assert_eq!(typed(&mut state, "y"), [Effect::Abandon]);
    let (schema, tenant) = ("tenant_a".to_owned(), Some("a".to_owned()));
    update(&mut state, Message::Happened(Happening::Began { schema, tenant, steps: 2 }));
    let text = "given up".to_owned();
    let end = RunEnd { is_complete: false, is_orderly: false, text, lines: Vec::new() };
    update(&mut state, Message::RunEnded(end));
    let board = state.board.as_ref().unwrap();
    assert_eq!(board.counts(), [(1, "unknown", Tone::Bad), (2, "not tried", Tone::Warn)]);
    assert_eq!((board.progress(), board.to_retry().1.len()), ((3, 3), 2));
    assert_eq!(typed(&mut state, "x"), []);
    typed(&mut state, "\u{1b}");
    assert_eq!(state.screen, Screen::TenantStatus, "back to where somebody was");
}

#[test]
fn a_question_about_a_run_goes_with_the_run() {
    let mut state = state();
    running(&mut state, Kind::Migrate);
    typed(&mut state, "xx");
    update(&mut state, end(true));
    assert!(state.overlay.is_none());
}

#[test]
fn leaving_waits_for_what_is_at_work() {
    let mut state = state();
    typed(&mut state, "q");
    assert_eq!((state.left, state.farewell()), (Some(0), None));
    for (keys, code) in [("qy", 0), ("\u{3}", 130)] {
        let mut state = self::state();
        running(&mut state, Kind::Migrate);
        typed(&mut state, "qn");
        assert!(state.left.is_none() && state.overlay.is_none(), "a no stays");
        let effects = match keys {
            "\u{3}" => press(&mut state, Key::control('c')),
            keys => typed(&mut state, keys),
        };
        assert_eq!((effects, state.left), (vec![Effect::Stop], None), "{keys:?}");
        assert!(state.farewell().unwrap().contains("Migrating: 3 queued; left before its end"));
        update(&mut state, end(false));
        assert_eq!(state.left, Some(code), "{keys:?}");
        assert_eq!(state.farewell().unwrap(), "Migrating: 3 not tried; over");
    }
}

#[test]
fn ctrl_c_and_signals_leave_at_once_the_second_time() {
    let mut state = state();
    press(&mut state, Key::control('c'));
    assert_eq!(state.left, Some(0), "nothing was interrupted");
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let mut state = self::state();
        update(&mut state, Message::Signal(signal));
        assert_eq!(state.left, Some(code));
        let mut state = self::state();
        running(&mut state, Kind::Rollback);
        assert_eq!(update(&mut state, Message::Signal(signal)), [Effect::Stop]);
        assert_eq!(state.left, None);
        update(&mut state, Message::Signal(signal));
        assert_eq!(state.left, Some(code));
    }
    let mut state = self::state();
    running(&mut state, Kind::Migrate);
    let ctrl_c = |state: &mut State| press(state, Key::control('c'));
    assert_eq!((ctrl_c(&mut state), ctrl_c(&mut state), state.left), (vec![Effect::Stop], vec![], None), "it is held");
    update(&mut state, Message::Tick(Duration::from_secs(2)));
    assert_eq!((ctrl_c(&mut state), state.left), (vec![], Some(130)));
    let mut state = self::state();
    typed(&mut state, "/");
    press(&mut state, Key::control('c'));
    assert_eq!(state.left, Some(0), "from the filter too");
}

#[test]
fn what_is_pasted_goes_into_fields_only() {
    let paste = |state: &mut State, text: &str| update(state, Message::Pasted(text.to_owned()));
    let mut state = state();
    assert_eq!(typed(&mut state, "5"), [Effect::Read(Screen::Tenants)]);
    let content = Content { items: vec![item("a"), item("b")], note: String::new() };
    update(&mut state, Message::Read(0, Screen::Tenants, Ok(content)));
    assert_eq!(paste(&mut state, "ay"), [], "on a screen");
    assert!(state.overlay.is_none());
    typed(&mut state, "a");
    assert_eq!(paste(&mut state, "y"), [], "as an answer");
    assert!(matches!(state.overlay, Some(Overlay::Confirm { .. })));
    typed(&mut state, "nn");
    assert_eq!(paste(&mut state, "ac\u{1b}me\revil"), []);
    assert!(matches!(&state.overlay, Some(Overlay::Form(form)) if form.get("id") == "acme"));
    typed(&mut state, "\u{1b}/");
    paste(&mut state, "b\nq");
    assert_eq!((state.here().list.filter(), state.left), ("b", None));
}

#[test]
fn keys_from_before_a_question_do_not_answer_it() {
    let mut state = state();
    typed(&mut state, "5");
    let content = Content { items: vec![item("a")], note: String::new() };
    update(&mut state, Message::Read(0, Screen::Tenants, Ok(content)));
    // Long after what was typed above.
    let at = |millis| Duration::from_secs(1 << 40) + Duration::from_millis(millis);
    let typed = |state: &mut State, c, millis| update(state, Message::Typed(Key::char(c), at(millis)));
    typed(&mut state, 'a', 100);
    assert_eq!(typed(&mut state, 'y', 110), []);
    update(&mut state, Message::Drawn(at(120)));
    assert!(matches!(state.overlay, Some(Overlay::Confirm { .. })), "it stands there still");
    assert_eq!(typed(&mut state, 'y', 200), [Effect::Do(Chore::Archive(TenantId::new("a").unwrap()))]);
}

#[test]
fn the_filter_takes_letters_that_are_keys_elsewhere() {
    let mut state = state();
    assert_eq!(typed(&mut state, "/b"), []);
    assert_eq!(state.here().list.len(), 1);
    typed(&mut state, "\n");
    assert_eq!(typed(&mut state, "m"), [Effect::Foretell(Request::new(Kind::Migrate, only(&["b"])))]);
    let mut state = self::state();
    typed(&mut state, "/zzz\nq");
    assert_eq!((state.here().list.len(), state.left), (0, Some(0)));
    let mut state = self::state();
    typed(&mut state, "/b\n\u{1b}");
    assert_eq!(state.here().list.len(), 2, "Esc shows all");
}

#[test]
fn an_older_look_that_comes_later_is_left_out() {
    let mut state = state();
    let content = |key: &str| Ok(Content { items: vec![item(key)], note: String::new() });
    update(&mut state, Message::Read(7, Screen::Tenants, content("new")));
    update(&mut state, Message::Read(6, Screen::Tenants, content("old")));
    assert_eq!(state.page(Screen::Tenants).list.items()[0].key, "new");
    update(&mut state, Message::Seen(9, Box::new(Ok(Seen::default()))));
    update(&mut state, Message::Seen(8, Box::new(Err(Trouble::new("old", "old")))));
    assert_eq!((&state.here().load, state.here().list.len()), (&Load::Done, 0));
}

#[test]
fn a_long_trouble_is_read_to_its_end() {
    let mut state = state();
    let long: Vec<String> = (0..60).map(|line| format!("line {line}")).collect();
    let trouble = Trouble::new("That has failed", &long.join("\n")).next("do this");
    let screen: Vec<String> = trouble.to_screen().iter().map(|line| line.text().to_owned()).collect();
    let place = |wanted: &str| screen.iter().position(|line| line.contains(wanted)).unwrap();
    assert!(place("do this") < place("line 0"), "{screen:?}");
    update(&mut state, Message::Seen(0, Box::new(Err(trouble))));
    typed(&mut state, "jjk");
    assert_eq!(state.here().scroll, 1);
    press(&mut state, Key::new(KeyCode::PageDown));
    assert_eq!(state.here().scroll, 1 + state.rows());
    typed(&mut state, "G");
    assert_eq!(state.here().scroll, screen.len() - (24 - 5), "the last line is seen, and no more");
    typed(&mut state, "g");
    assert_eq!(state.here().scroll, 0);
}

#[test]
fn trouble_is_told_and_can_be_tried_again() {
    let mut state = state();
    let trouble = Trouble::new("The database cannot be reached", "why");
    update(&mut state, Message::Seen(0, Box::new(Err(trouble.clone()))));
    assert_eq!(state.here().load, Load::Failed(trouble.clone()));
    assert_eq!(typed(&mut state, "r"), [Effect::Look]);
    assert_eq!(state.here().load, Load::Reading);
    assert_eq!(typed(&mut state, "0"), [Effect::Read(Screen::Doctor)], "and the others can be gone to");
    assert_eq!(typed(&mut state, "-"), [], "drift begins when it is asked for");
    assert_eq!(typed(&mut state, "r"), [Effect::Read(Screen::Drift)]);
    assert_eq!(typed(&mut state, "="), [], "there is no run");
    assert_eq!(state.screen, Screen::Drift);
    typed(&mut state, "1M");
    update(&mut state, Message::Foretold(Box::new(Err(trouble))));
    assert!(matches!(&state.overlay, Some(Overlay::Told { .. })) && !state.is_at_work());
}
