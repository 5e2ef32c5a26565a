-- What the tenants' migrations of everything.sql refer to.
CREATE TABLE tenants (id text PRIMARY KEY);
CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL);
CREATE TYPE level AS ENUM ('low', 'high');
CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'select upper(t)';
