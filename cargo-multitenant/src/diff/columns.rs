//! Changes of columns as SQL.

use super::change::{Act, Change};
use super::loss::{Fate, fate, using};
use super::steps::{Between, Phase, Rank, Step, allowed};
use crate::ddl::{add_column, drop_column, drop_constraint, literal, name, type_text, validate_constraint};
use crate::lint::is_limited_expression;
use crate::model::{Check, Column, Default, Model, Table, Timing, TypeRef};

/// A column that comes or goes.
pub(super) fn column(between: &Between<'_>, act: Act, table: &Table, column: &Column) -> Step {
    let drop = drop_column(table, &column.name);
    if act == Act::Make {
        return Step::main(Rank::AddColumn, vec![add_column(between.after, table, column)], vec![drop]);
    }
    let add = add_column(between.before, table, column);
    let is_filled =
        column.is_nullable || column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    let add = if is_filled { add } else { format!("-- Fails where there are rows: the column has no default.\n{add}") };
    let what = format!("the column {}.{}", table.name, column.name);
    Step::main(Rank::DropColumn, vec![allowed(LOST, &drop)], vec![add]).losing(what)
}

pub(super) const LOST: &str = "not-backward-compatible) asked for by --allow-data-loss";

/// A column of another type.
pub(super) fn ty(between: &Between<'_>, table: &Table, from: &Column, to: &Column) -> Step {
    let (Some(old), Some(new)) = (&from.ty, &to.ty) else {
        return Step::main(Rank::ChangeColumn, Vec::new(), Vec::new());
    };
    let fate_of = fate(between.after, old, new);
    let mut up = set_type(between.after, table, to, old, new);
    let down = set_type(between.after, table, from, new, old);
    // Clients read and write all texts alike.
    let is_text = |ty: &TypeRef| matches!(ty.name.as_str(), "text" | "varchar" | "bpchar");
    if old.array != new.array || (old.name != new.name && !(is_text(old) && is_text(new))) {
        let is_it = |statement: &String| statement.contains(" TYPE ");
        up.iter_mut()
            .filter(|statement| is_it(statement))
            .for_each(|statement| *statement = allowed(CHANGED, statement));
    }
    if fate_of == Fate::Rewritten
        && let Some(first) = up.first_mut()
    {
        *first = format!("-- Writes all of the table anew, while nobody reads or writes it.\n{first}");
    }
    let step = Step::main(Rank::ChangeColumn, up, down);
    if fate_of == Fate::Lost {
        let what =
            format!("values of {}.{} that are no {}", table.name, to.name, type_text(between.after, table.tier, new));
        return step.losing(what);
    }
    step
}

const CHANGED: &str = "not-backward-compatible) the schema code has the new type";

/// The default goes before the type changes and comes back after: PostgreSQL cannot always cast it.
fn set_type(model: &Model, table: &Table, column: &Column, from: &TypeRef, to: &TypeRef) -> Vec<String> {
    let (own, called) = (name(&table.name), name(&column.name));
    let written = type_text(model, table.tier, to);
    let using = using(model, &called, from, to, &written);
    let set = |using: Option<String>| {
        let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
        format!("ALTER TABLE {own} ALTER COLUMN {called} TYPE {written}{using};")
    };
    match (&column.default, &using) {
        (Some(Default::Expression(expression)), Some(_)) => vec![
            format!("ALTER TABLE {own} ALTER COLUMN {called} DROP DEFAULT;"),
            set(using),
            format!("ALTER TABLE {own} ALTER COLUMN {called} SET DEFAULT {};", default_text(expression)),
        ],
        _ => vec![set(using)],
    }
}

fn default_text(expression: &str) -> String {
    if is_limited_expression(expression) { expression.to_owned() } else { format!("({expression})") }
}

