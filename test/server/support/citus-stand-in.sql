-- Stands in for the extension citus on one node: the functions that our step for clusters calls, and a refusal wherever
-- Citus' manual says that it refuses (Creating and Modifying Distributed Tables; Citus Utility Functions; SQL Support and
-- Workarounds). It spreads nothing: that is for a real cluster to show. Needs a superuser and allow_system_table_mods.
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'citus', 10, 'pg_catalog'::regnamespace, false, 'stand-in';

CREATE TABLE pg_catalog.pg_dist_partition (
  logicalrelid oid PRIMARY KEY,
  partmethod "char" NOT NULL,
  partkey name,
  colocationid integer NOT NULL
);
CREATE SEQUENCE pg_catalog.pg_dist_colocationid_seq;
GRANT SELECT ON pg_catalog.pg_dist_partition TO PUBLIC;

CREATE VIEW pg_catalog.citus_tables AS
SELECT logicalrelid::regclass AS table_name, CASE partmethod WHEN 'n' THEN 'reference' ELSE 'distributed' END AS citus_table_type,
       coalesce(partkey::text, '<none>') AS distribution_column, colocationid AS colocation_id
FROM pg_catalog.pg_dist_partition;
GRANT SELECT ON pg_catalog.citus_tables TO PUBLIC;

-- Everything that is wrong with the tables as they stand, in words.
CREATE FUNCTION pg_catalog.citus_stand_in_faults() RETURNS SETOF text LANGUAGE sql AS $$
  WITH spread AS (
    SELECT d.*, c.relname, (SELECT attnum FROM pg_attribute WHERE attrelid = d.logicalrelid AND attname = d.partkey) AS key_column
    FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid
  )
  SELECT format('cannot create constraint %s on %s: unique without the distribution column %s', i.indexrelid::regclass, relname, partkey)
  FROM spread JOIN pg_index i ON i.indrelid = logicalrelid
  WHERE partmethod = 'h' AND (i.indisunique OR i.indisexclusion)
    AND NOT key_column = ANY (string_to_array(i.indkey::text, ' ')::smallint[])
  UNION ALL
  SELECT format('foreign key %s: %s is distributed, %s is not', k.conname, s.relname, k.confrelid::regclass)
  FROM spread s JOIN pg_constraint k ON k.conrelid = s.logicalrelid AND k.contype = 'f'
  LEFT JOIN spread t ON t.logicalrelid = k.confrelid
  WHERE s.partmethod = 'h' AND t.logicalrelid IS NULL
  UNION ALL
  SELECT format('foreign key %s of %s does not carry the distribution columns of co-located tables', k.conname, s.relname)
  FROM spread s JOIN pg_constraint k ON k.conrelid = s.logicalrelid AND k.contype = 'f'
  JOIN spread t ON t.logicalrelid = k.confrelid AND t.partmethod = 'h'
  WHERE s.partmethod = 'n' OR s.colocationid <> t.colocationid
    OR array_position(k.conkey, s.key_column) IS DISTINCT FROM array_position(k.confkey, t.key_column)
  UNION ALL
  SELECT format('foreign key %s: %s is distributed, local %s may not point there', k.conname, t.relname, k.conrelid::regclass)
  FROM spread t JOIN pg_constraint k ON k.confrelid = t.logicalrelid AND k.contype = 'f'
  WHERE t.partmethod = 'h' AND NOT EXISTS (SELECT FROM pg_dist_partition d WHERE d.logicalrelid = k.conrelid)
  UNION ALL
  SELECT format('triggers are not supported on distributed tables: %s of %s', t.tgname, relname)
  FROM spread JOIN pg_trigger t ON t.tgrelid = logicalrelid WHERE NOT t.tgisinternal AND t.tgname <> 'citus_stand_in_key'
  UNION ALL
  SELECT format('rules are not supported on distributed tables: %s of %s', r.rulename, relname)
  FROM spread JOIN pg_rewrite r ON r.ev_class = logicalrelid
  UNION ALL
  SELECT format('row level security on %s wants a plan for the workers', s.relname) FROM spread s JOIN pg_class c ON c.oid = logicalrelid
  WHERE c.relrowsecurity
  UNION ALL
  SELECT format('%s.%s counts by itself and is no bigint', relname, a.attname)
  FROM spread JOIN pg_attribute a ON a.attrelid = logicalrelid AND a.attnum > 0
  LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
  WHERE (a.attidentity <> '' OR pg_get_expr(f.adbin, f.adrelid) LIKE 'nextval(%') AND a.atttypid <> 'bigint'::regtype
  UNION ALL
  SELECT format('%s.%s is generated, and is the distribution column', relname, partkey)
  FROM spread JOIN pg_attribute a ON a.attrelid = logicalrelid AND a.attnum = key_column WHERE a.attgenerated <> ''
  UNION ALL
  SELECT format('%s is partitioned in several levels', s.relname) FROM spread s JOIN pg_inherits i ON i.inhparent = logicalrelid
  JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'p'
  UNION ALL
  SELECT format('rights on single columns of %s do not reach the shards', relname)
  FROM spread JOIN pg_attribute a ON a.attrelid = logicalrelid WHERE a.attacl IS NOT NULL
  UNION ALL
  SELECT format('co-located tables are spread by different types: %s', string_agg(relname, ', ')) FROM spread
  JOIN pg_attribute a ON a.attrelid = logicalrelid AND a.attnum = key_column
  GROUP BY colocationid HAVING count(DISTINCT a.atttypid) > 1
