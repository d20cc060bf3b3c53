import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { knownMigrations } from "#server/database/migrate.ts";
import { createServerLog } from "#server/log.ts";
import { restoreBackup } from "#server/operations/restore-backup.ts";
import { testClock } from "../support/ports.ts";
import { tempFolder } from "../support/province.ts";
import { admin, onlyLine } from "./support.ts";

/** A backup of each schema that was released; made once with that release, never made anew. */
const FOLDER = join(import.meta.dirname, "../../fixtures/server");
const released = readdirSync(FOLDER).filter((name) => name.endsWith(".backup"));

describe("every released schema", () => {
  test("begins with the first one", () => {
    expect(released).toContain("schema-0001.backup");
    expect(released.length).toBeLessThanOrEqual(knownMigrations().length);
  });

  test.each(released)(
    "%s is brought up to date, and nothing of it is lost",
    { timeout: 120_000 },
    async (name) => {
      const dataDir = tempFolder("upgrade");
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const key = join(dataDir, "key");
      copyFileSync(join(FOLDER, "recovery.key"), key);

      // On the day of its release: what a backup holds beyond the retention is deleted by restoring it.
      const restored = await restoreBackup(
        {
          dataDir: join(dataDir, "new"),
          path: join(FOLDER, name),
          recoveryKeyPath: key,
          databaseUrl: null,
          log: createServerLog(() => {}),
        },
        testClock(),
      );

      expect(restored).toMatchObject({
        rows_deleted: 0,
        province: "Tỉnh Mẫu",
        is_audit_sound: true,
        do_keys_fit: true,
        bodies_tried: 3,
        bodies_opened: 3,
      });
      const entries = await admin(join(dataDir, "new"), "entries", "--ndjson");
      const lines = entries.out.map(
        (line) => JSON.parse(line) as Readonly<Record<string, unknown>>,
      );
      expect(lines.map((line) => line["direction"])).toEqual(["in", "out", "in"]);
      expect(new Set(lines.map((line) => line["subject"])).size).toBe(1);
      expect(onlyLine(await admin(join(dataDir, "new"), "audit", "verify"))).toMatchObject({
        sound: true,
      });
    },
  );
});
