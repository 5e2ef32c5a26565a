//! What a server holds, in the form in which the linter lists what it folds.

use serde_json::Value;
use tokio_postgres::Client;

/// The tables, views, indexes and types of all schemas but the system's own and those of extensions.
pub(crate) async fn introspected(client: &Client) -> Value {
    let text: String = client.query_one(QUERY, &[]).await.unwrap().get(0);
    serde_json::from_str(&text).unwrap()
}

const QUERY: &str = r"
WITH own AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
), relations AS (
    SELECT c.* FROM pg_class c JOIN own ON own.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
), columns AS (
    SELECT a.attrelid, a.attname, a.attnum, json_build_object(
        'type', CASE WHEN e.oid IS NULL THEN t.typname ELSE e.typname END
            || coalesce(replace((regexp_match(format_type(a.atttypid, a.atttypmod), '\([0-9, -]+\)'))[1], ' ', ''), '')
            || CASE WHEN e.oid IS NULL THEN '' ELSE '[]' END,
        'not_null', a.attnotnull,
        'default', a.atthasdef AND a.attgenerated = '',
        'identity', a.attidentity <> '',
        'generated', a.attgenerated <> '',
        'comment', coalesce(col_description(a.attrelid, a.attnum), '')) AS shown
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attnum > 0 AND NOT a.attisdropped
), constraints AS (
    SELECT k.conrelid, k.conname, k.contype, json_build_object(
        'columns', (SELECT json_agg(a.attname ORDER BY n) FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, n)
                    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
        'table', (SELECT relname FROM pg_class WHERE oid = k.confrelid),
        'target', (SELECT json_agg(a.attname ORDER BY n) FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, n)
                   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
        'on_delete', CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
                     WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END,
        'on_update', CASE k.confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
                     WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END) AS shown
    FROM pg_constraint k
), shown_relations AS (
    SELECT c.relnamespace, c.relname, json_build_object(
        'kind', CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                ELSE 'table' END,
        'columns', (SELECT coalesce(json_object_agg(attname, shown), '{}') FROM columns WHERE attrelid = c.oid),
        'order', (SELECT coalesce(json_agg(attname ORDER BY attnum), '[]') FROM columns WHERE attrelid = c.oid),
        'parent', (SELECT p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                   WHERE i.inhrelid = c.oid ORDER BY i.inhseqno DESC LIMIT 1),
        'primary_key', (SELECT json_build_object('name', conname, 'columns', shown -> 'columns')
                        FROM constraints WHERE conrelid = c.oid AND contype = 'p'),
        'uniques', (SELECT coalesce(json_object_agg(conname, shown -> 'columns'), '{}')
                    FROM constraints WHERE conrelid = c.oid AND contype = 'u'),
        'foreign_keys', (SELECT coalesce(json_object_agg(conname, shown), '{}')
                         FROM constraints WHERE conrelid = c.oid AND contype = 'f'),
        'checks', (SELECT coalesce(json_agg(conname ORDER BY conname), '[]')
                   FROM constraints WHERE conrelid = c.oid AND contype IN ('c', 'x')),
        'comment', obj_description(c.oid, 'pg_class')) AS shown
    FROM relations c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
), shown_indexes AS (
    SELECT c.relnamespace, c.relname, json_build_object(
        'table', t.relname,
        'columns', (SELECT json_agg(a.attname ORDER BY n)
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, n)
                    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum AND u.attnum > 0
                    WHERE n <= i.indnkeyatts),
        'unique', i.indisunique,
        'partial', i.indpred IS NOT NULL,
        'method', (SELECT amname FROM pg_am WHERE oid = c.relam)) AS shown
    FROM relations c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = i.indrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
), shown_types AS (
    SELECT t.typnamespace, t.typname, json_build_object(
        'kind', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range'
                WHEN 'd' THEN 'domain' ELSE 'other' END,
        'of', CASE t.typtype
            WHEN 'e' THEN (SELECT coalesce(json_agg(enumlabel ORDER BY enumsortorder), '[]') FROM pg_enum WHERE enumtypid = t.oid)
            WHEN 'd' THEN to_json(b.typname || coalesce(replace(
                (regexp_match(format_type(t.typbasetype, t.typtypmod), '\([0-9, -]+\)'))[1], ' ', ''), '')) END) AS shown
    FROM pg_type t JOIN own ON own.oid = t.typnamespace LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE t.typtype IN ('e', 'c', 'r', 'd')
      AND (t.typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.classid = 'pg_type'::regclass AND d.deptype = 'e')
)
SELECT json_object_agg(nspname, json_build_object(
    'relations', (SELECT coalesce(json_object_agg(relname, shown), '{}') FROM shown_relations WHERE relnamespace = own.oid),
    'indexes', (SELECT coalesce(json_object_agg(relname, shown), '{}') FROM shown_indexes WHERE relnamespace = own.oid),
    'types', (SELECT coalesce(json_object_agg(typname, shown), '{}') FROM shown_types WHERE typnamespace = own.oid)
))::text
FROM own";
