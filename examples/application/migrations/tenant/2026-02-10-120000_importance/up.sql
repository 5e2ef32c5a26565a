ALTER TABLE notes ADD COLUMN important boolean NOT NULL DEFAULT false;
