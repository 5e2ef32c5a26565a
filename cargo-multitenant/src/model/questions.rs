//! What follows from a schema: whether a column may be left out, what a type is beneath its domains.

use multitenant_runtime::Tier;

use super::value::{Column, Home, Model, Table, Type, TypeKind, TypeRef};

impl Model {
    /// The table of a name.
    pub(crate) fn table(&self, home: Home, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| Home::of(table.tier) == home && table.name == name)
    }

    /// The type that is used somewhere, if the migrations make it.
    pub(crate) fn type_of(&self, used: &TypeRef) -> Option<&Type> {
        self.types.iter().find(|ty| Home::of(ty.tier) == used.home && ty.name == used.name)
    }

    /// Whether a column can hold NULL: a domain may say otherwise.
    pub(crate) fn can_be_null(&self, column: &Column) -> bool {
        let domain = column.ty.as_ref().filter(|ty| !ty.array).and_then(|ty| self.type_of(ty));
        column.is_nullable && !domain.is_some_and(|ty| matches!(ty.kind, TypeKind::Domain { not_null: true, .. }))
    }

    /// Whether a new row can be made without saying what a column holds.
    pub(crate) fn is_optional(&self, column: &Column) -> bool {
        let is_given = column.default.is_some() || column.identity.is_some();
        is_given || self.can_be_null(column) || column.ty.as_ref().is_some_and(|ty| self.has_default(ty))
    }

    /// Whether a domain says what its columns hold where nothing is said. One that is made of another has that one's.
    fn has_default(&self, used: &TypeRef) -> bool {
        let mut used = used;
        for _ in 0..self.types.len() {
            match self.type_of(used).map(|ty| &ty.kind) {
                _ if used.array => return false,
                Some(TypeKind::Domain { default: Some(_), .. }) => return true,
                Some(TypeKind::Domain { base: Some(base), .. }) => used = base,
                _ => return false,
            }
        }
        false
    }

    /// What a type is beneath its domains.
    pub(crate) fn beneath<'a>(&'a self, used: &'a TypeRef) -> TypeRef {
        let mut beneath = used.clone();
        // A domain of itself cannot be made, but can be written.
        for _ in 0..self.types.len() {
            let Some(Type { kind: TypeKind::Domain { base: Some(base), .. }, .. }) = self.type_of(&beneath) else {
                break;
            };
            beneath = TypeRef { array: base.array || beneath.array, ..base.clone() };
        }
        beneath
    }
}

impl Table {
    /// Whether it is a partition of another one, which has its rows.
    pub(crate) fn is_partition(&self) -> bool {
        self.part.as_ref().is_some_and(|part| part.partition)
    }

    /// Whether a column is part of the primary key.
    pub(crate) fn is_in_key(&self, column: &str) -> bool {
        self.primary_key.iter().flat_map(|key| &key.columns).any(|of| of == column)
    }

    /// Whether no two rows can have the same in these columns.
    pub(crate) fn is_unique(&self, columns: &[String]) -> bool {
        let keys = self.primary_key.iter().chain(&self.uniques).map(|key| key.columns.iter().collect());
        let indexes = self.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        let indexes = indexes.filter_map(|index| index.items.iter().map(|item| item.column.as_ref()).collect());
        keys.chain(indexes).any(|key: Vec<&String>| !key.is_empty() && key.iter().all(|of| columns.contains(of)))
    }

    /// The column of a name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Column {
    /// Whether nobody but the database can fill it in.
    pub(crate) fn is_only_read(&self) -> bool {
        self.generated.is_some() || self.identity.as_ref().is_some_and(|identity| identity.always)
    }
}

impl TypeRef {
    /// As SQL has it.
    pub(crate) fn sql(&self) -> String {
        let schema = self.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        let modifiers =
            if self.modifiers.is_empty() { String::new() } else { format!("({})", self.modifiers.join(",")) };
        format!("{schema}{}{modifiers}{}", self.name, if self.array { "[]" } else { "" })
    }

    /// What one element is, where it is an array.
    pub(crate) fn element(&self) -> Self {
        Self { array: false, ..self.clone() }
    }
}

impl Home {
    pub(crate) fn of(tier: Tier) -> Self {
        match tier {
            Tier::Shared => Self::Shared,
            Tier::Tenant => Self::Tenant,
        }
    }
}

/// The tier in a word.
pub(crate) fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "shared",
        Tier::Tenant => "tenant",
    }
}

#[cfg(test)]
mod tests {
    use crate::model::testing::model;

    #[test]
    fn a_domain_may_say_what_a_column_holds() {
        let model = model(
            "create domain zero as int not null default 0; create domain one as zero not null; create domain bare as int not null;
             create table a (zero zero, one one, bare bare, many zero[] not null, given bare default 1);",
        );
        let table = &model.tables[0];
        let optional: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| model.is_optional(column))
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(optional, ["zero", "one", "given"]);
    }
}
