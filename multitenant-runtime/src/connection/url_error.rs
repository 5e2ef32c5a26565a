use std::error::Error;
use std::fmt;

/// Why a text is not a connection URL.
///
/// Values are never part of the message: a password that was not percent-encoded can end up in any of them.
/// The names of parameters are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// The text is empty.
    Empty,
    /// Neither a `postgres://` URL nor `key=value` pairs.
    NotAConnection,
    /// An `@` or a `/` that can be read in two ways.
    Reserved,
    /// A `%` without two hexadecimal digits after it.
    PercentEncoding,
    /// A value that is not UTF-8, or holds a NUL.
    Text {
        /// The parameter's name.
        name: String,
    },
    /// A host with an unclosed `[`, or with more than one colon outside of brackets.
    Host,
    /// A port that is not a number from 1 to 65535.
    Port,
    /// As many `name`s as hosts are needed.
    Count {
        /// The parameter's name.
        name: &'static str,
        /// How many hosts there are.
        hosts: usize,
        /// How many values of the parameter.
        found: usize,
    },
    /// A parameter without `=`.
    MissingEquals,
    /// A quoted value without its end.
    UnterminatedQuote,
    /// A parameter that neither libpq nor we know.
    Unknown {
        /// Its name; absent where it could be a piece of a password.
        name: Option<String>,
    },
    /// A parameter of libpq that is not supported here.
    Unsupported {
        /// Its name.
        name: String,
    },
    /// A value that the parameter does not take.
    Value {
        /// The parameter's name.
        name: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A parameter that says nothing without another.
    Incomplete {
        /// The parameter that is there.
        name: &'static str,
        /// The one that is missing.
        needs: &'static str,
    },
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid connection URL: ")?;
        match self {
            Self::Empty => f.write_str("it is empty; expected `postgres://user@host:5432/database`"),
            Self::NotAConnection => {
                f.write_str("neither a URL as `postgres://user@host:5432/database` nor pairs as `host=… dbname=…`")
            }
            Self::Reserved => f.write_str(
                "an `@` or `/` too many; in user, password and database name write `@` as %40, `/` as %2F, `?` as %3F",
            ),
            Self::PercentEncoding => f.write_str("a `%` without two hexadecimal digits; write a plain `%` as %25"),
            Self::Text { name } => write!(f, "`{name}` is not UTF-8 or holds a NUL"),
            Self::Host => f.write_str(
                "the host is malformed; an IPv6 address stands in brackets, a socket folder as `?host=/folder`",
            ),
            Self::Port => {
                f.write_str("a port is not a number from 1 to 65535; if this is part of a password, percent-encode it")
            }
            Self::Count { name, hosts, found } => {
                write!(f, "{found} values of `{name}` for {hosts} hosts")
            }
            Self::MissingEquals => f.write_str(
                "a parameter without `=`; a value with blanks stands in single quotes, `&` in a URL is written %26",
            ),
            Self::UnterminatedQuote => f.write_str("a quoted value has no end"),
            Self::Unknown { name: Some(name) } => write!(f, "unknown parameter `{name}`"),
            Self::Unknown { name: None } => f.write_str(
                "an unknown parameter, not shown as it may be part of a password; a value with blanks stands in \
                 single quotes, `&` in a URL is written %26",
            ),
            Self::Unsupported { name } => {
                write!(f, "`{name}` is a parameter of libpq that is not supported here; remove it")
            }
            Self::Value { name, expected } => write!(f, "`{name}` expects {expected}"),
            Self::Incomplete { name, needs } => write!(f, "`{name}` needs `{needs}` as well"),
        }
    }
}

impl Error for UrlError {}
