ALTER TABLE notes DROP COLUMN important;
