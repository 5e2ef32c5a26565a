use tokio_postgres::SimpleQueryRow;

/// One row of a simple query: texts, as the server writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(Vec<Option<String>>);

impl Row {
    /// The column's text; `None` for NULL and for a column that is not there.
    #[must_use]
    pub fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }
}

impl From<&SimpleQueryRow> for Row {
    fn from(row: &SimpleQueryRow) -> Self {
        Self((0..row.len()).map(|column| row.try_get(column).ok().flatten().map(str::to_owned)).collect())
    }
}
