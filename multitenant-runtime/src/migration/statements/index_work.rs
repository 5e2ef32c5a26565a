//! What a statement does with indexes, and the names that it says, read as PostgreSQL reads them.

use crate::ident::Identifier;

use super::words::Words;

/// What a statement does with indexes or partitions, as far as its keywords tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IndexWork {
    /// `CREATE [UNIQUE] INDEX`, concurrently or not.
    Create {
        /// Its name; otherwise the server gives it one.
        index: Option<RelationName>,
        table: RelationName,
    },
    /// `DROP INDEX`, concurrently or not.
    Drop(Vec<RelationName>),
    /// `REINDEX` of an index or a table; `None` of a schema or a database.
    Reindex(Option<RelationName>),
    /// `ALTER TABLE … DETACH PARTITION`.
    Detach { table: RelationName, partition: RelationName },
}

/// A relation's name as it stands in SQL: its parts as the catalogue has them, the schema first where it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelationName(Vec<Identifier>);

impl RelationName {
    fn read(words: &mut Words<'_>) -> Option<Self> {
        let mut parts = vec![words.identifier()?];
        while words.skip(".") {
            parts.push(words.identifier()?);
        }
        Some(Self(parts))
    }

    /// The name without its schema.
    pub(crate) fn relation(&self) -> &str {
        self.0.last().map_or("", Identifier::as_str)
    }

    pub(crate) fn is_qualified(&self) -> bool {
        self.0.len() > 1
    }

    /// The name as it stands in SQL, each part in quotes.
    pub(crate) fn quoted(&self) -> String {
        self.0.iter().map(Identifier::quoted).collect::<Vec<_>>().join(".")
    }
}

impl IndexWork {
    /// Reads one statement; `None` for any other one, and for one whose names cannot be read.
    pub(crate) fn of(statement: &str) -> Option<Self> {
        let mut words = Words::new(statement);
        if words.skip("create") {
            Self::create(&mut words)
        } else if words.skip("drop") {
            Self::drop(&mut words)
        } else if words.skip("reindex") {
            Self::reindex(&mut words)
        } else if words.skip("alter") && words.skip("table") {
            Self::detach(&mut words)
        } else {
            None
        }
    }

    /// The relations that must be there before the statement.
    pub(crate) fn relations(&self) -> Vec<&RelationName> {
        match self {
            Self::Create { table, .. } => vec![table],
            Self::Drop(indexes) => indexes.iter().collect(),
            Self::Reindex(relation) => relation.iter().collect(),
            Self::Detach { table, partition } => vec![table, partition],
        }
    }

    fn create(words: &mut Words<'_>) -> Option<Self> {
        words.skip("unique");
        if !words.skip("index") {
            return None;
        }
        words.skip("concurrently");
        if words.skip("if") {
            words.next();
            words.next();
        }
        let index = if words.skip("on") {
            None
        } else {
            let name = RelationName::read(words)?;
            words.skip("on").then_some(Some(name))?
        };
        words.skip("only");
        Some(Self::Create { index, table: RelationName::read(words)? })
    }

    fn drop(words: &mut Words<'_>) -> Option<Self> {
        if !words.skip("index") {
            return None;
        }
        words.skip("concurrently");
        words.skip_if_exists();
        let mut names = vec![RelationName::read(words)?];
        while words.skip(",") {
            names.push(RelationName::read(words)?);
        }
        Some(Self::Drop(names))
    }

    fn reindex(words: &mut Words<'_>) -> Option<Self> {
        words.skip_parentheses();
        if words.skip("index") || words.skip("table") {
            words.skip("concurrently");
            return Some(Self::Reindex(Some(RelationName::read(words)?)));
        }
        Some(Self::Reindex(None))
    }

    fn detach(words: &mut Words<'_>) -> Option<Self> {
        words.skip_if_exists();
        words.skip("only");
        let table = RelationName::read(words)?;
        words.skip("*");
        let detaches = words.skip("detach") && words.skip("partition");
        detaches.then_some(())?;
        Some(Self::Detach { table, partition: RelationName::read(words)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a statement says, each as SQL: the relations, then the index that it makes.
    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let said = IndexWork::of(sql).map(|work| {
            let mut said: Vec<String> = work.relations().into_iter().map(RelationName::quoted).collect();
            if let IndexWork::Create { index, .. } = &work {
                said.push(index.as_ref().map_or_else(|| "unnamed".to_owned(), RelationName::quoted));
            }
            said.join(" ")
        });
        assert_eq!(said.as_deref().unwrap_or("nothing"), expected, "{sql}");
    }

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        check("CREATE INDEX CONCURRENTLY IX_Users_Email ON Users (email)", r#""users" "ix_users_email""#);
        check(r#"create unique index if not exists "IX ""a""" on only "S" . Users (a)"#, r#""S"."users" "IX ""a""""#);
        check("CREATE INDEX CONCURRENTLY ON users USING gin (a)", r#""users" unnamed"#);
        check("CREATE INDEX/* a */ CONCURRENTLY -- b\n IF NOT EXISTS Ä ON t (a)", r#""t" "Ä""#);
        check(&format!("CREATE INDEX {} ON t (a)", "ä".repeat(40)), &format!(r#""t" "{}""#, "ä".repeat(31)));
        check("DROP INDEX CONCURRENTLY IF EXISTS A, b.C CASCADE", r#""a" "b"."c""#);
        check("REINDEX (VERBOSE, CONCURRENTLY) TABLE T", r#""t""#);
        check("REINDEX INDEX CONCURRENTLY i", r#""i""#);
        check("REINDEX SCHEMA CONCURRENTLY s", "");
        check("ALTER TABLE IF EXISTS ONLY p * DETACH PARTITION s.c CONCURRENTLY", r#""p" "s"."c""#);
        check("ALTER TABLE p ADD COLUMN detach int", "nothing");
        check("CREATE TABLE index (a int)", "nothing");
        check(r#"DROP INDEX U&"\0041""#, "nothing");
    }
}
