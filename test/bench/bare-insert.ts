import { systemRandom } from "#server/ports.ts";
import { openBenchProvince } from "./bench-province.ts";

/** Rows of 200 in one statement: what a batch is at most. */
const BATCH = 200;

/** The baseline of ingest and drain: rows of the same size, without index but the key, by `pg` over a PostgreSQL like ours. */
export type BareInsert = {
  /** Seconds for so many rows over so many connections at once. */
  insert(rows: number, connections: number): Promise<number>;
  close(): Promise<void>;
};

export type RowBytes = { readonly header: number; readonly body: number };

export async function openBareInsert(dataDir: string, bytes: RowBytes): Promise<BareInsert> {
  const province = await openBenchProvince(dataDir);
  const { pool } = province;
  await pool.query(
    "CREATE TABLE bench (id uuid PRIMARY KEY, header text NOT NULL, body bytea NOT NULL)",
  );
  const header = "x".repeat(bytes.header);
  const body = Buffer.from(systemRandom.bytes(bytes.body));
  async function insertBatches(count: number): Promise<void> {
    for (let batch = 0; batch < count; batch += 1) {
      const ids = Array.from({ length: BATCH }, () => crypto.randomUUID());
      await pool.query(
        "INSERT INTO bench SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING",
        [ids, ids.map(() => header), ids.map(() => body)],
      );
    }
  }
  return {
    async insert(rows, connections) {
      const batches = Math.ceil(rows / BATCH / connections);
      const started = performance.now();
      await Promise.all(Array.from({ length: connections }, () => insertBatches(batches)));
      const done = batches * BATCH * connections;
      return ((performance.now() - started) / 1_000) * (rows / done);
    },
    close: () => province.close(),
  };
}
