//! Keys for what stands over a screen, and for the filter.

use multitenant_runtime::{Scope, Selection, TenantId, Tier};
use ratatui::crossterm::event::KeyCode;

use crate::exit_code;
use crate::new_migration;
use crate::output::Shown;
use crate::report::Kind;
use crate::tui::message::{Chore, Effect, Job, Key, Planned, Request};
use crate::tui::state::{Form, Line, Overlay, Purpose, State, Tone, Value};

use super::{agreed, leave};

/// Lines of a step within a text.
const PAGE: usize = 10;

/// A key for what stands over the screen.
pub(super) fn answered(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(overlay) = state.overlay.take() else { return Vec::new() };
    match overlay {
        Overlay::Help(scroll) => {
            state.overlay = scrolled(scroll, key).map(Overlay::Help);
            Vec::new()
        }
        Overlay::Told { title, lines, scroll } => {
            state.overlay = scrolled(scroll, key).map(|scroll| Overlay::Told { title, lines, scroll });
            Vec::new()
        }
        Overlay::Confirm { title, lines, question, scroll, then } => match key.code {
            KeyCode::Char('y' | 'Y') => agreed(state, *then),
            _ => {
                // Enter is no word of agreement.
                let stays = scrolled(scroll, key).filter(|_| key.code != KeyCode::Enter);
                state.overlay = stays.map(|scroll| Overlay::Confirm { title, lines, question, scroll, then });
                if state.overlay.is_none() {
                    state.notice = Some((Tone::Dim, "nothing was done".to_owned()));
                }
                Vec::new()
            }
        },
        Overlay::Type { title, lines, wanted, mut typed, then, .. } => {
            match key.code {
                KeyCode::Esc => {
                    state.notice = Some((Tone::Dim, "nothing was done".to_owned()));
                    return Vec::new();
                }
                // What no key makes is typed as it is shown.
                KeyCode::Enter if typed == wanted || typed == Shown(&wanted).to_string() => {
                    return agreed(state, *then);
                }
                KeyCode::Backspace => {
                    typed.pop();
                }
                KeyCode::Char(c) if !key.is_control && !c.is_control() => typed.push(c),
                _ => {}
            }
            let error = key.code == KeyCode::Enter;
            state.overlay = Some(Overlay::Type { title, lines, wanted, typed, error, then });
            Vec::new()
        }
        Overlay::Form(form) => in_form(state, form, key),
        Overlay::Leave => match key.code {
            KeyCode::Char('y' | 'Y') => leave::ending(state, exit_code::DONE),
            _ => Vec::new(),
        },
    }
}

/// How far a text is scrolled after a key; `None` where the key closes it.
fn scrolled(scroll: usize, key: Key) -> Option<usize> {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => Some(scroll + 1),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        KeyCode::PageDown => Some(scroll + PAGE),
        KeyCode::PageUp => Some(scroll.saturating_sub(PAGE)),
        KeyCode::Home => Some(0),
        _ => None,
    }
}

fn in_form(state: &mut State, mut form: Form, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => match submitted(state, &form) {
            Ok(effects) => return effects,
            Err(error) => form.error = Some(Line::one(Tone::Bad, error).text().to_owned()),
        },
        KeyCode::Tab | KeyCode::Down => form.go(1),
        KeyCode::BackTab | KeyCode::Up => form.go(-1),
        code => {
            if let Some(field) = form.here() {
                match code {
                    KeyCode::Left => field.turn(-1),
                    KeyCode::Right => field.turn(1),
                    KeyCode::Backspace => field.erased(),
                    KeyCode::Char(c) if !key.is_control => field.typed(c),
                    _ => {}
                }
            }
        }
    }
    state.overlay = Some(Overlay::Form(form));
    Vec::new()
}

/// What a form asks for, or what is wrong with it.
fn submitted(state: &mut State, form: &Form) -> Result<Vec<Effect>, String> {
    let id = |text: &str| TenantId::new(text).map_err(|error| error.to_string());
    // A new id is to make a schema's name too.
    let new = |text: &str| {
        let id = id(text)?;
        let schema = state.fleet.naming.as_ref().map(|(template, shared)| template.schema_of(&id, shared));
        schema.transpose().map_err(|error| error.to_string())?;
        Ok::<_, String>(id)
    };
    let chore = match &form.purpose {
        Purpose::Create => Chore::Create {
            id: new(form.get("id"))?,
            columns: columns(form.get("columns"))?,
            environment: environment(form),
        },
        Purpose::Clone(source) => {
            Chore::Clone { source: id(source)?, new: new(form.get("id"))?, is_structure: form.get("rows") == "none" }
        }
        Purpose::Rename(old) => Chore::Rename { old: id(old)?, new: id(form.get("id"))? },
        Purpose::Generate => {
            let tier = if form.get("tier") == "shared" { Tier::Shared } else { Tier::Tenant };
            Chore::Generate { tier, name: new_migration::name(form.get("name"))? }
        }
        Purpose::Seed => {
            state.overlay = Some(seeding(state, form)?);
            return Ok(Vec::new());
        }
    };
    Ok(agreed(state, Effect::Do(chore)))
}

