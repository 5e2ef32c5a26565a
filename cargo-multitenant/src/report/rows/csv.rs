//! Rows as CSV (RFC 4180): one heading, and the rows of those tenants whose columns are these.

use std::sync::Arc;

use multitenant_runtime::{FleetAnswer, Target};

use super::tenant;

#[derive(Default)]
pub(super) struct Csv {
    columns: Option<Arc<[String]>>,
    /// Whether the rows that come now have other columns.
    differs: bool,
    left_out: bool,
    warning: Option<String>,
}

impl Csv {
    /// What is to be written now.
    pub(super) fn part(&mut self, target: &Target, answer: &FleetAnswer) -> String {
        match answer {
            FleetAnswer::Columns { columns, .. } => {
                let Some(first) = &self.columns else {
                    self.columns = Some(Arc::clone(columns));
                    return line(std::iter::once(Some("tenant")).chain(columns.iter().map(|name| Some(name.as_str()))));
                };
                self.differs = first != columns;
                if self.differs {
                    self.left_out = true;
                    self.warning = Some(format!(
                        "the rows of {:?} are left out: they have the columns {}, and the first ones {}; use --format json",
                        tenant(target),
                        columns.join(", "),
                        first.join(", ")
                    ));
                }
                String::new()
            }
            FleetAnswer::Row(row) if !self.differs => {
                let count = self.columns.as_ref().map_or(0, |columns| columns.len());
                line(std::iter::once(Some(tenant(target))).chain((0..count).map(|i| row.get(i))))
            }
            _ => String::new(),
        }
    }

    /// What is to be said of the last part.
    pub(super) fn warning(&mut self) -> Option<String> {
        self.warning.take()
    }

    /// Whether no rows were left out.
    pub(super) fn is_whole(&self) -> bool {
        !self.left_out
    }
}

/// NULL is nothing, and an empty text two quotes.
fn line<'a>(fields: impl Iterator<Item = Option<&'a str>>) -> String {
    let fields: Vec<String> = fields.map(|field| field.map_or(String::new(), quoted)).collect();
    fields.join(",") + "\r\n"
}

fn quoted(field: &str) -> String {
    let plain = !field.is_empty() && !field.contains([',', '"', '\r', '\n']);
    if plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = [Some("a"), None, Some(""), Some("b,\"c\"\nd"), Some(" e ")];
        assert_eq!(line(fields.into_iter()), "a,,\"\",\"b,\"\"c\"\"\nd\", e \r\n");
    }
}
