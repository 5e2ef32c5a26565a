//! `schema-in-string-literal`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Ident, Literal, Name};

rule! {
    /// ## What it does
    ///
    /// Finds texts in tenants' migrations that hold a name with the shared schema: `'public.orders'::regclass`,
    /// `to_regclass('public.orders')`, `format('… public.%I …')`, an argument of `nextval` or `setval`. Names that the
    /// shared migrations make are fine.
    ///
    /// ## Why is this bad?
    ///
    /// It is `tenant-schema-qualified` where no parser sees it: all tenants mean one table.
    ///
    /// ## Example
    ///
    /// ```sql
    /// SELECT setval('public.orders_id_seq', 1000);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// SELECT setval('orders_id_seq', 1000);
    /// ```
    "schema-in-string-literal": Warning, Isolation, Check::Statement(check),
}

/// Types and functions that take a text for a name.
const CASTS: [&str; 5] = ["regclass", "regtype", "regproc", "regprocedure", "regoper"];
const CALLS: [&str; 16] = [
    "to_regclass",
    "to_regtype",
    "to_regproc",
    "to_regprocedure",
    "nextval",
    "setval",
    "currval",
    "pg_get_serial_sequence",
    "pg_relation_size",
    "pg_total_relation_size",
    "diesel_manage_updated_at",
    "create_hypertable",
    "add_retention_policy",
    "add_compression_policy",
    "create_parent",
    "format",
];

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    if !at.is_tenant() {
        return;
    }
    let shared = at.before.shared_schema();
    for literal in at.statement.literals.iter().filter(|literal| !literal.is_prose) {
        let Some(name) = name_in(at, literal, shared) else { continue };
        // like-copies-defaults has the defaults of columns.
        let is_default = matches!(at.statement.class, crate::lint::sql::Class::Table) && at.statement.is_ddl();
        if is_default || is_shared(at, &name) {
            continue;
        }
        sink.report(at.place(literal.span.clone()), format!("the text names `{name}` with its schema"))
            .label("it is the same one for every tenant")
            .help("leave the schema out")
            .object(name)
            .around(at.place(at.statement.span.clone()));
    }
}

/// The name with the shared schema in a text that is taken for a name, or for SQL.
fn name_in(at: &At<'_>, literal: &Literal, shared: &str) -> Option<String> {
    let is_cast = literal.cast.as_deref().is_some_and(|cast| CASTS.contains(&cast));
    let call = at.statement.calls.iter().filter(|call| {
        call.span.start <= literal.span.start && literal.span.end <= call.span.end && CALLS.contains(&call.name.name())
    });
    let is_argument = call.clone().next().is_some();
    let is_format = call.clone().any(|call| call.name.name() == "format");
    let prefix = format!("{shared}.");
    let value = literal.value.as_str();
    let start = if is_format {
        value
            .match_indices(&prefix)
            .map(|(at, _)| at)
            .find(|at| !value[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'))?
    } else if is_cast || is_argument {
        value.starts_with(&prefix).then_some(0)?
    } else {
        return None;
    };
    let rest = &value[start + prefix.len()..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || "_\"%$".contains(c))).unwrap_or(rest.len());
    (end > 0).then(|| format!("{prefix}{}", &rest[..end]))
}

fn is_shared(at: &At<'_>, name: &str) -> bool {
    let Some((schema, name)) = name.split_once('.') else { return false };
    let ident = |text: &str| Ident { text: text.trim_matches('"').to_owned(), span: 0..0 };
    let name = Name { schema: Some(ident(schema)), name: ident(name) };
    let (before, tier) = (at.before, at.tier());
    let made = [
        before.relation(&name, tier).map(|found| &found.entry.origin.place),
        before.type_entry(&name, tier).map(|found| &found.entry.origin.place),
        before.routine(&name, tier).map(|found| &found.entry.origin.place),
    ];
    made.into_iter().flatten().any(|place| at.is_shared_migration_s(place))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            select 'public.orders'::regclass, to_regclass('public.orders'), setval('public.orders_id_seq', 1);
            do $$ begin execute format('alter table public.%I add x int', t); end $$;
        "), @"
        tenant/1_a/up.sql:1:20 warning: the text names `public.orders` with its schema ['public.orders']
        tenant/1_a/up.sql:1:59 warning: the text names `public.orders` with its schema ['public.orders']
        tenant/1_a/up.sql:1:84 warning: the text names `public.orders_id_seq` with its schema ['public.orders_id_seq']
        tenant/1_a/up.sql:2:40 warning: the text names `public.%I` with its schema ['alter table public.%I add x int']
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            select 'orders'::regclass, 'public.users'::regclass, setval('orders_id_seq', 1);
            insert into texts values ('public.orders'), ('see public.x');
            comment on table texts is 'public.orders';
            select format('republic.%I', 'x');
        ",
        );
    }
}
