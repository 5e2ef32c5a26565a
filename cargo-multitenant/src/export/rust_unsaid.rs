//! What neither `table!` nor the attributes can say of a table, in words: whoever makes it again from the code loses it.
//!
//! The document of JSON Schema carries all of it.

use crate::ddl::{listed, timed};
use crate::model::{Check, Column, ForeignKey, Index, Key, Table, Timing, word};

/// What is lost of these tables, a line for each constraint, index and column.
pub(super) fn unsaid(tables: &[&Table]) -> Vec<String> {
    tables.iter().flat_map(|table| of_table(table)).collect()
}

fn of_table(table: &Table) -> Vec<String> {
    let mut lost: Vec<(String, Vec<String>)> = Vec::new();
    lost.extend(table.columns.iter().map(|column| (format!("the column {}", column.name), of_column(column))));
    let keys = table.primary_key.iter().chain(&table.uniques);
    lost.extend(keys.map(|key| (constraint(&key.name), of_key(key))));
    lost.extend(table.foreign_keys.iter().map(|key| (constraint(&key.name), of_foreign_key(key))));
    lost.extend(table.indexes.iter().map(|index| (format!("the index {}", index.name), of_index(index))));
    lost.extend(table.checks.iter().map(|check| (constraint(&check.name), of_check(check))));
    if let Some(by) = &table.partition_by {
        lost.push(("the table itself".to_owned(), vec![format!("PARTITION BY {by}")]));
    }
    if let Some(part) = &table.part {
        lost.push(("the table itself".to_owned(), vec![format!("INHERITS ({})", part.of)]));
    }
    let lost = lost.into_iter().filter(|(_, what)| !what.is_empty());
    let of = format!("{} table {}", word(table.tier), table.name);
    lost.map(|(whose, what)| format!("{of}: {} of {whose} is left out: no attribute says it", what.join(", ")))
        .collect()
}

fn constraint(name: &str) -> String {
    format!("the constraint {name}")
}

fn of_column(column: &Column) -> Vec<String> {
    let options = column.identity.as_ref().and_then(|identity| identity.options.as_ref());
    let computed = column.generated.as_ref().filter(|generated| !generated.stored);
    let parts = [
        column.collation.as_ref().map(|collation| format!("COLLATE {collation}")),
        options.map(|options| format!("IDENTITY ({options})")),
        computed.map(|generated| format!("GENERATED ALWAYS AS ({}) VIRTUAL", generated.expression)),
    ];
    parts.into_iter().flatten().collect()
}

fn of_key(key: &Key) -> Vec<String> {
    let parts = [
        key.nulls_not_distinct.then(|| "NULLS NOT DISTINCT".to_owned()),
        (!key.include.is_empty()).then(|| format!("INCLUDE ({})", listed(&key.include))),
        when(key.timing),
    ];
    parts.into_iter().flatten().collect()
}

fn of_foreign_key(key: &ForeignKey) -> Vec<String> {
    let parts = [
        key.match_full.then(|| "MATCH FULL".to_owned()),
        (!key.set_columns.is_empty()).then(|| format!("ON DELETE {} ({})", key.on_delete, listed(&key.set_columns))),
        when(key.timing),
        key.not_valid.then(|| "NOT VALID".to_owned()),
    ];
    parts.into_iter().flatten().collect()
}

fn of_index(index: &Index) -> Vec<String> {
    index.nulls_not_distinct.then(|| "NULLS NOT DISTINCT".to_owned()).into_iter().collect()
}

fn of_check(check: &Check) -> Vec<String> {
    let parts = [
        // Its text is all of it, its timing included.
        check.exclude.then(|| check.text.clone()),
        check.no_inherit.then(|| "NO INHERIT".to_owned()),
        check.not_valid.then(|| "NOT VALID".to_owned()),
    ];
    parts.into_iter().flatten().collect()
}

fn when(timing: Timing) -> Option<String> {
    (timing != Timing::Immediate).then(|| timed(timing).trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use crate::export::RustTypes;
    use crate::model::testing::model;

    fn words(text: &str) -> Vec<String> {
        crate::export::rust(&model(text), &RustTypes::chrono()).unwrap().1
    }

    #[test]
    fn what_no_attribute_says_is_told_with_its_place() {
        let words = words(
            "create table plans (a int, b int, constraint plans_pk primary key (a, b) deferrable);
             create table orders (
                 id bigint generated always as identity (start 100 increment 2) primary key, name text collate \"C\",
                 plan int, part int, twice int generated always as (part * 2) virtual,
                 constraint o_name unique nulls not distinct (name) include (plan) deferrable initially deferred,
                 constraint o_plan foreign key (plan, part) references plans match full on delete set null (part) deferrable,
                 constraint o_part check (part > 0) no inherit,
                 constraint o_not exclude using gist (plan with =) where (part > 0) initially deferred
             );
             create unique index o_i on orders (part) nulls not distinct;
             alter table orders add constraint o_new check (plan > 0) not valid;
             create table parts (id int primary key) partition by hash (id);",
        );
        let of_orders = |what: &str| format!("tenant table orders: {what} is left out: no attribute says it");
        assert_eq!(
            words,
            [
                of_orders("IDENTITY (start 100 increment 2) of the column id"),
                of_orders("COLLATE \"C\" of the column name"),
                of_orders("GENERATED ALWAYS AS (part * 2) VIRTUAL of the column twice"),
                of_orders("NULLS NOT DISTINCT, INCLUDE (plan), DEFERRABLE INITIALLY DEFERRED of the constraint o_name"),
                of_orders("MATCH FULL, ON DELETE SET NULL (part), DEFERRABLE of the constraint o_plan"),
                of_orders("NULLS NOT DISTINCT of the index o_i"),
                of_orders("NO INHERIT of the constraint o_part"),
                of_orders(
                    "exclude using gist (plan with =) where (part > 0) initially deferred of the constraint o_not"
                ),
                of_orders("NOT VALID of the constraint o_new"),
                "tenant table parts: PARTITION BY hash (id) of the table itself is left out: no attribute says it"
                    .to_owned(),
                "tenant table plans: DEFERRABLE of the constraint plans_pk is left out: no attribute says it"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn what_attributes_say_is_not_told() {
        let words = words(
            "create table plans (id int primary key, name text not null);
             create table orders (
                 id bigint generated by default as identity primary key, name text default 'x' unique, plan int not null,
                 lower text generated always as (lower(name)) stored, check (plan > 0),
                 foreign key (plan) references plans on delete cascade
             );
             create index orders_i on orders using hash (name) where plan > 0;
             create index orders_j on orders (plan) include (name);",
        );
        assert_eq!(words, [""; 0]);
    }
}
