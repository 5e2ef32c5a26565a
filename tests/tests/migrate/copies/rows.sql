INSERT INTO users (email, name, mood, moods, place, span, spans, plan_id, boss, level, phone, note) VALUES
 ('a@x', E'tab\there\nand\\N', 'a\b', '{sad,"it''s ok"}', ROW('s', '1,2"', '{Happy}'), '[1,2)', '{[1,2),[3,4)}', 1, NULL, 'low', '123', NULL),
 ('b@x', '\.', 'Happy', '{}', NULL, 'empty', NULL, 2, 7, NULL, NULL, repeat('é', 3000));
INSERT INTO "Order ""Lines""" (user_id, during, amount) SELECT 7 + (i % 2), tsrange(now()::timestamp + i * interval '1 hour', now()::timestamp + (i + 1) * interval '1 hour'), i FROM generate_series(0, 40) i;
INSERT INTO scratch SELECT i, 'x' FROM generate_series(1, 5) i;
INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO parent VALUES (1, 'one'), (2, 'two');
INSERT INTO child VALUES (3, 'three', 9);
INSERT INTO measures SELECT '2019-12-01'::date + i, 'sad', i FROM generate_series(0, 60) i;
INSERT INTO hashed SELECT m::mood, 1 FROM unnest(ARRAY['sad', 'it''s ok', 'a\b', 'Happy']) m;
REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW of_totals;