/// `column=value`, separated by commas; a backslash takes the meaning from the character after it.
fn columns(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            (',', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(chars.next()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((column, value)) if !column.trim().is_empty() => {
                Ok((column.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err("write column=value, and a comma before the next one".to_owned()),
        })
        .collect()
}

/// Whose seeds are wanted beside the common ones.
fn environment(form: &Form) -> Option<String> {
    Some(form.get("environment").trim().to_owned()).filter(|name| !name.is_empty())
}

/// The question whether seeds shall be put there.
fn seeding(state: &State, form: &Form) -> Result<Overlay, String> {
    let scope = match form.get("schemas") {
        "tenants" => Scope::tenants(),
        "shared" => Scope::shared(),
        _ => Scope::all(),
    };
    let request =
        Request { environment: environment(form), once: form.get("each") == "once", ..Request::new(Kind::Seed, scope) };
    let job = seeds(state, request);
    if job.targets.is_empty() {
        return Err("there is no schema to seed: create a tenant, or migrate first".to_owned());
    }
    Ok(ask_to_seed(job))
}

/// The run of seeds, over the schemas that the last look has shown.
pub(super) fn seeds(state: &State, request: Request) -> Job {
    let shared = state.fleet.shared.iter().filter(|_| request.scope.shared);
    let shared = shared.map(|schema| Planned { tenant: None, schema: schema.clone(), steps: 0 });
    let is_wanted = |id: &str| match &request.scope.tenants {
        Selection::None => false,
        Selection::Only(ids) => ids.iter().any(|wanted| wanted.as_str() == id),
        _ => true,
    };
    let tenants = state.fleet.tenants.iter().filter(|(id, _)| is_wanted(id));
    let tenants = tenants.map(|(id, schema)| Planned { tenant: Some(id.clone()), schema: schema.clone(), steps: 0 });
    Job { targets: shared.chain(tenants).collect(), operation: None, request }
}

pub(super) fn ask_to_seed(job: Job) -> Overlay {
    let how =
        if job.request.once { "those that were not done yet, which are recorded" } else { "all of them, each time" };
    let environment = job
        .request
        .environment
        .as_deref()
        .map_or("the common ones only".to_owned(), |name| format!("the common ones, then those of {name:?}"));
    let lines =
        vec![Line::one(Tone::Plain, format!("seeds: {environment}")), Line::one(Tone::Plain, format!("which: {how}"))];
    let question = job.request.kind.question(job.targets.len(), 0);
    Overlay::Confirm { title: "Seeding".to_owned(), lines, question, scroll: 0, then: Box::new(Effect::Run(job)) }
}

/// The first line of what was pasted goes where text is typed, and nowhere else.
pub(super) fn pasted(state: &mut State, text: &str) {
    let line = text.split(['\r', '\n']).next().unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    match &mut state.overlay {
        Some(Overlay::Type { typed, .. }) => typed.push_str(&line),
        Some(Overlay::Form(form)) => {
            if let Some(field) = form.here().filter(|field| matches!(field.value, Value::Text(_))) {
                line.chars().for_each(|c| field.typed(c));
            }
        }
        None if state.is_filtering => {
            let filter = format!("{}{line}", state.here().list.filter());
            state.here_mut().list.narrow(filter);
        }
        _ => state.notice = Some((Tone::Dim, "what was pasted is left out: text goes into fields only".to_owned())),
    }
}

/// A key for the filter.
pub(super) fn filtered(state: &mut State, key: Key) {
    let mut filter = state.here().list.filter().to_owned();
    match key.code {
        KeyCode::Enter => state.is_filtering = false,
        KeyCode::Esc => {
            state.is_filtering = false;
            filter.clear();
        }
        KeyCode::Backspace => {
            filter.pop();
        }
        KeyCode::Char('u') if key.is_control => filter.clear(),
        KeyCode::Char(c) if !key.is_control && !c.is_control() => filter.push(c),
        KeyCode::Down => state.here_mut().list.step(1),
        KeyCode::Up => state.here_mut().list.step(-1),
        _ => {}
    }
    state.here_mut().list.narrow(filter);
}
