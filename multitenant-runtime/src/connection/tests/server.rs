//! A throw-away PostgreSQL for these tests; to be replaced by the crate's embedded server.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(super) struct Server {
    folder: TempDir,
    child: Child,
    pub(super) port: u16,
}

impl Server {
    /// `prepare` may write files into the folder; what it returns goes into postgresql.conf. `hba` is pg_hba.conf.
    pub(super) fn start(hba: &str, prepare: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("multitenant-").tempdir_in("/tmp").unwrap();
        let data = folder.path().join("data");
        own(folder.path());
        let done = as_user(&program("initdb"))
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let port = free_port();
        let settings = prepare(folder.path());
        let text = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n{settings}\n",
            folder.path().display()
        );
        fs::write(data.join("postgresql.auto.conf"), text).unwrap();
        fs::write(data.join("pg_hba.conf"), format!("local all all trust\n{hba}\n")).unwrap();
        for file in fs::read_dir(folder.path()).unwrap().chain(fs::read_dir(&data).unwrap()) {
            own(&file.unwrap().path());
        }
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child =
            as_user(&program("postgres")).arg("-D").arg(&data).stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let server = Self { folder, child, port };
        server.psql("SELECT 1");
        server
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs SQL as the superuser, waiting for the server to be up.
    pub(super) fn psql(&self, sql: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let done = Command::new(program("psql"))
                .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-c", sql, "-p"])
                .arg(self.port.to_string())
                .arg("-h")
                .arg(self.path())
                .output()
                .unwrap();
            match done.status.code() {
                Some(0) => return,
                Some(2) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                _ => panic!("{}", String::from_utf8_lossy(&done.stderr)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let _ = as_user(&program("pg_ctl")).args(["stop", "-m", "immediate", "-D"]).arg(data).output();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Gives a file to the user that the servers run as; PostgreSQL wants keys for itself.
pub(super) fn own(path: &Path) {
    if let Some((user, group)) = unprivileged() {
        chown(path, Some(user), Some(group)).unwrap();
    }
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A command that does not run as root: PostgreSQL and PgBouncer refuse to.
pub(super) fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)))
}

fn program(name: &str) -> PathBuf {
    let mut folders: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    folders.sort();
    folders.pop().map_or_else(|| name.into(), |folder| folder.join(name))
}
