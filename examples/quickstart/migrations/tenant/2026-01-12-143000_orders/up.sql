CREATE TABLE orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id),
    total integer NOT NULL
);

CREATE INDEX orders_user_id ON orders (user_id);
