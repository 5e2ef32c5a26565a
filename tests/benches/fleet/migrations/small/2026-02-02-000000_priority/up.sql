ALTER TABLE notes ADD COLUMN priority integer;
