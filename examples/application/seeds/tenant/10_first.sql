INSERT INTO notes (text) VALUES ('from an SQL file');
