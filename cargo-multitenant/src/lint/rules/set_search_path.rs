//! `set-search-path`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Detail, Span, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds what changes `search_path` while a migration runs, or for a role or a database: `SET` and `RESET`,
    /// `set_config('search_path', …)`, `DISCARD ALL`, `ALTER ROLE … SET search_path`, and an `EXECUTE` whose text begins with
    /// such a `SET`. The `SET` option of a function is fine, unless a tenant's migration gives it the shared schema with
    /// `ALTER FUNCTION`.
    ///
    /// ## Why is this bad?
    ///
    /// The path is what makes a migration the tenant's. After `SET search_path = public` the rest of the file works on the
    /// shared schema, and so does the record of the migration: Diesel writes its history without a schema, so the tenant's
    /// history stays empty and the migration runs again. And without `LOCAL` the setting outlives the migration, into
    /// whatever that connection does next.
    ///
    /// ## Example
    ///
    /// ```sql
    /// SET search_path = public;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    "set-search-path": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    if !at.runs_now() {
        return;
    }
    let statement = at.statement;
    match (&statement.detail, statement.verb) {
        (Detail::Setting(setting), Verb::Alter)
            if statement.class == Class::Routine && !(at.is_tenant() && setting.names(at.before.shared_schema())) => {}
        (Detail::Setting(setting), verb) if setting.parameter == "search_path" => {
            let message = match (verb, statement.class) {
                (Verb::Reset, _) => "this resets search_path".to_owned(),
                (Verb::Alter, Class::Routine) => "this makes a tenant's function look in the shared schema".to_owned(),
                (Verb::Alter, class) => format!("this sets search_path for a whole {}", class.noun()),
                _ => "this sets search_path".to_owned(),
            };
            report(at, statement.span.clone(), &message, sink);
        }
        (_, Verb::Reset | Verb::Discard) if is_all(at) => {
            report(at, statement.span.clone(), "this resets search_path, with all else", sink);
        }
        // A text without variables is read as the statements that it is.
        (Detail::Dynamic(_), _) if statement.nested.is_empty() => {
            if let Some(literal) = statement.literals.first().filter(|literal| sets_path(&literal.value)) {
                report(at, literal.span.clone(), "this sets search_path", sink);
            }
        }
        _ => {}
    }
    for call in &statement.calls {
        // Arguments with names stand in any order.
        let mut arguments = call.arguments.iter().flatten();
        if call.name.name() == "set_config" && arguments.any(|argument| argument.eq_ignore_ascii_case("search_path")) {
            report(at, call.span.clone(), "this sets search_path", sink);
        }
    }
}

/// Whether the second word is ALL.
fn is_all(at: &At<'_>) -> bool {
    let span = at.statement.span.clone();
    let inside =
        at.script.comments.iter().filter(|(comment, _)| span.start <= comment.start && comment.end <= span.end);
    let text = inside.fold(at.text(span.clone()).to_owned(), |text, (_, comment)| text.replace(comment, " "));
    text.split_whitespace().nth(1).is_some_and(|word| word.trim_end_matches(';').eq_ignore_ascii_case("all"))
}

/// Whether a text begins as a statement does that sets the path.
fn sets_path(text: &str) -> bool {
    let text = text.to_lowercase().replace('=', " = ");
    let mut words = text.split_whitespace();
    let is_set = words.next() == Some("set");
    let parameter = words.find(|word| !matches!(*word, "local" | "session"));
    is_set && matches!(parameter, Some("search_path" | "schema"))
}

fn report(at: &At<'_>, span: Span, message: &str, sink: &mut Sink<'_>) {
    let is_for_good = at.statement.verb == Verb::Alter && at.statement.class != Class::Other;
    let help = if is_for_good {
        "remove it: the application's connections set the path themselves"
    } else if at.is_tenant() {
        "remove it: the tenant's schema is first already, and names without a schema are made there"
    } else {
        "remove it: the shared schema is set already"
    };
    sink.report(at.place(span), message).help(help).object("search_path").around(at.place(at.statement.span.clone()));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            set search_path = public;
            set local search_path to a, b;
            reset search_path;
            select set_config('search_path', 'public', true);
            discard all;
            set schema 'public';
            alter role app set search_path = x;
            do $$ begin perform set_config('search_path', '', false); end $$;
            reset /* c */ all;
            select set_config(setting_name => 'search_path', new_value => 'public', is_local => true);
            alter function g() set search_path = public;
            alter procedure g() set search_path to pg_catalog, \"public\";
            do $$ begin execute 'set local search_path to ' || x; execute format('SET search_path=%I', x); end $$;
            -- file: shared/1_a/up.sql
            alter database app set search_path to x;
        "), @r#"
        shared/1_a/up.sql:1:13 error: this sets search_path for a whole database [alter database app set search_path to x]
        tenant/1_a/up.sql:1:13 error: this sets search_path [set search_path = public]
        tenant/1_a/up.sql:2:13 error: this sets search_path [set local search_path to a, b]
        tenant/1_a/up.sql:3:13 error: this resets search_path [reset search_path]
        tenant/1_a/up.sql:4:20 error: this sets search_path [set_config('search_path', 'public', true)]
        tenant/1_a/up.sql:5:13 error: this resets search_path, with all else [discard all]
        tenant/1_a/up.sql:6:13 error: this sets search_path [set schema 'public']
        tenant/1_a/up.sql:7:13 error: this sets search_path for a whole role [alter role app set search_path = x]
        tenant/1_a/up.sql:8:33 error: this sets search_path [set_config('search_path', '', false)]
        tenant/1_a/up.sql:9:13 error: this resets search_path, with all else [reset /* c */ all]
        tenant/1_a/up.sql:10:20 error: this sets search_path [set_config(setting_name => 'search_path', new_value => 'public', is_local => true)]
        tenant/1_a/up.sql:11:13 error: this makes a tenant's function look in the shared schema [alter function g() set search_path = public]
        tenant/1_a/up.sql:12:13 error: this makes a tenant's function look in the shared schema [alter procedure g() set search_path to pg_catalog, "public"]
        tenant/1_a/up.sql:13:33 error: this sets search_path ['set local search_path to ']
        tenant/1_a/up.sql:13:82 error: this sets search_path ['SET search_path=%I']
        "#);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            set local lock_timeout = '1s';
            select set_config('app.user', 'x', true);
            reset lock_timeout;
            alter function g() set search_path from current;
            alter function g() set search_path = pg_catalog;
            alter function g() set lock_timeout = '1s';
            do $$ begin execute 'set lock_timeout to ' || x; execute 'select ' || 'set search_path'; end $$;
            create function f() returns int language sql set search_path from current as 'select 1';
            create function g() returns void language plpgsql as $$ begin set search_path = x; end $$;
        ",
        );
    }
}
