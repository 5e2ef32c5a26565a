//! What plain statements do, one after the other.

use std::collections::{BTreeSet, HashMap};

use crate::ident::Identifier;

use super::{Loss, Plain, Relation};

/// What plain statements do together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The relations that they change and have not made themselves: what their names mean must be asked before.
    pub(crate) names: BTreeSet<Identifier>,
}

impl Effects {
    /// Reads the statements of a transaction; `None` where one is not plain, or where a name may mean something else
    /// by the time that it is reached: after a table is gone, its name is found further down the path.
    pub(crate) fn of<'s>(statements: impl IntoIterator<Item = &'s str>) -> Option<Self> {
        let mut effects = Self::default();
        // By name, whether it is an index.
        let mut made: HashMap<Identifier, bool> = HashMap::new();
        let mut lost = Loss::Nothing;
        for statement in statements {
            let Plain { makes, changes, loses } = Plain::of(statement)?;
            for relation in &changes {
                let (name, is_index) = relation.parts();
                let is_safe = match lost {
                    Loss::Nothing => true,
                    Loss::Indexes => !is_index,
                    Loss::Relations => false,
                };
                match made.contains_key(name) {
                    true => {}
                    false if is_safe => _ = effects.names.insert(name.clone()),
                    false => return None,
                }
            }
            if loses != Loss::Nothing {
                made.retain(|_, is_index| !*is_index);
                lost = if lost == Loss::Relations { lost } else { loses };
            }
            if loses == Loss::Relations {
                for relation in &changes {
                    made.remove(relation.parts().0);
                }
            }
            if let Some(relation) = makes {
                let (name, is_index) = relation.parts();
                made.insert(name.clone(), is_index);
            }
        }
        Some(effects)
    }
}

impl Relation {
    fn parts(&self) -> (&Identifier, bool) {
        match self {
            Self::Table(name) => (name, false),
            Self::Index(name) => (name, true),
        }
    }
}
