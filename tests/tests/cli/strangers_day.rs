//! A stranger's day: from an empty folder to an application with tenants, and what one does with it afterwards, with
//! nothing but the commands of the README.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::init::{built_as_we_are, cargo};
use crate::project::{Answer, Project, answer};

/// The package has a name of its own, since its program lies in the target folder of all.
const NAME: &str = "strangers-day";

#[test]
fn from_an_empty_folder_to_an_application_with_tenants() {
    let project = Project::on_disk();
    let features = ["--feature", "shared,cross-schema,health,metrics,debug"];
    let full = ["--template", "full", "--framework", "axum", "--database", "embedded", "--name", NAME];
    project.run(&[&["init", "app"][..], &full, &features].concat()).code(0);
    let project = built_as_we_are(project);
    let day = Day { project };
    day.run(&["migrate"]).code(0);
    day.run(&["tenant", "create", "acme", "globex"]).code(0).says(&["2 created"]);
    day.run(&["seed", "--once"]).code(0);
    day.run(&["status", "--check"]).code(0).says(&["2 up to date"]);

    // Two tenants do not see each other: by the test that was written, and by HTTP.
    let tested = cargo(&day.project, &["test", "--quiet", "--offline", "--test", "isolation"]);
    assert_eq!(tested.code, Some(0), "{}\n{}", tested.stdout, tested.stderr);
    assert!(tested.stdout.contains("1 passed"), "{}", tested.stdout);
    day.serve_two_tenants();

    // What the package lacks is said before anything is written.
    let orders = ["scaffold", "schema", "orders", "--type", "tenant", "total:int"];
    day.run(&[&orders[..], &["--timestamps"]].concat()).code(3).complains(&["cargo add", "nothing was written"]);
    day.run(&orders).code(0);
    let made = day.run(&["generate", "tenant", "name_orders", "--format", "json"]).code(0).json();
    for (file, sql) in made["files"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["ALTER TABLE orders ADD COLUMN name text;\n", "ALTER TABLE orders DROP COLUMN name;\n"])
    {
        std::fs::write(day.folder().join(file.as_str().unwrap()), sql).unwrap();
    }
    day.run(&["status", "--check"]).code(1).says(&["2 behind"]);
    day.run(&["lint", "--fail-on", "error"]).code(1).says(&["schema-rs-drift"]);
    day.run(&["migrate"]).code(0).says(&["2 migrated"]);
    day.run(&["sql", "insert into orders (total, name) values (7, 'seven')", "--write"]).code(0);
    day.run(&["rollback", "--yes"]).code(0).says(&["2 rolled back"]);
    day.run(&["migrate"]).code(0).says(&["2 migrated"]);
    // Code and database agree, and a second look writes nothing.
    day.run(&["doctor"]).code(0);
    day.run(&["drift"]).code(0);
    let compiled = cargo(&day.project, &["build", "--quiet", "--offline"]);
    assert_eq!(compiled.code, Some(0), "{}", compiled.stderr);

    day.run(&["tenant", "dump", "acme", "-o", "acme.dump"]).code(0);
    day.run(&["tenant", "load", "acme.dump", "--as", "acme-test"]).code(0);
    day.run(&["tenant", "clone", "globex", "globex-test", "--data"]).code(0);
    for table in ["notes", "orders"] {
        let rows = day.rows(&format!("select count(*) from {table}"));
        assert_eq!(rows["acme"], rows["acme-test"], "{table}: {rows}");
        assert_eq!(rows["globex"], rows["globex-test"], "{table}: {rows}");
        assert_ne!(rows["acme"], Value::Null, "{table}");
    }
    day.run(&["drift"]).code(0);
    day.run(&["tenant", "drop", "acme", "--yes"]).code(0);
    let left = day.run(&["tenant", "list", "--format", "json"]).code(0).json();
    let mut left: Vec<_> = left["tenants"].as_array().unwrap().iter().map(|t| t["tenant"].as_str().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, ["acme-test", "globex", "globex-test"]);
    day.run(&["tenant", "drop", "acme", "--yes"]).code(4);
}

/// The project, whose development server ends with it.
struct Day {
    project: Project,
}

impl Day {
    fn folder(&self) -> std::path::PathBuf {
        self.project.path("app")
    }

