//! What is to be written: as the flags say, as whoever sits at the terminal answers, or as the defaults are.

use multitenant_runtime::{ConnectionUrl, Tier};

use super::Init;
use super::args::{DatabaseArg, FeatureArg, TemplateArg};
use super::questions::{asked_database, asked_existing, asked_features, asked_framework, asked_template};
use crate::config::slashes;
use crate::context::Context;
use crate::error::CliError;
use crate::init::{Choices, Crates, Database, Features, Framework, Ground, PackageName, Template};
use crate::output::choose_text;

impl Init {
    /// What the flags say, and, for what they do not, whoever sits at the terminal, or the defaults.
    pub(super) fn choices(&self, context: &Context, ground: &Ground, asks: bool) -> Result<Choices, CliError> {
        let url = context.overrides.database_url.as_deref();
        let database = match (self.database, url) {
            (Some(DatabaseArg::Url) | None, Some(_)) => Some(DatabaseArg::Url),
            (Some(other), None) => Some(other),
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(CliError::Usage(
                    "--database-url goes with --database url: the others have a URL of their own".to_owned(),
                ));
            }
        };
        if !asks && !self.yes {
            self.complete(database, ground)?;
        }
        let name = self.name(ground, asks)?;
        let template = match self.template {
            Some(template) => template.into(),
            None if asks => asked_template(default_template(ground))?,
            None => default_template(ground),
        };
        let framework = match self.framework {
            Some(framework) => framework.into(),
            None if template == Template::Minimal => Framework::None,
            None if asks => asked_framework(default_framework(ground))?,
            None => default_framework(ground),
        };
        let features = match &self.features {
            Some(features) => named(features)?,
            None if asks && template > Template::Minimal => asked_features(template)?,
            None => template.features(),
        };
        let database = match database {
            Some(database) => database,
            None if asks => asked_database()?,
            None => default_database(),
        };
        let database = match database {
            DatabaseArg::Manual => Database::Manual,
            DatabaseArg::Compose => Database::Compose,
            DatabaseArg::Embedded => Database::Embedded,
            DatabaseArg::Url => Database::Url(match url {
                Some(url) => checked_url(url).map_err(CliError::Usage)?,
                None if asks => choose_text("URL of the database", None, |url| checked_url(url).map(drop))?,
                None => return Err(CliError::Usage("--database url needs --database-url".to_owned())),
            }),
        };
        let existing = match (&ground.old, self.existing) {
            (None, Some(_)) => {
                let what = "--existing: no migrations of one schema were found, neither those that diesel.toml names nor \
                            any in migrations/";
                return Err(CliError::Usage(what.to_owned()));
            }
            (None, None) => Tier::Shared,
            (Some(_), Some(existing)) => existing.into(),
            (Some(old), None) if asks => asked_existing(old)?,
            (Some(_), None) => Tier::Shared,
        };
        let crates = match &self.multitenant_path {
            Some(folder) => Crates::in_folder(&context.here.join(folder)).ok_or_else(|| {
                CliError::Usage(format!(
                    "--multitenant-path: {} is no checkout of cargo-multitenant: it has no multitenant-runtime/Cargo.toml",
                    slashes(folder)
                ))
            })?,
            None => Crates::of_this_tool(),
        };
        Ok(Choices { name, template, framework, features, database, existing, crates, has_application: false })
    }

    /// Where nobody can be asked, everything has to be said.
    fn complete(&self, database: Option<DatabaseArg>, ground: &Ground) -> Result<(), CliError> {
        let package = self.template != Some(TemplateArg::Minimal);
        let unsaid: Vec<&str> = [
            (self.template.is_none(), "--template"),
            (package && self.framework.is_none(), "--framework"),
            (package && self.features.is_none(), "--feature"),
            (database.is_none(), "--database"),
            (ground.old.is_some() && self.existing.is_none(), "--existing"),
        ]
        .iter()
        .filter(|(unsaid, _)| *unsaid)
        .map(|(_, flag)| *flag)
        .collect();
        if unsaid.is_empty() {
            return Ok(());
        }
        Err(CliError::Usage(format!(
            "there is no terminal to ask on: say {}, or take the defaults with --yes",
            unsaid.join(", ")
        )))
    }

    fn name(&self, ground: &Ground, asks: bool) -> Result<PackageName, CliError> {
        if let Some(package) = &ground.package {
            if self.name.as_ref().is_some_and(|name| name != package) {
                return Err(CliError::Usage(format!("--name: the package is called {package} already")));
            }
            // What cargo takes for a name is not ours to judge; what is called after it has to be one.
            return PackageName::of_package(package)
                .map_err(|why| CliError::Usage(format!("the package's name {package:?} {why}")));
        }
        let folder = ground.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let makes_package = self.template != Some(TemplateArg::Minimal);
        match &self.name {
            Some(name) => {
                PackageName::new(name).map_err(|why| CliError::Usage(format!("--name: the name {name:?} {why}")))
            }
            None if !makes_package => Ok(PackageName::new(&folder).unwrap_or_else(|_| PackageName::any())),
            None => PackageName::new(&folder).or_else(|why| {
                if asks {
                    let check = |name: &str| PackageName::new(name).map(drop).map_err(|why| format!("the name {why}"));
                    let name = choose_text("Name of the package", None, check)?;
                    return PackageName::new(&name).map_err(CliError::Usage);
                }
                Err(CliError::Usage(format!("the folder's name {folder:?} {why}: name the package with --name")))
            }),
        }
    }
}

fn default_template(ground: &Ground) -> Template {
    if ground.package.is_some() || ground.old.is_some() { Template::Standard } else { Template::Full }
}

/// That which the package has already.
fn default_framework(ground: &Ground) -> Framework {
    if ground.depends_on("actix-web") {
        Framework::Actix
    } else if ground.depends_on("axum") || ground.package.is_none() {
        Framework::Axum
    } else {
        Framework::None
    }
}

pub(super) fn default_database() -> DatabaseArg {
    if cfg!(unix) { DatabaseArg::Embedded } else { DatabaseArg::Manual }
}

/// The features that were named.
fn named(features: &[FeatureArg]) -> Result<Features, CliError> {
    if features.contains(&FeatureArg::None) && features.len() > 1 {
        return Err(CliError::Usage("--feature none stands alone".to_owned()));
    }
    Ok(features.iter().filter_map(|feature| feature.known()).collect())
}

fn checked_url(url: &str) -> Result<String, String> {
    let is_plain = !url.chars().any(char::is_control);
    match ConnectionUrl::parse(url) {
        Ok(_) if is_plain => Ok(url.to_owned()),
        Ok(_) => Err("the URL holds a control character".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
