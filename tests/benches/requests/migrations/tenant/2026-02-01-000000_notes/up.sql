CREATE TABLE notes (id integer PRIMARY KEY, body text NOT NULL);
INSERT INTO notes SELECT i, current_schema() || ' note ' || i FROM generate_series(1, 10) AS i;
