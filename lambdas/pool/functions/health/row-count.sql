-- The number of rows of a table, in bounded time for any size:
--   up to 32 MB (250,000 rows or more)  counted
--   larger, with up to 100,000 rows     counted by an index (row_count_by_index): a table that was
--                                       large before, as after a backlog
--   larger                              the server's statistics of inserted and deleted rows, which
--                                       are some seconds late and some rows off
CREATE OR REPLACE FUNCTION row_count(p_table regclass) RETURNS bigint LANGUAGE plpgsql STABLE
SET enable_seqscan = on
AS $$
DECLARE
  counted bigint;
  most_bytes CONSTANT bigint := 32 * 1024 * 1024;
  most_by_index CONSTANT bigint := 100000;
BEGIN
  IF pg_relation_size(p_table) > most_bytes THEN
    IF pg_stat_get_live_tuples(p_table) + pg_stat_get_dead_tuples(p_table) > most_by_index THEN
      RETURN pg_stat_get_live_tuples(p_table);
    END IF;
    RETURN row_count_by_index(p_table);
  END IF;
  EXECUTE format('SELECT count(*) FROM %s', p_table) INTO counted;
  RETURN counted;
END $$;
