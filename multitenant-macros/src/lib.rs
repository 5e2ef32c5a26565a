//! The macros of [`multitenant-runtime`](https://docs.rs/multitenant-runtime), which re-exports and documents them.
//!
//! Use them from there: what they write names `multitenant_runtime`. Each works in four steps: parse, make a
//! model, validate (all errors are collected, none panics), expand. Deliberately absent: SQL. The macros carry
//! facts; statements and checksums are made of them once, in the runtime.
#![deny(missing_docs)]

mod args;
mod embed;
mod enums;
mod errors;
mod fragment;
mod item;
mod says;
mod tables;

use proc_macro::TokenStream;

/// Marks the table of a struct as one that every tenant has.
#[proc_macro_derive(TenantTable, attributes(multitenant, diesel, table_name))]
pub fn derive_tenant_table(input: TokenStream) -> TokenStream {
    tables::derive(tables::Tier::Tenant, input.into()).into()
}

/// Marks the table of a struct as one that all tenants share.
#[proc_macro_derive(SharedTable, attributes(multitenant, diesel, table_name))]
pub fn derive_shared_table(input: TokenStream) -> TokenStream {
    tables::derive(tables::Tier::Shared, input.into()).into()
}

/// Says which type of every tenant's an enum stands for, and its labels.
#[proc_macro_derive(TenantEnum, attributes(multitenant))]
pub fn derive_tenant_enum(input: TokenStream) -> TokenStream {
    enums::derive(input.into()).into()
}

/// Says which type of the shared schema an enum stands for, and its labels.
#[proc_macro_derive(SharedEnum, attributes(multitenant))]
pub fn derive_shared_enum(input: TokenStream) -> TokenStream {
    enums::derive(input.into()).into()
}

/// Marks tables as the tenants', without a struct.
#[proc_macro]
pub fn tenant_tables(input: TokenStream) -> TokenStream {
    tables::list(tables::Tier::Tenant, input.into()).into()
}

/// Marks tables as shared, without a struct.
#[proc_macro]
pub fn shared_tables(input: TokenStream) -> TokenStream {
    tables::list(tables::Tier::Shared, input.into()).into()
}

/// Embeds both sets of migrations and the settings.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    embed::expand(input.into()).into()
}

/// Embeds the SQL files of both tiers' seeds.
#[proc_macro]
pub fn embed_seeds(input: TokenStream) -> TokenStream {
    embed::seeds::expand(input.into()).into()
}
