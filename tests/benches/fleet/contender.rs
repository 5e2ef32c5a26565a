//! Who does the work.

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Ours,
    /// Precomputed statements, a message each, a round trip a transaction.
    Floor,
    /// The same statements as one text, a message a transaction.
    Text,
    /// `diesel_migrations`, tenant after tenant, a connection each.
    Loop,
}

impl Contender {
    pub(crate) const ALL: [Self; 4] = [Self::Ours, Self::Floor, Self::Text, Self::Loop];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
            Self::Text => "floor as one text",
            Self::Loop => "diesel_migrations loop",
        }
    }
}
