-- When the other system made the record, as it said itself: a system that is taken back to an older backup may give the
-- same id to another record. Empty: it does not say, or a person said which record it is.

ALTER TABLE binding ADD COLUMN born TEXT NOT NULL DEFAULT '';
