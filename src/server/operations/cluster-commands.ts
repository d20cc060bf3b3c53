import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { distribute } from "#server/database/distribute.ts";
import { clusterMigrations } from "#server/database/migrate.ts";
import { inTransaction } from "#server/database/pool.ts";
import { takeOperationsTurn } from "#server/operations/one-at-a-time.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Commands for a province, or a country, whose PostgreSQL is a Citus cluster (docs/operations/scale.md). */
export const clusterCommands: Readonly<Record<string, Command>> = {
  "database distribute": { flags: { "dry-run": "switch" }, run: distributeCommand },
};

/**
 * `database distribute [--dry-run]`: spreads the tables over the cluster's workers. The dry run prints the statements
 * and asks the database nothing.
 */
async function distributeCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  if (flags.isSet("dry-run")) {
    for (const { name, sql } of clusterMigrations()) await io.write(`-- ${name}\n${sql.trimEnd()}`);
    return 0;
  }
  const done = await inTransaction(parts.pool, async (client) => {
    await takeOperationsTurn(client);
    const distribution = await distribute(client);
    if (distribution.kind === "distributed" && distribution.steps.length > 0) {
      const record = { at_ms: parts.clock.nowMs(), actor, action: "database-distributed" } as const;
      await appendAudit(client, [record]);
    }
    return distribution;
  });
  switch (done.kind) {
    case "no-cluster":
      await io.error(
        "This database has no extension citus, so there is nothing to spread its tables over (docs/operations/scale.md).",
      );
      return 1;
    case "distributed":
      await io.write(JSON.stringify({ steps: done.steps.map(({ name }) => name) }));
      return 0;
  }
}
