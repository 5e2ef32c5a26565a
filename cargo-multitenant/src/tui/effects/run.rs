//! What changes schemas: foretold, and carried out with events for the board.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use multitenant_runtime::{Error, Event, Migrator, Report, SeedOptions, SeedSet};

use crate::commands::run::reported;
use crate::commands::seed::is_in;
use crate::context::{Context, Project, block_on};
use crate::error::CliError;
use crate::report::{Kind, PlanDocument, RunDocument};
use crate::seeds::InFolders;
use crate::tui::items::{happening, reported_targets};
use crate::tui::message::{Foretold, Job, Message, Planned, Request, RunEnd};
#[cfg(feature = "scaffold")]
use crate::tui::state::Tone;
use crate::tui::state::{Line, Trouble};

use super::Ends;
use super::trouble::trouble;

/// What an operation would do.
pub(super) fn foretold(context: &Context, request: Request) -> Result<Foretold, Trouble> {
    foretell(context, request).map_err(|error| trouble(&error))
}

fn foretell(context: &Context, request: Request) -> Result<Foretold, CliError> {
    let project = context.project()?;
    let migrator = project.migrator(|builder| builder)?;
    let operation = request.operation().unwrap_or_default();
    let plan = async { Box::pin(migrator.plan_operation(&operation)).await.map_err(CliError::Runtime) };
    let plan = block_on(plan)?;
    let document = PlanDocument::new(&plan, request.kind);
    let targets = plan.targets().map(|plan| Planned {
        tenant: plan.target.tenant().map(|id| id.as_str().to_owned()),
        schema: plan.target.schema().as_str().to_owned(),
        steps: plan.steps.len(),
    });
    Ok(Foretold {
        lines: Line::of_report(&document.brief(&project.names())),
        question: document.question(),
        has_work: document.has_work(),
        job: Job {
            targets: targets.collect(),
            // Forwards, what has come meanwhile is meant too: a registry is known only when the shared schema is migrated.
            operation: Some(if request.kind == Kind::Rollback { operation.clone().as_shown(&plan) } else { operation }),
            request,
        },
    })
}

/// Carries a run out, with events for the board.
pub(super) fn run(context: &Context, job: &Job, sender: &Sender<Message>, ends: &Ends) -> RunEnd {
    carry_out(context, job, sender, ends).unwrap_or_else(|error| {
        let trouble = trouble(&error);
        RunEnd { is_complete: false, is_orderly: true, text: trouble.title.clone(), lines: trouble.to_lines() }
    })
}

fn carry_out(context: &Context, job: &Job, sender: &Sender<Message>, ends: &Ends) -> Result<RunEnd, CliError> {
    let kind = job.request.kind;
    let project = context.project()?;
    let names = Arc::new(project.names());
    let seeds = if kind == Kind::Seed { Some(seeds(&project, &job.request)?) } else { None };
    let (jobs, _) = project.jobs(None);
    let observer = {
        let (sender, names) = (sender.clone(), Arc::clone(&names));
        move |event: &Event| {
            if let Some(happening) = happening(event, &names) {
                // Where nobody listens any more, the process is about to end.
                let _ = sender.send(Message::Happened(happening));
            }
        }
    };
    let migrator =
        project.migrator(|builder| builder.jobs(jobs).observer(observer).cancellation(ends.in_order.clone()))?;
    let result = block_on(async {
        tokio::select! {
            result = Box::pin(work(&migrator, job, seeds)) => Ok(Some(result)),
            () = ends.at_once.cancelled() => Ok(None),
        }
    })?;
    let Some(result) = result else {
        let text = "given up: what ran outside of a transaction may be cut off; look at the status".to_owned();
        return Ok(RunEnd { is_complete: false, is_orderly: false, text, lines: Vec::new() });
    };
    let (report, error) = reported(result, ends.in_order.is_cancelled())?;
    for happening in reported_targets(&report, &names) {
        let _ = sender.send(Message::Happened(happening));
    }
    let mut lines = error.as_ref().map(|error| trouble(error).to_lines()).unwrap_or_default();
    let is_complete = error.is_none() && report.is_complete();
    if is_complete && kind == Kind::Migrate && job.request.to.is_none() {
        lines.extend(after_migrate(context, &project));
    }
    Ok(RunEnd { is_complete, is_orderly: true, text: last_line(&report, kind), lines })
}

async fn work(migrator: &Migrator, job: &Job, seeds: Option<SeedSet>) -> Result<Report, Error> {
    let request = &job.request;
    match (&job.operation, seeds) {
        (_, Some(seeds)) => {
            let mut options = SeedOptions::new(request.scope.clone());
            if let Some(environment) = &request.environment {
                options = options.environment(environment);
            }
            if request.once {
                options = options.once();
            }
            migrator.seed(&seeds, options).await
        }
        (Some(operation), None) => migrator.run(operation.clone()).await,
        (None, None) => Ok(Report::default()),
    }
}

/// The seeds in the project's folders. Those in Rust are compiled by the command, which becomes another program.
fn seeds(project: &Project, request: &Request) -> Result<SeedSet, CliError> {
    let there = InFolders::find(project.config(), request.environment.as_deref())?;
    if there.rust.iter().any(|seed| is_in(&request.scope, seed.tier)) {
        return Err(CliError::Files {
            what: "some of these seeds are Rust, which is compiled with the project's library".to_owned(),
            help: Some("leave the UI, and run `cargo multitenant seed`"),
            source: None,
        });
    }
    there.sql.map_err(|error| CliError::Runtime(Error::Seeds(error)))
}

/// The counts.
fn last_line(report: &Report, kind: Kind) -> String {
    let text = RunDocument::new(report, kind).text();
    Line::of_report(text.trim_end()).last().map(|line| line.text().trim().to_owned()).unwrap_or_default()
}

/// Schema code, where `[print_schema]` names files.
#[cfg(feature = "scaffold")]
fn after_migrate(context: &Context, project: &Project) -> Vec<Line> {
    match crate::commands::print_schema::written_after_migrate(context, project) {
        Ok((files, warnings)) => {
            let files = files.iter().map(|file| Line::one(Tone::Good, format!("{file} is written anew")));
            files.chain(warnings.iter().map(|warning| Line::one(Tone::Warn, warning))).collect()
        }
        Err(error) => {
            Line::of(Tone::Warn, &format!("the migrations are applied, but the schema code is not written: {error}"))
        }
    }
}

#[cfg(not(feature = "scaffold"))]
fn after_migrate(_: &Context, _: &Project) -> Vec<Line> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_the_counts_and_no_colours() {
        assert_eq!(last_line(&Report::default(), Kind::Migrate), "0 schemas: nothing to do (0 ms)");
    }
}
