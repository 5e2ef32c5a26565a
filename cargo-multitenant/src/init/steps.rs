//! What is said beside the files: what was taken for granted, what is left to do by hand, what to try.

use multitenant_runtime::Tier;

use super::choices::{Choices, Crates, Database, Feature, Framework, Template};
use super::compatible::unusable_dependencies;
use super::dependencies;
use super::existing::Ground;
use super::files::Files;
use super::plan::{Action, Plan, whose};

/// What was found, and what follows from it.
pub(super) fn notes(choices: &Choices, ground: &Ground, made: &Files) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(old) = &ground.old {
        let by = old.named_by.as_ref().map(|by| format!(", which {by} names,")).unwrap_or_default();
        let (count, folder) = (old.names.len(), &old.folder);
        notes.push(match choices.existing {
            Tier::Shared => format!(
                "{folder}{by} has {count} migrations of one schema: they stay {}, where they have been applied, so that \
                 nothing changes for what is there; the tenants' begin in {}. --existing tenant makes them each tenant's",
                whose(Tier::Shared),
                made.tenant_folder
            ),
            Tier::Tenant => format!(
                "{folder}{by} has {count} migrations of one schema: they become {}, and a new tenant begins with all of \
                 them; what they have made in the shared schema stays there, with Diesel's history of it",
                whose(Tier::Tenant)
            ),
        });
        if choices.existing == Tier::Tenant && !old.unfit.is_empty() {
            let first = old.unfit.iter().take(3).map(|unfit| format!("{} in {}", unfit.rule, unfit.file));
            let more = if old.unfit.len() > 3 { ", …" } else { "" };
            notes.push(format!(
                "as each tenant's they break isolation in {} place(s): {}{more}: run `cargo multitenant lint` before the \
                 first tenant is made",
                old.unfit.len(),
                first.collect::<Vec<_>>().join(", "),
            ));
        }
        if old.makes_tenants && choices.existing == Tier::Shared && choices.registry() {
            notes.push(
                "one of them makes a table `tenants`, which is taken for the list of tenants: see [tenants] in \
                 multitenant.toml"
                    .to_owned(),
            );
        }
    }
    if choices.template < Template::Full {
        let unused: Vec<&str> = [
            (Feature::CrossSchema, "cross-schema"),
            (Feature::Health, "health"),
            (Feature::Metrics, "metrics"),
            (Feature::Debug, "debug"),
        ]
        .iter()
        .filter(|(feature, _)| choices.features.contains(feature))
        .map(|(_, name)| *name)
        .collect();
        if !unused.is_empty() {
            notes.push(format!(
                "nothing is written for {}: that is part of an application, which the templates full and enterprise have",
                unused.join(", ")
            ));
        }
    }
    if choices.template > Template::Minimal
        && let Crates::Checkout(folder) = &choices.crates
    {
        notes.push(format!("cargo-multitenant's crates are those of {}", crate::config::slashes(folder)));
    }
    notes
}

