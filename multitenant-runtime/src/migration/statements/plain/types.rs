//! PostgreSQL's own words: types whose values come from no code of anybody's, and words that are no names.

/// A kind of constant, and so of what a default may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Number,
    Boolean,
    Time,
    Other,
}

/// The family of a type of PostgreSQL's own; `None` where it may be somebody's.
///
/// They are found before all others, since `pg_catalog` comes first in every path of ours.
pub(super) fn family(word: &str) -> Option<Family> {
    Some(match word {
        "smallint" | "integer" | "int" | "int2" | "int4" | "int8" | "bigint" | "decimal" | "numeric" | "real"
        | "float" | "float4" | "float8" | "double" => Family::Number,
        "boolean" | "bool" => Family::Boolean,
        "timestamp" | "timestamptz" | "date" => Family::Time,
        "varchar" | "char" | "character" | "text" | "bytea" | "time" | "timetz" | "interval" | "uuid" | "json"
        | "jsonb" | "inet" | "cidr" | "macaddr" | "bit" | "tsvector" => Family::Other,
        _ => return None,
    })
}

/// Types that bring a sequence: in a new table as plain as others, and no constant in one that has rows.
pub(super) fn is_serial(word: &str) -> bool {
    matches!(word, "smallserial" | "serial" | "bigserial" | "serial2" | "serial4" | "serial8")
}

/// Words that may stand before a parenthesis in a new table, though they are no names of anybody's functions.
pub(super) fn opens_parenthesis(word: &str) -> bool {
    family(word).is_some()
        || matches!(
            word,
            "varying"
                | "key"
                | "unique"
                | "distinct"
                | "check"
                | "in"
                | "any"
                | "all"
                | "and"
                | "or"
                | "not"
                | "default"
                | "include"
                | "identity"
                | "zone"
                | "is"
                | "null"
                | "now"
                | "clock_timestamp"
                | "statement_timestamp"
                | "transaction_timestamp"
                | "current_timestamp"
                | "localtimestamp"
                | "gen_random_uuid"
                | "lower"
                | "upper"
                | "length"
                | "char_length"
                | "octet_length"
                | "btrim"
                | "coalesce"
                | "nullif"
                | "greatest"
                | "least"
                | "abs"
                | "round"
                | "cardinality"
        )
}

/// Words of ours after which a string is a constant of an operator's choice, and not of a type that is named.
pub(super) fn precedes_string(word: &str) -> bool {
    matches!(word, "default" | "and" | "or" | "not" | "in" | "when" | "then" | "else" | "between" | "is" | "zone")
}

/// What may not stand in a new table: what copies from elsewhere, or evaluates.
pub(super) fn is_not_of_a_new_table(word: &str) -> bool {
    matches!(
        word,
        "like"
            | "ilike"
            | "similar"
            | "exclude"
            | "select"
            | "values"
            | "using"
            | "operator"
            | "overlaps"
            | "period"
            | "of"
            | "partition"
            | "inherits"
            | "table"
    )
}

/// Words that cannot be a name without quotes where one is expected, but begin something else.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "if" | "only"
            | "on"
            | "as"
            | "column"
            | "constraint"
            | "primary"
            | "unique"
            | "check"
            | "foreign"
            | "exclude"
            | "like"
            | "concurrently"
            | "table"
            | "default"
            | "references"
            | "not"
            | "null"
            | "using"
            | "where"
            | "with"
            | "to"
            | "select"
            | "all"
            | "add"
            | "drop"
            | "alter"
            | "set"
            | "rename"
    )
}
