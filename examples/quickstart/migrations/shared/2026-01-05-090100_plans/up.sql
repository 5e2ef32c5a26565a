CREATE TABLE plans (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    monthly_price integer NOT NULL
);

INSERT INTO plans (id, name, monthly_price) VALUES (1, 'Free', 0), (2, 'Team', 29), (3, 'Business', 99);
