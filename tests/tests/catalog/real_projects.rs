//! Other people's migrations.

use std::path::Path;

use super::applied::applied;
use super::environment::{say, variable};

#[tokio::test(flavor = "multi_thread")]
async fn are_folded_as_a_server_has_them() {
    let Some(folders) = variable("MULTITENANT_PROJECT") else {
        return say("skipped: MULTITENANT_PROJECT is not set to folders of migrations");
    };
    let extensions = variable("MULTITENANT_EXTENSIONS").unwrap_or_default();
    let extensions: Vec<&str> = extensions.split(',').filter(|name| !name.is_empty()).collect();
    let (mut facts, mut equal) = (0, 0);
    for folder in folders.split(':') {
        let applied = applied(Path::new(folder), &extensions).await;
        let (migrations, failed) = (applied.migrations, applied.failures.len());
        say(&format!("{folder}: {migrations} migrations, {failed} did not apply; {}", applied.comparison));
        applied.failures.iter().for_each(|failure| say(&format!("    not applied: {failure}")));
        facts += applied.comparison.facts;
        equal += applied.comparison.equal();
    }
    say(&format!("all: {equal} of {facts} equal"));
    assert!(equal * 100 >= facts * 99, "{equal} of {facts} equal: less than 99 %");
}
