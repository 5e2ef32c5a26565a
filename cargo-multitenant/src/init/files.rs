//! Which files follow from the choices, with their texts: pure.

use jiff::civil::DateTime;
use minijinja::Value;
use multitenant_runtime::{Tier, Version};

use super::choices::{Choices, Database, Feature, Framework, Template};
use super::existing::Ground;
use super::templates::{DASHBOARD, Templates};
use super::version;

/// Where migrations are if nobody says so.
pub(super) const TENANT: &str = "migrations/tenant";
pub(super) const SHARED: &str = "migrations/shared";

/// Beside migrations that are there already: Diesel would take a folder within theirs for one of them.
const TENANT_BESIDE: &str = "migrations-tenant";
const SHARED_BESIDE: &str = "migrations-shared";

/// All of these.
pub(super) const FOLDERS: [&str; 4] = [TENANT, SHARED, TENANT_BESIDE, SHARED_BESIDE];

/// A file as it would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) role: Role,
}

/// What a file is for, which says when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Always.
    Plain,
    /// Part of the application, which is written as a whole or not at all.
    Application,
    /// Where nothing else is in the folder.
    Placeholder,
    /// Its lines, those that are missing.
    Lines,
    /// Somebody's secrets: its text is told to nobody.
    Secret,
}

/// All files, whatever is there.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) all: Vec<File>,
    pub(super) tenant_folder: String,
}

/// All files that these choices may lead to.
///
/// # Errors
///
/// Where no version is later than those that are there; or by a bug in a template.
pub(super) fn files(choices: &Choices, ground: &Ground, now: DateTime) -> Result<Files, String> {
    let templates = Templates::new().map_err(|error| error.to_string())?;
    let (tenant_folder, shared_folder) = folders(choices, ground);
    let context = context(choices, ground, &tenant_folder, shared_folder.as_deref());
    let mut made = Made { templates, context, ground, all: Vec::new() };
    made.configuration(choices)?;
    if choices.template >= Template::Standard {
        made.package(choices, &tenant_folder, shared_folder.as_deref())?;
    }
    if choices.template >= Template::Full {
        made.migrations(choices, &tenant_folder, shared_folder.as_deref(), now)?;
    }
    if choices.application() {
        made.application(choices)?;
    } else if choices.template >= Template::Full {
        made.add(Role::Plain, "src/db.rs", "existing.db.rs")?;
    }
    if choices.template == Template::Enterprise {
        made.deployment(choices)?;
    }
    Ok(Files { all: made.all, tenant_folder })
}

/// Where the tenants' migrations are, and the shared schema's.
fn folders(choices: &Choices, ground: &Ground) -> (String, Option<String>) {
    let shared = choices.has(Feature::Shared);
    if let Some(configured) = &ground.configured {
        return (configured.folder.clone(), configured.shared_folder.clone());
    }
    match (&ground.old, choices.existing) {
        (Some(old), Tier::Tenant) => (old.folder.clone(), shared.then(|| SHARED_BESIDE.to_owned())),
        // Shared migrations that are there make a shared schema.
        (Some(old), Tier::Shared) => (TENANT_BESIDE.to_owned(), Some(old.folder.clone())),
        (None, _) => (TENANT.to_owned(), shared.then(|| SHARED.to_owned())),
    }
}

