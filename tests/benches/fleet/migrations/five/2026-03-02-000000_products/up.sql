CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    price numeric(12, 2) NOT NULL CHECK (price >= 0)
);
CREATE INDEX products_price ON products (price);
