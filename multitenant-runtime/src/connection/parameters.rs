//! From text to parameters: a URL and `key=value` pairs come to the same list.
//!
//! `tokio_postgres` parses both too, but knows few parameters and is lenient where libpq is not: it takes the
//! first `@` anywhere for the end of the password, and drops what follows an empty keyword. We split the text by
//! libpq's rules, and leave the meaning of values to it.

use super::url_error::UrlError;

/// Names and values in the order they were written, decoded. Bytes, as a password need not be UTF-8.
pub(super) type Parameters = Vec<(String, Vec<u8>)>;

pub(super) fn parse(text: &str) -> Result<Parameters, UrlError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    match ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => url(rest),
        None => pairs(text),
    }
}

fn url(text: &str) -> Result<Parameters, UrlError> {
    let (main, query) = split(text, '?');
    let (authority, path) = split(main, '/');
    if main.matches('@').count() > usize::from(authority.contains('@')) {
        return Err(UrlError::Reserved);
    }
    let mut parameters = Parameters::new();
    let hosts = match authority.split_once('@') {
        Some((credentials, hosts)) => {
            let (user, password) = split(credentials, ':');
            put(&mut parameters, "user", decode(user)?);
            if let Some(password) = password {
                put(&mut parameters, "password", decode(password)?);
            }
            hosts
        }
        None => authority,
    };
    if !hosts.is_empty() {
        host_list(hosts, &mut parameters)?;
    }
    if let Some(database) = path {
        put(&mut parameters, "dbname", decode(database)?);
    }
    for parameter in query.unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or(UrlError::MissingEquals)?;
        let name = String::from_utf8(decode(name)?).map_err(|_| UrlError::Unknown { name: None })?;
        let value = decode(value)?;
        // As libpq does for URLs that were made for JDBC.
        match (name.as_str(), value.as_slice()) {
            ("ssl", b"true") => put(&mut parameters, "sslmode", b"require".to_vec()),
            _ => put(&mut parameters, &name, value),
        }
    }
    Ok(parameters)
}

fn host_list(text: &str, parameters: &mut Parameters) -> Result<(), UrlError> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for piece in text.split(',') {
        let (host, port) = match piece.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']').ok_or(UrlError::Host)?;
                match after.strip_prefix(':') {
                    Some(port) => (address, port),
                    None if after.is_empty() => (address, ""),
                    None => return Err(UrlError::Host),
                }
            }
            None => match piece.split_once(':') {
                Some((_, port)) if port.contains(':') => return Err(UrlError::Host),
                Some(both) => both,
                None => (piece, ""),
            },
        };
        let host = decode(host)?;
        // Hosts are a list with commas from here on; a folder's name cannot hold one in libpq either.
        if host.contains(&b',') {
            return Err(UrlError::Host);
        }
        hosts.push(host);
        ports.push(decode(port)?);
    }
    put(parameters, "host", hosts.join(&b','));
    if ports.iter().any(|port| !port.is_empty()) {
        put(parameters, "port", ports.join(&b','));
    }
    Ok(())
}

fn pairs(text: &str) -> Result<Parameters, UrlError> {
    let mut parameters = Parameters::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return Err(if parameters.is_empty() { UrlError::NotAConnection } else { UrlError::MissingEquals });
        };
        if name.is_empty() || name.contains("://") {
            return Err(if parameters.is_empty() { UrlError::NotAConnection } else { UrlError::MissingEquals });
        }
        let (value, after) = value(after.trim_start())?;
        put(&mut parameters, name, value.into_bytes());
        rest = after.trim_start();
    }
    Ok(parameters)
}

/// A value in single quotes, or up to the next blank; a backslash takes the next character as it is.
fn value(text: &str) -> Result<(String, &str), UrlError> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            blank if !quoted && blank.is_whitespace() => return Ok((value, &text[at..])),
            other => value.push(other),
        }
    }
    if quoted { Err(UrlError::UnterminatedQuote) } else { Ok((value, "")) }
}

/// Later values replace earlier ones, as in libpq.
fn put(parameters: &mut Parameters, name: &str, value: Vec<u8>) {
    match parameters.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => parameters.push((name.to_owned(), value)),
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    }
}

fn decode(text: &str) -> Result<Vec<u8>, UrlError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
            match (digit(), digit()) {
                (Some(high), Some(low)) => decoded.push(high * 16 + low),
                _ => return Err(UrlError::PercentEncoding),
            }
        } else {
            decoded.push(byte);
        }
    }
    Ok(decoded)
}
