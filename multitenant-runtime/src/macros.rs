//! The macros, documented where they can be tried.
#![cfg_attr(
    feature = "migrations",
    expect(clippy::needless_doctest_main, reason = "one of the examples is a whole build.rs")
)]

/// Marks the table of a struct as one that every tenant has in its own schema.
///
/// The table is the one that Diesel's own derives take: `#[diesel(table_name = …)]`, else the struct's name in
/// snake case with an `s` (`UserOrder` is `user_orders`).
///
/// ```
/// use diesel::prelude::*;
/// use multitenant_runtime::TenantTable;
///
/// diesel::table! { users (id) { id -> BigInt, name -> Text, } }
///
/// #[derive(Queryable, Selectable, TenantTable)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// /// A further struct of the table: it marks nothing, and must agree with the mark.
/// #[derive(Insertable, TenantTable)]
/// #[diesel(table_name = users)]
/// #[multitenant(same_table)]
/// struct NewUser<'a> {
///     name: &'a str,
/// }
/// ```
///
/// `#[multitenant(allow(rule))]` is for `cargo multitenant lint`, and means nothing here:
///
/// ```
/// # use multitenant_runtime::TenantTable;
/// # diesel::table! { old_orders (id) { id -> BigInt, } }
/// #[derive(TenantTable)]
/// #[multitenant(allow(unmarked-table, tier_mismatch))]
/// struct OldOrder;
/// ```
///
/// # What `table!` cannot say
///
/// Attributes say it, for `cargo multitenant generate --from-schema`, which makes migrations of the difference between the
/// schema code and the migrations there are. They are checked here, and carry nothing at run time.
///
/// ```
/// use diesel::prelude::*;
/// use multitenant_runtime::TenantTable;
///
/// diesel::table! {
///     orders (id) {
///         id -> Int8, plan -> Text, email -> Text, total -> Int4, doubled -> Int4, placed_at -> Timestamptz,
///     }
/// }
///
/// #[derive(Queryable, TenantTable)]
/// #[multitenant(
///     unique(email, placed_at),
///     index(columns(plan, "lower(email)"), name = "orders_open", unique, method = "btree", filter = "total > 0"),
///     check(name = "orders_total_check", "total >= 0"),
/// )]
/// struct Order {
///     #[multitenant(identity)]
///     id: i64,
///     #[multitenant(references = "plans(id)", on_delete = "restrict")]
///     plan: String,
///     #[multitenant(sql_type = "varchar(320)", index)]
///     email: String,
///     #[multitenant(default = "0", check = "total < 1000000")]
///     total: i32,
///     #[multitenant(generated = "total * 2")]
///     doubled: i32,
///     #[multitenant(default = "now()")]
///     placed_at: i64,
/// }
/// ```
///
/// On a field:
///
/// - `default = "now()"`: what the column holds where an `INSERT` says nothing
/// - `sql_type = "varchar(40)"`: its type, where more than one of PostgreSQL's is Diesel's
/// - `identity`, `identity = "always"`: numbers that the database counts
/// - `generated = "total * 2"`: computed from other columns, and stored
/// - `unique`, `index`, `check = "total >= 0"`: a constraint or an index of this column
/// - `references = "plans(id)"`, with `on_delete` and `on_update`: `"cascade"`, `"restrict"`, `"set null"`, `"set default"`,
///   `"no action"`; a key of one column to a primary key may also be said by Diesel's `joinable!`
///
/// On the struct, with the names of columns as `table!` has them:
///
/// - `unique(a, b)`, or `unique(columns(a, b), name = "…")`
/// - `index(a, b)`, or `index(columns(a, "lower(b)"), name = "…", unique, method = "gin", filter = "a > 0", include(c))`
/// - `check("a < b")`, or `check(name = "…", "a < b")`
/// - `foreign_key(columns(a, b), references = "plans(id, region)", on_delete = "…", on_update = "…", name = "…")`
///
/// What has no name gets the one that PostgreSQL would make for it. The primary key is that of `table!`.
///
/// A table is marked once. Twice, or as tenant and as shared, is a compile error that names both places:
///
/// ```compile_fail,E0119
/// # use multitenant_runtime::{SharedTable, TenantTable};
/// # diesel::table! { users (id) { id -> BigInt, } }
/// #[derive(TenantTable)]
/// struct User;
///
/// #[derive(SharedTable)]
/// #[diesel(table_name = users)]
/// struct NewUser;
/// ```
///
/// The mark belongs to the table's type, so that Rust lets only the crate that declares the table set it. Where
/// `table!` stands in another crate, use [`tenant_tables!`](crate::tenant_tables) there, and
/// `#[multitenant(same_table)]` on the structs here.
pub use multitenant_macros::TenantTable;

