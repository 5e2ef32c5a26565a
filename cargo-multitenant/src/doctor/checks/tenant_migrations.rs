use multitenant_runtime::Tier;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::folder;
use crate::doctor::ground::Ground;

check! {
    /// ## What it checks
    /// The folder of the tenants' migrations: that it is there, that each folder in it is a migration with an `up.sql` that
    /// holds a statement and a version of its own, that `metadata.toml` says what it means, that versions are of one
    /// form, and that nothing lies there that is not read. How many there are, and how many of them the application's
    /// binary has embedded as they are.
    ///
    /// ## Why is this bad?
    /// A set that cannot be read migrates nobody. Diesel reads a `metadata.toml` that is misspelt as
    /// `run_in_transaction = false`, silently; a file `Up.sql` or a `.sql` beside the folders is not read at all. Versions
    /// are compared byte by byte, so that `10_x` comes before `2_y`. A migration without a `down.sql` stops a rollback.
    ///
    /// ## What to do
    /// Correct the file that is named. `cargo multitenant generate tenant NAME` makes a folder with both files and a version
    /// that sorts last. What the SQL does is looked at by `cargo multitenant lint`.
    "tenant-migrations": Error, Project, "tenant migrations", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let folder = match ground.config()?.tenant_folder() {
        Ok(folder) => folder,
        Err(error) => {
            let problem = error.problems.into_iter().next();
            let message = problem.map_or_else(|| "the folder does not exist".to_owned(), |problem| problem.message);
            let complaint = CHECK.complaint(message).object("migrations.folder");
            let help = "cargo multitenant generate tenant NAME, or correct [migrations] folder";
            return Ok(Verdict::Bad("no folder".to_owned(), vec![complaint.help(help)]));
        }
    };
    let embedded = ground.embedded().ok().flatten().and_then(|embedded| embedded.manifests.first());
    Ok(folder::judge(&CHECK, Tier::Tenant, &folder, embedded.map(|manifest| &manifest.tenant)))
}
