-- How often in a row a job went down with its worker, so that one that ends each of them is noticed.

ALTER TABLE job ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
