//! Reading a dump: what it says of itself, its checksum, and then one part after another.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::copy::structure::Statement;
use crate::ident::{IdentError, TenantId};

use super::DumpError;
use super::frame::{
    END, EndLine, FIRST, FORMAT, HEADER, Header, LAST_ROW, LONGEST, Part, ROWS, RowsLine, STATEMENT, StatementLine,
    VALUE, ValueLine,
};

/// How much is read at once.
const READ: usize = 256 << 10;

/// How many parts wait for the server.
const WAITING: usize = 4;

/// How long the last line is at most.
const LAST_LINE: u64 = 512;

/// A dump of a tenant whose checksum is right.
///
/// ```no_run
/// use multitenant_runtime::TenantDump;
///
/// let dump = TenantDump::open("acme.dump")?;
/// println!("{} as of {}", dump.tenant()?.as_str(), dump.taken_at());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TenantDump {
    file: PathBuf,
    header: Header,
    rows: u64,
    /// How long all is that the checksum is about.
    length: u64,
    sha256: String,
}

impl TenantDump {
    /// Opens a dump, and reads it once, for its checksum. Blocks meanwhile.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, is no dump, is of a newer format, or was cut off or altered.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, DumpError> {
        let path = file.as_ref();
        let cannot = || DumpError::io(path, "read");
        let mut file = File::open(path).map_err(cannot())?;
        if !file.metadata().map_err(cannot())?.is_file() {
            return Err(DumpError::NoDump { file: path.to_owned() });
        }
        let mut reader = BufReader::with_capacity(READ, &mut file);
        let first = line(&mut reader, 200).map_err(cannot())?.unwrap_or_default();
        match first.strip_prefix(FIRST).map(|format| (format, format.parse::<u32>())) {
            None => return Err(DumpError::NoDump { file: path.to_owned() }),
            Some((_, Ok(FORMAT))) => {}
            Some((format, _)) => return Err(DumpError::Newer { file: path.to_owned(), format: format.to_owned() }),
        }
        let header = line(&mut reader, LONGEST).map_err(cannot())?.unwrap_or_default();
        let header = header.strip_prefix(HEADER).and_then(|json| serde_json::from_str(json).ok());
        let header: Header = header.ok_or_else(|| DumpError::damaged(path, "its second line cannot be read"))?;
        let (length, end) = end(path, &mut file)?;
        file.rewind().map_err(cannot())?;
        let mut dump = Self { file: path.to_owned(), header, rows: end.rows, length, sha256: end.sha256 };
        let mut hashing = Hashing { file, left: length, digest: Sha256::new() };
        std::io::copy(&mut hashing, &mut std::io::sink()).map_err(cannot())?;
        dump.is_whole(&hashing)?;
        // As it is written here, whatever the file writes.
        dump.sha256.make_ascii_lowercase();
        Ok(dump)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The tenant's id where it was dumped.
    ///
    /// # Errors
    ///
    /// Where that can be no id.
    pub fn tenant(&self) -> Result<TenantId, IdentError> {
        TenantId::new(&self.header.tenant)
    }

    /// When it was dumped, as the server had it.
    #[must_use]
    pub fn taken_at(&self) -> &str {
        &self.header.taken_at
    }

    /// How many rows its tables have, the history's among them.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Its parts, read by a thread while they are taken. The last one, [`Part::End`], comes only where the checksum was
    /// right once more.
    pub(crate) fn parts(&self) -> mpsc::Receiver<Result<Part, DumpError>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (path, length, sha256) = (self.file.clone(), self.length, self.sha256.clone());
        tokio::task::spawn_blocking(move || {
            let result = read(&path, length, &sha256, &sender);
            if let Some(last) = result.transpose() {
                // Nobody may be left who would know.
                let _ = sender.blocking_send(last);
            }
        });
        receiver
    }

    fn is_whole(&self, hashing: &Hashing) -> Result<(), DumpError> {
        is_whole(&self.file, hashing, &self.sha256)
    }
}

