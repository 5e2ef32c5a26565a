//! Databases that are copies of one another.

use super::measuring::server::Server;

impl Server {
    /// A database that is a copy of another, to which nobody may be connected.
    pub(crate) async fn copy(&self, name: &str, of: &str) {
        // By files, which ends with a checkpoint: nobody's measurement pays for it.
        let by_files = if self.ask("SELECT current_setting('server_version_num')").await.as_str() >= "150000" {
            " STRATEGY file_copy"
        } else {
            ""
        };
        self.control(&format!("CREATE DATABASE {name} TEMPLATE {of}{by_files}")).await;
    }

    pub(crate) async fn drop_database(&self, name: &str) {
        self.control(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}
