use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;

check! {
    /// ## What it checks
    /// That the database can be reached with what is configured, and how long that takes.
    ///
    /// ## Why is this bad?
    /// Neither the application nor a migration can begin; and nothing about the database can be checked.
    ///
    /// ## What to do
    /// Start the server, or correct the URL: `database.migrate_url` where it is set, else `database.url`, `DATABASE_URL`
    /// or `--database-url`. `url = "embedded"` is a development server of the project's own.
    "connection": Error, Database, "database", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    ground.project()?;
    let inspector = match ground.connection() {
        Some(Ok(inspector)) => inspector,
        Some(Err(why)) => {
            let help = "start the server, or correct database.url, DATABASE_URL or --database-url";
            return Ok(Verdict::Bad(why.clone(), vec![CHECK.complaint(why).object("database").help(help)]));
        }
        None => return Err(Blocked("it is not known where the database is".to_owned())),
    };
    let rows = inspector.rows("SELECT split_part(version(), ' ', 2)", &[]).await?;
    let version = rows.first().and_then(|row| row.get(0)).unwrap_or("of unknown version");
    Ok(Verdict::Good(format!("PostgreSQL {version}, {} ms", inspector.connected_in().as_millis())))
}
