-- Something of everything that a schema can hold, as migrations that come to it; each begins with its name.

-- migration 01_enums
CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
    COMMENT ON TYPE mood IS 'how it''s; going';

-- migration 02_domains
CREATE DOMAIN amount AS numeric(10, 2) NOT NULL DEFAULT 0 CONSTRAINT not_negative CHECK (VALUE >= 0);
    COMMENT ON CONSTRAINT not_negative ON DOMAIN amount IS 'never';
    CREATE TYPE place AS (street text, number int); ALTER TYPE place ADD ATTRIBUTE city text COLLATE "C";
    CREATE TYPE span AS RANGE (subtype = int4);

-- migration 03_functions
CREATE FUNCTION next_number() RETURNS int LANGUAGE plpgsql AS $f$
    BEGIN -- it's a body; with ; in it
    RETURN (SELECT count(*) FROM users) + 1;
    END $f$;
    CREATE FUNCTION twice(i int, OUT a int, OUT b int) LANGUAGE sql STRICT COST 7 PARALLEL SAFE AS 'select i, i * 2';
    CREATE FUNCTION here() RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS 'select current_schema()';
    CREATE FUNCTION elsewhere() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    AS 'select current_schema()';
    CREATE FUNCTION dynamic(n text) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE r bigint; BEGIN
    EXECUTE format('SELECT count(*) FROM %I.%I', current_schema(), n) INTO r; RETURN r; END $$;
    CREATE PROCEDURE nothing() LANGUAGE sql AS 'select 1';
    CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int, INITCOND = '1');
    COMMENT ON FUNCTION here() IS 'where';

-- migration 04_users
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''), nick text COLLATE "C", gone int, mood mood NOT NULL DEFAULT 'sad',
    paid amount, home place, level public.level, plan_id int REFERENCES plans, born date,
    shouted text GENERATED ALWAYS AS (shout(name)) STORED, created_at timestamptz NOT NULL DEFAULT now(),
    schema text DEFAULT current_schema(), UNIQUE (name, nick) DEFERRABLE INITIALLY DEFERRED)
    WITH (fillfactor = 70, autovacuum_enabled = false);
    COMMENT ON TABLE users IS 'people'; COMMENT ON COLUMN users.nick IS 'short';

-- migration 05_users_change
ALTER TABLE users DROP COLUMN gone; ALTER TABLE users ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
    ALTER TABLE users ALTER COLUMN nick SET STORAGE EXTERNAL, ALTER COLUMN name SET STATISTICS 500;
    ALTER TABLE users ALTER COLUMN tags SET (n_distinct = 5); ALTER TABLE users REPLICA IDENTITY FULL;

-- migration 06_indexes
CREATE INDEX users_lower ON users (lower(name)) WHERE mood <> 'sad';
    CREATE UNIQUE INDEX users_born ON users (born DESC NULLS LAST) INCLUDE (name) WITH (fillfactor = 50);
    ALTER TABLE users CLUSTER ON users_born;
    COMMENT ON INDEX users_lower IS 'by name';
    CREATE STATISTICS users_stats (dependencies) ON name, nick FROM users;
    ALTER STATISTICS users_stats SET STATISTICS 300; COMMENT ON STATISTICS users_stats IS 's';

-- migration 07_serial
CREATE SEQUENCE "Own" AS smallint MINVALUE -5 START -3 CYCLE CACHE 2;
    CREATE TABLE "Items" (id serial PRIMARY KEY, own int DEFAULT nextval('"Own"'),
    user_id bigint CONSTRAINT of_user REFERENCES users ON DELETE CASCADE DEFERRABLE, data jsonb, raw bytea);
    SELECT setval('"Own"', 7, false);

-- migration 08_partitions
CREATE TABLE events (id int, at int NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (MINVALUE) TO (100);
    CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id);
    CREATE TABLE events_high_1 PARTITION OF events_high FOR VALUES IN (1, 2);
    CREATE TABLE events_rest PARTITION OF events DEFAULT;
    CREATE INDEX events_note ON events (note);
    INSERT INTO events VALUES (1, 5, 'a'), (2, 150, 'b'), (9, 900, 'c');