$$;

-- Citus refuses a new value in the distribution column; nothing is moved between shards by an UPDATE.
CREATE FUNCTION pg_catalog.citus_stand_in_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(OLD)->TG_ARGV[0] IS DISTINCT FROM to_jsonb(NEW)->TG_ARGV[0] THEN
    RAISE EXCEPTION 'modifying the partition value of rows is not allowed';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION pg_catalog.citus_stand_in_check() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
  faults text;
BEGIN
  -- Dropped tables leave; what a table's partitions are made of is judged by the table.
  DELETE FROM pg_dist_partition d WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.logicalrelid);
  SELECT string_agg(fault, '; ') INTO faults FROM citus_stand_in_faults() AS fault;
  IF faults IS NOT NULL THEN RAISE EXCEPTION '%', faults USING ERRCODE = 'feature_not_supported'; END IF;
END $$;
CREATE EVENT TRIGGER citus_stand_in ON ddl_command_end EXECUTE FUNCTION citus_stand_in_check();

CREATE FUNCTION pg_catalog.citus_stand_in_note(of_table regclass, method "char", key text, colocation integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = of_table) THEN
    RAISE EXCEPTION 'table % is already distributed', of_table USING ERRCODE = 'invalid_table_definition';
  END IF;
  IF current_setting('citus.multi_shard_modify_mode', true) IS DISTINCT FROM 'sequential' THEN
    RAISE EXCEPTION 'reference tables are changed beside distributed ones in parallel';
  END IF;
  INSERT INTO pg_dist_partition VALUES (of_table, method, key, colocation);
  IF key IS NOT NULL THEN
    EXECUTE format('CREATE TRIGGER citus_stand_in_key BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION citus_stand_in_key(%L)',
      of_table, key);
  END IF;
END $$;

CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM citus_stand_in_note(table_name, 'n', NULL, 0);
  -- The trigger looks after commands, not after calls.
  COMMENT ON TABLE pg_catalog.pg_dist_partition IS 'looked at';
END $$;

CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, distribution_column text, distribution_type text DEFAULT 'hash',
  colocate_with text DEFAULT 'default', shard_count integer DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  colocation integer;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = table_name AND attname = distribution_column AND attnum > 0) THEN
    RAISE EXCEPTION 'column "%" of relation "%" does not exist', distribution_column, table_name;
  END IF;
  IF colocate_with = 'none' THEN
    colocation := nextval('pg_catalog.pg_dist_colocationid_seq');
  ELSE
    SELECT colocationid INTO colocation FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
    IF colocation IS NULL THEN RAISE EXCEPTION 'relation % is not distributed', colocate_with; END IF;
  END IF;
  PERFORM citus_stand_in_note(table_name, 'h', distribution_column, colocation);
END $$;

-- The real one removes what a copy on the shards has made superfluous; here there is no other copy.
CREATE FUNCTION pg_catalog.truncate_local_data_after_distributing_table(function_table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  pointing text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = function_table_name) THEN
    RAISE EXCEPTION 'supplied parameter is not a distributed relation';
  END IF;
  SELECT conname INTO pointing FROM pg_constraint k WHERE k.confrelid = function_table_name AND k.contype = 'f'
    AND NOT EXISTS (SELECT FROM pg_dist_partition d WHERE d.logicalrelid = k.conrelid) LIMIT 1;
  IF pointing IS NOT NULL THEN
    RAISE EXCEPTION 'cannot truncate a table referenced in a foreign key constraint by a local table: %', pointing;
  END IF;
END $$;
