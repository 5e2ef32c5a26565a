INSERT INTO notes (text) VALUES ('for trying things out');
