//! Databases of tests: made from templates once, each test's own, and gone, on whichever server.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "helper processes are told by their environment what to do")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::testing::{Cluster, TestDatabase, TestingError};
use tokio_postgres::{Client, Error, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn fill(url: &str) -> Result<(), Error> {
    // Left open, as a pool would be.
    connect(url).await.batch_execute("create table plans as select 7 as price").await
}

async fn price(database: &TestDatabase) -> i32 {
    let client = database.connect().await.unwrap();
    client.query_one("select price from plans", &[]).await.unwrap().get(0)
}

async fn exists(name: &str) -> bool {
    let client = connect(&Cluster::shared().await.unwrap().url("postgres")).await;
    client.query_opt("select from pg_database where datname = $1", &[&name]).await.unwrap().is_some()
}

#[tokio::test]
async fn databases_are_apart_and_gone_after_use() {
    let (one, two) = tokio::join!(TestDatabase::empty(), TestDatabase::empty());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.name(), two.name());
    connect(one.url()).await.batch_execute("create table t ()").await.unwrap();
    two.connect().await.unwrap().batch_execute("create table t ()").await.unwrap();

    let name = one.name().to_owned();
    let still_connected = one.connect().await.unwrap();
    assert!(exists(&name).await);
    drop(one);
    assert!(!exists(&name).await);
    assert!(exists(two.name()).await);
    assert!(still_connected.batch_execute("select 1").await.is_err());
}

