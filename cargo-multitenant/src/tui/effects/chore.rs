//! What changes one tenant, or writes a file.

use std::sync::mpsc::Sender;

use multitenant_runtime::{
    AnonymiseRules, CloneOptions, Error, Event, IdentError, Migrator, NewTenant, OldTenant, SeedSet, TenantId,
};

use crate::commands::generate::generate;
use crate::commands::run::reported;
use crate::commands::tenant::NOT_TOLD;
use crate::commands::tenant::create::{Seeds, seeded};
use crate::commands::tenant::remedy::with_remedy;
use crate::context::{Context, Project, block_on};
use crate::error::CliError;
use crate::report::{
    ArchiveDocument, CopyDocument, DropDocument, Kind, RenameDocument, RestoreDocument, RunDocument, line,
};
use crate::tui::message::{Chore, Message};
use crate::tui::state::{Line, Tone, Trouble};

use super::Ends;
use super::trouble::trouble;

/// Does it, and says what came of it.
pub(super) fn done(
    context: &Context,
    chore: &Chore,
    sender: &Sender<Message>,
    ends: &Ends,
) -> Result<Vec<Line>, Trouble> {
    match chore {
        Chore::Create { id, columns, environment } => {
            let environment = environment.as_deref();
            let tenant = || new_tenant(id, columns).map_err(|error| CliError::Usage(error.to_string()));
            create(context, id, tenant, environment, sender, ends)
        }
        chore => other(context, chore, sender, ends).map_err(|error| trouble(&error)),
    }
}

fn migrator(project: &Project, sender: &Sender<Message>, ends: &Ends) -> Result<Migrator, CliError> {
    let sender = sender.clone();
    let observer = move |event: &Event| {
        if let Some(line) = line(event) {
            let line = line.lines().next().map(|line| Line::one(Tone::Plain, line).text().to_owned());
            let _ = sender.send(Message::Progress(line.unwrap_or_default()));
        }
    };
    project.migrator(|builder| builder.observer(observer).cancellation(ends.in_order.clone()))
}

fn new_tenant(id: &TenantId, columns: &[(String, String)]) -> Result<NewTenant, IdentError> {
    columns.iter().try_fold(NewTenant::new(id.as_str())?, |tenant, (column, value)| tenant.column(column, value))
}

/// The tenants' seeds. Those in Rust are compiled by the command, which becomes another program.
fn seeds(context: &Context, project: &Project, environment: Option<&str>) -> Result<SeedSet, CliError> {
    match Seeds::find(context, project, environment)? {
        Seeds::Here(seeds) => Ok(seeds),
        Seeds::InRust(_) => Err(CliError::Files {
            what: "some of the tenants' seeds are Rust, which is compiled with the project's library".to_owned(),
            help: Some("leave the UI, and run `cargo multitenant tenant create`, which compiles and runs them"),
            source: None,
        }),
    }
}

fn create(
    context: &Context,
    id: &TenantId,
    tenant: impl FnOnce() -> Result<NewTenant, CliError>,
    environment: Option<&str>,
    sender: &Sender<Message>,
    ends: &Ends,
) -> Result<Vec<Line>, Trouble> {
    let created = || {
        let project = context.project()?;
        let tenant = seeded(tenant()?, &seeds(context, &project, environment)?, environment);
        let migrator = migrator(&project, sender, ends)?;
        let result = block_on(async { Ok(Box::pin(migrator.create_tenants(vec![tenant])).await) })?;
        match result {
            Err(error @ Error::Registry(_)) => Err(with_remedy(&project, std::slice::from_ref(id), error)),
            result => reported(result, ends.in_order.is_cancelled()),
        }
    };
    let (report, error) = created().map_err(|error| trouble(&error))?;
    let lines = Line::of_report(RunDocument::new(&report, Kind::Create).text().trim_end());
    match error {
        Some(error) => Err(trouble(&error)),
        None if report.is_complete() => Ok(lines),
        None => {
            let mut trouble = Trouble::new("The tenant is not created, and nothing of it is left", "");
            trouble.lines = lines;
            Err(trouble)
        }
    }
}

fn other(context: &Context, chore: &Chore, sender: &Sender<Message>, ends: &Ends) -> Result<Vec<Line>, CliError> {
    let project = || context.project();
    let report = |text: &str| Line::of_report(text.trim_end());
    let notes = |notes: &[String]| notes.iter().flat_map(|note| Line::of(Tone::Warn, note)).collect::<Vec<_>>();
    Ok(match chore {
        Chore::Create { .. } => Vec::new(),
        Chore::Generate { tier, name } => {
            let generated = generate(&context.config()?, *tier, name)?;
            generated.files.iter().map(|file| Line::one(Tone::Good, file)).collect()
        }
        Chore::Clone { source, new, is_structure } => {
            let project = project()?;
            let migrator = migrator(&project, sender, ends)?;
            let rules: AnonymiseRules = project.config().anonymise.clone();
            let options = if *is_structure { CloneOptions::structure() } else { CloneOptions::anonymised(rules) };
            let tenant = NewTenant::new(new.as_str()).map_err(|error| CliError::Usage(error.to_string()))?;
            let copied = block_on(async {
                let copied = Box::pin(migrator.clone_tenant(source, tenant, options)).await;
                copied.map_err(|error| with_remedy(&project, std::slice::from_ref(new), error))
            })?;
            let document = CopyDocument::new(&copied, "cloned");
            let mut lines = report(&document.text());
            lines.extend(notes(&document.warnings(&context.program)));
            lines
        }
        Chore::Rename { old, new } => {
            let migrator = migrator(&project()?, sender, ends)?;
            let renamed = block_on(async { migrator.rename_tenant(old, new).await.map_err(CliError::Runtime) })?;
            let document = RenameDocument::new(&renamed);
            let mut lines = report(&document.text());
            lines.extend(notes(&document.warnings()));
            lines.extend(Line::of(Tone::Dim, NOT_TOLD));
            lines
        }
        Chore::Archive(id) => {
            let migrator = migrator(&project()?, sender, ends)?;
            let archived = block_on(async { migrator.archive_tenant(id).await.map_err(CliError::Runtime) })?;
            let mut lines = report(&ArchiveDocument::new(&archived).text());
            lines.extend(Line::of(Tone::Dim, NOT_TOLD));
            lines
        }
        Chore::Restore(id) => {
            let migrator = migrator(&project()?, sender, ends)?;
            let restored = block_on(async { migrator.restore_tenant(id).await.map_err(CliError::Runtime) })?;
            report(&RestoreDocument::new(&restored).text(&context.program))
        }
        Chore::Drop(id) => {
            let project = project()?;
            let migrator = migrator(&project, sender, ends)?;
            let (overview, dropped) = block_on(async {
                let overview = migrator.tenant_overview(id).await.map_err(CliError::Runtime)?;
                let dropped = migrator.drop_tenant(OldTenant::new(id)).await;
                Ok((overview, dropped.map_err(|error| with_remedy(&project, std::slice::from_ref(id), error))?))
            })?;
            report(&DropDocument::new(&dropped, &overview).text())
        }
    })
}
