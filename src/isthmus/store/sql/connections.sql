-- name: declare_connection
INSERT INTO connection (name, connector) VALUES (:name, :connector)
ON CONFLICT (name) DO UPDATE SET connector = excluded.connector;

-- name: connection_report
UPDATE connection SET report = :report, probed_at = :now WHERE name = :name;

-- name: connection_state
UPDATE connection SET state = :state, code = :code, because = :because, since = :now
WHERE name = :name AND (state <> :state OR code <> :code OR because <> :because)
RETURNING name;

-- name: connections
SELECT * FROM connection ORDER BY name;