fn is_whole(path: &Path, hashing: &Hashing, sha256: &str) -> Result<(), DumpError> {
    if hashing.left > 0 {
        return Err(DumpError::damaged(path, "it is shorter than it was"));
    }
    if !hex(&hashing.digest.clone().finalize()).eq_ignore_ascii_case(sha256) {
        return Err(DumpError::damaged(path, "its checksum is another one"));
    }
    Ok(())
}

/// Reads all parts; `None` where nobody takes them any more.
fn read(
    path: &Path,
    length: u64,
    sha256: &str,
    sender: &mpsc::Sender<Result<Part, DumpError>>,
) -> Result<Option<Part>, DumpError> {
    let cannot = || DumpError::io(path, "read");
    let file = File::open(path).map_err(cannot())?;
    let hashing = Hashing { file, left: length, digest: Sha256::new() };
    let mut reader = BufReader::with_capacity(READ, hashing);
    let broken = |what: &str| DumpError::damaged(path, what.to_owned());
    // What is in the file is no matter of the folder that it is in.
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => broken(&error.to_string()),
        _ => cannot()(error),
    };
    for _ in 0..2 {
        line(&mut reader, LONGEST).map_err(cannot())?;
    }
    while let Some(line) = line(&mut reader, LONGEST).map_err(cannot())? {
        let part = if let Some(json) = line.strip_prefix(STATEMENT) {
            let StatementLine { section, bytes, path, names_schema } =
                serde_json::from_str(json).map_err(|_| broken("a line before a statement cannot be read"))?;
            Part::Statement(
                section,
                Statement { sql: text(&mut reader, bytes).map_err(unreadable)?, path, names_schema },
            )
        } else if let Some(json) = line.strip_prefix(VALUE) {
            let ValueLine { sequence, last, is_called } =
                serde_json::from_str(json).map_err(|_| broken("a sequence's line cannot be read"))?;
            Part::Value { sequence, last, is_called }
        } else if let Some(json) = line.strip_prefix(ROWS) {
            let RowsLine { table, columns } =
                serde_json::from_str(json).map_err(|_| broken("a line before rows cannot be read"))?;
            if sender.blocking_send(Ok(Part::Rows { table, columns })).is_err() {
                return Ok(None);
            }
            if !rows(&mut reader, sender).map_err(unreadable)? {
                return Ok(None);
            }
            Part::LastRow
        } else {
            return Err(broken("a line is none of a dump's"));
        };
        if sender.blocking_send(Ok(part)).is_err() {
            return Ok(None);
        }
    }
    is_whole(path, reader.get_ref(), sha256)?;
    Ok(Some(Part::End))
}

/// Hands on the rows of a table, in pieces; false where nobody takes them any more. A row may be longer than a piece.
fn rows(reader: &mut impl BufRead, sender: &mpsc::Sender<Result<Part, DumpError>>) -> std::io::Result<bool> {
    let mut is_start = true;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "a table's rows do not end"));
        }
        // The mark may be cut in two by the buffer's end.
        if is_start && LAST_ROW.starts_with(&buffer[..buffer.len().min(LAST_ROW.len())]) {
            let mut mark = Vec::with_capacity(LAST_ROW.len());
            reader.by_ref().take(LAST_ROW.len() as u64).read_to_end(&mut mark)?;
            if mark == LAST_ROW {
                return Ok(true);
            }
            is_start = mark.last() == Some(&b'\n');
            if sender.blocking_send(Ok(Part::Bytes(mark))).is_err() {
                return Ok(false);
            }
            continue;
        }
        let end = if is_start { 0 } else { line_end(buffer, 0) };
        let mut taken = end;
        // As many whole lines as there are.
        while taken < buffer.len()
            && !(is_line_start(buffer, taken, is_start) && buffer[taken] == b'\\' && may_be_last(&buffer[taken..]))
        {
            taken = line_end(buffer, taken);
        }
        let taken = taken.max(1).min(buffer.len());
        let bytes = buffer[..taken].to_vec();
        is_start = bytes.last() == Some(&b'\n');
        reader.consume(taken);
        if sender.blocking_send(Ok(Part::Bytes(bytes))).is_err() {
            return Ok(false);
        }
    }
}

