//! Writes the package of Rust seeds, builds it, and gives the command over to it.

use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Message, MetadataCommand};
use toml::Table;

use crate::error::CliError;

use super::RustSeed;
use super::package::{NAME, library, manifest, program};

/// Builds the program that has these seeds, and becomes it: it is this command line once more.
pub(crate) fn hand_over(cargo: &str, root: &Path, seeds: &[RustSeed]) -> Result<u8, CliError> {
    let metadata =
        MetadataCommand::new().current_dir(root).no_deps().exec().map_err(|error| cannot(&error.to_string()))?;
    let package = library(&metadata, root).map_err(|reason| cannot(&reason))?;
    let workspace = metadata.workspace_root.as_std_path();
    let own = std::fs::read_to_string(workspace.join("Cargo.toml")).map_err(|error| unwritable(workspace, error))?;
    let own: Table = own.parse().map_err(|error: toml::de::Error| cannot(&error.to_string()))?;
    // From a checkout, what is built is what is run.
    let tool = Some(Path::new(env!("CARGO_MANIFEST_DIR"))).filter(|folder| folder.join("Cargo.toml").is_file());
    let target = metadata.target_directory.as_std_path();
    let folder = target.join("multitenant").join(package.name.as_str());
    let absolute = |seed: &RustSeed| RustSeed {
        path: std::path::absolute(&seed.path).unwrap_or(seed.path.clone()),
        ..seed.clone()
    };
    let seeds: Vec<RustSeed> = seeds.iter().map(absolute).collect();
    write(&folder.join("Cargo.toml"), &manifest(package, &own, workspace, tool).to_string())?;
    write(&folder.join("src/main.rs"), &program(&seeds))?;
    lock(workspace, &folder)?;
    let program = build(cargo, root, &folder, target)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut command = Command::new(program);
    command.args(arguments);
    become_it(command)
}

/// The project's lock file, as often as it changes: in between, what cargo adds to it stays.
fn lock(workspace: &Path, folder: &Path) -> Result<(), CliError> {
    let Ok(theirs) = std::fs::read_to_string(workspace.join("Cargo.lock")) else { return Ok(()) };
    let seen = folder.join("Cargo.lock.project");
    if std::fs::read_to_string(&seen).is_ok_and(|seen| seen == theirs) && folder.join("Cargo.lock").is_file() {
        return Ok(());
    }
    write(&folder.join("Cargo.lock"), &theirs)?;
    write(&seen, &theirs)
}

/// Builds the package; what cargo and the compiler say goes to stderr.
fn build(cargo: &str, root: &Path, folder: &Path, target: &Path) -> Result<PathBuf, CliError> {
    let failed = |error: std::io::Error| cannot(&format!("cargo cannot be run: {error}"));
    // Within the project, so that its .cargo/config.toml holds.
    let mut command = Command::new(cargo);
    command.current_dir(root).arg("build").arg("--quiet").arg("--message-format=json-render-diagnostics");
    command.arg("--manifest-path").arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut program = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            if let Ok(Message::CompilerArtifact(artifact)) = message
                && artifact.target.name == NAME
            {
                program = artifact.executable.map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf).or(program);
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    program.filter(|_| status.success()).ok_or_else(|| CliError::Files {
        what: "the seeds in Rust do not compile".to_owned(),
        help: Some("each has `pub async fn seed(conn: &mut AsyncPgConnection) -> Result<(), …>`, or `pub fn seed(conn: &mut impl \
             LoadConnection<Backend = Pg>) -> Result<(), …>`; see above"),
        source: None,
    })
}

/// Writes only what differs, so that cargo finds the rest unchanged.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)).map_err(|error| unwritable(path, error))
}

fn unwritable(path: &Path, source: std::io::Error) -> CliError {
    CliError::Files { what: format!("{} cannot be read or written", path.display()), help: None, source: Some(source) }
}

fn cannot(reason: &str) -> CliError {
    CliError::Files {
        what: format!("seeds in Rust are compiled with the project's library, and that cannot be done: {reason}"),
        help: Some(
            "move the code to src/lib.rs; or register the seeds in the application \
             (`cargo_multitenant::Application::tenant_seed`), and run them by its own `multitenant seed`",
        ),
        source: None,
    }
}

/// The process becomes the program: the terminal and its signals are the program's.
#[cfg(unix)]
fn become_it(mut program: Command) -> Result<u8, CliError> {
    use std::os::unix::process::CommandExt as _;
    Err(CliError::System(program.exec()))
}

#[cfg(not(unix))]
fn become_it(mut program: Command) -> Result<u8, CliError> {
    let status = program.status().map_err(CliError::System)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::exit_code::BUG))
}
