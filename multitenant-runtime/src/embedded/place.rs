//! Where a kept server's files lie: under the project's folder, unless the server's account may not go there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::account::Account;
use super::hash::hash;

/// Says, in the project's folder, where the data lies when it is elsewhere.
const ELSEWHERE: &str = "data-lies-elsewhere.txt";

/// Where it is then. Only root gets there, since any other user is the server's account himself.
const STATE: &str = "/var/lib/multitenant";

/// The folders of one kept server.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The project's folder, absolute.
    folder: PathBuf,
}

impl Place {
    pub(crate) fn new(folder: &Path) -> Self {
        // A folder that does not exist yet has no canonical path, but its parents may.
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let existing = absolute.ancestors().find_map(|ancestor| {
            let rest = absolute.strip_prefix(ancestor).ok()?;
            fs::canonicalize(ancestor).ok().map(|canonical| canonical.join(rest))
        });
        // Joining an empty rest leaves a slash at the end, which would make another name of the same folder.
        Self { folder: existing.unwrap_or(absolute).components().collect() }
    }

    /// A short folder for the socket, the same for every process of the project.
    pub(crate) fn socket_folder(&self) -> PathBuf {
        PathBuf::from(format!("/tmp/mtp-{}", self.hash()))
    }

    /// Where the data lies, or will.
    pub(crate) fn data(&self) -> PathBuf {
        let elsewhere = fs::read_to_string(self.folder.join(ELSEWHERE)).unwrap_or_default();
        match elsewhere.trim() {
            "" => self.folder.join("server/data"),
            path => PathBuf::from(path),
        }
    }

    /// Makes the folder that the data and the log are to lie in, and says where the data goes.
    pub(crate) fn make_room(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        if !self.data().exists() && !account.may_enter(&self.folder) {
            let parent = Path::new(STATE);
            DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(parent)
                .map_err(EmbeddedError::folder("create", parent))?;
            let data = parent.join(self.hash()).join("data");
            let path = self.folder.join(ELSEWHERE);
            fs::write(&path, format!("{}\n", data.display())).map_err(EmbeddedError::folder("write", &path))?;
        }
        let data = self.data();
        own_folder(data.parent().unwrap_or(&data), account)?;
        Ok(data)
    }

    /// Held while a server is started or stopped; it falls with the process.
    pub(crate) fn lock(&self) -> Result<File, EmbeddedError> {
        fs::create_dir_all(&self.folder).map_err(EmbeddedError::folder("create", &self.folder))?;
        // Nobody means to commit a server. A file that is there was somebody's decision.
        if let Ok(mut file) = File::create_new(self.folder.join(".gitignore")) {
            file.write_all(b"*\n").map_err(EmbeddedError::folder("write", &self.folder))?;
        }
        let path = self.folder.join("lock");
        File::create(&path).and_then(|file| file.lock().map(|()| file)).map_err(EmbeddedError::folder("lock", &path))
    }

    fn hash(&self) -> String {
        format!("{:016x}", hash(self.folder.as_os_str().as_encoded_bytes()))
    }
}

/// Makes a folder of the account that nobody else may enter, or sees that it is one.
pub(crate) fn own_folder(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let made = match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.own(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::symlink_metadata(path).and_then(|meta| {
            let closed = meta.is_dir() && meta.mode() & 0o077 == 0;
            if closed && meta.uid() == account.uid {
                Ok(())
            } else if closed && account.is_other() && meta.uid() == 0 {
                // We were killed before it could be handed over.
                account.own(path)
            } else {
                Err(io::Error::other(format!(
                    "it is there, but not a closed folder of `{}`: remove it",
                    account.name()
                )))
            }
        }),
        Err(error) => Err(error),
    };
    made.map_err(EmbeddedError::folder("use", path))
}