fn may_be_last(rest: &[u8]) -> bool {
    LAST_ROW.starts_with(&rest[..rest.len().min(LAST_ROW.len())])
}

fn is_line_start(buffer: &[u8], at: usize, is_start: bool) -> bool {
    if at == 0 { is_start } else { buffer[at - 1] == b'\n' }
}

/// Behind the end of the line that this place is in, or the end of what there is.
fn line_end(buffer: &[u8], from: usize) -> usize {
    buffer[from..].iter().position(|&byte| byte == b'\n').map_or(buffer.len(), |end| from + end + 1)
}

/// So many bytes of text, and the end of their line.
fn text(reader: &mut impl BufRead, bytes: usize) -> std::io::Result<String> {
    let invalid = |what| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    if bytes > LONGEST {
        return Err(invalid("a statement is too long"));
    }
    let mut text = Vec::new();
    reader.by_ref().take(bytes as u64 + 1).read_to_end(&mut text)?;
    if text.pop() != Some(b'\n') || text.len() != bytes {
        return Err(invalid("a statement does not end where it should"));
    }
    String::from_utf8(text).map_err(|_| invalid("a statement is no text"))
}

/// The next line without its end; `None` at the end of the file.
fn line(reader: &mut impl BufRead, longest: usize) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    reader.by_ref().take(longest as u64).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// The last line, and how much is before it.
fn end(path: &Path, file: &mut File) -> Result<(u64, EndLine), DumpError> {
    let cannot = || DumpError::io(path, "read");
    let length = file.metadata().map_err(cannot())?.len();
    let from = length.saturating_sub(LAST_LINE);
    file.seek(SeekFrom::Start(from)).map_err(cannot())?;
    let mut tail = Vec::new();
    file.take(LAST_LINE).read_to_end(&mut tail).map_err(cannot())?;
    let cut_off = || DumpError::damaged(path, "its last line is missing");
    let body = tail.strip_suffix(b"\n").ok_or_else(cut_off)?;
    let start = body.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let text = std::str::from_utf8(&body[start..]).map_err(|_| cut_off())?;
    let end = text.strip_prefix(END).and_then(|json| serde_json::from_str(json).ok()).ok_or_else(cut_off)?;
    Ok((from + start as u64, end))
}

/// A file that is hashed while it is read, up to the last line.
struct Hashing {
    file: File,
    left: u64,
    digest: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..most])?;
        self.digest.update(&buffer[..read]);
        self.left -= read as u64;
        Ok(read)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(text: &[u8], capacity: usize) -> (Vec<u8>, Vec<u8>) {
        let (sender, mut receiver) = mpsc::channel(1000);
        let mut reader = BufReader::with_capacity(capacity, text);
        assert!(rows(&mut reader, &sender).unwrap());
        drop(sender);
        let mut found = Vec::new();
        while let Some(part) = receiver.blocking_recv() {
            let Ok(Part::Bytes(bytes)) = part else { panic!("{part:?}") };
            found.extend(bytes);
        }
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        (found, rest)
    }

    #[test]
    fn rows_end_at_their_mark_however_they_are_cut() {
        for capacity in [1, 2, 3, 4, 5, 7, 64] {
            for rows in [&b""[..], b"1\ta\n", b"\\N\n\\\\.\n", b"a\\.b\n\\..\n\n", b"\n\n"] {
                let mut text = rows.to_vec();
                text.extend(b"\\.\n--:end");
                let (found, rest) = rows_of(&text, capacity);
                assert_eq!((&*found, &*rest), (rows, &b"--:end"[..]), "{capacity}");
            }
        }
    }
}
