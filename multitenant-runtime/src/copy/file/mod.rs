//! The file of a dump: a text of lines, with the statements of a schema and its rows as `COPY` has them.
//!
//! ```text
//! -- cargo-multitenant tenant dump, format 1
//! -- {"tenant":"acme","schema":"tenant_acme","postgres":15,"history":[…],"outside":[…], …}
//! --:statement {"section":"before","bytes":41}
//! CREATE TABLE users (id bigint NOT NULL)
//! --:rows {"table":"users","columns":["id"]}
//! 1
//! \.
//! --:value {"sequence":"users_id_seq","last":"1","is_called":true}
//! --:end {"rows":1,"sha256":"…"}
//! ```
//!
//! The last line has a checksum of all before it, so that a file that was cut off or altered is known before anything is
//! run. It is no signature: whoever alters a file can write another checksum. What a file can do is what the load lets it.

mod error;
mod frame;
mod reader;
mod writer;

pub use error::DumpError;
pub(crate) use frame::{FORMAT, Header, Part, Recorded, Section};
pub use reader::TenantDump;
pub(crate) use writer::Writer;
