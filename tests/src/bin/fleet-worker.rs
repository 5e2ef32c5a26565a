//! A process that migrates a folder of migrations, or does something to a tenant: to be started several at once, and to
//! be killed.
//!
//! `fleet-worker URL FOLDER JOBS migrate`, or `create ID`, `drop ID`, `rename OLD NEW`, `archive ID`, `restore ID`; the
//! folder holds `tenant`, and `shared` where the tenants are rows of a table, a file `roles` where each tenant has one, and
//! a file `archives` where the column `archived_at` says who is archived, and a folder `seeds` that new tenants begin with. It says `ready`, and begins when its standard input has a
//! line, so that several can begin at the same moment. The report goes to standard output, a line for each target:
//! `target SCHEMA OUTCOME CLASS VERSIONS`, with `-` for what there is none of; then, where it succeeded, how many
//! targets are as they should be and how many migrations it has applied. An error goes to standard error.

use std::io::{Read, Write, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use multitenant_runtime::{
    Error, MigrationSet, Migrator, NewTenant, Outcome, RegistryText, Report, Scope, SeedSet, Settings, SettingsText,
    TenantId, Tier,
};

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(said) => {
            let _ = writeln!(stdout(), "{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, Failed> {
    let [url, folder, jobs, command @ ..] = arguments else { return Err("URL FOLDER JOBS COMMAND".into()) };
    let migrator = migrator(url, Path::new(folder), jobs.parse()?)?;
    let runtime = tokio::runtime::Runtime::new()?;
    writeln!(stdout(), "ready")?;
    stdin().read_exact(&mut [0])?;
    match command {
        [command] if command == "migrate" => {
            let result = runtime.block_on(migrator.migrate(Scope::all()));
            match &result {
                Ok(report) => tell(report)?,
                Err(Error::Incomplete(report) | Error::Aborted { report, .. }) => tell(report)?,
                Err(_) => {}
            }
            let report = result?;
            let applied: usize = report.targets.iter().map(|target| target.applied.len()).sum();
            let good = report.targets.iter().filter(|t| matches!(t.outcome, Outcome::Applied | Outcome::UpToDate));
            Ok(format!("{} {applied}", good.count()))
        }
        [command, id] if command == "create" => {
            let mut tenant = NewTenant::new(id)?;
            if let Some(seeds) = seeds(Path::new(folder))? {
                tenant = tenant.seeded(&seeds);
            }
            let report = runtime.block_on(migrator.create_tenant(tenant))?;
            Ok(format!("1 {}", report.applied.len()))
        }
        [command, id] if command == "drop" => {
            runtime.block_on(migrator.drop_tenant(TenantId::new(id)?))?;
            Ok("1 0".to_owned())
        }
        [command, id] if command == "archive" => {
            runtime.block_on(migrator.archive_tenant(&TenantId::new(id)?))?;
            Ok("1 0".to_owned())
        }
        [command, id] if command == "restore" => {
            runtime.block_on(migrator.restore_tenant(&TenantId::new(id)?))?;
            Ok("1 0".to_owned())
        }
        [command, old, new] if command == "rename" => {
            runtime.block_on(migrator.rename_tenant(&TenantId::new(old)?, &TenantId::new(new)?))?;
            Ok("1 0".to_owned())
        }
        _ => Err("there is no such command".into()),
    }
}

/// What a new tenant begins with, where the folder has that.
fn seeds(folder: &Path) -> Result<Option<SeedSet>, Failed> {
    let folder = folder.join("seeds");
    Ok(if folder.exists() { Some(SeedSet::from_folder(&folder)?) } else { None })
}

/// The report, a line for each target.
fn tell(report: &Report) -> Result<(), Failed> {
    for target in &report.targets {
        let applied = target.applied.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let class = target.failure.as_ref().map(|failure| failure.class.to_string());
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let (class, applied) = (or_none(&class.unwrap_or_default()), or_none(&applied));
        writeln!(stdout(), "target {} {:?} {class} {applied}", target.target, target.outcome)?;
    }
    Ok(())
}

fn migrator(url: &str, folder: &Path, jobs: usize) -> Result<Migrator, Failed> {
    let shared = folder.join("shared");
    let shared = if shared.exists() { Some(MigrationSet::from_folder(Tier::Shared, &shared)?) } else { None };
    let tenant = MigrationSet::from_folder(Tier::Tenant, &folder.join("tenant"))?;
    let registry = if shared.is_some() { RegistryText::DEFAULT } else { RegistryText::Schemas };
    let settings = Settings::try_from(SettingsText {
        registry,
        role_per_tenant: folder.join("roles").exists(),
        archived_column: if folder.join("archives").exists() { "archived_at" } else { "" },
        ..SettingsText::DEFAULT
    })?;
    Ok(Migrator::from_sets(shared, tenant, settings).database_url(url).jobs(jobs).build()?)
}
