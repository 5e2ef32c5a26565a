//! `generate --from-schema`: what it writes makes, on a server, the schema that the code says, and leads back.

mod asked;
mod case;
mod changes;
mod command;
mod whole;
