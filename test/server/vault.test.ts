import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateKeyPair } from "#sealing/keys.ts";
import { createSealer } from "#sealing/sealed-body.ts";
import { bodyHash } from "#sealing/chain.ts";
import { appendAudit, findAuditBreak } from "#server/vault/audit.ts";
import type { AuditRecord } from "#server/vault/audit.ts";
import { inTransaction } from "#server/database/pool.ts";
import {
  ProvinceKeysLost,
  loadProvinceSecrets,
  publicKeysOf,
} from "#server/vault/province-keys.ts";
import { subjectOf } from "#server/vault/subject.ts";
import { createVault } from "#server/vault/vault.ts";
import type { Vault } from "#server/vault/vault.ts";
import { seededRandom } from "./support/ports.ts";
import { cluster, engines, startTestProvince, tempFolder } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { madeUpPerson, newStation, rehashed } from "./support/station.ts";

describe.each([...engines, cluster])("the vault on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    async function subjectsOf(station: string): Promise<readonly (string | null)[]> {
      const found = await province.pool.query<{ subject: string | null }>(
        `SELECT encode(s.subject, 'hex') AS subject
         FROM events e JOIN instances i USING (instance_key)
         LEFT JOIN event_subjects s USING (local_day, event_id)
         WHERE i.station = $1 ORDER BY e.seq`,
        [station],
      );
      return found.rows.map((row) => row.subject);
    }

    function subject(number: number): string {
      const { identity } = madeUpPerson(number);
      return subjectOf(identity, province.secrets.subjectKey).toString("hex");
    }

    test("gives one person one pseudonym, at whatever station and on whatever day", async () => {
      const [one, two] = [await newStation(province), await newStation(province)];
      const day = 86_400_000;
      const wall_ms = province.clock.nowMs() - 3 * day;
      await one.send([one.event({}, madeUpPerson(1)), one.event({}, madeUpPerson(2))]);
      await two.send([two.event({ wall_ms }, madeUpPerson(2)), two.event({}, madeUpPerson(1))]);

      await province.vault.catchUp();

      expect(await subjectsOf(one.id)).toEqual([subject(1), subject(2)]);
      expect(await subjectsOf(two.id)).toEqual([subject(2), subject(1)]);
      expect(subject(1)).toMatch(/^[0-9a-f]{32}$/);
    });

    test("keys events that came in any order, over a gap, and across many steps", async () => {
      const station = await newStation(province);
      const events = Array.from({ length: 1_300 }, (_, index) =>
        station.event({}, madeUpPerson(index)),
      );
      for (let first = 1_200; first >= 0; first -= 200) {
        await station.send(events.slice(first, first + 200));
      }

      await province.vault.catchUp();

      expect(await subjectsOf(station.id)).toEqual(events.map((_, index) => subject(index)));
    });

    test("keys the far ends of a batch with a wide gap in it", async () => {
      const station = await newStation(province);
      const events = station.events(1_300);
      await station.send([events[0]!, events.at(-1)!]);
      for (let first = 1; first < 1_299; first += 200) {
        await station.send(events.slice(first, Math.min(first + 200, 1_299)));
      }

      await province.vault.catchUp();

      expect((await subjectsOf(station.id)).filter((one) => one === null)).toEqual([]);
    });

    test("a body that does not open is noted once and blocks nobody", async () => {
      const station = await newStation(province);
      const foreign = createSealer(generateKeyPair("x25519").publicKey, () =>
        generateKeyPair("x25519"),
      );
      const other = station.event();
      const sealedBody = foreign.seal(madeUpPerson(3), other.header.event_id, "2026-11-24");
      const sealedElsewhere = {
        ...rehashed(other, { body_hash: bodyHash(sealedBody) }),
        sealedBody,
      };
      const moved = station.event();
      const garbled = { ...moved, sealedBody: Uint8Array.from(moved.sealedBody!) };
      garbled.sealedBody[60]! ^= 1;
      const damaged = {
        ...rehashed(moved, { body_hash: bodyHash(garbled.sealedBody) }),
        sealedBody: garbled.sealedBody,
      };

      await station.send([sealedElsewhere, damaged, station.event({}, madeUpPerson(4))]);
      await province.vault.catchUp();

      expect(await subjectsOf(station.id)).toEqual([null, null, subject(4)]);
      const work = await province.pool.query("SELECT FROM vault_work");
      expect(work.rowCount).toBe(0);
    });

    test("two vaults side by side key everything once", async () => {
      const station = await newStation(province);
      for (let batch = 0; batch < 10; batch += 1) await station.send(station.events(100));
      const { pool, secrets, clock } = province;
      const silent = { event: () => {}, fault: () => {} };
      const other = createVault({ pool, secrets, clock, log: silent });

      const counts = await Promise.all([drain(province.vault), drain(other)]);

      expect(counts[0] + counts[1]).toBe(1_000);
      expect((await subjectsOf(station.id)).every((one) => one === subject(1))).toBe(true);
    });

    test("works when it is poked, and stops when it is told", async () => {
      const station = await newStation(province);
      const stopping = new AbortController();
      const run = province.vault.run(stopping.signal);
      await station.send(station.events(1));

      province.vault.poke();

      await expect.poll(() => subjectsOf(station.id)).toEqual([subject(1)]);
      stopping.abort();
      await run;
    });

    test("the ingest side of the database holds nothing readable of a person", async () => {
      const station = await newStation(province);
      await station.send([station.event({}, { ...madeUpPerson(5), name: "CANARY NAME" })]);
      await province.vault.catchUp();

      for (const table of ["events", "event_subjects", "event_keys", "quarantine", "instances"]) {
        const rows = await province.pool.query<{ row: string }>(
          `SELECT t::text AS row FROM ${table} t`,
        );
        const text = rows.rows.map(({ row }) => row).join("\n");
        expect(text).not.toContain("CANARY");
        expect(text).not.toContain(Buffer.from("CANARY").toString("hex"));
        expect(text).not.toContain(madeUpPerson(5).document);
      }
    });

    test("the audit trail shows whoever changes, removes or inserts a row", async () => {
      const { pool } = province;
      const append = (...targets: string[]) =>
        inTransaction(pool, (client) => appendAudit(client, targets.map(placeAdded)));
      await Promise.all([append("a", "b"), append("c"), append("d", "e")]);
      const count = await pool.query<{ n: number }>("SELECT max(audit_seq) AS n FROM audit");
      const last = count.rows[0]!.n;
      expect(await findAuditBreak(pool)).toBeNull();

      const tampering: readonly string[] = [
        `UPDATE audit SET record = replace(record::text, '"a"', '"z"')::json WHERE record::text LIKE '%"a"%'`,
        `DELETE FROM audit WHERE audit_seq = ${last - 1}`,
        `UPDATE audit SET hash = prev_hash WHERE audit_seq = ${last}`,
      ];
      for (const sql of tampering) {
        const client = await pool.connect();
        await client.query("BEGIN");
        await client.query(sql);
        expect(await findAuditBreak(client)).not.toBeNull();
        await client.query("ROLLBACK");
        client.release();
      }
      expect(await findAuditBreak(pool)).toBeNull();
    });
  });
});

