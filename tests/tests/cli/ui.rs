//! The terminal UI on a real terminal, which `script` makes: what is typed, what is seen, and what the database has then.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::project::Project;

const LEFT: &str = "\u{1b}[?1049l";

/// A session on a terminal of 80 by 24.
struct Session {
    child: Child,
    stdin: ChildStdin,
    written: Arc<Mutex<Vec<u8>>>,
    pid_file: std::path::PathBuf,
}

/// What a session has come to.
struct Ended {
    code: Option<i32>,
    written: String,
}

impl Session {
    /// Runs a command on a terminal. `None` where there is no `script` of util-linux.
    fn of(project: &Project, args: &[&str]) -> Option<Self> {
        let version = Command::new("script").arg("--version").stderr(Stdio::null()).output().ok()?;
        if !String::from_utf8_lossy(&version.stdout).contains("util-linux") {
            return None;
        }
        let inner = project.command(args);
        let words = std::iter::once(inner.get_program()).chain(inner.get_args());
        let words: Vec<_> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
        let pid_file = project.path("ui.pid");
        let line = format!("stty rows 24 cols 80; echo $$ > '{}'; exec {}", pid_file.display(), words.join(" "));
        let mut command = Command::new("script");
        command.args(["-qefc", &line, "/dev/null"]).env("TERM", "xterm").env("SHELL", "/bin/sh");
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(inner.get_current_dir().unwrap());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let written = Arc::new(Mutex::new(Vec::new()));
        let reader = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut buffer) {
                reader.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Some(Self { child, stdin, written, pid_file })
    }

    fn types(&mut self, keys: &str) {
        self.stdin.write_all(keys.as_bytes()).unwrap();
        self.stdin.flush().unwrap();
    }

    /// Types a text into a field, and Enter when it is there: what comes at once is taken for pasted.
    #[track_caller]
    fn enters(&mut self, text: &str) {
        self.types(text);
        self.sees(&[text]);
        self.types("\r");
    }

    fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    /// Waits until the screen shows all of these.
    #[track_caller]
    fn sees(&self, texts: &[&str]) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let screen = screen(&self.written());
            if texts.iter().all(|text| screen.contains(text)) {
                return;
            }
            assert!(Instant::now() < until, "not all of {texts:?} are on the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A signal to the UI's own process.
    fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(&self.pid_file).unwrap();
        assert!(Command::new("kill").args(["-s", signal, pid.trim()]).status().unwrap().success());
    }

    fn ends(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let until = Instant::now() + Duration::from_secs(10);
        // The reader may be a moment behind.
        while Arc::strong_count(&self.written) > 1 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ended { code, written: self.written() }
    }
}

/// A test that fails leaves nothing running.
impl Drop for Session {
    fn drop(&mut self) {
        // Most have ended, and that is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The terminal is as it was: the former screen, and a cursor.
    #[track_caller]
    fn whole(self, code: i32) {
        let (_, after) = self.written.rsplit_once(LEFT).unwrap_or_else(|| panic!("{:?}", self.written));
        assert!(after.contains("\u{1b}[?25h"), "{:?}", self.written);
        assert_eq!(self.code, Some(code), "{after:?}");
    }
}

/// What a terminal shows that was told this: places, clearing and characters, which is all that the UI uses.
fn screen(written: &str) -> String {
    let mut cells = vec![vec![' '; 80]; 24];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next() != Some('[') {
                    continue;
                }
                let mut parameters = String::new();
                let end = loop {
                    match chars.next() {
                        Some(c) if c.is_ascii_alphabetic() => break c,
                        Some(c) => parameters.push(c),
                        None => break ' ',
                    }
                };
                let numbers: Vec<usize> = parameters.split(';').map(|number| number.parse().unwrap_or(1)).collect();
                match end {
                    'H' => {
                        row = numbers.first().copied().unwrap_or(1).saturating_sub(1);
                        column = numbers.get(1).copied().unwrap_or(1).saturating_sub(1);
                    }
                    'J' => cells = vec![vec![' '; 80]; 24],
                    _ => {}
                }
            }
            '\r' => column = 0,
            '\n' => row = (row + 1).min(23),
            c => {
                if let Some(cell) = cells.get_mut(row).and_then(|cells| cells.get_mut(column)) {
                    *cell = c;
                }
                column += 1;
            }
        }
    }
    cells.iter().map(|row| row.iter().collect::<String>() + "\n").collect()
}

#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
fn skipped() {
    eprintln!("skipped: there is no `script` of util-linux");
}

async fn shop() -> Project {
    Project::with_tenants(&["a", "b"])
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .down("shared/1_plans", "drop table plans;")
        .migration("tenant/1_users", "create table users (id int primary key);")
        .down("tenant/1_users", "drop table users;")
        .file("seeds/tenant/1.sql", "insert into users values (1);")
}

