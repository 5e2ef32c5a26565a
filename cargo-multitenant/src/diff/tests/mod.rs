//! Schema code and migrations in, migrations out; what comes out is linted, and is all that was missing.

mod changes;
mod dependents;
mod made;
mod whole;