/// Marks the table of a struct as one of the shared schema, which all tenants see.
///
/// All is as with [`derive(TenantTable)`](macro@crate::TenantTable), but for the tier.
///
/// ```
/// use diesel::prelude::*;
/// use multitenant_runtime::SharedTable;
///
/// diesel::table! { plans (id) { id -> Text, price -> BigInt, } }
///
/// #[derive(Queryable, Selectable, SharedTable)]
/// struct Plan {
///     id: String,
///     price: i64,
/// }
/// ```
pub use multitenant_macros::SharedTable;

/// Says which type of every tenant's own schema an enum stands for, and its labels.
///
/// It is for `cargo multitenant generate --from-schema`, which makes the type, and adds labels that are new. How values are
/// read and written is left to `ToSql` and `FromSql`. The type is called as the enum, in snake case, unless `type_name` says
/// otherwise; a label as its variant, in snake case too, unless `label` says otherwise. Their order is that of the type.
///
/// A type in each tenant's schema has an OID in each, and Diesel remembers one for a connection: a type that does not differ
/// between tenants is better a [`SharedEnum`](macro@crate::SharedEnum).
///
/// ```
/// use multitenant_runtime::TenantEnum;
///
/// #[derive(Debug, Clone, Copy, TenantEnum)]
/// #[multitenant(type_name = "mood")]
/// enum Mood {
///     Glad,
///     #[multitenant(label = "so so")]
///     SoSo,
/// }
/// ```
pub use multitenant_macros::TenantEnum;

/// Says which type of the shared schema an enum stands for, and its labels.
///
/// All is as with [`derive(TenantEnum)`](macro@crate::TenantEnum), but for the tier.
///
/// ```
/// use multitenant_runtime::SharedEnum;
///
/// #[derive(Debug, Clone, Copy, SharedEnum)]
/// enum OrderState {
///     Open,
///     Paid,
/// }
/// ```
pub use multitenant_macros::SharedEnum;

/// Marks tables as the tenants', without a struct; beside `table!`, for instance.
///
/// A name is what `#[diesel(table_name = …)]` would say: a table, or a path to it.
///
/// ```
/// mod schema {
///     diesel::table! { users (id) { id -> BigInt, } }
///     diesel::table! { orders (id) { id -> BigInt, } }
/// }
///
/// multitenant_runtime::tenant_tables! { schema::users, schema::orders }
/// ```
///
/// It must stand in the crate that declares the tables.
pub use multitenant_macros::tenant_tables;

/// Marks tables as those of the shared schema, without a struct; beside `table!`, for instance.
///
/// ```
/// diesel::table! { plans (id) { id -> Text, } }
///
/// multitenant_runtime::shared_tables! { plans }
/// ```
///
/// It must stand in the crate that declares the tables.
pub use multitenant_macros::shared_tables;

