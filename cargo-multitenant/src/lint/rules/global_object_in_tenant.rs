//! `global-object-in-tenant`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds tenants' migrations that make, change or drop what belongs to the whole database or server: schemas,
    /// databases, roles, tablespaces, publications, subscriptions, event triggers, foreign servers, languages, server
    /// settings, privileges on a database.
    ///
    /// ## Why is this bad?
    ///
    /// It runs once for every tenant. The second time it fails, or it makes the same thing anew; and dropping one tenant
    /// takes away what the others use. An event trigger of one tenant fires for all.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE ROLE reporting;
    /// ```
    ///
    /// ## Use instead
    ///
    /// The same in a shared migration.
    "global-object-in-tenant": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !at.is_tenant() {
        return;
    }
    let is_global = matches!(
        statement.class,
        Class::Schema
            | Class::Database
            | Class::Role
            | Class::Tablespace
            | Class::Publication
            | Class::Subscription
            | Class::EventTrigger
            | Class::Server
            | Class::UserMapping
            | Class::ForeignDataWrapper
            | Class::Language
            | Class::AccessMethod
            | Class::System
    );
    // search_path is set-search-path's.
    let is_path = matches!(&statement.detail, crate::lint::sql::Detail::Setting(s) if s.parameter == "search_path");
    if statement.is_ddl() && is_global && !is_path {
        let verb = match statement.verb {
            Verb::Create => "makes",
            Verb::Drop => "drops",
            _ => "changes",
        };
        let (noun, one) = (statement.class.noun(), statement.class.with_article());
        let whose = if statement.class == Class::Schema {
            "the database's, not a tenant's"
        } else {
            "there once for all tenants"
        };
        sink.report(at.place(statement.span.clone()), format!("a tenant's migration {verb} {one}"))
            .label(whose)
            .help("do it in a shared migration")
            .object(statement.subject().map_or_else(|| noun.to_owned(), |subject| subject.name.shown()));
    }
    if matches!(statement.verb, Verb::Grant | Verb::Revoke)
        && statement.objects.iter().any(|o| o.class == Class::Database && o.role == Role::Mention)
    {
        sink.report(at.place(statement.span.clone()), "a tenant's migration changes privileges on a database")
            .help("do it in a shared migration")
            .object("database");
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create schema audit;
            create role reporting;
            drop user x;
            create publication p for table orders;
            create event trigger e on ddl_command_end execute function f();
            alter system set work_mem = '1MB';
            grant connect on database app to x;
            do $$ begin create role x; end $$;
        "), @"
        tenant/1_a/up.sql:1:13 error: a tenant's migration makes a schema [create schema audit]
        tenant/1_a/up.sql:2:13 error: a tenant's migration makes a role [create role reporting]
        tenant/1_a/up.sql:3:13 error: a tenant's migration drops a role [drop user x]
        tenant/1_a/up.sql:4:13 error: a tenant's migration makes a publication [create publication p for table orders]
        tenant/1_a/up.sql:5:13 error: a tenant's migration makes an event trigger [create event trigger e on ddl_command_end execute function f()]
        tenant/1_a/up.sql:6:13 error: a tenant's migration changes a system setting [alter system set work_mem = '1MB']
        tenant/1_a/up.sql:7:13 error: a tenant's migration changes privileges on a database [grant connect on database app to x]
        tenant/1_a/up.sql:8:25 error: a tenant's migration makes a role [create role x]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table orders (id int);
            grant select on orders to reporting;
            create trigger t after insert on orders execute function f();
            -- file: shared/1_a/up.sql
            create role reporting;
            create schema audit;
        ",
        );
    }
}
