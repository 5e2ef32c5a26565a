use std::collections::BTreeMap;

use multitenant_runtime::MigrationSet;
use multitenant_runtime::migration::Manifest;

use super::check;
use crate::config::{Config, shown, slashes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::finding::Complaint;

check! {
    /// ## What it checks
    /// That what `embed_migrations!` has put into the application's binary is what is in the folders and in
    /// `multitenant.toml` now: each migration with its `up.sql`, `down.sql` and `metadata.toml`, and each setting. The newest
    /// binary under the target folder is looked into, or the one of `--binary PATH`, which may be a deployed one. It is
    /// not run: the macro leaves a text with names and digests in it.
    ///
    /// ## Why is this bad?
    /// The application migrates to what it embeds. A folder that is missing in it is not applied, and its code may need the
    /// table already; settings that differ let the application and the command line look for tenants in different places.
    ///
    /// ## What to do
    /// Build again, and deploy that. Where a new folder is still missing after it, a `build.rs` is: see
    /// `cargo multitenant explain embedding`.
    "embedded": Warning, Project, "embedded", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (config, project) = (ground.config()?, ground.project()?);
    let is_named = ground.binary.is_some();
    if !is_named && ground.packages()?.all.iter().all(|package| package.embeds.is_none()) {
        return Ok(Verdict::Nothing);
    }
    let Some(embedded) = ground.embedded()? else {
        return Ok(Verdict::Good("nothing that embeds is built yet".to_owned()));
    };
    let file = slashes(&shown(&embedded.file, &ground.here));
    let (shared, tenant) = project.sets();
    let wanted = [("shared", shared.map(MigrationSet::manifest)), ("tenant", Some(tenant.manifest()))];
    let again = if is_named { "build again, and deploy it" } else { "build again: cargo build" };
    // Where a binary embeds several times, the one that is meant is the one that fits best.
    let judged = embedded.manifests.iter().map(|manifest| {
        let mut complaints: Vec<Complaint> = Vec::new();
        for (tier, wanted) in &wanted {
            let found = if *tier == "shared" { manifest.shared.as_ref() } else { Some(&manifest.tenant) };
            complaints.extend(of_tier(tier, wanted.as_ref(), found, &file));
        }
        complaints.extend(of_settings(config, manifest, &file));
        let size = manifest.tenant.len() + manifest.shared.as_ref().map_or(0, BTreeMap::len);
        (complaints, size)
    });
    let Some((complaints, size)) = judged.min_by_key(|(complaints, _)| complaints.len()) else {
        return Ok(Verdict::Nothing);
    };
    let complaints: Vec<Complaint> = complaints.into_iter().map(|complaint| complaint.help(again)).collect();
    let good = format!("{size} migrations in {file}, as in the folders");
    Ok(Verdict::of(good, format!("{file} is out of date"), complaints))
}

fn of_tier(
    tier: &str,
    wanted: Option<&BTreeMap<String, String>>,
    found: Option<&BTreeMap<String, String>>,
    file: &str,
) -> Vec<Complaint> {
    let nothing = BTreeMap::new();
    let (wanted, found) = (wanted.unwrap_or(&nothing), found.unwrap_or(&nothing));
    let complaint = |message| CHECK.complaint(message).object(format!("{tier} migrations"));
    let mut complaints = Vec::new();
    let missing: Vec<&String> = wanted.keys().filter(|name| !found.contains_key(*name)).collect();
    if !missing.is_empty() {
        let there = wanted.len() - missing.len();
        let message =
            format!("{there} of {} {tier} migrations are in {file}; not in it: {}", wanted.len(), listed(missing));
        complaints.push(complaint(message));
    }
    let gone: Vec<&String> = found.keys().filter(|name| !wanted.contains_key(*name)).collect();
    if !gone.is_empty() {
        complaints.push(complaint(format!("{file} embeds {tier} migrations that have no folder: {}", listed(gone))));
    }
    let edited = wanted.iter().filter(|(name, digest)| found.get(*name).is_some_and(|found| found != *digest));
    let edited: Vec<&String> = edited.map(|(name, _)| name).collect();
    if !edited.is_empty() {
        let message =
            format!("{file} embeds other files of these {tier} migrations than there are: {}", listed(edited));
        complaints.push(complaint(message));
    }
    complaints
}

fn of_settings(config: &Config, manifest: &Manifest, file: &str) -> Vec<Complaint> {
    let escaped = |values: BTreeMap<&'static str, String>| -> BTreeMap<&'static str, String> {
        values.into_iter().map(|(key, value)| (key, value.escape_default().to_string())).collect()
    };
    let (written, defaults) = (escaped(config.written()), escaped(Config::defaults()));
    let mut keys: Vec<&str> = written.keys().copied().chain(manifest.settings.keys().map(String::as_str)).collect();
    keys.sort_unstable();
    keys.dedup();
    let differing = keys.into_iter().filter_map(|key| {
        let default = defaults.get(key);
        let (now, then) = (written.get(key).or(default), manifest.settings.get(key).or(default));
        let shown = |value: Option<&String>| value.map_or_else(|| "nothing".to_owned(), |value| format!("\"{value}\""));
        (now != then).then(|| {
            let message = format!("{file} was built with {key} = {}, and it is {} now", shown(then), shown(now));
            CHECK.complaint(message).object(key)
        })
    });
    differing.collect()
}
