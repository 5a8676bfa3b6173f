-- The number of rows of a table, counted by an index: vacuum removes the empty pages of an index,
-- but a scan reads all pages of a table that was large once. Called by row_count.
CREATE OR REPLACE FUNCTION row_count_by_index(p_table regclass) RETURNS bigint LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
DECLARE
  counted bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s', p_table) INTO counted;
  RETURN counted;
END $$;
