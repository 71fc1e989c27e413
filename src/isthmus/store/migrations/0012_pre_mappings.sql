-- Every revision of a flow's mapping document that ever ran, so that it can be compared with and gone back to.

-- `hooks`: the text of mappings/hooks.py then. `code_tables`: a digest of the rows of its code tables then. `seen_at`: when
-- it ran first, `live_at`: when it was last seen to begin. `who` and `why` are empty where somebody edited the file.
CREATE TABLE mapping_revision (
  flow TEXT NOT NULL,
  revision TEXT NOT NULL,
  document TEXT NOT NULL,
  hooks TEXT NOT NULL,
  code_tables TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  live_at BIGINT NOT NULL,
  who TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (flow, revision)
);
