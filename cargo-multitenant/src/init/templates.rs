//! The templates, and how texts are made of them.

use minijinja::{Environment, Value};

use crate::scaffold::blank_environment;

/// `templates!`: a function from a name to its text.
macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("templates/", $name, ".j2")))),*];
    };
}

templates![
    "multitenant.toml",
    "build.rs",
    "library.rs",
    "gitignore",
    "env.example",
    "existing.db.rs",
    "sql/tenants.up.sql",
    "sql/tenants.down.sql",
    "sql/announcements.up.sql",
    "sql/announcements.down.sql",
    "sql/notes.up.sql",
    "sql/notes.down.sql",
    "sql/seed.notes.sql",
    "sql/seed.dev.notes.sql",
    "sql/seed.announcements.sql",
    "app/main.rs",
    "app/lib.rs",
    "app/admin.rs",
    "app/config.rs",
    "app/db.rs",
    "app/endpoints.rs",
    "app/error.rs",
    "app/exporter.rs",
    "app/models.rs",
    "app/notes.rs",
    "app/report.rs",
    "app/routes.axum.rs",
    "app/routes.actix.rs",
    "app/schema.rs",
    "app/shutdown.rs",
    "app/telemetry.rs",
    "app/worker.rs",
    "app/isolation.none.rs",
    "app/isolation.axum.rs",
    "app/isolation.actix.rs",
    "deploy/ci.yml",
    "deploy/Dockerfile",
    "deploy/dockerignore",
    "deploy/docker-compose.yml",
    "observability/prometheus.yml",
    "observability/datasources.yml",
    "observability/dashboards.yml",
    "k8s/kustomization.yaml",
    "k8s/migrate.yaml",
    "k8s/deployment.yaml",
    "k8s/service.yaml",
];

/// The dashboard of the examples, as it is.
pub(super) const DASHBOARD: &str = include_str!("templates/observability/dashboard.json");

/// All templates, ready to be rendered.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// # Errors
    ///
    /// Where one of them is no template, which is a bug.
    pub(super) fn new() -> Result<Self, minijinja::Error> {
        let mut environment = blank_environment();
        for (name, text) in ALL {
            environment.add_template(name, text)?;
        }
        Ok(Self(environment))
    }

    /// # Errors
    ///
    /// Where there is no such template, or it names what the context does not have, which is a bug.
    pub(super) fn render(&self, name: &str, context: &Value) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one_and_undefined_names_are_errors() {
        let templates = Templates::new().unwrap();
        let error = templates.render("app/main.rs", &Value::from_iter([("other", 1)])).unwrap_err();
        assert_eq!(error.kind(), minijinja::ErrorKind::UndefinedError);
    }

    #[test]
    fn the_dashboard_is_that_of_the_examples() {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/observability/grafana/dashboard.json");
        // In a package as it is published there is no example.
        if let Ok(text) = std::fs::read_to_string(example) {
            assert_eq!(
                text, DASHBOARD,
                "copy examples/observability/grafana/dashboard.json to templates/observability"
            );
        }
    }
}
