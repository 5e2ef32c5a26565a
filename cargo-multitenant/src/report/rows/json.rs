//! Rows as one JSON document, which is written while they come.

use multitenant_runtime::{FleetAnswer, Target};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::report::FORMAT;
use crate::report::run::RunDocument;

use super::tenant;

#[derive(Default)]
pub(super) struct Json {
    begun: bool,
    /// How many columns the open answer has, and how many rows were written of it.
    open: Option<(usize, usize)>,
    any: bool,
}

impl Json {
    /// What is to be written now.
    pub(super) fn part(&mut self, target: &Target, answer: &FleetAnswer) -> String {
        let mut text = self.beginning();
        match answer {
            FleetAnswer::Columns { statement, columns } => {
                text += &self.head(target, *statement, &json!(columns[..]));
                self.open = Some((columns.len(), 0));
            }
            FleetAnswer::Row(row) => {
                let Some((columns, rows)) = &mut self.open else { return text };
                let values: Vec<Option<&str>> = (0..*columns).map(|i| row.get(i)).collect();
                text += if *rows > 0 { ",\n      " } else { "\n      " };
                text += &json!(values).to_string();
                *rows += 1;
            }
            FleetAnswer::Done { statement, rows } => {
                if self.open.is_none() {
                    text += &self.head(target, *statement, &Value::Null);
                    self.open = Some((0, 0));
                }
                text += &self.tail(&json!(rows));
            }
            _ => {}
        }
        text
    }

    /// The end of the document.
    pub(super) fn end(mut self, run: &RunDocument<'_>) -> Result<String, CliError> {
        let mut text = self.beginning();
        text += &self.tail(&Value::Null);
        let run = serde_json::to_value(run).map_err(|error| CliError::Output(error.into()))?;
        let part = |name: &str| run.get(name).cloned().unwrap_or_default().to_string();
        text += &format!("\n  ],\n  \"targets\": {},\n  \"summary\": {}\n}}\n", part("targets"), part("summary"));
        Ok(text)
    }

    fn beginning(&mut self) -> String {
        if std::mem::replace(&mut self.begun, true) {
            return String::new();
        }
        format!("{{\n  \"format\": {FORMAT},\n  \"answers\": [")
    }

    fn head(&mut self, target: &Target, statement: usize, columns: &Value) -> String {
        let cut_off = self.tail(&Value::Null);
        let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
        let (tenant, schema) = (json!(tenant(target)), json!(target.schema().as_str()));
        let statement = statement + 1;
        format!(
            "{cut_off}{comma}\n    {{\"tenant\": {tenant}, \"schema\": {schema}, \"statement\": {statement}, \
             \"columns\": {columns}, \"rows\": ["
        )
    }

    /// The end of the open answer; without a count where the tenant failed before its end.
    fn tail(&mut self, count: &Value) -> String {
        match self.open.take() {
            Some((_, rows)) => format!("{}], \"count\": {count}}}", if rows > 0 { "\n    " } else { "" }),
            None => String::new(),
        }
    }
}