#[test]
fn a_guard_may_be_dropped_without_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::empty()).unwrap();
    drop(runtime);
    let name = database.name().to_owned();
    drop(database);
    assert!(!tokio::runtime::Runtime::new().unwrap().block_on(exists(&name)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_drops_the_database() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let panicked = tokio::spawn(async move {
        let database = TestDatabase::empty().await.unwrap();
        sender.send(database.name().to_owned()).unwrap();
        panic!("as tests do");
    });
    assert!(panicked.await.is_err());
    assert!(!exists(&receiver.recv().unwrap()).await);
}

#[tokio::test]
async fn a_cancelled_creation_leaves_nothing() {
    Cluster::shared().await.unwrap();
    let client = connect(&Cluster::shared().await.unwrap().url("postgres")).await;
    for millis in [0, 1, 3, 10] {
        let _ = tokio::time::timeout(Duration::from_millis(millis), TestDatabase::empty()).await;
    }
    // The others of this process come and go: what has to vanish is there now.
    let query = "select datname::text from pg_database where datname ~ '^mt_test_'";
    for row in client.query(query, &[]).await.unwrap() {
        let name: String = row.get(0);
        let until = Instant::now() + Duration::from_secs(30);
        while exists(&name).await {
            assert!(Instant::now() < until, "{name} stays");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_template_is_made_once() {
    let made = Cell::new(0);
    let get = || {
        TestDatabase::from_template("it's \"once\"", async |url: &str| {
            made.set(made.get() + 1);
            fill(url).await
        })
    };
    let (one, two, three) = tokio::join!(get(), get(), get());
    let (one, two, three) = (one.unwrap(), two.unwrap(), three.unwrap());
    assert_eq!(made.get(), 1);
    one.connect().await.unwrap().batch_execute("update plans set price = 8").await.unwrap();
    assert_eq!((price(&one).await, price(&two).await, price(&three).await), (8, 7, 7));
}

#[tokio::test]
async fn a_template_that_failed_is_made_anew() {
    let failed = TestDatabase::from_template("fails", async |_: &str| Err("no such luck")).await;
    let error = failed.unwrap_err();
    assert!(matches!(error, TestingError::Init { .. }), "{error}");
    assert_eq!(error.to_string(), "cannot fill the template \"fails\": no such luck");
    let database = TestDatabase::from_template("fails", fill).await.unwrap();
    assert_eq!(price(&database).await, 7);
}

/// A process of [`helper`]; where it ends well, by telling it to.
struct Helper {
    child: Child,
    folder: PathBuf,
}

impl Helper {
    fn start(task: &str, url: &str) -> Self {
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let folder = PathBuf::from(format!("/tmp/mt-test-{random:016x}"));
        fs::create_dir(&folder).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "helper", "--nocapture"])
            .env("MT_HELPER_TASK", task)
            .env("MT_HELPER_FOLDER", &folder)
            .env("DATABASE_URL", url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// The database that it is at.
    fn database(&mut self) -> String {
        eventually(&self.folder.join("database"));
        fs::read_to_string(self.folder.join("database")).unwrap()
    }

    fn end(&mut self) -> bool {
        fs::write(self.folder.join("end"), "").unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn eventually(path: &Path) {
    let until = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(Instant::now() < until, "never: {}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the processes do that tests start; nothing in an ordinary run.
#[tokio::test]
async fn helper() {
    let Ok(task) = std::env::var("MT_HELPER_TASK") else {
        return;
    };
    let folder = PathBuf::from(std::env::var_os("MT_HELPER_FOLDER").unwrap());
    if task == "abort in init" {
        let _ =
            TestDatabase::from_template("shared", async |_: &str| -> Result<(), Error> { std::process::abort() }).await;
    }
    let database = TestDatabase::from_template("shared", async |url: &str| {
        fs::write(folder.join("made"), "").unwrap();
        fill(url).await
    });
    let database = database.await.unwrap();
    assert!(!database.cluster().is_embedded());
    assert_eq!(price(&database).await, 7);
    fs::write(folder.join("name"), database.name()).unwrap();
    fs::rename(folder.join("name"), folder.join("database")).unwrap();
    if task == "abort" {
        std::process::abort();
    }
    eventually(&folder.join("end"));
}

/// The databases of our making on a server.
async fn ours(server: &EmbeddedServer) -> Vec<String> {
    let client = connect(&server.url("postgres")).await;
    let query = "select datname::text from pg_database where datname ~ '^mt_' order by 1";
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_given_server_is_left_as_it_was() {
    let server = EmbeddedServer::start().unwrap();
    // The database need not exist.
    let mut helper = Helper::start("hold", &server.url("no_such_database"));
    let name = helper.database();
    let databases = ours(&server).await;
    assert_eq!(databases.len(), 2, "a template and {name}: {databases:?}");
    assert!(helper.end());
    assert_eq!(ours(&server).await, [""; 0]);
}

#[tokio::test]
async fn leftovers_of_the_dead_go_and_those_of_the_living_stay() {
    let server = EmbeddedServer::start().unwrap();
    let client = connect(&server.url("postgres")).await;
    client.batch_execute("create database elsewhere").await.unwrap();
    client.batch_execute("create database mt_test_of_somebody").await.unwrap();
    let url = server.url("postgres");
    let row = client.query_one("select oid from pg_database where datname = 'postgres'", &[]).await;
    let templates = format!("mt_template_{}_", row.unwrap().get::<_, u32>(0));

    let mut living = Helper::start("hold", &server.url("elsewhere"));
    let lives = living.database();
    let mut dead = Helper::start("abort", &url);
    let left = dead.database();
    assert!(!dead.child.wait().unwrap().success());
    assert!(ours(&server).await.contains(&left));
    let mut maker = Helper::start("abort in init", &url);
    assert!(!maker.child.wait().unwrap().success());

    // A server takes a moment to see that a client is gone.
    let until = Instant::now() + Duration::from_secs(30);
    while ours(&server).await.iter().any(|name| *name == left || name.starts_with(&templates)) {
        assert!(Instant::now() < until, "{left} or its template stays");
        let mut next = Helper::start("hold", &url);
        next.database();
        assert!(next.end());
    }
    let databases = ours(&server).await;
    assert!(databases.contains(&lives), "{databases:?}");
    assert!(living.end());
    assert_eq!(ours(&server).await, ["mt_test_of_somebody"]);
}

#[tokio::test]
async fn processes_share_a_template() {
    let server = EmbeddedServer::start().unwrap();
    let url = server.url("postgres");
    let mut helpers: Vec<Helper> = (0..4).map(|_| Helper::start("hold", &url)).collect();
    for helper in &mut helpers {
        helper.database();
    }
    let made = helpers.iter().filter(|helper| helper.folder.join("made").exists()).count();
    assert_eq!(made, 1);
    assert_eq!(ours(&server).await.len(), 5);
    for helper in &helpers {
        fs::write(helper.folder.join("end"), "").unwrap();
    }
    assert!(helpers.iter_mut().all(Helper::end));
    assert_eq!(ours(&server).await, [""; 0]);
}
