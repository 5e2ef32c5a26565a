//! The form of the text: rustfmt's, as the project has it, so that `cargo fmt` changes nothing afterwards.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The text as rustfmt has it in this folder; where it cannot be run, why.
pub(super) fn format(text: &str, folder: &Path) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().ok_or_else(|| "it has no stdin".to_owned())?;
    // It may write while it still reads.
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output();
        (writer.join(), output)
    });
    let output = written.1.map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it fails").to_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The text as rustfmt has it; where it cannot be run, as it is, which is said.
pub(crate) fn formatted(text: String, folder: &Path, warnings: &mut Vec<String>) -> String {
    match format(&text, folder) {
        Ok(formatted) => formatted,
        Err(error) => {
            warnings.push(format!("rustfmt cannot be run ({error}): the code has the form that it has by default"));
            text
        }
    }
}