#[tokio::test]
async fn a_session() {
    let project = shop().await;
    // Without arguments, on a terminal and in a project.
    let Some(mut ui) = Session::of(&project, &[]) else { return skipped() };
    ui.sees(&["Tenant status", "tenant_a", "tenant_b", "behind", "2 tenants: 2 behind", "q quit"]);
    for (key, texts) in [
        ("2", &["── Shared status", "public"][..]),
        ("3", &["── Tenant migrations", "1_users"]),
        ("4", &["── Shared migrations", "1_plans", "pending"]),
        ("5", &["── Tenants", "tenant_a", "2 tenants"]),
        ("6", &["── Seeding", "seeds/tenant/1.sql"]),
        ("7", &["── Health", "round trip"]),
        ("9", &["── Lint", "checked"]),
        ("0", &["── Doctor", "checks:", "configuration"]),
        ("-", &["── Drift", "r begins"]),
        ("r", &["3 behind", "compared with"]),
        ("8", &["── Generate"]),
        ("n", &["as in create_orders"]),
    ] {
        ui.types(key);
        ui.sees(texts);
    }
    ui.enters("add_total");
    ui.sees(&["_add_total/up.sql", "_add_total/down.sql"]);
    let folders = std::fs::read_dir(project.path("migrations/tenant")).unwrap();
    let written = folders.map(|entry| entry.unwrap().path()).find(|path| !path.ends_with("1_users")).unwrap();
    std::fs::write(written.join("up.sql"), "create table totals (id int);").unwrap();
    std::fs::write(written.join("down.sql"), "drop table totals;").unwrap();
    ui.types("1");
    ui.sees(&["── Tenant status"]);
    ui.types("M");
    ui.sees(&["Migrate 3 schemas with 5 migrations? (y/N)"]);
    ui.types("y");
    ui.sees(&["── Migrating", "3 schemas: 3 migrated"]);
    for schema in ["public", "tenant_a", "tenant_b"] {
        assert!(project.history(schema).await.contains(&"1".to_owned()), "{schema}");
    }
    ui.types("6p");
    ui.sees(&["environment", "schemas"]);
    ui.types("\r");
    ui.sees(&["Seed 3 schemas? (y/N)"]);
    ui.types("y");
    ui.sees(&["── Seeding", "schemas: 2 seeded"]);
    assert_eq!(
        project.count("select (select count(*) from tenant_a.users) + (select count(*) from tenant_b.users)").await,
        2
    );
    // Down to the second tenant, and one migration back: the one that was generated here.
    ui.types("1");
    ui.sees(&["── Tenant status", "2 up to date"]);
    ui.types("jb");
    ui.sees(&["Roll back 1 schema by 1 migration? (y/N)"]);
    ui.types("y");
    ui.sees(&["── Rolling back", "1 schema: 1 rolled back"]);
    assert_eq!(project.history("tenant_b").await, ["1"]);
    assert_eq!(project.history("tenant_a").await.len(), 2);
    ui.types("q");
    ui.ends().whole(0);
}

#[tokio::test]
async fn tenants_come_and_go() {
    let registry = "create table tenants (id text primary key);";
    let project = Project::with_tenants(&[])
        .await
        .file("multitenant.toml", "[tenants]\nsource = \"table\"\n")
        .migration("shared/1_tenants", registry)
        .migration("tenant/1_users", "create table users (id int primary key);")
        .file("seeds/tenant/1.sql", "insert into users values (1);");
    project.run(&["migrate"]).code(0);
    let Some(mut ui) = Session::of(&project, &["ui"]) else { return skipped() };
    ui.sees(&["There are no tenants.", "create one"]);
    ui.types("5");
    ui.sees(&["n creates one"]);
    ui.types("n");
    ui.sees(&["the tenant's id"]);
    ui.enters("acme");
    ui.sees(&["1 schema: 1 created"]);
    ui.types("\u{1b}");
    ui.sees(&["acme", "up to date", "1 tenant"]);
    assert_eq!(project.count("select count(*) from tenant_acme.users").await, 1, "with its seeds");
    ui.types("c");
    ui.sees(&["the id of the copy"]);
    ui.enters("twin");
    ui.sees(&["cloned"]);
    assert_eq!(project.texts("select id from tenants order by 1").await, ["acme", "twin"]);
    ui.types("\u{1b}");
    ui.sees(&["2 tenants"]);
    ui.types("d");
    ui.sees(&["Type the tenant's id to drop it"]);
    ui.types("twin");
    ui.sees(&["drop it: twin"]);
    ui.types("\r");
    ui.sees(&["that is not the tenant's id"]);
    assert_eq!(project.count("select count(*) from tenants").await, 2);
    ui.types("\u{7f}\u{7f}\u{7f}\u{7f}acme");
    ui.sees(&["drop it: acme"]);
    ui.types("\r");
    ui.sees(&["acme  dropped: the schema tenant_acme"]);
    assert_eq!(project.texts("select id from tenants").await, ["twin"]);
    ui.types("q");
    ui.ends().whole(0);
}

