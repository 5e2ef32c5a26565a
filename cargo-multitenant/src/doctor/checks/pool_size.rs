use super::check;
use crate::doctor::cells::{number, text};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Whether the server has as many connections as may be asked for: `database.max_connections` for each instance of the
    /// application (`--instances`), and those of one `migrate`, which has its jobs and one more. What there is: the
    /// server's `max_connections` without the slots that are reserved, and the limits of the database and of the role.
    ///
    /// ## Why is this bad?
    /// The connections that are too many are refused with "sorry, too many clients already", and that comes under load, or
    /// when a new version is rolled out and old and new instances run at once. A migration that gets no connection does
    /// not begin.
    ///
    /// ## What to do
    /// Lower `max_connections` under `[database]` to the figure that is named, or raise the server's, or put a pooler
    /// between. Where a limit of the role or database is in the way: `alter role … connection limit N`.
    "pool-size": Error, Database, "pool", look
}

const LIMITS: &str = "\
SELECT current_setting('max_connections')::int \
- CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int \
+ coalesce(current_setting('reserved_connections', true)::int, 0) END, \
d.datconnlimit, r.rolconnlimit, \
(SELECT count(*) FROM pg_stat_activity WHERE usesysid IS NOT NULL \
AND coalesce(backend_type, 'client backend') = 'client backend'), \
current_setting('max_connections'), quote_ident(r.rolname), quote_ident(d.datname), r.rolsuper \
FROM pg_roles r, pg_database d WHERE r.rolname = session_user AND d.datname = current_database()";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let config = ground.config()?;
    let application = ground.application().map(|(_, inspector)| inspector);
    let inspector = application.unwrap_or(ground.inspector()?);
    let rows = inspector.rows(LIMITS, &[]).await?;
    let row = rows.first().ok_or_else(|| Blocked("the server does not say its limits".to_owned()))?;
    let each = i64::try_from(config.max_connections()).unwrap_or(i64::MAX);
    let instances = i64::from(ground.instances);
    let wish = Wish { each, instances, jobs: i64::try_from(config.settings.jobs).unwrap_or(i64::MAX) };
    if !inspector.is_direct() {
        return Ok(Verdict::Good(format!("max {each} of each instance, before a pooler, which has limits of its own")));
    }
    let limits = Limits {
        server: number(row, 0),
        database: Some(number(row, 1)).filter(|limit| *limit >= 0),
        role: Some(number(row, 2)).filter(|limit| *limit >= 0 && row.get(7) != Some("t")),
        used: number(row, 3),
    };
    let found = if instances == 1 {
        format!("max {each}, server limit {}, {} in use", text(row, 4), limits.used)
    } else {
        format!("max {each} of each of {instances} instances, server limit {}, {} in use", text(row, 4), limits.used)
    };
    let complaints = judge(&wish, &limits, text(row, 5), text(row, 6));
    Ok(Verdict::of(found.clone(), found, complaints))
}

/// What may be asked for.
struct Wish {
    each: i64,
    instances: i64,
    jobs: i64,
}

/// What there is.
struct Limits {
    /// For our role, reserved slots taken off.
    server: i64,
    database: Option<i64>,
    role: Option<i64>,
    /// Connections that there are now, ours among them.
    used: i64,
}

fn judge(wish: &Wish, limits: &Limits, role: &str, database: &str) -> Vec<Complaint> {
    let all = wish.each.saturating_mul(wish.instances);
    let enough = all.saturating_add(wish.jobs).saturating_add(1);
    let candidates = [
        (Some(limits.server), "the server", "raise the server's max_connections, which needs a restart".to_owned()),
        (limits.database, "the database", format!("alter database {database} connection limit {enough};")),
        (limits.role, "the role", format!("alter role {role} connection limit {enough};")),
    ];
    let candidates = candidates.into_iter().filter_map(|(limit, whose, help)| Some((limit?, whose, help)));
    let Some((limit, whose, raise)) = candidates.min_by_key(|(limit, ..)| *limit) else { return Vec::new() };
    let fitting = ((limit - wish.jobs - 1) / wish.instances.max(1)).max(1);
    let help = format!("set [database] max_connections = {fitting}, or: {raise}");
    let migrate = wish.each.min(wish.jobs.saturating_add(1));
    let asked = format!("{} × {} connections", wish.instances, wish.each);
    let complaint = |level, message| {
        let mut complaint = CHECK.complaint(message).object("database.max_connections");
        complaint.level = level;
        vec![complaint.help(help)]
    };
    if all > limit {
        return complaint(Level::Error, format!("{asked} may be asked for, and {whose} has {limit} for this role"));
    }
    if all.saturating_add(migrate) > limit {
        let message = format!(
            "{asked} leave {} of the {limit} that {whose} has, and a migration beside them takes up to {migrate}",
            limit - all
        );
        return complaint(Level::Warning, message);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(each: i64, instances: i64, limits: &Limits) -> Vec<Level> {
        let wish = Wish { each, instances, jobs: 4 };
        judge(&wish, limits, "app", "app").into_iter().map(|complaint| complaint.level).collect()
    }

    #[test]
    fn the_lowest_limit_counts() {
        let limits = |server, database, role| Limits { server, database, role, used: 1 };
        assert_eq!(levels(10, 1, &limits(97, None, None)), []);
        assert_eq!(levels(10, 9, &limits(97, None, None)), []);
        assert_eq!(levels(10, 10, &limits(97, None, None)), [Level::Error]);
        assert_eq!(levels(31, 3, &limits(97, None, None)), [Level::Warning]);
        assert_eq!(levels(10, 1, &limits(97, Some(5), None)), [Level::Error]);
        assert_eq!(levels(10, 1, &limits(97, None, Some(12))), [Level::Warning]);
    }
}
