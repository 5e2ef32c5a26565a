//! Writing a dump: whole, or not at all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::copy::structure::Statement;
use crate::migration::RunId;

use super::DumpError;
use super::frame::{
    END, EndLine, FIRST, FORMAT, HEADER, Header, LAST_ROW, ROWS, RowsLine, STATEMENT, Section, StatementLine, VALUE,
    ValueLine,
};

/// How much is gathered before the disk gets it.
const GATHERED: usize = 256 << 10;

/// How many of these wait for the disk.
const WAITING: usize = 4;

/// A dump that is being written, beside the file that it will be; removed unless it is finished.
pub(crate) struct Writer {
    file: PathBuf,
    partial: Partial,
    gathered: Vec<u8>,
    rows: u64,
    sender: mpsc::Sender<Message>,
    disk: JoinHandle<Result<u64, std::io::Error>>,
}

enum Message {
    Bytes(Vec<u8>),
    /// The last line has so many rows in it.
    End(u64),
}

/// The file while it is not whole.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // It is not there where it has got its name; and what cannot be removed is no dump.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Writer {
    /// Begins a file; one that is there is left as it is until the new one is whole, and for ever without `force`.
    ///
    /// # Errors
    ///
    /// Where it is there, or its folder cannot be written to.
    pub(crate) fn begin(file: &Path, force: bool) -> Result<Self, DumpError> {
        // What is no file at all, a folder, a link, a pipe or a device, is not replaced by one.
        match std::fs::symlink_metadata(file) {
            Ok(found) if !found.is_file() => return Err(DumpError::NoFile { file: file.to_owned() }),
            Ok(_) if !force => return Err(DumpError::Exists { file: file.to_owned() }),
            _ => {}
        }
        let name = file.file_name().ok_or_else(|| {
            DumpError::io(file, "written")(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it has no name"))
        })?;
        sweep(file, name);
        let partial = file.with_file_name(format!(".{}.{}.partial", short(name), RunId::default().as_str()));
        let opened = open(&partial).map_err(DumpError::io(file, "written"))?;
        let partial = Partial(partial);
        // A partial file that nobody holds was left by a process that is gone.
        opened.lock().map_err(DumpError::io(file, "written"))?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let disk = tokio::task::spawn_blocking(move || write(opened, receiver));
        Ok(Self { file: file.to_owned(), partial, gathered: Vec::with_capacity(GATHERED), rows: 0, sender, disk })
    }

    pub(crate) async fn header(&mut self, header: &Header) -> Result<(), DumpError> {
        self.bytes(format!("{FIRST}{FORMAT}\n").as_bytes()).await?;
        self.line(HEADER, header).await
    }

    pub(crate) async fn statement(&mut self, section: Section, statement: &Statement) -> Result<(), DumpError> {
        let Statement { sql, path, names_schema } = statement;
        let line = StatementLine { section, bytes: sql.len(), path: path.clone(), names_schema: *names_schema };
        self.line(STATEMENT, &line).await?;
        self.bytes(sql.as_bytes()).await?;
        self.bytes(b"\n").await
    }

    pub(crate) async fn table(&mut self, table: &str, columns: Vec<String>) -> Result<(), DumpError> {
        self.line(ROWS, &RowsLine { table: table.to_owned(), columns }).await
    }

    /// Some bytes of a table's rows.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < GATHERED {
            return Ok(());
        }
        let gathered = std::mem::replace(&mut self.gathered, Vec::with_capacity(GATHERED));
        self.send(Message::Bytes(gathered)).await
    }

    /// The table has no more rows, and has had so many.
    pub(crate) async fn last_row(&mut self, rows: u64) -> Result<(), DumpError> {
        self.rows += rows;
        self.bytes(LAST_ROW).await
    }

    pub(crate) async fn value(&mut self, sequence: &str, last: i64, is_called: bool) -> Result<(), DumpError> {
        self.line(VALUE, &ValueLine { sequence: sequence.to_owned(), last, is_called }).await
    }

    /// Writes the last line, waits for the disk, and gives the file its name. Says how long it is.
    pub(crate) async fn finish(mut self, force: bool) -> Result<u64, DumpError> {
        let rest = std::mem::take(&mut self.gathered);
        let rows = self.rows;
        self.send(Message::Bytes(rest)).await?;
        self.send(Message::End(rows)).await?;
        let written = (&mut self.disk).await.map_err(|error| DumpError::io(&self.file, "written")(error.into()))?;
        let bytes = written.map_err(DumpError::io(&self.file, "written"))?;
        named(&self.partial.0, &self.file, force)?;
        Ok(bytes)
    }

    async fn line(&mut self, beginning: &str, line: &impl Serialize) -> Result<(), DumpError> {
        let json = serde_json::to_string(line).map_err(|error| DumpError::io(&self.file, "written")(error.into()))?;
        self.bytes(format!("{beginning}{json}\n").as_bytes()).await
    }

    async fn send(&mut self, message: Message) -> Result<(), DumpError> {
        if self.sender.send(message).await.is_ok() {
            return Ok(());
        }
        // The disk has given up, and says why.
        let error = match (&mut self.disk).await {
            Ok(Err(error)) => error,
            Ok(Ok(_)) => std::io::Error::other("nobody writes any more"),
            Err(error) => error.into(),
        };
        Err(DumpError::io(&self.file, "written")(error))
    }
}

fn write(mut file: File, mut receiver: mpsc::Receiver<Message>) -> Result<u64, std::io::Error> {
    let (mut digest, mut length) = (Sha256::new(), 0);
    while let Some(message) = receiver.blocking_recv() {
        match message {
            Message::Bytes(bytes) => {
                digest.update(&bytes);
                file.write_all(&bytes)?;
                length += bytes.len() as u64;
            }
            Message::End(rows) => {
                let sha256 = super::reader::hex(&digest.finalize());
                let line = format!("{END}{}\n", serde_json::to_string(&EndLine { rows, sha256 })?);
                file.write_all(line.as_bytes())?;
                file.sync_all()?;
                return Ok(length + line.len() as u64);
            }
        }
    }
    // Whoever wrote has given up.
    Ok(length)
}

/// Nobody but its owner reads it: it has all that a tenant has.
fn open(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Gives a whole file its name.
fn named(partial: &Path, file: &Path, force: bool) -> Result<(), DumpError> {
    if force {
        if std::fs::symlink_metadata(file).is_ok_and(|found| !found.is_file()) {
            return Err(DumpError::NoFile { file: file.to_owned() });
        }
        return std::fs::rename(partial, file).map_err(DumpError::io(file, "written"));
    }
    match std::fs::hard_link(partial, file) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(DumpError::Exists { file: file.to_owned() })
        }
        // Not every file system has links.
        Err(_) if !file.exists() => std::fs::rename(partial, file).map_err(DumpError::io(file, "written")),
        Err(_) => Err(DumpError::Exists { file: file.to_owned() }),
    }
}

/// Removes what dumps to this file have left that were killed.
fn sweep(file: &Path, name: &std::ffi::OsStr) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beginning = format!(".{}.", short(name));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        let token = found.strip_prefix(&beginning).and_then(|rest| rest.strip_suffix(".partial"));
        let is_one = token.is_some_and(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric()));
        if is_one && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let is_free = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
            if is_free {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Enough of a name to know it, so that more of ours may follow it.
fn short(name: &std::ffi::OsStr) -> String {
    name.to_string_lossy().chars().take(50).collect()
}