fn context(choices: &Choices, ground: &Ground, tenant_folder: &str, shared_folder: Option<&str>) -> Value {
    let shared = shared_folder.is_some();
    let existing = ground.old.as_ref().map(|_| match choices.existing {
        Tier::Tenant => "tenant",
        Tier::Shared => "shared",
    });
    let framework = match choices.framework {
        Framework::None => "none",
        Framework::Axum => "axum",
        Framework::Actix => "actix",
    };
    let library = ground.manifest.as_deref().and_then(super::manifest::library);
    // From here to the workspace's folder, and back.
    let inner = ground.around.as_ref().and_then(|around| ground.root.strip_prefix(around).ok());
    let up = inner.map(|inner| vec![".."; inner.components().count()].join("/")).unwrap_or_default();
    let member = inner.map(|inner| format!("{}/", crate::config::slashes(inner))).unwrap_or_default();
    let toml = |text: &str| Value::from(toml::Value::from(text).to_string());
    let mut watched: Vec<&str> = [Some(tenant_folder), shared_folder].into_iter().flatten().collect();
    if watched.iter().all(|folder| folder.starts_with("migrations/")) {
        watched = vec!["migrations"];
    }
    if choices.application() {
        watched.push("seeds");
    }
    let watched: Vec<Value> = watched.into_iter().map(Value::from).collect();
    let newest = ground.old.as_ref().and_then(|old| old.newest());
    Value::from_iter([
        ("name", Value::from(choices.name.as_str())),
        ("lib", Value::from(library.unwrap_or_else(|| choices.name.library()))),
        ("kube_name", Value::from(choices.name.in_kubernetes())),
        ("database_name", Value::from(choices.name.in_postgresql())),
        ("framework", Value::from(framework)),
        ("database", Value::from(choices.database.word())),
        ("enterprise", Value::from(choices.template == Template::Enterprise)),
        ("application", Value::from(choices.application())),
        ("build_context", Value::from(ground.around.as_ref().map(|_| up.clone()))),
        ("dockerfile", Value::from(format!("{member}Dockerfile"))),
        ("version", Value::from(env!("CARGO_PKG_VERSION"))),
        ("listens", Value::from(choices.listens())),
        ("registry", Value::from(choices.registry())),
        ("seeds", Value::from(choices.template >= Template::Standard)),
        ("shared", Value::from(shared)),
        ("cross_schema", Value::from(choices.has(Feature::CrossSchema))),
        ("health", Value::from(choices.application() && choices.has(Feature::Health))),
        ("metrics", Value::from(choices.application() && choices.has(Feature::Metrics))),
        // Without a framework there is one listener, and that one is for probes and Prometheus alone.
        ("exporter", Value::from(choices.exports())),
        ("debug", Value::from(choices.has(Feature::Debug))),
        ("existing", Value::from(existing.unwrap_or_default())),
        ("tenant_folder_toml", toml(tenant_folder)),
        ("shared_folder_toml", toml(shared_folder.unwrap_or_default())),
        ("newest_existing_toml", newest.map_or(Value::from(""), toml)),
        ("watched", Value::from_iter(watched)),
    ])
}

/// The files so far.
struct Made<'g> {
    templates: Templates,
    context: Value,
    ground: &'g Ground,
    all: Vec<File>,
}

