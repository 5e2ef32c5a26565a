CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    plan_id integer NOT NULL REFERENCES plans (id)
);

CREATE INDEX users_plan_id ON users (plan_id);