describe("the province's key file", () => {
  const random = seededRandom("keys");

  test("is made once, in two copies that only their owner can read", () => {
    const folder = join(tempFolder("keys"), "keys");

    const made = loadProvinceSecrets(folder, true, random);
    const again = loadProvinceSecrets(folder, false, random);

    expect(publicKeysOf(again)).toEqual(publicKeysOf(made));
    expect(again.subjectKey.equals(made.subjectKey)).toBe(true);
    for (const name of ["province.key.a", "province.key.b"]) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test.each([
    ["is missing", (path: string) => rmSync(path)],
    ["is torn", (path: string) => truncateSync(path, 40)],
    ["is empty", (path: string) => truncateSync(path, 0)],
    ["has a flipped bit", flipBit],
  ])("is read from the other copy when one %s, and made whole again", (_what, damage) => {
    for (const name of ["province.key.a", "province.key.b"]) {
      const folder = join(tempFolder("keys"), "keys");
      const made = loadProvinceSecrets(folder, true, random);
      damage(join(folder, name));

      const read = loadProvinceSecrets(folder, false, random);

      expect(publicKeysOf(read)).toEqual(publicKeysOf(made));
      expect(readFileSync(join(folder, "province.key.a"), "utf8")).toBe(
        readFileSync(join(folder, "province.key.b"), "utf8"),
      );
    }
  });

  test("is never replaced by new keys while a database or a damaged file is there", () => {
    const folder = join(tempFolder("keys"), "keys");
    expect(() => loadProvinceSecrets(folder, false, random)).toThrow(ProvinceKeysLost);

    loadProvinceSecrets(folder, true, random);
    for (const name of ["province.key.a", "province.key.b"]) flipBit(join(folder, name));

    expect(() => loadProvinceSecrets(folder, true, random)).toThrow(ProvinceKeysLost);
  });
});

/** Steps until there has been nothing to do for a while; returns how many events were keyed. */
async function drain(vault: Vault): Promise<number> {
  let keyed = 0;
  for (let idle = 0; idle < 20;) {
    const step = await vault.step();
    idle = step.kind === "nothing" ? idle + 1 : 0;
    if (step.kind === "keyed") keyed += step.count;
    await sleep(step.kind === "nothing" ? 20 : 0);
  }
  return keyed;
}

function placeAdded(target: string): AuditRecord {
  return { at_ms: 1, actor: "local:test", action: "place-added", target };
}

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[50]! ^= 4;
  writeFileSync(path, bytes);
}
