use multitenant_runtime::Tier;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::folder;
use crate::doctor::ground::Ground;
use crate::finding::Level;

check! {
    /// ## What it checks
    /// The folder of the shared schema's migrations, as `tenant-migrations` does the tenants': that it is there or
    /// configured, and that all in it can be used.
    ///
    /// ## Why is this bad?
    /// Without shared migrations nobody makes the shared schema's tables, the list of tenants among them, on a new database:
    /// somebody has to do it by hand, and no check knows whether it was done. What makes a set unusable is in
    /// `cargo multitenant explain tenant-migrations`.
    ///
    /// ## What to do
    /// `cargo multitenant generate shared NAME` begins with `migrations/shared`, which is taken where it is there. Another
    /// folder is named under `[migrations]`: `shared_folder = "…"`.
    "shared-migrations": Error, Project, "shared migrations", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let config = ground.config()?;
    let complaint = |message: String, help| CHECK.complaint(message).object("migrations.shared_folder").help(help);
    match config.shared_folder() {
        Ok(Some(folder)) => {
            let embedded = ground.embedded().ok().flatten().and_then(|embedded| embedded.manifests.first());
            Ok(folder::judge(&CHECK, Tier::Shared, &folder, embedded.and_then(|manifest| manifest.shared.as_ref())))
        }
        Ok(None) => {
            let help = "set [migrations] shared_folder, or begin with `cargo multitenant generate shared NAME`";
            let mut complaint = complaint("there are no migrations of the shared schema".to_owned(), help);
            complaint.level = Level::Warning;
            Ok(Verdict::Bad("folder not configured".to_owned(), vec![complaint]))
        }
        Err(error) => {
            let problem = error.problems.into_iter().next();
            let message = problem.map_or_else(|| "the folder does not exist".to_owned(), |problem| problem.message);
            let help = "create it, or correct [migrations] shared_folder";
            Ok(Verdict::Bad("no folder".to_owned(), vec![complaint(message, help)]))
        }
    }
}