/// A run whose tenants sleep, and the first of them does.
async fn sleeping() -> Option<(Project, Session)> {
    let project = Project::with_tenants(&["a", "b"])
        .await
        .migration("tenant/1_slow", "create table slow (id int);\nselect pg_sleep(60);");
    let mut ui = Session::of(&project, &["ui"])?;
    ui.sees(&["2 behind"]);
    ui.types("M");
    ui.sees(&["Migrate 2 schemas"]);
    ui.types("y");
    let sleeping =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'select pg_sleep%'";
    while project.count(sleeping).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ui.sees(&["2 running"]);
    Some((project, ui))
}

#[tokio::test]
async fn ctrl_c_and_a_signal_end_a_run_in_order_and_leave_the_terminal_whole() {
    for (signal, code) in [(None, 130), (Some("TERM"), 143), (Some("HUP"), 143)] {
        let Some((project, mut ui)) = sleeping().await else { return skipped() };
        match signal {
            Some(signal) => ui.signal(signal),
            None => ui.types("\u{3}"),
        }
        let ended = ui.ends();
        assert!(ended.written.rsplit_once(LEFT).unwrap().1.contains("Migrating: "), "{:?}", ended.written);
        ended.whole(code);
        assert_eq!(project.count("select count(*) from pg_tables where tablename = 'slow'").await, 0);
    }
}

#[tokio::test]
async fn a_run_is_stopped_and_tried_again() {
    let Some((project, mut ui)) = sleeping().await else { return skipped() };
    ui.types("q");
    ui.sees(&["Stop and leave? (y/N)"]);
    ui.types("n");
    ui.types("x");
    ui.sees(&["2 schemas:"]);
    let project = project.migration("tenant/1_slow", "create table slow (id int);");
    ui.types("f");
    ui.sees(&["Migrate 2 schemas with 2 migrations? (y/N)"]);
    ui.types("y");
    ui.sees(&["2 schemas: 2 migrated"]);
    assert_eq!(project.count("select count(*) from pg_tables where tablename = 'slow'").await, 2);
    ui.signal("TERM");
    ui.ends().whole(143);
}

#[tokio::test]
async fn what_a_server_says_is_shown_and_not_obeyed() {
    let evil = "do $$ begin raise exception '%', chr(27) || ']0;owned' || chr(7) || chr(155) || '2J'; end $$;";
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_evil", evil);
    let Some(mut ui) = Session::of(&project, &["ui"]) else { return skipped() };
    ui.sees(&["tenant_a", "1 behind"]);
    ui.types("m");
    ui.sees(&["Migrate 1 schema"]);
    ui.types("y");
    ui.sees(&["1 failed", "1 schema: 1 failed"]);
    ui.types("\r");
    ui.sees(&[r"P0001 \u{1b}]0;owned\u{7}\u{9b}2J", "--> ", "1_evil/up.sql:1"]);
    // Two at once are one key.
    ui.types("\u{1b}");
    ui.sees(&["── Migrating", "schema    state"]);
    ui.types("\u{1b}");
    ui.sees(&["── Tenant status", "failed"]);
    ui.types("qq");
    let ended = ui.ends();
    for sequence in ["\u{1b}]0", "owned\u{7}", "\u{9b}"] {
        assert!(!ended.written.contains(sequence), "{:?}", ended.written);
    }
    ended.whole(0);
}

#[tokio::test]
async fn without_a_database_there_is_a_way_on() {
    let project = shop().await;
    let nobody = "postgres://nobody@127.0.0.1:1/nothing";
    let Some(mut ui) = Session::of(&project, &["ui", "--database-url", nobody]) else { return skipped() };
    ui.sees(&["The database cannot be reached", "What to do next", "then look again: r"]);
    ui.types("9");
    ui.sees(&["── Lint", "checked"]);
    ui.types("5");
    ui.sees(&["── Tenants", "The database cannot be reached"]);
    ui.types("q");
    ui.ends().whole(0);
    let project = project.file("multitenant.toml", "[tenants]\nsorce = \"list\"\n");
    let Some(mut ui) = Session::of(&project, &["ui"]) else { return skipped() };
    ui.sees(&["The configuration cannot be used", "sorce", "multitenant.toml:2"]);
    let _project = project.file("multitenant.toml", "[tenants]\nsource = \"list\"\nids = [\"a\"]\n");
    ui.types("r");
    ui.sees(&["tenant_a", "1 tenant: 1 behind"]);
    ui.types("\u{3}");
    ui.ends().whole(0);
}

#[test]
fn without_a_terminal_or_a_project_it_is_not_opened() {
    let project = Project::on_disk();
    project.run(&["ui"]).code(2).complains(&["needs a terminal", "cargo multitenant status"]);
    project.run(&["ui", "--format", "json"]).code(2).complains(&["is for people"]);
    project.run(&[]).code(2).complains(&["Usage: cargo multitenant"]);
    let Some(ui) = Session::of(&project, &[]) else { return skipped() };
    let ended = ui.ends();
    assert!(ended.written.contains("Commands:") && !ended.written.contains(LEFT), "{:?}", ended.written);
    assert_eq!(ended.code, Some(2));
}
