-- One of everything that a tenant may have.
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'a\b', 'Happy');
CREATE TYPE "Address" AS (street text, "Zip Code" varchar(10), moods mood[]);
CREATE FUNCTION is_short(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length(t) < 50';
CREATE DOMAIN email AS varchar(80) COLLATE "C" DEFAULT 'no@where' NOT NULL CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
ALTER DOMAIN email ADD CONSTRAINT short CHECK (is_short(VALUE));
CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi, MULTIRANGE_TYPE_NAME = many_spans);
CREATE SEQUENCE tickets AS integer START 100 INCREMENT BY 10 MINVALUE 5 CACHE 3 CYCLE;
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 7) PRIMARY KEY,
    email email UNIQUE,
    name text NOT NULL COLLATE "C",
    upper_name text GENERATED ALWAYS AS (upper(name)) STORED,
    mood mood DEFAULT 'it''s ok',
    moods mood[],
    place "Address",
    span span,
    spans many_spans,
    plan_id integer REFERENCES plans (id) ON DELETE SET NULL,
    boss bigint CONSTRAINT boss REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    level public.level,
    phone varchar(20),
    note text,
    CONSTRAINT "name is short" CHECK (is_short(name))
) WITH (fillfactor = 70, toast.autovacuum_enabled = off);
ALTER TABLE users ADD COLUMN gone int;
ALTER TABLE users DROP COLUMN gone;
ALTER TABLE users ALTER COLUMN note SET STORAGE EXTERNAL, ALTER COLUMN phone SET STATISTICS 77, ALTER COLUMN name SET (n_distinct = 5);
ALTER TABLE users ADD CONSTRAINT not_checked CHECK (phone <> 'x') NOT VALID;
CREATE TABLE "Order ""Lines""" (
    id serial PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    ticket int DEFAULT nextval('tickets'),
    during tsrange,
    amount numeric(12, 2) DEFAULT 0 CHECK (amount >= 0),
    EXCLUDE USING gist (during WITH &&)
);
CREATE INDEX lines_by_user ON "Order ""Lines""" USING btree (user_id DESC NULLS LAST) INCLUDE (amount) WHERE amount > 0;
CREATE UNIQUE INDEX lower_name ON users (lower(name) text_pattern_ops, id);
ALTER TABLE users CLUSTER ON lower_name;
ALTER TABLE "Order ""Lines""" REPLICA IDENTITY FULL;
CREATE UNLOGGED TABLE scratch (a int, b text);
CREATE TABLE no_columns ();
CREATE TABLE parent (id int PRIMARY KEY, tag text DEFAULT 'p' CHECK (tag <> ''));
CREATE TABLE child (more int NOT NULL) INHERITS (parent);
ALTER TABLE child ALTER COLUMN tag SET DEFAULT 'c';
CREATE TABLE measures (at date NOT NULL, kind mood NOT NULL, v float8, CHECK (v > -100)) PARTITION BY RANGE (at);
CREATE TABLE measures_old PARTITION OF measures FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE measures_new (v float8, kind mood NOT NULL, at date NOT NULL, CONSTRAINT measures_v_check CHECK (v > -100));
ALTER TABLE measures ATTACH PARTITION measures_new FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE INDEX measures_v ON measures (v);
ALTER TABLE measures ADD CONSTRAINT measures_pk PRIMARY KEY (at, kind);
CREATE TABLE hashed (m mood NOT NULL, n int) PARTITION BY HASH (m);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE VIEW happy WITH (security_barrier = true) AS SELECT u.id, u.name, p.name AS plan FROM users u LEFT JOIN plans p ON p.id = u.plan_id WHERE u.mood = 'Happy';
CREATE VIEW grouped AS SELECT id, name, count(*) FROM users GROUP BY id;
CREATE VIEW of_view AS SELECT name AS "N" FROM happy;
CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(amount) AS total FROM "Order ""Lines""" GROUP BY 1;
CREATE UNIQUE INDEX totals_key ON totals (user_id);
CREATE MATERIALIZED VIEW of_totals AS SELECT count(*) FROM totals;
CREATE MATERIALIZED VIEW empty_one AS SELECT 1 AS one WITH NO DATA;
CREATE FUNCTION happy_people() RETURNS SETOF happy LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$ SELECT * FROM happy; $$;
CREATE FUNCTION other_path() RETURNS text LANGUAGE sql SET search_path TO 'pg_catalog' AS $$ SELECT current_setting('search_path') $$;
CREATE FUNCTION count_of(u users, VARIADIC more int[] DEFAULT '{1}') RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM users x WHERE x.id = (u).id; END;
CREATE PROCEDURE nothing(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE FUNCTION add(a bigint, b int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE AGGREGATE total(int) (SFUNC = add, STYPE = bigint, INITCOND = '0');
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (TG_TABLE_NAME || TG_OP); RETURN NEW; END $$;
CREATE TRIGGER "audit it" AFTER INSERT OR UPDATE OF name ON users FOR EACH ROW WHEN (NEW.name <> '') EXECUTE FUNCTION audit();
CREATE TRIGGER never BEFORE DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION audit();
ALTER TABLE users DISABLE TRIGGER never;
CREATE TRIGGER of_parts AFTER INSERT ON measures FOR EACH ROW EXECUTE FUNCTION audit();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit();
CREATE RULE no_delete AS ON DELETE TO audit DO INSTEAD NOTHING;
ALTER TABLE scratch ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON scratch AS RESTRICTIVE FOR SELECT TO PUBLIC USING (b = current_user);
CREATE STATISTICS together (dependencies, mcv) ON user_id, amount FROM "Order ""Lines""";
COMMENT ON TABLE users IS 'it''s the \users';
COMMENT ON COLUMN users.name IS 'a name';
COMMENT ON TYPE mood IS 'm';
COMMENT ON DOMAIN email IS 'd';
COMMENT ON CONSTRAINT has_at ON DOMAIN email IS 'dc';
COMMENT ON CONSTRAINT "name is short" ON users IS 'c';
COMMENT ON INDEX lines_by_user IS 'i';
COMMENT ON FUNCTION add(bigint, int) IS 'f';
COMMENT ON AGGREGATE total(int) IS 'g';
COMMENT ON TRIGGER "audit it" ON users IS 't';
COMMENT ON POLICY own ON scratch IS 'p';
COMMENT ON STATISTICS together IS 's';
COMMENT ON VIEW happy IS 'v';
COMMENT ON MATERIALIZED VIEW totals IS 'mv';
COMMENT ON SEQUENCE tickets IS 'q';
COMMENT ON TYPE "Address" IS 'ct';
REVOKE ALL ON FUNCTION add(bigint, int) FROM PUBLIC;
GRANT SELECT, INSERT ON users TO PUBLIC;
GRANT SELECT (id, tag) ON parent TO pg_monitor WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE tickets TO pg_monitor;
GRANT EXECUTE ON FUNCTION add(bigint, int) TO pg_monitor;