/// What is left to be done by hand.
pub(super) fn steps(choices: &Choices, ground: &Ground, plan: &Plan) -> Vec<String> {
    let mut steps = Vec::new();
    let kept = |path: &str| {
        plan.files.iter().find(|file| file.path == path && file.action == Action::Keep).and_then(|file| {
            let before = String::from_utf8_lossy(file.before.as_deref().unwrap_or_default()).into_owned();
            (before.as_bytes() != file.bytes).then(|| (before, String::from_utf8_lossy(&file.bytes).into_owned()))
        })
    };
    if let Some((before, text)) = kept("build.rs") {
        let lines = text.lines().map(str::trim).filter(|line| line.contains("rerun-if-changed"));
        let lacking: Vec<&str> = lines.filter(|line| !before.contains(line.trim_end_matches(';'))).collect();
        if !lacking.is_empty() {
            steps.push(format!("add to build.rs: {}", lacking.join(" ")));
        }
    }
    let script = ground.manifest.as_deref().and_then(super::manifest::build_script);
    if let Some(script) = script.filter(|script| script != "build.rs" && choices.template > Template::Minimal) {
        steps.push(format!("Cargo.toml names {script} as its build script: move the line of build.rs there"));
    }
    if choices.application()
        && let Some((before, _)) = kept("src/main.rs")
        && !before.contains("::main()")
    {
        let library = choices.name.library();
        steps.push(format!(
            "src/main.rs is kept: let its main be `fn main() -> std::process::ExitCode {{ {library}::main() }}`"
        ));
    }
    if choices.has_application {
        steps.push(
            "declare the module in src/main.rs or src/lib.rs: `mod db;`, and call `db::start(…)` where the application \
             starts: it migrates, and answers with the pool for all tenants"
                .to_owned(),
        );
        if choices.template == Template::Enterprise {
            steps.push(
                "add cargo-multitenant (default-features = false, features = [\"tls\"]) to Cargo.toml, and begin `main` with what \
                 Dockerfile and k8s/ call, `multitenant migrate`: \
                 `if let Some(code) = cargo_multitenant::Application::new(&db::MIGRATIONS).answer(std::env::args_os()) \
                 { return code; }`"
                    .to_owned(),
            );
        }
        if let Some(file) = ground.old.as_ref().and_then(|old| old.schema_file.as_ref()) {
            steps.push(format!(
                "mark the tables of {file}: `multitenant_runtime::{}_tables! {{ … }}`, or the derive {} on their structs",
                if choices.existing == Tier::Shared { "shared" } else { "tenant" },
                if choices.existing == Tier::Shared { "SharedTable" } else { "TenantTable" },
            ));
        }
    }
    if let Some(manifest) = &ground.manifest {
        let wanted = dependencies::normal(choices);
        for (_, reason) in unusable_dependencies(manifest, ground.inherited.as_deref(), &wanted) {
            steps.push(format!("in Cargo.toml: {reason}, which multitenant-runtime goes with"));
        }
    }
    if kept(".env").is_some_and(|(before, _)| !before.contains("DATABASE_URL")) {
        steps.push("add DATABASE_URL to .env".to_owned());
    }
    if choices.template == Template::Enterprise
        && let Some(repository) = ground.repository.as_ref().filter(|repository| **repository != ground.root)
    {
        steps.push(format!(
            "move .github/workflows/ci.yml to {}, where GitHub reads it, and set its `working-directory`",
            crate::config::slashes(repository)
        ));
    }
    if choices.template == Template::Enterprise {
        steps.extend(of_deployment(choices, ground));
    }
    steps
}

/// What is left to be done before it is brought into production.
fn of_deployment(choices: &Choices, ground: &Ground) -> Vec<String> {
    let mut steps = vec![
        "set the image of k8s/kustomization.yaml to what was pushed, with a tag of its own for each release: \
         `kustomize edit set image`, or newName and newTag"
            .to_owned(),
    ];
    if let Some(around) = &ground.around {
        let member = crate::config::slashes(ground.root.strip_prefix(around).unwrap_or(&ground.root));
        steps.push(format!(
            "the image is built from the workspace, which has Cargo.lock: `docker build -f {member}/Dockerfile .` in {}, \
             as docker-compose.yml does",
            crate::config::slashes(around)
        ));
    }
    if let Crates::Checkout(folder) = &choices.crates {
        steps.push(format!(
            "Cargo.toml takes cargo-multitenant's crates from {}, which neither Docker nor CI has: name their published \
             versions there before either is used",
            crate::config::slashes(folder)
        ));
    }
    if choices.has_application {
        steps.push(
            "of your application it is not known where it listens and how it is probed: add its ports, probes and what \
             Prometheus asks to docker-compose.yml and k8s/deployment.yaml, and a Service"
                .to_owned(),
        );
    }
    steps
}

/// What to try.
pub(super) fn next(choices: &Choices, ground: &Ground) -> Vec<String> {
    let mut next = Vec::new();
    match &choices.database {
        Database::Compose => next.push("docker compose up -d --wait postgres && cp .env.example .env".to_owned()),
        Database::Manual => next.push("set DATABASE_URL, or write it to .env".to_owned()),
        Database::Url(_) | Database::Embedded => {}
    }
    if choices.template == Template::Minimal && ground.old.is_none() {
        next.push("cargo multitenant generate tenant create_users".to_owned());
        return next;
    }
    if choices.template == Template::Standard && ground.old.is_none() {
        next.push("cargo multitenant generate tenant create_users".to_owned());
    }
    if ground.old.is_some() {
        next.push("cargo multitenant status".to_owned());
    }
    next.push("cargo multitenant migrate && cargo multitenant tenant create acme".to_owned());
    if choices.application() {
        next.push("cargo multitenant seed --once --env dev".to_owned());
        next.push("cargo test && cargo run".to_owned());
        if choices.framework != Framework::None {
            next.push("curl -H 'x-tenant: acme' localhost:3000/notes".to_owned());
        }
    }
    next
}