    fn run(&self, args: &[&str]) -> Answer {
        let mut command = self.project.command(args);
        command.current_dir(self.folder());
        answer(command)
    }

    /// One number of each tenant.
    fn rows(&self, query: &str) -> Value {
        let document = self.run(&["sql", query, "--format", "json"]).code(0).json();
        let answers = document["answers"].as_array().unwrap().iter();
        answers.map(|answer| (answer["tenant"].as_str().unwrap().to_owned(), answer["rows"][0][0].clone())).collect()
    }

    fn serve_two_tenants(&self) {
        let built = cargo(&self.project, &["build", "--quiet", "--offline"]);
        assert_eq!(built.code, Some(0), "{}", built.stderr);
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("debug").join(NAME);
        // The program has the commands itself.
        let mut status = Command::new(&program);
        let url = self.run(&["db", "url"]).code(0).stdout.trim().to_owned();
        status.args(["multitenant", "status", "--check"]).env("DATABASE_URL", &url).current_dir(self.folder());
        answer(status).code(0).says(&["2 up to date"]);

        let server = Served::start(&program, &self.folder());
        for tenant in ["acme", "globex"] {
            let (status, notes) = server.ask(tenant, "GET", "");
            assert_eq!((status, notes.as_array().unwrap().len()), (200, 1), "{notes}");
        }
        let (status, _) = server.ask("acme", "POST", r#"{"body":"of acme"}"#);
        assert_eq!(status, 201);
        assert_eq!(server.ask("acme", "GET", "").1.as_array().unwrap().len(), 2);
        assert_eq!(server.ask("globex", "GET", "").1.as_array().unwrap().len(), 1, "globex sees nothing of acme's");
        assert_eq!(server.ask("nobody", "GET", "").0, 404);
        // The metrics are not where everybody asks, and are where Prometheus does; an address that is taken is told.
        let (status, text) = ask(&server.address, "acme", "GET", "/metrics", "");
        assert!(status != 200 && !text.contains("multitenant_pool"), "{status} {text}");
        let (status, text) = ask(&server.metrics, "", "GET", "/metrics", "");
        assert!(status == 200 && text.contains("multitenant_pool_checkouts"), "{status} {text}");
        assert_eq!(ask(&server.metrics, "acme", "GET", "/notes", "").0, 404);
        let mut second = Command::new(&program);
        second.current_dir(self.folder()).env_remove("DATABASE_URL").env("LISTEN_ADDR", "127.0.0.1:0");
        let second = answer({
            second.env("METRICS_ADDR", &server.metrics);
            second
        });
        let told = format!("cannot listen on {} for metrics", server.metrics);
        second.code(1).complains(&[&told, "set METRICS_ADDR to a free address"]);
        server.stop();
    }
}

impl Drop for Day {
    fn drop(&mut self) {
        let mut stop = self.project.command(&["db", "stop"]);
        let _ = stop.current_dir(self.folder()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The application, while it runs.
struct Served {
    child: Child,
    address: String,
    metrics: String,
}

impl Served {
    /// Starts it, and waits until it says where it listens.
    fn start(program: &Path, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).env_remove("DATABASE_URL").env("NO_COLOR", "1");
        command.env("LISTEN_ADDR", "127.0.0.1:0").env("METRICS_ADDR", "127.0.0.1:0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, seen) = std::sync::mpsc::channel();
        for stream in [
            Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
            Box::new(child.stderr.take().unwrap()),
        ] {
            let lines = lines.clone();
            // Reads on, so that the program is not held up by what it logs.
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(lines.send(line)));
            });
        }
        let (mut log, mut metrics) = (Vec::new(), None);
        let address = loop {
            let line =
                seen.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("it does not listen: {log:#?}"));
            if let Some((_, rest)) = line.split_once("127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                let address = format!("127.0.0.1:{port}");
                if !line.contains("Prometheus") {
                    break address;
                }
                metrics = Some(address);
            }
            log.push(line);
        };
        Self { child, address, metrics: metrics.unwrap() }
    }

    /// A request of a tenant for its notes: the status, and the body as JSON.
    fn ask(&self, tenant: &str, method: &str, body: &str) -> (u16, Value) {
        let (status, body) = ask(&self.address, tenant, method, "/notes", body);
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// SIGTERM, which it takes for an end.
    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request, and its answer's status and body.
fn ask(address: &str, tenant: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nx-tenant: {tenant}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}
