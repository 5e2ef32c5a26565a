//! Changes of columns as SQL.

use super::change::{Act, Change};
use super::loss::{Fate, fate, using};
use super::sequence::{has_own_type, sequence_of};
use super::steps::{Between, Phase, Rank, Step, allowed};
use crate::ddl::{add_column, drop_column, drop_constraint, literal, name, type_text, validate_constraint};
use crate::lint::is_limited_expression;
use crate::model::{Check, Column, Default, Table, Timing, TypeRef};

/// A column that comes or goes.
pub(super) fn column(between: &Between<'_>, act: Act, table: &Table, column: &Column) -> Step {
    let drop = drop_column(table, &column.name);
    if act == Act::Make {
        let rank = if column.generated.is_some() { Rank::AddGenerated } else { Rank::AddColumn };
        return Step::main(rank, vec![add_column(between.after, table, column)], vec![drop]);
    }
    let add = add_column(between.before, table, column);
    let is_filled =
        column.is_nullable || column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    let add = if is_filled { add } else { format!("-- Fails where there are rows: the column has no default.\n{add}") };
    let what = format!("the column {}.{}", table.name, column.name);
    let rank = if column.generated.is_some() { Rank::DropGenerated } else { Rank::DropColumn };
    Step::main(rank, vec![allowed(LOST, &drop)], vec![add]).losing(what)
}

pub(super) const LOST: &str = "not-backward-compatible) asked for by --allow-data-loss";

/// A column of another type.
pub(super) fn ty(between: &Between<'_>, table: &Table, from: &Column, to: &Column) -> Step {
    let (Some(old), Some(new)) = (&from.ty, &to.ty) else {
        return Step::main(Rank::ChangeColumn, Vec::new(), Vec::new());
    };
    let fate_of = fate(between.after, old, new);
    let mut up = set_type(between, table, from, to);
    let mut down = set_type(between, table, to, from);
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
    if let (true, Some(first)) = (is_zone_made_up(old, new), up.first_mut()) {
        *first = format!("-- What has no time zone is taken as UTC.\n{first}");
    }
    if has_own_type(from, to) {
        let sequence = sequence_of(from);
        let count_in =
            |ty: &TypeRef| format!("ALTER SEQUENCE {sequence} AS {};", type_text(between.after, table.tier, ty));
        up.push(format!("-- Else its numbers end where those of the old type do.\n{}", count_in(new)));
        down.push(count_in(old));
    }
    let step = Step::main(Rank::ChangeColumn, up, down);
    if fate_of == Fate::Lost {
        let (of, written) = (&to.name, type_text(between.after, table.tier, new));
        let what = if (old.name.as_str(), new.name.as_str()) == ("json", "jsonb") {
            format!("spaces, the order of keys and repeated keys in {}.{of}", table.name)
        } else {
            format!("values of {}.{of} that are no {written}", table.name)
        };
        return step.losing(what);
    }
    step
}

/// Whether values get or lose a time zone, which nobody has said.
fn is_zone_made_up(old: &TypeRef, new: &TypeRef) -> bool {
    let names = (old.name.as_str(), new.name.as_str());
    !old.array && !new.array && matches!(names, ("timestamp", "timestamptz") | ("timestamptz", "timestamp"))
}

const CHANGED: &str = "not-backward-compatible) the schema code has the new type";

/// Whether a default cannot stay where it is while the type changes: PostgreSQL cannot always cast it.
fn replaces_default(between: &Between<'_>, from: &Column, to: &Column) -> bool {
    let is_text = |column: &Column| matches!(column.default, Some(Default::Expression(_)));
    let is_cast = |from: &Column, to: &Column| match (&from.ty, &to.ty) {
        (Some(old), Some(new)) => using(between.after, "", old, new, "").is_some(),
        _ => false,
    };
    let is_replaced = is_text(from) || is_text(to) || from.default != to.default;
    is_replaced && from.ty != to.ty && (is_cast(from, to) || is_cast(to, from))
}

/// The default goes before the type changes, and the one that is wanted comes after.
fn set_type(between: &Between<'_>, table: &Table, from: &Column, to: &Column) -> Vec<String> {
    let (Some(old), Some(new)) = (&from.ty, &to.ty) else { return Vec::new() };
    let (own, called) = (name(&table.name), name(&to.name));
    let written = type_text(between.after, table.tier, new);
    let using = using(between.after, &called, old, new, &written);
    let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
    let set = format!("ALTER TABLE {own} ALTER COLUMN {called} TYPE {written}{using};");
    if !replaces_default(between, from, to) {
        return vec![set];
    }
    let drop = from.default.as_ref().map(|_| format!("ALTER TABLE {own} ALTER COLUMN {called} DROP DEFAULT;"));
    let then = to.default.as_ref().map(|_| set_default(table, to));
    drop.into_iter().chain([set]).chain(then).collect()
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
    let refuse = format!(
        "-- From here on no row can be written with NULL; those that have it are to be filled before {called} is NOT NULL.\n{add}"
    );
    let validate = format!("-- Fails where there are rows with NULL.\n{}", validate_constraint(table, &check.name));
    vec![
        Step::main(Rank::MakeKey, vec![refuse], vec![remove.clone()]),
        Step::main(Rank::ChangeColumn, vec![validate, set, remove], vec![drop, add]).at(Phase::Validate),
    ]
}

/// A default that comes, goes, or is another one.
pub(super) fn default(between: &Between<'_>, table: &Table, from: &Column, to: &Column) -> Vec<Step> {
    // The change of the type does it.
    if replaces_default(between, from, to) {
        return Vec::new();
    }
    let set = |column: &Column| set_default(table, column);
    vec![Step::main(Rank::ChangeColumn, vec![set(to)], vec![set(from)])]
}

fn set_default(table: &Table, column: &Column) -> String {
    let what = match &column.default {
        Some(Default::Expression(expression)) => format!("SET DEFAULT {}", default_text(expression)),
        // The sequence is there still.
        Some(Default::Serial) => format!("SET DEFAULT nextval({})", literal(&sequence_of(column))),
        None => "DROP DEFAULT".to_owned(),
    };
    format!("ALTER TABLE {} ALTER COLUMN {} {what};", name(&table.name), name(&column.name))
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
