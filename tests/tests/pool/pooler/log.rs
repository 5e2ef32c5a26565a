//! What the pool has sent, by the server's own log.

use std::collections::HashMap;

use super::Behind;
use crate::shop::NAME;

impl Behind {
    /// The statements of the pool's connections, with the server's process.
    pub(super) fn sent(&self) -> Vec<(String, String)> {
        let log = std::fs::read_to_string(self.pooler.server().folder().join("log")).unwrap();
        let ours = log.lines().filter_map(|line| line.strip_prefix(NAME)?.strip_prefix('|')?.split_once('|'));
        let statement = |line: &str| {
            let (kind, text) = line.strip_prefix("LOG:  ")?.split_once(": ")?;
            (kind == "statement" || kind.starts_with("execute")).then(|| text.to_owned())
        };
        ours.filter_map(|(pid, line)| Some((pid.to_owned(), statement(line)?))).collect()
    }

    /// Looks whether everything that was sent was a transaction's, and nothing is set for longer than one.
    pub(super) fn sets_nothing(&self) -> usize {
        let mut sent = self.sent();
        // PgBouncer's own, for each client that it serves.
        sent.retain(|(_, message)| !message.starts_with("SET application_name="));
        let mut open: HashMap<&str, Vec<&str>> = HashMap::new();
        for (pid, message) in &sent {
            for statement in message.split("; ") {
                let words = |word: &str| statement.split_whitespace().next().is_some_and(|first| first == word);
                if words("BEGIN") {
                    assert!(open.insert(pid, Vec::new()).is_none(), "begun twice: {message}");
                } else if words("ROLLBACK") && !statement.contains("TO SAVEPOINT") {
                    open.remove(pid.as_str());
                } else if words("COMMIT") {
                    let set = open.remove(pid.as_str()).unwrap();
                    assert!(set.is_empty(), "{set:?} outlive their transaction");
                } else if message != "ROLLBACK; DEALLOCATE ALL" {
                    let transaction = open.get_mut(pid.as_str());
                    let Some(set) = transaction else { panic!("outside of a transaction: {message}") };
                    let lasts = words("SET") && !statement.starts_with("SET LOCAL ");
                    // By what takes away what others have left, nothing is set.
                    let takes_away = ["DISCARD SEQUENCES", "DISCARD TEMP"].contains(&statement);
                    let resets = words("RESET") || (words("DISCARD") && !takes_away);
                    if lasts || resets || statement.contains("set_config") {
                        set.push(statement);
                    }
                }
            }
        }
        sent.len()
    }
}
