//! `embed_seeds!`: the SQL files of both tiers' seeds, as facts in a constant.

use std::fs;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::place::{Base, Place};
use super::{config, configuration, from_argument, package_folder, sql};
use crate::args::{self, EmbedArgs};
use crate::errors::Errors;

/// The folders of the seeds where nothing is configured, if they exist.
const TENANT_FOLDER: &str = "seeds/tenant";
const SHARED_FOLDER: &str = "seeds/shared";

/// All that is embedded, read and checked.
#[derive(Default)]
struct Model {
    file: Option<Place>,
    shared: Vec<Seed>,
    tenant: Vec<Seed>,
}

/// One file of a folder.
struct Seed {
    /// Its way in the folder.
    name: String,
    environment: Option<String>,
    file: Place,
}

/// The macro.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = args::read(input, &mut errors, EmbedArgs::parse);
    let model = if errors.is_empty() { model(&args, &mut errors) } else { Model::default() };
    if let Some(errors) = errors.into_compile_errors() {
        // Without the files: no other error follows from them.
        return quote! {{ #errors ::multitenant_runtime::__private::EmbeddedSeeds::new(&[], &[]) }};
    }
    // As with migrations: it is watched, and does not get into the binary.
    let watched = model.file.iter().map(|file| {
        let include = file.include();
        quote! {
            #[cfg(not(doctest))]
            #[doc = #include]
            const _: () = ();
        }
    });
    let (shared, tenant) = (model.shared.iter().map(seed), model.tenant.iter().map(seed));
    quote! {{
        #(#watched)*
        ::multitenant_runtime::__private::EmbeddedSeeds::new(&[#(#shared),*], &[#(#tenant),*])
    }}
}

fn model(args: &EmbedArgs, errors: &mut Errors) -> Model {
    let Some(package) = package_folder() else {
        errors.push(Span::call_site(), "CARGO_MANIFEST_DIR is not set: `embed_seeds!` needs to be built by Cargo");
        return Model::default();
    };
    let package = Base::package(package);
    let Some(file) = configuration(args, &package, errors) else { return Model::default() };
    let base = file.as_ref().map_or_else(|| package.clone(), |file| package.beside(file));
    let config = file.as_ref().map(|file| config::read(file, errors)).unwrap_or_default();
    if !errors.is_empty() {
        return Model::default();
    }
    let mut folder = |argument: Option<&syn::LitStr>, name: &str, key: &str, configured: Option<&str>, usual: &str| {
        if let Some(argument) = argument {
            return from_argument(argument, name, &package, errors);
        }
        let folder = base.join(configured.unwrap_or(usual));
        if configured.is_some() && !folder.path.is_dir() {
            let message = format!(
                "the folder {} does not exist in {}: create it, or correct `{key}`",
                folder.shown,
                base.shown()
            );
            errors.push(Span::call_site(), message);
        }
        folder.path.is_dir().then(|| (folder, Span::call_site()))
    };
    let configured = config.shared_seeds.as_ref().map(|folder| folder.value.as_str());
    let shared = folder(args.shared.as_ref(), "shared", "seeds.shared_folder", configured, SHARED_FOLDER);
    let configured = config.seeds.as_ref().map(|folder| folder.value.as_str());
    let tenant = folder(args.tenant.as_ref(), "tenant", "seeds.folder", configured, TENANT_FOLDER);
    if shared.is_none() && tenant.is_none() && errors.is_empty() {
        let message = format!(
            "there is neither a folder {TENANT_FOLDER} nor {SHARED_FOLDER} in {}: create one, or write \
             `embed_seeds!(tenant = \"…\")`",
            base.shown()
        );
        errors.push(Span::call_site(), message);
    }
    let mut seeds = |folder: Option<(Place, Span)>| {
        let mut found = Vec::new();
        if let Some((folder, span)) = folder {
            let mut problems = Vec::new();
            read(&folder, &mut found, &mut problems);
            problems.iter().for_each(|problem| errors.push(span, problem));
        }
        found
    };
    let (shared, tenant) = (seeds(shared), seeds(tenant));
    Model { file, shared, tenant }
}

/// The files of a folder, then those of the folders in it, each by its name.
fn read(folder: &Place, seeds: &mut Vec<Seed>, problems: &mut Vec<String>) {
    let entries = names(folder, problems);
    let is_folder = |name: &&String| folder.join(name).path.is_dir();
    entries.iter().filter(|name| !is_folder(name)).for_each(|name| file(folder, name, None, seeds, problems));
    for environment in entries.iter().filter(is_folder) {
        let inner = folder.join(environment);
        for name in names(&inner, problems) {
            if inner.join(&name).path.is_dir() {
                problems.push(format!("{}/{name} is a folder in an environment's: move its files up", inner.shown));
            } else {
                file(&inner, &name, Some(environment), seeds, problems);
            }
        }
    }
}

fn file(folder: &Place, name: &str, environment: Option<&str>, seeds: &mut Vec<Seed>, problems: &mut Vec<String>) {
    if !name.ends_with(".sql") {
        return;
    }
    let file = folder.join(name);
    match fs::read_to_string(&file.path) {
        Ok(text) if sql::is_empty(&text) => problems.push(format!("{} is empty: write SQL, or remove it", file.shown)),
        Ok(_) => {}
        Err(error) => problems.push(format!("{} cannot be read: {}", file.shown, sql::reason(&error))),
    }
    let name = environment.map_or(name.to_owned(), |environment| format!("{environment}/{name}"));
    seeds.push(Seed { name, environment: environment.map(str::to_owned), file });
}

/// What is in a folder, in order, hidden entries left out.
fn names(folder: &Place, problems: &mut Vec<String>) -> Vec<String> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(&folder.path) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("{} cannot be read: {error}", folder.shown));
            return names;
        }
    };
    for entry in entries {
        match entry.map(|entry| entry.file_name().into_string()) {
            Ok(Ok(name)) => names.push(name),
            Ok(Err(name)) => {
                let name = name.to_string_lossy();
                problems.push(format!("{}/{name} has a name that is not UTF-8: rename it", folder.shown));
            }
            Err(error) => problems.push(format!("{} cannot be read: {error}", folder.shown)),
        }
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    names
}

fn seed(seed: &Seed) -> TokenStream {
    let Seed { name, file, environment } = seed;
    let (path, sql) = (&file.shown, file.include());
    let environment = match environment {
        Some(environment) => quote! { ::core::option::Option::Some(#environment) },
        None => quote! { ::core::option::Option::None },
    };
    quote! {
        ::multitenant_runtime::__private::EmbeddedSeed {
            name: #name,
            path: #path,
            environment: #environment,
            sql: #sql,
        }
    }
}
