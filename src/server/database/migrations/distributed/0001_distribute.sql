-- Spreads the big tables of this schema over the workers of a Citus cluster. Run by `admin database distribute` alone,
-- after every step of the folder above; which column each table is spread by, and why: decision record 0049.

-- Reference tables are changed beside distributed ones: one connection to each worker, in order.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- Unique is only what a single shard can tell: an id within its stream. An id that comes in two streams is refused by the
-- key of events.
ALTER TABLE event_keys DROP CONSTRAINT event_keys_event_id_key;
CREATE UNIQUE INDEX event_keys_by_event_id ON event_keys (event_id, instance_key);
ALTER TABLE heard_hours DROP CONSTRAINT heard_hours_pkey;
ALTER TABLE heard_hours ADD PRIMARY KEY (gate, hour_ms, place);

-- Rights on single columns do not reach the shards before Citus 13.1. Their roles get the whole table instead: sealed
-- bodies, too, which only the vault's key opens.
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT DISTINCT c.oid::regclass AS of_table, a.privilege_type, a.grantee::regrole AS role_name
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a
    WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee <> 0
      AND c.relname IN ('events', 'event_subjects', 'undone_entries', 'event_keys', 'visits', 'heard_hours',
        'communes', 'places', 'zones', 'gates', 'lanes', 'gate_hours', 'stations')
  LOOP
    EXECUTE format('REVOKE %s ON %s FROM %s', held.privilege_type, held.of_table, held.role_name);
    EXECUTE format('GRANT %s ON %s TO %s', held.privilege_type, held.of_table, held.role_name);
  END LOOP;
END $$;

-- Foreign keys of the registry wait until both of their ends are where they belong.
CREATE TEMPORARY TABLE waiting_keys ON COMMIT DROP AS
SELECT conrelid::regclass AS of_table, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND confrelid IN ('communes'::regclass, 'places'::regclass, 'zones'::regclass,
  'gates'::regclass, 'lanes'::regclass, 'gate_hours'::regclass, 'stations'::regclass);
DO $$
DECLARE
  key record;
BEGIN
  FOR key IN SELECT * FROM waiting_keys LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', key.of_table, key.name);
  END LOOP;
END $$;

-- Small, and joined with everything: whole on every node.
SELECT create_reference_table('communes');
SELECT create_reference_table('places');
SELECT create_reference_table('zones');
SELECT create_reference_table('gates');
SELECT create_reference_table('lanes');
SELECT create_reference_table('gate_hours');
SELECT create_reference_table('stations');

-- An event, whose it is, and what took it back are joined by its id.
SELECT create_distributed_table('events', 'event_id', colocate_with => 'none');
SELECT create_distributed_table('event_subjects', 'event_id', colocate_with => 'events');
SELECT create_distributed_table('undone_entries', 'target', colocate_with => 'events');
-- One stream, one shard.
SELECT create_distributed_table('event_keys', 'instance_key', colocate_with => 'none');
-- Who met whom is a question to one place.
SELECT create_distributed_table('visits', 'place', colocate_with => 'none');
SELECT create_distributed_table('heard_hours', 'place', colocate_with => 'visits');

-- The rows are on the shards now; what is left of them here would only be in the way.
SELECT truncate_local_data_after_distributing_table(name::regclass)
FROM unnest(ARRAY['communes', 'places', 'zones', 'gates', 'lanes', 'gate_hours', 'stations', 'events', 'event_subjects',
  'undone_entries', 'event_keys', 'visits', 'heard_hours']) AS name;

DO $$
DECLARE
  key record;
BEGIN
  FOR key IN SELECT * FROM waiting_keys LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', key.of_table, key.name, key.definition);
  END LOOP;
END $$;
