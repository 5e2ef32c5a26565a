//! What goes, and with it what PostgreSQL takes away.

use multitenant_runtime::Tier;

use super::wanted::Maker;
use crate::lint::has_name;
use crate::model::{ForeignKey, Home, word};

impl Maker<'_> {
    /// Tables that the code does not have.
    pub(super) fn forget(&mut self) {
        let gone: Vec<String> = self
            .model
            .tables
            .iter()
            .filter(|table| table.tier == self.wish.tier && table.part.is_none() && table.partition_by.is_none())
            .filter(|table| self.code.table(Home::of(table.tier), &table.name).is_none())
            .filter(|table| !self.code.left_alone.contains(&(table.tier, table.name.clone())))
            .filter(|table| table.primary_key.is_some() && !self.wish.keep.contains(&table.name))
            .map(|table| table.name.clone())
            .collect();
        for own in gone {
            let tier = self.wish.tier;
            if let Some(hidden) = self.code.hidden.first() {
                let message = format!(
                    "no `table!` that can be read is of {own}, and the macro here may make one: give --keep {own}, or drop it by a \
                     migration of your own"
                );
                self.refuse(hidden, &message);
                continue;
            }
            self.model.tables.retain(|table| table.tier != tier || table.name != own);
            let leads = |key: &ForeignKey| key.home == Home::of(tier) && key.table == own;
            self.unlink(tier, &leads, &format!("the table {own}"));
        }
    }

    /// Takes a column away, and with it what PostgreSQL takes away.
    pub(super) fn drop_column(&mut self, at: usize, column: &str) {
        let table = &mut self.model.tables[at];
        let (tier, own) = (table.tier, table.name.clone());
        table.columns.retain(|of| of.name != column);
        let has = |columns: &[String]| columns.iter().any(|of| of == column);
        table.uniques.retain(|key| !has(&key.columns) && !has(&key.include));
        table.foreign_keys.retain(|key| !has(&key.columns));
        table.checks.retain(|check| !has_name(&check.text, column));
        table.indexes.retain(|index| {
            let items =
                index.items.iter().any(|item| item.column.as_deref() == Some(column) || has_name(&item.text, column));
            !items && !has(&index.include) && !index.predicate.as_ref().is_some_and(|text| has_name(text, column))
        });
        let leads = |key: &ForeignKey| {
            key.home == Home::of(tier) && key.table == own && key.target.iter().any(|of| of == column)
        };
        self.unlink(tier, &leads, &format!("the column {own}.{column}"));
    }

    /// Takes foreign keys away that lead to what goes; those of the other tier are not ours to change.
    fn unlink(&mut self, tier: Tier, leads: &dyn Fn(&ForeignKey) -> bool, what: &str) {
        let mut refused = Vec::new();
        for table in &mut self.model.tables {
            if table.tier == tier {
                table.foreign_keys.retain(|key| !leads(key));
            } else if table.foreign_keys.iter().any(leads) {
                refused.push(format!(
                    "{what} goes, and the {} table {} refers to it: take that foreign key away first, by `generate {} NAME \
                     --from-schema`",
                    word(table.tier),
                    table.name,
                    word(table.tier)
                ));
            }
        }
        self.refused.extend(refused);
    }
}