/// Embeds both sets of migrations, and the settings that say where they go, as
/// [`EmbeddedMigrations`](crate::EmbeddedMigrations).
///
/// Without arguments it reads `multitenant.toml` beside the package's `Cargo.toml`, else beside that of the
/// workspace. It is the file that `cargo multitenant` reads, so that the application and the command line cannot
/// disagree. Where there is none, the defaults hold, and the migrations lie in `migrations/tenant` and, if that
/// exists, `migrations/shared`.
///
/// ```
/// use multitenant_runtime::{EmbeddedMigrations, embed_migrations};
///
/// const MIGRATIONS: EmbeddedMigrations = embed_migrations!(config = "fixtures/example/multitenant.toml");
///
/// assert_eq!(MIGRATIONS.settings().schema_name, "customer_{id}");
/// assert_eq!(MIGRATIONS.settings().lock_timeout, "500ms");
/// ```
///
/// # Arguments
///
/// * `config = "…"`: another configuration file.
/// * `tenant = "…"`, `shared = "…"`: other folders than the configured ones.
///
/// All paths begin at the folder of the package's `Cargo.toml`; those in the configuration begin at the
/// configuration.
///
/// ```
/// # use multitenant_runtime::{EmbeddedMigrations, embed_migrations};
/// const MIGRATIONS: EmbeddedMigrations = embed_migrations!(
///     tenant = "fixtures/example/migrations/tenant",
///     shared = "fixtures/example/migrations/shared",
/// );
/// assert_eq!(MIGRATIONS.settings().schema_name, "tenant_{id}");
/// ```
///
/// # What is embedded
///
/// Names, `up.sql`, `down.sql`, `metadata.toml`, and of the configuration `format`, `[isolation]`, `[tenants]`,
/// `[migrations]` and the shared schema's name. The addresses of databases are not, nor are they ever shown. A
/// migration lies in a folder of its own, as Diesel's do:
///
/// ```text
/// migrations/tenant/2026-01-02-100000_create_users/up.sql
///                                                  down.sql        (may be missing)
///                                                  metadata.toml   (may be missing)
/// ```
///
/// `metadata.toml` must say `run_in_transaction`, and may say `multitenant.allow_shared_locks = true`, which lets
/// a tenant's migration lock tables of the shared schema exclusively.
///
/// # Compile errors
///
/// They come all at once, and name the file: a folder that is missing or has no `up.sql`, a migration that is
/// empty, two of one version, a version that is missing or that the history table cannot hold, files that are
/// not UTF-8, a key that is unknown, misplaced or of the wrong type, and a value that could not be used.
///
/// ```compile_fail
/// # use multitenant_runtime::embed_migrations;
/// // error: the folder migrations/tenants does not exist in …
/// let migrations = embed_migrations!(tenant = "migrations/tenants");
/// ```
///
/// # Building again
///
/// A change of an embedded file or of the configuration builds the crate again. That a *new* folder or a first
/// `multitenant.toml` appears is seen only by a `build.rs` beside `Cargo.toml`:
///
/// ```
/// fn main() {
///     println!("cargo:rerun-if-changed=migrations");
/// }
/// ```
#[cfg(feature = "migrations")]
pub use multitenant_macros::embed_migrations;

/// Embeds the SQL files of both tiers' seeds, as [`EmbeddedSeeds`](crate::EmbeddedSeeds), for
/// [`SeedSet::embedded`](crate::SeedSet::embedded).
///
/// Without arguments it reads the folders of `[seeds]` in `multitenant.toml`, which is found as for
/// [`embed_migrations!`](crate::embed_migrations), else `seeds/tenant` and `seeds/shared`, one of which may be missing.
/// `config = "…"`, `tenant = "…"` and `shared = "…"` name others; paths begin at the package.
///
/// ```
/// use multitenant_runtime::{EmbeddedSeeds, SeedSet, Tier, embed_seeds};
///
/// const SEEDS: EmbeddedSeeds = embed_seeds!(config = "fixtures/example/multitenant.toml");
///
/// let seeds = SeedSet::embedded(SEEDS)?;
/// assert_eq!(seeds.len(Tier::Tenant), 2);
/// assert_eq!(seeds.environments().collect::<Vec<_>>(), ["dev"]);
/// # Ok::<(), multitenant_runtime::SeedError>(())
/// ```
///
/// A change of a file builds the crate again; a new file does where a `build.rs` says
/// `cargo:rerun-if-changed=seeds`. Only SQL is embedded: functions are registered, by `SeedSet::with_tenant`.
///
/// # Compile errors
///
/// Folders that are missing, files that are empty or not UTF-8, all at once.
///
/// ```compile_fail
/// # use multitenant_runtime::embed_seeds;
/// // error: the folder seeds/tenants does not exist in …
/// let seeds = embed_seeds!(tenant = "seeds/tenants");
/// ```
#[cfg(feature = "migrations")]
pub use multitenant_macros::embed_seeds;