/// A column that may, or may no longer, hold NULL.
pub(super) fn nullable(table: &Table, to: &Column) -> Vec<Step> {
    let (own, called) = (name(&table.name), name(&to.name));
    let set = format!("ALTER TABLE {own} ALTER COLUMN {called} SET NOT NULL;");
    let drop = format!("ALTER TABLE {own} ALTER COLUMN {called} DROP NOT NULL;");
    if to.is_nullable {
        return vec![Step::main(Rank::ChangeColumn, vec![drop], vec![set])];
    }
    // With a condition that has been validated, SET NOT NULL need not read the rows once more.
    let check = Check {
        name: crate::lint::made_up(&table.name, &to.name, "not_null", |name| {
            table.checks.iter().any(|check| check.name == name)
        }),
        exclude: false,
        text: format!("{called} IS NOT NULL"),
        no_inherit: false,
        not_valid: true,
        timing: Timing::Immediate,
    };
    let (add, remove) = (crate::ddl::add_check(table, &check), drop_constraint(table, &check.name));
    let set = allowed("constraint-not-valid) the condition has read all rows", &set);
    vec![
        Step::main(Rank::MakeKey, vec![add.clone()], vec![remove.clone()]),
        Step::main(Rank::ChangeColumn, vec![validate_constraint(table, &check.name), set, remove], vec![drop, add])
            .at(Phase::Validate),
    ]
}

/// A default that comes, goes, or is another one.
pub(super) fn default(table: &Table, from: &Column, to: &Column) -> Step {
    let set = |column: &Column| {
        let what = match &column.default {
            Some(Default::Expression(expression)) => format!("SET DEFAULT {}", default_text(expression)),
            // The sequence is there still.
            Some(Default::Serial) => {
                let sequence = format!("{}_{}_seq", table.name, column.name);
                format!("SET DEFAULT nextval({})", literal(&name(&sequence)))
            }
            None => "DROP DEFAULT".to_owned(),
        };
        format!("ALTER TABLE {} ALTER COLUMN {} {what};", name(&table.name), name(&column.name))
    };
    Step::main(Rank::ChangeColumn, vec![set(to)], vec![set(from)])
}

/// Numbers that the database counts, or counts no longer.
pub(super) fn identity(between: &Between<'_>, table: &Table, from: &Column, to: &Column) -> Step {
    let (own, called) = (name(&table.name), name(&to.name));
    let alter = |what: &str| format!("ALTER TABLE {own} ALTER COLUMN {called} {what};");
    let kind = |always: bool| if always { "ALWAYS" } else { "BY DEFAULT" };
    let change = |from: &Column, to: &Column| -> Vec<String> {
        match (&from.identity, &to.identity) {
            (None, Some(identity)) => {
                let drop = from.default.as_ref().map(|_| alter("DROP DEFAULT"));
                let options = identity.options.as_ref().map(|options| format!(" ({options})")).unwrap_or_default();
                let add = alter(&format!("ADD GENERATED {} AS IDENTITY{options}", kind(identity.always)));
                // The numbers that are there are taken.
                let next = format!(
                    "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({called}), 0) + 1, false) FROM {own};",
                    literal(&own),
                    literal(&to.name)
                );
                drop.into_iter().chain([add, next]).collect()
            }
            (Some(_), None) => {
                let set = match &to.default {
                    Some(Default::Expression(text)) => Some(alter(&format!("SET DEFAULT {}", default_text(text)))),
                    _ => None,
                };
                [alter("DROP IDENTITY")].into_iter().chain(set).collect()
            }
            (Some(_), Some(identity)) => vec![alter(&format!("SET GENERATED {}", kind(identity.always)))],
            (None, None) => Vec::new(),
        }
    };
    let becomes_not_null = between.changes.iter().any(
        |change| matches!(change, Change::Nullable(of, column) if of.name == table.name && column.name == to.name),
    );
    let phase = if becomes_not_null { Phase::Validate } else { Phase::Main };
    // Behind SET NOT NULL, which an identity needs.
    let rank = if becomes_not_null { Rank::AddColumn } else { Rank::ChangeColumn };
    Step::main(rank, change(from, to), change(to, from)).at(phase)
}
