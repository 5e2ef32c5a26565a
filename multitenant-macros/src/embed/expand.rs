//! What the macro writes: one block that ends in a constant.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::config::Config;
use super::document::Located;
use super::folder::Migration;
use super::manifest;
use super::place::Place;
use super::registry::Registry;
use super::{Model, Set};

/// The errors, and after them a value of the right type, so that no other error follows from them.
pub(crate) fn failed(errors: &TokenStream) -> TokenStream {
    quote! {{
        #errors
        ::multitenant_runtime::__private::EmbeddedMigrations::new(
            ::core::option::Option::None,
            ::multitenant_runtime::__private::EmbeddedSet::new("", &[]),
            ::multitenant_runtime::__private::SettingsText::DEFAULT,
        )
    }}
}

/// The constant, and the checks of the values by the runtime's rules.
pub(crate) fn constant(model: &Model) -> TokenStream {
    let watched = model.file.iter().chain(sets(model).flat_map(|set| &set.migrations).flat_map(|m| &m.metadata_file));
    // As documentation of nothing: as the value of a constant, the file, and with it the password in a
    // database's address, would stand in the library's metadata. Indented lines are no doctests.
    let watched = watched.map(|file| {
        let include = file.include();
        quote! {
            #[cfg(not(doctest))]
            #[doc = #include]
            const _: () = ();
        }
    });
    let checks = checks(&model.config);
    let settings = settings(&model.config);
    let shared = option(model.shared.as_ref().map(set));
    let tenant = model.tenant.as_ref().map(set);
    let manifest = manifest::text(model);
    quote! {{
        #(#watched)*
        #(#checks)*
        const SHARED: ::core::option::Option<::multitenant_runtime::__private::EmbeddedSet> = #shared;
        const TENANT: ::multitenant_runtime::__private::EmbeddedSet = #tenant;
        #[allow(clippy::needless_update)]
        const SETTINGS: ::multitenant_runtime::__private::SettingsText<'static> = #settings;
        ::multitenant_runtime::__private::EmbeddedMigrations::new(SHARED, TENANT, SETTINGS)
            .with_manifest(#manifest)
    }}
}

fn sets(model: &Model) -> impl Iterator<Item = &Set> {
    model.shared.iter().chain(&model.tenant)
}

fn set(set: &Set) -> TokenStream {
    let folder = &set.folder.shown;
    let migrations = set.migrations.iter().map(migration);
    quote! { ::multitenant_runtime::__private::EmbeddedSet::new(#folder, &[#(#migrations),*]) }
}

fn migration(migration: &Migration) -> TokenStream {
    let name = &migration.name;
    let up = migration.up.include();
    let down = option(migration.down.as_ref().map(Place::include));
    let (run_in_transaction, allow_shared_locks) =
        (migration.metadata.run_in_transaction, migration.metadata.allow_shared_locks);
    quote! {
        ::multitenant_runtime::__private::EmbeddedMigration {
            name: #name,
            up: #up,
            down: #down,
            run_in_transaction: #run_in_transaction,
            allow_shared_locks: #allow_shared_locks,
        }
    }
}

/// Only what was configured: all else is the runtime's default.
fn settings(config: &Config) -> TokenStream {
    let texts = [
        (quote!(shared_schema), &config.shared_schema),
        (quote!(schema_name), &config.schema_name),
        (quote!(role_name), &config.role_name),
        (quote!(application_role), &config.application_role),
        (quote!(archived_column), &config.archived_column),
        (quote!(archived_schema), &config.archived_schema),
        (quote!(shared_history), &config.shared_table),
        (quote!(tenant_history), &config.table),
        (quote!(state_schema), &config.state_schema),
        (quote!(lock_timeout), &config.lock_timeout),
        (quote!(statement_timeout), &config.statement_timeout),
        (quote!(out_of_order), &config.out_of_order),
    ];
    let texts = texts.iter().filter_map(|(field, value)| {
        let value = &value.as_ref()?.value;
        Some(quote! { #field: #value, })
    });
    let search_path = config.search_path.iter().map(|path| {
        let entries = &path.value;
        quote! { search_path: &[#(#entries),*], }
    });
    let roles = config.role_per_tenant.iter().map(|flag| {
        let flag = flag.value;
        quote! { role_per_tenant: #flag, }
    });
    let jobs = config.jobs.iter().map(|jobs| {
        let jobs = proc_macro2::Literal::u32_unsuffixed(jobs.value);
        quote! { jobs: #jobs, }
    });
    let registry = config.registry.iter().map(|value| {
        let value = registry(value);
        quote! { registry: #value, }
    });
    quote! {
        ::multitenant_runtime::__private::SettingsText {
            #(#texts)* #(#search_path)* #(#roles)* #(#jobs)* #(#registry)*
            ..::multitenant_runtime::__private::SettingsText::DEFAULT
        }
    }
}

fn registry(registry: &Registry) -> TokenStream {
    match registry {
        Registry::Table { table, id_column, schema_column, filter } => {
            let keys = [table, id_column, schema_column, filter].map(|key| {
                option(key.as_ref().map(|key| {
                    let text = &key.value;
                    quote! { #text }
                }))
            });
            quote! { ::multitenant_runtime::__private::registry_table(#(#keys),*) }
        }
        Registry::Query(sql) => {
            let sql = &sql.value;
            quote! { ::multitenant_runtime::__private::registry_query(#sql) }
        }
        Registry::Schemas => quote! { ::multitenant_runtime::__private::registry_schemas() },
        Registry::List(ids) => {
            let ids = &ids.value;
            quote! { ::multitenant_runtime::__private::registry_list(&[#(#ids),*]) }
        }
    }
}

/// One constant for each configured value, which calls the runtime's rule.
fn checks(config: &Config) -> Vec<TokenStream> {
    let mut checks = vec![
        text("database.shared_schema", "SharedSchema", config.shared_schema.as_ref()),
        text("isolation.schema_name", "Template", config.schema_name.as_ref()),
        texts("isolation.search_path", "SearchPath", config.search_path.as_ref()),
        text("isolation.role_name", "RoleTemplate", config.role_name.as_ref()),
        text("isolation.application_role", "ApplicationRole", config.application_role.as_ref()),
        text("tenants.archived_column", "ArchivedColumn", config.archived_column.as_ref()),
        text("tenants.archived_schema", "ArchiveTemplate", config.archived_schema.as_ref()),
        text("migrations.table", "Identifier", config.table.as_ref()),
        text("migrations.shared_table", "Identifier", config.shared_table.as_ref()),
        text("migrations.state_schema", "StateSchema", config.state_schema.as_ref()),
        text("migrations.lock_timeout", "Duration", config.lock_timeout.as_ref()),
        text("migrations.statement_timeout", "Duration", config.statement_timeout.as_ref()),
        text("migrations.out_of_order", "OutOfOrder", config.out_of_order.as_ref()),
        config.jobs.as_ref().map(|jobs| {
            let number = proc_macro2::Literal::u32_unsuffixed(jobs.value);
            check("migrations.jobs", &jobs.place, &quote!(Jobs(#number)))
        }),
    ];
    match &config.registry {
        Some(Registry::Table { table, id_column, schema_column, filter }) => checks.extend([
            text("tenants.table", "Identifier", table.as_ref()),
            text("tenants.id_column", "Identifier", id_column.as_ref()),
            text("tenants.schema_column", "Identifier", schema_column.as_ref()),
            text("tenants.filter", "Sql", filter.as_ref()),
        ]),
        Some(Registry::Query(sql)) => checks.push(text("tenants.query", "Sql", Some(sql))),
        Some(Registry::List(ids)) => checks.push(texts("tenants.ids", "TenantIds", Some(ids))),
        Some(Registry::Schemas) | None => {}
    }
    checks.into_iter().flatten().collect()
}

fn text(key: &str, rule: &str, value: Option<&Located<String>>) -> Option<TokenStream> {
    let (Located { value, place }, rule) = (value?, format_ident!("{rule}"));
    Some(check(key, place, &quote!(#rule(#value))))
}

fn texts(key: &str, rule: &str, value: Option<&Located<Vec<String>>>) -> Option<TokenStream> {
    let (Located { value, place }, rule) = (value?, format_ident!("{rule}"));
    Some(check(key, place, &quote!(#rule(&[#(#value),*]))))
}

fn check(key: &str, place: &str, rule: &TokenStream) -> TokenStream {
    quote! {
        const _: () = ::multitenant_runtime::__private::check(
            #place,
            #key,
            ::multitenant_runtime::__private::Rule::#rule,
        );
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote! { ::core::option::Option::Some(#value) },
        None => quote! { ::core::option::Option::None },
    }
}