-- migration 09_heirs
CREATE TABLE animals (id int PRIMARY KEY, legs int DEFAULT 4);
    CREATE TABLE birds (wings int DEFAULT 2) INHERITS (animals); ALTER TABLE birds ALTER COLUMN legs SET DEFAULT 2;
    INSERT INTO birds (id) VALUES (1); INSERT INTO animals (id) VALUES (2);

-- migration 10_views
CREATE VIEW named AS SELECT u.id, u.name, p.name AS plan FROM users u LEFT JOIN plans p ON p.id = u.plan_id;
    CREATE VIEW safe WITH (security_barrier) AS SELECT id FROM users WHERE id > 0 WITH LOCAL CHECK OPTION;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM animals;
    CREATE MATERIALIZED VIEW later AS SELECT 1 AS one WITH NO DATA;
    CREATE UNIQUE INDEX counted_n ON counted (n); COMMENT ON VIEW named IS 'with plan';

-- migration 11_triggers
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.data = '{"t": 1}'; RETURN NEW; END $$;
    CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF own ON "Items" FOR EACH ROW WHEN (NEW.raw IS NULL)
    EXECUTE FUNCTION touch();
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON animals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION suppress_redundant_updates_trigger();
    ALTER TABLE animals DISABLE TRIGGER late; COMMENT ON TRIGGER touched ON "Items" IS 't';
    CREATE RULE no_delete AS ON DELETE TO animals DO INSTEAD NOTHING;
    CREATE RULE two AS ON UPDATE TO birds DO ALSO (SELECT 1; SELECT 2);

-- migration 12_security
ALTER TABLE "Items" ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON "Items" AS RESTRICTIVE FOR SELECT TO PUBLIC USING (user_id > 0);
    CREATE POLICY own ON "Items" FOR INSERT WITH CHECK (own > 0); COMMENT ON POLICY own ON "Items" IS 'p';
    GRANT SELECT, INSERT ON users TO PUBLIC; GRANT UPDATE (nick) ON users TO PUBLIC;
    REVOKE EXECUTE ON FUNCTION here() FROM PUBLIC; GRANT USAGE ON SEQUENCE "Own" TO PUBLIC;
    REVOKE USAGE ON TYPE mood FROM PUBLIC;
    DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO PUBLIC', current_schema());
    END $$;

-- migration 13_rows
INSERT INTO users (name, nick, mood, paid, home, tags) VALUES
    ('it''s', E'back\\slash', 'fine', 1.5, ROW('a "b"', 3, E'x\ny'), ARRAY['q', NULL, 'a,b']), ('b', NULL, 'sad', 0, NULL, '{}');
    INSERT INTO "Items" (user_id, raw) SELECT id, '\xdeadbeef' FROM users;
    INSERT INTO "Items" (user_id) VALUES (10); DELETE FROM "Items" WHERE id = 2;
    REFRESH MATERIALIZED VIEW counted;

-- migration 14_late_constraints
ALTER TABLE events ADD CONSTRAINT short CHECK (length(note) < 10) NOT VALID;
    ALTER TABLE users ADD CONSTRAINT no_overlap EXCLUDE USING btree (name WITH =);
    ALTER TABLE birds ADD CONSTRAINT of_plan FOREIGN KEY (wings) REFERENCES plans NOT VALID;
    ALTER TABLE users ADD CONSTRAINT plan_again FOREIGN KEY (plan_id) REFERENCES plans ON UPDATE CASCADE;

-- migration 15_unlogged
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY, v oid, r regclass); INSERT INTO cache VALUES ('u', 1, 'users');

-- migration 16_typed
CREATE TABLE places OF place (PRIMARY KEY (street)); CREATE TABLE empty ();
    CREATE TABLE quirks ("A b" int, "select" text DEFAULT 'semi;colon', at timestamp DEFAULT '2020-01-02 03:04:05',
    i interval DEFAULT '1 day 2 h', big numeric, f float8);
    INSERT INTO quirks ("A b", big, f) VALUES (1, 12345678901234567890.123, 0.1), (2, 'NaN', 'Infinity');

-- migration 17_dropped
CREATE TABLE never (id int); DROP TABLE never; ALTER TABLE animals RENAME COLUMN legs TO feet;