impl Made<'_> {
    fn add(&mut self, role: Role, path: impl Into<String>, template: &str) -> Result<(), String> {
        let text = self.templates.render(template, &self.context);
        // The whole chain: which name was undefined, and where.
        let text = text.map_err(|error| format!("the template {template} is wrong: {error:#}"))?;
        self.put(role, path, text);
        Ok(())
    }

    fn put(&mut self, role: Role, path: impl Into<String>, text: String) {
        self.all.push(File { path: path.into(), text, role });
    }

    fn configuration(&mut self, choices: &Choices) -> Result<(), String> {
        self.add(Role::Plain, "multitenant.toml", "multitenant.toml")?;
        match &choices.database {
            Database::Url(url) => {
                // In single quotes nothing is special.
                let text = format!("DATABASE_URL='{}'\n", url.replace('\'', "%27"));
                self.put(Role::Secret, ".env", text);
                self.put(Role::Lines, ".gitignore", "/.env\n".to_owned());
            }
            Database::Compose if choices.template < Template::Enterprise => {
                self.add(Role::Plain, "docker-compose.yml", "deploy/docker-compose.yml")?;
            }
            Database::Compose | Database::Manual | Database::Embedded => {}
        }
        // The URL of the container has to stand somewhere.
        if choices.template >= Template::Full || choices.database == Database::Compose {
            self.add(Role::Plain, ".env.example", "env.example")?;
        }
        Ok(())
    }

    fn package(&mut self, choices: &Choices, tenant: &str, shared: Option<&str>) -> Result<(), String> {
        self.all.retain(|file| file.path != ".gitignore");
        self.add(Role::Lines, ".gitignore", "gitignore")?;
        self.add(Role::Plain, "build.rs", "build.rs")?;
        self.put(Role::Placeholder, format!("{tenant}/.gitkeep"), String::new());
        self.put(Role::Placeholder, "seeds/tenant/.gitkeep", String::new());
        if let Some(shared) = shared {
            self.put(Role::Placeholder, format!("{shared}/.gitkeep"), String::new());
            self.put(Role::Placeholder, "seeds/shared/.gitkeep", String::new());
        }
        if choices.template == Template::Standard && self.ground.package.is_none() {
            self.add(Role::Plain, "src/lib.rs", "library.rs")?;
        }
        Ok(())
    }

    fn migrations(
        &mut self,
        choices: &Choices,
        tenant: &str,
        shared: Option<&str>,
        now: DateTime,
    ) -> Result<(), String> {
        let makes_tenants = self.ground.old.as_ref().is_some_and(|old| old.makes_tenants);
        if let Some(shared) = shared {
            // A table of that name that becomes each tenant's is not the registry.
            if !(makes_tenants && choices.existing == Tier::Shared) {
                self.migration(Role::Plain, shared, "tenants", 0, now)?;
            }
            if choices.application() {
                self.migration(Role::Application, shared, "announcements", 1, now)?;
                self.add(Role::Application, "seeds/shared/10_announcements.sql", "sql/seed.announcements.sql")?;
            }
        }
        if !choices.application() {
            return Ok(());
        }
        self.migration(Role::Application, tenant, "notes", 0, now)?;
        self.add(Role::Application, "seeds/tenant/10_notes.sql", "sql/seed.notes.sql")?;
        self.add(Role::Application, "seeds/tenant/dev/20_notes.sql", "sql/seed.dev.notes.sql")
    }

    /// The migration of this name that is there, or a new one that is later than all there are.
    fn migration(&mut self, role: Role, folder: &str, name: &str, nth: u32, now: DateTime) -> Result<(), String> {
        let there = self.ground.migrations_in(folder);
        let made = format!("create_{name}");
        let same = there.iter().find(|migration| migration.split_once('_').is_some_and(|(_, rest)| rest == made));
        let migration = match same {
            Some(migration) => migration.clone(),
            None => {
                let newest = there.last().and_then(|name| Version::of_folder(name));
                let time = version::later_than(newest.as_ref(), now);
                let mut time = time.ok_or_else(|| format!("{folder} has a version that sorts behind every date"))?;
                for _ in 0..nth {
                    time = version::next(time);
                }
                version::folder(time, &made)
            }
        };
        for way in ["up", "down"] {
            self.add(role, format!("{folder}/{migration}/{way}.sql"), &format!("sql/{name}.{way}.sql"))?;
        }
        Ok(())
    }

    fn application(&mut self, choices: &Choices) -> Result<(), String> {
        for name in ["lib", "config", "db", "models", "notes", "schema", "telemetry"] {
            self.add(Role::Application, format!("src/{name}.rs"), &format!("app/{name}.rs"))?;
        }
        let framework = match choices.framework {
            Framework::None => "none",
            Framework::Axum => "axum",
            Framework::Actix => "actix",
        };
        let mut modules = Vec::new();
        if choices.framework == Framework::None {
            modules.push("worker");
            modules.extend(choices.listens().then_some("endpoints"));
        } else {
            modules.extend(["admin", "error"]);
            self.add(Role::Application, "src/routes.rs", &format!("app/routes.{framework}.rs"))?;
        }
        modules.extend((choices.framework != Framework::Actix).then_some("shutdown"));
        modules.extend(choices.exports().then_some("exporter"));
        modules.extend(choices.has(Feature::CrossSchema).then_some("report"));
        for name in modules {
            self.add(Role::Application, format!("src/{name}.rs"), &format!("app/{name}.rs"))?;
        }
        self.add(Role::Plain, "src/main.rs", "app/main.rs")?;
        self.add(Role::Application, "tests/isolation.rs", &format!("app/isolation.{framework}.rs"))
    }

    fn deployment(&mut self, choices: &Choices) -> Result<(), String> {
        for (path, template) in [
            (".github/workflows/ci.yml", "deploy/ci.yml"),
            ("Dockerfile", "deploy/Dockerfile"),
            (
                if self.ground.around.is_some() { "Dockerfile.dockerignore" } else { ".dockerignore" },
                "deploy/dockerignore",
            ),
            ("docker-compose.yml", "deploy/docker-compose.yml"),
            ("k8s/kustomization.yaml", "k8s/kustomization.yaml"),
            ("k8s/migrate.yaml", "k8s/migrate.yaml"),
            ("k8s/deployment.yaml", "k8s/deployment.yaml"),
        ] {
            self.add(Role::Plain, path, template)?;
        }
        if choices.listens() {
            self.add(Role::Plain, "k8s/service.yaml", "k8s/service.yaml")?;
        }
        if choices.application() && choices.has(Feature::Metrics) {
            let grafana = "observability/grafana";
            self.add(Role::Plain, "observability/prometheus.yml", "observability/prometheus.yml")?;
            let place = format!("{grafana}/provisioning/datasources/prometheus.yml");
            self.add(Role::Plain, place, "observability/datasources.yml")?;
            let place = format!("{grafana}/provisioning/dashboards/multitenant.yml");
            self.add(Role::Plain, place, "observability/dashboards.yml")?;
            self.put(Role::Plain, format!("{grafana}/dashboards/multitenant.json"), DASHBOARD.to_owned());
        }
        Ok(())
    }
}
