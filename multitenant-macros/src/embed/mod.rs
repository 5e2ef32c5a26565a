//! `embed_migrations!`: both sets and the settings, as facts in a constant.

mod config;
mod document;
mod expand;
mod folder;
mod locate;
mod manifest;
mod metadata;
mod place;
mod registry;
pub(crate) mod seeds;
mod similar;
mod sql;

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};

use crate::args::{self, EmbedArgs};
use crate::errors::Errors;
use config::Config;
use folder::Migration;
use place::{Base, Place};

/// The folder of the tenants' migrations where nothing is configured.
const TENANT_FOLDER: &str = "migrations/tenant";
/// The folder of the shared migrations where nothing is configured, if it exists.
const SHARED_FOLDER: &str = "migrations/shared";

/// All that is embedded, read and checked.
#[derive(Debug, Default)]
struct Model {
    /// The configuration file, where there is one.
    file: Option<Place>,
    config: Config,
    shared: Option<Set>,
    tenant: Option<Set>,
}

/// One folder and what is in it.
#[derive(Debug)]
struct Set {
    folder: Place,
    migrations: Vec<Migration>,
}

/// The macro.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = args::read(input, &mut errors, EmbedArgs::parse);
    // With half of the arguments, what follows would be misleading.
    let model = if errors.is_empty() { model(&args, &mut errors) } else { Model::default() };
    match errors.into_compile_errors() {
        Some(errors) => expand::failed(&errors),
        None => expand::constant(&model),
    }
}

fn model(args: &EmbedArgs, errors: &mut Errors) -> Model {
    let Some(package) = package_folder() else {
        errors.push(Span::call_site(), "CARGO_MANIFEST_DIR is not set: `embed_migrations!` needs to be built by Cargo");
        return Model::default();
    };
    let package = Base::package(package);
    let Some(file) = configuration(args, &package, errors) else { return Model::default() };
    let base = file.as_ref().map_or_else(|| package.clone(), |file| package.beside(file));
    let config = file.as_ref().map(|file| config::read(file, errors)).unwrap_or_default();

    // A configuration that was misunderstood may have named the folders: the defaults are not asked for then.
    let understood = errors.is_empty();
    let tenant = if understood || args.tenant.is_some() || config.folder.is_some() {
        tenant_folder(args, &config, &package, &base, file.is_some(), errors)
    } else {
        None
    };
    let shared = shared_folder(args, &config, &package, &base, errors);
    if let (Some((tenant, span)), Some((shared, _))) = (&tenant, &shared)
        && tenant.is_same_folder(shared)
    {
        errors.push(
            *span,
            format!(
                "{} holds both the shared and the tenants' migrations: give each a folder of its own",
                tenant.shown
            ),
        );
        return Model::default();
    }
    let mut read = |folder: Option<(Place, Span)>| {
        folder.map(|(folder, span)| Set { migrations: folder::read(&folder, span, errors), folder })
    };
    Model { shared: read(shared), tenant: read(tenant), file, config }
}

#[expect(clippy::disallowed_methods, reason = "Cargo tells a macro by this variable which package it is used in")]
fn package_folder() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

/// The configuration file, if any; `None` after an error.
fn configuration(args: &EmbedArgs, package: &Base, errors: &mut Errors) -> Option<Option<Place>> {
    let Some(config) = &args.config else { return Some(locate::configuration(package)) };
    let file = package.join(&config.value());
    if file.path.is_file() {
        return Some(Some(file));
    }
    errors.push(
        config.span(),
        format!(
            "the configuration {} does not exist in {}: the path begins at the package",
            file.shown,
            package.shown()
        ),
    );
    None
}

fn tenant_folder(
    args: &EmbedArgs,
    config: &Config,
    package: &Base,
    base: &Base,
    configured: bool,
    errors: &mut Errors,
) -> Option<(Place, Span)> {
    if let Some(argument) = &args.tenant {
        return from_argument(argument, "tenant", package, errors);
    }
    if let Some(folder) = &config.folder {
        let remedy = "create it, or correct `migrations.folder`";
        return existing(base.join(&folder.value), &format!("{}: ", folder.place), remedy, base, errors);
    }
    let folder = base.join(TENANT_FOLDER);
    if configured || folder.path.is_dir() {
        let remedy = "create it (`cargo multitenant generate tenant NAME`), or set `folder` in [migrations]";
        return existing(folder, "", remedy, base, errors);
    }
    errors.push(
        Span::call_site(),
        format!(
            "there is neither a multitenant.toml nor a folder {TENANT_FOLDER} in {}: create the folder \
             (`cargo multitenant generate tenant NAME`), or a multitenant.toml whose [migrations] folder names \
             another, or write `embed_migrations!(tenant = \"…\")`",
            package.shown(),
        ),
    );
    None
}

fn shared_folder(
    args: &EmbedArgs,
    config: &Config,
    package: &Base,
    base: &Base,
    errors: &mut Errors,
) -> Option<(Place, Span)> {
    if let Some(argument) = &args.shared {
        return from_argument(argument, "shared", package, errors);
    }
    if let Some(folder) = &config.shared_folder {
        let remedy = "create it, or correct or remove `migrations.shared_folder`";
        return existing(base.join(&folder.value), &format!("{}: ", folder.place), remedy, base, errors);
    }
    let folder = base.join(SHARED_FOLDER);
    folder.path.is_dir().then(|| (folder, Span::call_site()))
}

fn from_argument(argument: &syn::LitStr, name: &str, package: &Base, errors: &mut Errors) -> Option<(Place, Span)> {
    let folder = package.join(&argument.value());
    if folder.path.is_dir() {
        return Some((folder, argument.span()));
    }
    errors.push(
        argument.span(),
        format!(
            "the folder {} does not exist in {}: create it, or correct `{name}`; the path begins at the package",
            folder.shown,
            package.shown(),
        ),
    );
    None
}

fn existing(folder: Place, place: &str, remedy: &str, base: &Base, errors: &mut Errors) -> Option<(Place, Span)> {
    if folder.path.is_dir() {
        return Some((folder, Span::call_site()));
    }
    let message = format!("{place}the folder {} does not exist in {}: {remedy}", folder.shown, base.shown());
    errors.push(Span::call_site(), message);
    None
}
