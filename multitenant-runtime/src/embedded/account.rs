//! The account that a server runs as: ours, or, since PostgreSQL refuses root, one without rights.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown, fchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::EmbeddedError;

/// Whom a server and its files belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    /// Set when we are root and the account is another one.
    other: Option<Other>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Other {
    name: String,
    gid: u32,
}

impl Account {
    /// Our own, or the first of `postgres` and `nobody` when we are root.
    pub(crate) fn of_server() -> Result<Self, EmbeddedError> {
        let uid = our_uid()?;
        if uid != 0 {
            return Ok(Self { uid, other: None });
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(EmbeddedError::folder("read", path))?;
        ["postgres", "nobody"].iter().find_map(|name| entry(&passwd, name)).ok_or_else(|| EmbeddedError::Account {
            reason: "/etc/passwd knows neither `postgres` nor `nobody`".to_owned(),
        })
    }

    /// Lets a program run as this account, from a folder that it may be in.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.current_dir("/");
        if let Some(other) = &self.other {
            command.uid(self.uid).gid(other.gid);
        }
    }

    /// Hands over something that we made.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match &self.other {
            Some(other) => chown(path, Some(self.uid), Some(other.gid)),
            None => Ok(()),
        }
    }

    /// The same for a file in a folder of the account, where its name may be put on another one meanwhile.
    pub(crate) fn own_file(&self, file: &File) -> io::Result<()> {
        match &self.other {
            Some(other) => fchown(file, Some(self.uid), Some(other.gid)),
            None => Ok(()),
        }
    }

    /// Whether this is another account than that of this process.
    pub(crate) fn is_other(&self) -> bool {
        self.other.is_some()
    }

    pub(crate) fn name(&self) -> &str {
        self.other.as_ref().map_or("the current user", |other| &other.name)
    }

    /// Whether every folder on the way to `path`, and `path` itself, lets the account pass.
    pub(crate) fn may_enter(&self, path: &Path) -> bool {
        !self.is_other()
            || path
                .ancestors()
                .filter(|folder| !folder.as_os_str().is_empty())
                .all(|folder| fs::metadata(folder).is_ok_and(|meta| self.has(&meta, 0o100)))
    }

    /// Whether the account may make and remove entries of its own in a folder.
    pub(crate) fn may_write(&self, folder: &Path) -> bool {
        !self.is_other() || fs::metadata(folder).is_ok_and(|meta| self.has(&meta, 0o200))
    }

    /// The owner's right `bit`, as it applies to this account. Groups are ignored: the account has none.
    fn has(&self, meta: &fs::Metadata, bit: u32) -> bool {
        let bit = if meta.uid() == self.uid { bit } else { bit >> 6 };
        meta.mode() & bit != 0
    }
}

/// Our effective user, which the standard library does not tell.
fn our_uid() -> Result<u32, EmbeddedError> {
    let output =
        Command::new("id").arg("-u").stdin(Stdio::null()).output().map_err(EmbeddedError::spawn(Path::new("id")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| EmbeddedError::Spawn {
        program: "id".into(),
        source: io::Error::new(io::ErrorKind::InvalidData, format!("`id -u` wrote {text:?}")),
    })
}

fn entry(passwd: &str, name: &str) -> Option<Account> {
    let fields: Vec<&str> = passwd
        .lines()
        .map(|line| line.split(':').collect())
        .find(|fields: &Vec<&str>| fields.first() == Some(&name))?;
    let (uid, gid) = (number(fields.get(2)?)?, number(fields.get(3)?)?);
    (uid != 0).then(|| Account { uid, other: Some(Other { name: name.to_owned(), gid }) })
}

/// macOS writes `nobody` as -2.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_passwd() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:*:-2:-2:Nobody:/:/usr/bin/false\nbad:x::\nzero:x:0:0\n";
        let check = |name| entry(passwd, name).map(|account| (account.uid, account.other.unwrap().gid));
        assert_eq!(check("nobody"), Some((u32::MAX - 1, u32::MAX - 1)));
        assert_eq!(check("postgres"), None);
        assert_eq!(check("bad"), None);
        assert_eq!(check("zero"), None, "root under another name is root");
    }
}
