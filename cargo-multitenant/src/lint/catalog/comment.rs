//! What COMMENT ON says.

use super::Catalog;
use super::fold::Site;
use crate::lint::sql::{Comment, Commented, Detail};

impl Catalog {
    /// Takes notice of a comment.
    pub(super) fn comment(&mut self, site: Site<'_>) {
        let Detail::Comment(Comment { on, text }) = &site.statement.detail else { return };
        let text = text.clone();
        match on {
            Commented::Relation(name) => {
                let key = name.name();
                if let Some(space) = self.space_of(name, site.tier, |space| space.relations.contains_key(key)) {
                    space.change(key, |relation| relation.comment = text);
                }
            }
            Commented::Column(name, column) => {
                let key = name.name();
                if let Some(space) = self.space_of(name, site.tier, |space| space.relations.contains_key(key)) {
                    space.change(key, |relation| {
                        relation.with_column(&column.text, |column| column.comment.clone_from(&text));
                    });
                }
            }
            Commented::Type(name) => {
                let key = name.name();
                if let Some(space) = self.space_of(name, site.tier, |space| space.types.contains_key(key)) {
                    space.types.change(key, |entry| entry.comment = text);
                }
            }
        }
    }
}
