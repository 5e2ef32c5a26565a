use std::time::{Duration, Instant};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::origin::{placed, said};
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// That the database can be reached with what is configured, as whom, and how long a question takes; and likewise
    /// over `database.url`, where `database.migrate_url` is another one.
    ///
    /// ## Why is this bad?
    /// Neither the application nor a migration can begin; and nothing about the database can be checked. Where a question
    /// and its answer take more than 50 ms, the server is far away: each migration of each tenant is at least one such
    /// trip, so that a thousand tenants wait for a minute and more for the network alone, and so does each request.
    ///
    /// ## What to do
    /// Start the server, or correct the URL: `database.migrate_url` where it is set, else `database.url`, `DATABASE_URL`
    /// or `--database-url`. `url = "embedded"` is a development server of the project's own. Where the server is far away,
    /// run migrations beside it.
    "connection": Error, Database, "database", look
}

/// From which time on for a question and its answer the server is far away.
const FAR: Duration = Duration::from_millis(50);

/// Behind a pooler too: a question is a transaction.
const WHO: &str = "SELECT split_part(version(), ' ', 2), current_database(), current_user";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    ground.project()?;
    // No server has been asked yet.
    if let Some(error) = ground.unusable_url() {
        let complaints: Vec<Complaint> = error
            .problems
            .iter()
            .map(|problem| placed(CHECK.complaint(said(problem)).object("database"), error, problem))
            .collect();
        let why = complaints.first().map_or_else(|| error.to_string(), |complaint| complaint.message.clone());
        return Ok(Verdict::Bad(why, complaints));
    }
    let inspector = match ground.connection() {
        Some(Ok(inspector)) => inspector,
        Some(Err(why)) => {
            let help = "start the server, or correct database.url, DATABASE_URL or --database-url";
            return Ok(Verdict::Bad(why.clone(), vec![CHECK.complaint(why).object("database").help(help)]));
        }
        None => return Err(Blocked("it is not known where the database is".to_owned())),
    };
    let mut trip = Duration::MAX;
    let mut rows = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        rows = inspector.rows(WHO, &[]).await?;
        trip = trip.min(started.elapsed());
    }
    let of = |column| rows.first().and_then(|row| row.get(column)).unwrap_or("?");
    let connected = inspector.connected_in().as_millis();
    let found = format!("PostgreSQL {}, {connected} ms, database {}, role {}", of(0), of(1), of(2));
    let mut complaints: Vec<Complaint> = far(trip).into_iter().collect();
    if let Some(why) = ground.application_failure() {
        let complaint = CHECK.complaint(format!("the application's URL leads nowhere: {why}")).object("database.url");
        complaints.push(complaint.help("correct database.url or DATABASE_URL; migrations go over migrate_url"));
    }
    Ok(Verdict::of(found.clone(), found, complaints))
}

fn far(trip: Duration) -> Option<Complaint> {
    (trip > FAR).then(|| {
        let message = format!("a question and its answer take {} ms", trip.as_millis());
        let mut complaint = CHECK.complaint(message).object("latency");
        complaint.level = Level::Info;
        complaint.help("run migrations and the application beside the server, in the same region")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_is_far_away_is_worth_a_word() {
        assert!(far(Duration::from_millis(50)).is_none());
        assert!(far(Duration::from_millis(51)).unwrap().message.contains("51 ms"));
    }
}
