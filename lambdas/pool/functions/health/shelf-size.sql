-- How many rows a table of a passing state has. Counted as long as the table has at most 32 MB, which is a quarter of a million rows
-- or more. A larger one that is nearly empty, as after a backlog, is counted by its index. Otherwise the server's own running count
-- of inserted and deleted rows is the answer, which is some seconds and some rows off. So the time that this takes has a bound,
-- however much waits.
CREATE OR REPLACE FUNCTION shelf_size(p_shelf regclass) RETURNS bigint LANGUAGE plpgsql STABLE
SET enable_seqscan = on
AS $$
DECLARE
  counted bigint;
  most_bytes CONSTANT bigint := 32 * 1024 * 1024;
  most_by_index CONSTANT bigint := 100000;
BEGIN
  IF pg_relation_size(p_shelf) > most_bytes THEN
    IF pg_stat_get_live_tuples(p_shelf) + pg_stat_get_dead_tuples(p_shelf) > most_by_index THEN
      RETURN pg_stat_get_live_tuples(p_shelf);
    END IF;
    RETURN shelf_size_by_index(p_shelf);
  END IF;
  EXECUTE format('SELECT count(*) FROM %s', p_shelf) INTO counted;
  RETURN counted;
END $$;
