-- Tokens of a stored answer that are kept nowhere, because they could be card numbers. Counted, so that the tokens which TOME issued
-- are the stored ones and the counted ones. A constant default rewrites no table.
ALTER TABLE prefetch_call ADD COLUMN unstored int NOT NULL DEFAULT 0;
