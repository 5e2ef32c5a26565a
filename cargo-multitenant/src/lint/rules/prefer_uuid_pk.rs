//! `prefer-uuid-pk`

use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;
use crate::lint::table_subject::integer_bytes;

rule! {
    /// ## What it does
    ///
    /// Finds primary keys of one column that is a whole number where a uuid is wanted, or a small one where a bigint is.
    ///
    /// ## Why is this bad?
    ///
    /// Ids of one tenant are then ids of another one too: a request with the wrong tenant finds a row, and not an error.
    /// When tenants are moved or merged, numbers collide. And four bytes are used up sooner than one thinks.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE orders (id serial PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
    /// ```
    "prefer-uuid-pk": Info, Convention, Check::Table(check),
    squawk: ["prefer-bigint-over-int", "prefer-bigint-over-smallint"],
    options: [
        "type" = OptionDefault::Choice(&["uuid", "bigint"]) => "what is wanted: with \"bigint\" 8 bytes are enough",
        "exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, that may be otherwise",
    ],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let wants_uuid = sink.options().text("type") == "uuid";
    let columns = at.key_columns();
    let [column] = columns[..] else { return };
    // A key that is somebody else's key is judged there.
    let is_foreign = at.relation.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let Some(ty) = column.ty.as_ref().filter(|_| !is_foreign && !at.is_part()) else { return };
    let Some(bytes) = integer_bytes(ty) else { return };
    if (!wants_uuid && bytes == 8) || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    let wanted = if wants_uuid { "uuid" } else { "bigint" };
    sink.report(
        column.origin.place.clone(),
        format!("the primary key `{}.{}` is a number of {bytes} bytes, not a {wanted}", at.name, column.name),
    )
    .help(if wants_uuid { "use uuid with gen_random_uuid()" } else { "use bigint" })
    .object(format!("{}.{}", at.name, column.name))
    .around(column.origin.around.clone());
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "create table a (id bigserial primary key);\ncreate table b (id int primary key);"), @"
        tenant/1_a/up.sql:1:17 info: the primary key `a.id` is a number of 8 bytes, not a uuid [id]
        tenant/1_a/up.sql:2:17 info: the primary key `b.id` is a number of 4 bytes, not a uuid [id]
        ");
        assert_snapshot!(check(&RULE, "-- file: src/schema.rs\ntable! { a { id -> Int4, } }"), @"src/schema.rs:1:14 info: the primary key `a.id` is a number of 4 bytes, not a uuid [id]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id uuid primary key);
            create table b (x int, y int, primary key (x, y));
            create table c (id text primary key);
            create table d (a int primary key references other (id));
        ",
        );
        silent(
            &RULE,
            "
            create table a (id bigint primary key);
            -- file: multitenant.toml
            [lint.rules]
            prefer-uuid-pk = [\"warn\", { type = \"bigint\" }]
        ",
        );
    }
}
