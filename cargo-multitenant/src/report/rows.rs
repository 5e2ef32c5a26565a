//! Rows of many tenants, as they come: the result of `sql`.

mod csv;
mod json;
mod pages;

use multitenant_runtime::{FleetAnswer, Report, Target, TenantId};

use crate::error::CliError;
use crate::output::{Console, Format};

use super::kind::Kind;
use super::run::RunDocument;

use csv::Csv;
use json::Json;
use pages::Pages;

/// Writes rows as they come, and at the end what became of the tenants.
pub(crate) struct Rows {
    console: Console,
    form: Form,
}

enum Form {
    Pages(Pages),
    Json(Json),
    Csv(Csv),
}

impl Rows {
    pub(crate) fn new(console: Console) -> Self {
        let form = match console.format {
            Format::Json => Form::Json(Json::default()),
            Format::Csv => Form::Csv(Csv::default()),
            Format::Text | Format::Github | Format::Sarif => Form::Pages(Pages::default()),
        };
        Self { console, form }
    }

    /// The next part of the answers.
    pub(crate) fn part(&mut self, target: &Target, answer: &FleetAnswer) -> Result<(), CliError> {
        match &mut self.form {
            Form::Pages(pages) => self.console.text(&pages.part(target, answer)),
            Form::Json(json) => self.console.raw(&json.part(target, answer)),
            Form::Csv(csv) => {
                let text = csv.part(target, answer);
                if let Some(warning) = csv.warning() {
                    self.console.warning(&warning);
                }
                self.console.raw(&text)
            }
        }
    }

    /// The end. Says whether all rows were written.
    pub(crate) fn finish(self, report: &Report) -> Result<bool, CliError> {
        let document = RunDocument::new(report, Kind::Ask);
        match self.form {
            Form::Pages(mut pages) => {
                let page = pages.page();
                let gap = if page.is_empty() && !pages.any() { "" } else { "\n" };
                self.console.text(&format!("{page}{gap}{}", document.text())).map(|()| true)
            }
            Form::Json(json) => self.console.raw(&json.end(&document)?).map(|()| true),
            Form::Csv(csv) => {
                if report.is_complete() {
                    self.console.message(document.text().trim_end());
                } else {
                    self.console.failures(&document.text());
                }
                Ok(csv.is_whole())
            }
        }
    }
}

/// What the first column holds.
fn tenant(target: &Target) -> &str {
    target.tenant().map_or("", TenantId::as_str)
}
