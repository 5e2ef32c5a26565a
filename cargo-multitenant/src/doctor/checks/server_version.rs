use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::check;
use crate::doctor::cells::{number, text};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// That this tool supports the server's version, which begins at PostgreSQL 13, and that PostgreSQL's developers still
    /// mend it: each major version is mended for five years, until a day in November.
    ///
    /// ## Why is this bad?
    /// Below 13 what is sent here has never been tried. After its end of life a version gets no mends any more, not of
    /// security holes and not of bugs that lose data.
    ///
    /// ## What to do
    /// Upgrade the server to a newer major version, with `pg_upgrade` or by a dump: <https://www.postgresql.org/support/versioning/>
    /// has the dates. Half a year before the end it is a note, from that day on a warning.
    "server-version": Warning, Database, "server", look
}

/// The oldest that is supported here.
const OLDEST: i64 = 13;

/// When the last mends of a major version are made.
const ENDS: &[(i64, Date)] = &[
    (12, date(2024, 11, 21)),
    (13, date(2025, 11, 13)),
    (14, date(2026, 11, 12)),
    (15, date(2027, 11, 11)),
    (16, date(2028, 11, 9)),
    (17, date(2029, 11, 8)),
    (18, date(2030, 11, 14)),
];

/// So many days before the end it is worth a note.
const AHEAD: i64 = 183;

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let asked = "SELECT current_setting('server_version_num')::int / 10000, split_part(current_setting('server_version'), ' ', 1)";
    let rows = ground.inspector()?.rows(asked, &[]).await?;
    let row = rows.first().ok_or_else(|| Blocked("the server does not say what it is".to_owned()))?;
    let (found, complaint) = judge(number(row, 0), text(row, 1), TimeZone::UTC.to_datetime(Timestamp::now()).date());
    Ok(Verdict::of(found.clone(), found, complaint.into_iter().collect()))
}

/// What is so on this day, and what is wrong with it.
fn judge(major: i64, version: &str, today: Date) -> (String, Option<Complaint>) {
    let complaint = |level, message: String| {
        let mut complaint = CHECK.complaint(message).object("server");
        complaint.level = level;
        Some(complaint.help("upgrade the server to a newer major version, for instance with pg_upgrade"))
    };
    if major < OLDEST {
        let message = format!("PostgreSQL {version} is older than {OLDEST}, the oldest version that is supported here");
        return (format!("PostgreSQL {version}, not supported"), complaint(Level::Error, message));
    }
    let known = ENDS.iter().find(|(known, _)| *known == major).map(|(_, end)| *end);
    let Some(end) = known.or_else(|| (major < ENDS[0].0).then_some(ENDS[0].1)) else {
        // Newer than this table.
        return (format!("PostgreSQL {version}, supported"), None);
    };
    let left = end.duration_since(today).as_hours() / 24;
    match left {
        ..=0 => {
            let message = format!("PostgreSQL {version} has had its last mends on {end}: security holes stay open");
            (format!("PostgreSQL {version}, past its end of life"), complaint(Level::Warning, message))
        }
        1..=AHEAD => {
            let message = format!("PostgreSQL {version} gets its last mends on {end}, in {left} days");
            (format!("PostgreSQL {version}, its end of life is near"), complaint(Level::Info, message))
        }
        _ => (format!("PostgreSQL {version}, supported until {end}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_answer() {
        for (major, today, level) in [
            (12, date(2023, 1, 1), Some(Level::Error)),
            (9, date(2010, 1, 1), Some(Level::Error)),
            (13, date(2026, 1, 1), Some(Level::Warning)),
            (14, date(2026, 11, 12), Some(Level::Warning)),
            (14, date(2026, 11, 11), Some(Level::Info)),
            (14, date(2026, 5, 13), Some(Level::Info)),
            (14, date(2026, 5, 12), None),
            (18, date(2026, 11, 27), None),
            (19, date(2040, 1, 1), None),
        ] {
            let (found, complaint) = judge(major, "x.y", today);
            assert_eq!(complaint.map(|complaint| complaint.level), level, "{major} {today}: {found}");
        }
    }
}
