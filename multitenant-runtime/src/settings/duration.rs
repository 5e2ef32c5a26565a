//! Durations as people write them: `500ms`, `2s`, `5m`, `1h`.

use std::fmt;
use std::time::Duration;

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationError {
    text: String,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no duration: write a whole number and a unit, as in 500ms, 2s, 5m or 1h, or 0", self.text)
    }
}

impl std::error::Error for DurationError {}

/// Reads a duration: a whole number followed by `ms`, `s`, `m` (or `min`) or `h`; a bare `0` is none.
///
/// ```
/// use std::time::Duration;
/// use multitenant_runtime::parse_duration;
///
/// assert_eq!(parse_duration("500ms")?, Duration::from_millis(500));
/// assert_eq!(parse_duration("5m")?, Duration::from_secs(300));
/// assert!(parse_duration("5").is_err());
/// # Ok::<(), multitenant_runtime::DurationError>(())
/// ```
///
/// # Errors
///
/// Where the text is anything else, a fraction and a negative number included, or longer than the
/// 2,147,483,647 milliseconds that PostgreSQL's timeouts hold.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError { text: text.to_owned() };
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| error())?;
    let factor = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(error()),
    };
    match number.checked_mul(factor) {
        Some(millis) if millis <= i32::MAX as u64 => Ok(Duration::from_millis(millis)),
        _ => Err(error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_refuses_the_rest() {
        for (text, millis) in [("0", 0), ("0s", 0), ("7ms", 7), ("2 s", 2000), ("3min", 180_000), ("1h", 3_600_000)] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1.5s", "1d", "99999999999999999999s", "1000h", "１s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
