//! The main job in one file: a shared schema and four tenants, migrated by what the binary embeds.
//!
//! `cargo run --example quickstart`. It works in a database of its own, which is gone afterwards: on the server
//! of `DATABASE_URL`, or, where that is not set, on a PostgreSQL that it starts for itself.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod schema;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use diesel::dsl::sum;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    EmbeddedMigrations, Migrator, NewTenant, Scope, Settings, SharedTable, State, TenantId, TenantTable,
    embed_migrations, migrate_at_startup,
};
use schema::{orders, plans, users};

/// Both folders of migrations and `multitenant.toml`, put into the binary when it is compiled.
const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// A row of the shared schema: the same for all tenants.
#[derive(Queryable, Selectable, SharedTable)]
#[diesel(table_name = plans)]
struct Plan {
    name: String,
    monthly_price: i32,
}

/// A row of one tenant's schema.
#[derive(Queryable, Selectable, TenantTable)]
#[diesel(table_name = users)]
struct User {
    id: i32,
    name: String,
}

#[derive(Insertable, TenantTable)]
#[diesel(table_name = orders)]
struct NewOrder {
    user_id: i32,
    total: i32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    // The database goes with this value, whichever way the function is left.
    let database = TestDatabase::empty().await?;
    let url = database.url();
    println!("A database of its own, on {}.\n", server(&database).await?);

    println!("1. The application starts: one call applies what its binary embeds.");
    let started = migrate_at_startup(MIGRATIONS, url).await?;
    for target in &started.report.targets {
        println!("   {:<16} {} migrations in {:.0?}", target.target.to_string(), target.applied.len(), target.duration);
    }

    println!("\n2. Three tenants: schema, tables and row in the registry, each all or nothing.");
    let migrator = Migrator::embedded(MIGRATIONS).database_url(url).build()?;
    for (id, name) in [("acme", "Acme Inc."), ("globex", "Globex Corp."), ("Zoë & Co", "Zoë & Company")] {
        create_tenant(&migrator, id, name).await?;
    }

    println!("\n3. Each has users and orders of its own; all of them read the shared plans.");
    // A connection that changes tenant by hand, for now: a pool that does it is not there yet.
    let mut connection = AsyncPgConnection::establish(url).await?;
    let tenants = [
        ("acme", "Ada", "Business", &[120, 80][..]),
        ("globex", "Grace", "Team", &[45]),
        ("Zoë & Co", "Zoë", "Free", &[7, 7, 7]),
    ];
    for (tenant, user, plan, totals) in tenants {
        enter_tenant(&mut connection, migrator.settings(), &TenantId::new(tenant)?).await?;
        sign_up(&mut connection, user, plan, totals).await?;
    }
    for (tenant, ..) in tenants {
        enter_tenant(&mut connection, migrator.settings(), &TenantId::new(tenant)?).await?;
        show_customers(&mut connection, tenant).await?;
    }

    println!("\n4. A fourth tenant, while the application serves the others.");
    create_tenant(&migrator, "initech", "Initech").await?;

    println!("\n5. How they all stand:");
    show_status(&migrator).await?;

    println!("\n6. The next start finds nothing to do, and writes nothing.");
    let clock = Instant::now();
    let summary = migrate_at_startup(MIGRATIONS, url).await?.report.summary();
    println!("   {} applied, {} up to date, in {:.0?}", summary.applied, summary.up_to_date, clock.elapsed());
    Ok(())
}

async fn create_tenant(migrator: &Migrator, id: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let made = migrator.create_tenant(NewTenant::new(id)?.column("name", name)?).await?;
    println!("   {:<16} {} migrations in {:.0?}", made.target.to_string(), made.applied.len(), made.duration);
    Ok(())
}

/// Points a connection at one tenant: its schema first, then the shared one.
///
/// The schema's name is validated and quoted, so that no id can smuggle in another schema; and a tenant that does
/// not exist is an error, where PostgreSQL would fall through to the shared schema.
async fn enter_tenant(
    connection: &mut AsyncPgConnection,
    settings: &Settings,
    tenant: &TenantId,
) -> Result<(), Box<dyn Error>> {
    let schema = settings.schema_template.schema_of(tenant, &settings.shared_schema)?;
    // `"tenant_acme", "public"`: `SchemaName::quoted` for each schema of the configured path.
    let path = settings.search_path.for_tenant(&schema);
    connection.batch_execute(&format!("SET search_path = {path}")).await?;
    let is_current =
        diesel::dsl::sql::<Bool>("current_schema() IS NOT DISTINCT FROM ").bind::<Text, _>(schema.as_str());
    if diesel::select(is_current).get_result(connection).await? {
        Ok(())
    } else {
        Err(format!("there is no tenant {tenant}").into())
    }
}

/// Plain Diesel: nothing here knows of tenants.
async fn sign_up(connection: &mut AsyncPgConnection, name: &str, plan: &str, totals: &[i32]) -> QueryResult<()> {
    let plan_id: i32 = plans::table.filter(plans::name.eq(plan)).select(plans::id).first(connection).await?;
    let user: User = diesel::insert_into(users::table)
        .values((users::name.eq(name), users::plan_id.eq(plan_id)))
        .returning(User::as_returning())
        .get_result(connection)
        .await?;
    let rows: Vec<_> = totals.iter().map(|&total| NewOrder { user_id: user.id, total }).collect();
    diesel::insert_into(orders::table).values(rows).execute(connection).await?;
    Ok(())
}

/// A tenant's table joined with a shared one.
async fn show_customers(connection: &mut AsyncPgConnection, tenant: &str) -> QueryResult<()> {
    let customers: Vec<(User, Plan)> = users::table
        .inner_join(plans::table)
        .order(users::id)
        .select((User::as_select(), Plan::as_select()))
        .load(connection)
        .await?;
    for (user, plan) in customers {
        let spent: Option<i64> =
            orders::table.filter(orders::user_id.eq(user.id)).select(sum(orders::total)).first(connection).await?;
        let Plan { name, monthly_price } = plan;
        let spent = spent.unwrap_or_default();
        println!("   {tenant:<16} {:<6} on {name} ({monthly_price} a month), ordered for {spent}", user.name);
    }
    Ok(())
}

async fn show_status(migrator: &Migrator) -> Result<(), Box<dyn Error>> {
    println!("   schema           applied  pending  state");
    for target in migrator.plan(Scope::all()).await?.targets() {
        let (applied, pending) = (target.applied.len(), target.pending.len());
        let state = if target.state == State::UpToDate { "up to date" } else { "not up to date" };
        println!("   {:<16} {applied:>7}  {pending:>7}  {state}", target.target.to_string());
    }
    Ok(())
}

async fn server(database: &TestDatabase) -> Result<String, Box<dyn Error>> {
    let mut connection = AsyncPgConnection::establish(database.url()).await?;
    let version = diesel::select(diesel::dsl::sql::<Text>("current_setting('server_version')"));
    let version: String = version.get_result(&mut connection).await?;
    let whose = if database.cluster().is_embedded() { "started for it" } else { "that of DATABASE_URL" };
    Ok(format!("PostgreSQL {version}, {whose}"))
}
