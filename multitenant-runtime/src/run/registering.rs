//! How a new tenant gets into the registry, as SQL.

/// The statements that register a new tenant, in its creation's own transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registering {
    /// What registers it; `None` where nothing is to be done.
    pub(crate) insert: Option<String>,
    /// An SQL condition that must hold afterwards: a row that was there already is this tenant's.
    pub(crate) holds: Option<String>,
}

impl Registering {
    /// By one statement of the application's.
    pub(crate) fn by(sql: String) -> Self {
        Self { insert: Some(sql), holds: None }
    }
}
