import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines, startTestProvince, tempFolder } from "../support/province.ts";
import type { Engine, TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import { admin, onlyLine, runIn } from "./support.ts";

/** Each makes databases of its own, which takes long on a busy machine. */
const SLOW_MS = 120_000;
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = tempFolder("backup");
  folders.push(folder);
  return folder;
}

type Line = { readonly event_id: string; readonly subject: string };

type Backed = {
  readonly province: TestProvince;
  readonly folder: string;
  readonly key: string;
  readonly file: string;
};

/** A province with entries of today and of a wrong clock, and its backup. */
async function backedUp(engine: Engine): Promise<Backed> {
  const province = await startTestProvince(engine);
  const station = await newStation(province);
  await station.send(station.events(150));
  await station.send([station.event({ wall_ms: Date.UTC(1999, 0, 1) })]);
  await province.vault.catchUp();
  const folder = newFolder();
  const [key, file] = [join(folder, "recovery.key"), join(folder, "one.backup")];
  await runIn(province, "case", "open", "VV-1", "--basis", "b", "--reason", "r");
  await runIn(province, "backup", "key", key);
  await runIn(province, "backup", file);
  return { province, folder, key, file };
}

describe.each(engines)("a backup of $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let backed: Backed;
    beforeAll(async () => {
      backed = await backedUp(engine);
    });
    afterAll(() => backed.province.stop());

    test(
      "restored on another machine is the same province, and its server goes on",
      { timeout: SLOW_MS },
      async () => {
        const { province, file, key } = backed;
        const before = await runIn(province, "entries", "--ndjson");
        const dataDir = newFolder();

        const restored = await admin(dataDir, "restore", file, "--key", key);

        expect(restored.err).toBe("");
        expect(onlyLine(restored)).toMatchObject({
          province: "Tỉnh Mẫu",
          is_audit_sound: true,
          do_keys_fit: true,
          bodies_tried: 50,
          bodies_opened: 50,
        });
        const after = await admin(dataDir, "entries", "--ndjson");
        expect(after.out).toHaveLength(151);
        expect(after.out).toEqual(before.out);
        expect(after.out.every((line) => (JSON.parse(line) as Line).subject !== null)).toBe(true);
        expect(onlyLine(await admin(dataDir, "audit", "verify"))).toMatchObject({ sound: true });
        const added = await admin(dataDir, "place", "add", "--name", "Nhà máy Mẫu");
        expect(added.code).toBe(0);
        expect(readdirSync(dataDir)).toEqual(["province"]);
      },
    );
  });
});

describe("a backup", () => {
  let province: TestProvince;
  let folder: string;
  let key: string;
  let file: string;
  beforeAll(async () => {
    ({ province, folder, key, file } = await backedUp(engines[0]!));
  });
  afterAll(() => province.stop());

  test(
    "is verified by restoring it into a database of its own, beside the province",
    { timeout: SLOW_MS },
    async () => {
      const dataDir = newFolder();

      const verified = await admin(dataDir, "backup", "verify", file, "--key", key);

      expect(verified.code).toBe(0);
      const tables = onlyLine(verified)["tables"] as Readonly<Record<string, number>>;
      expect(tables).toMatchObject({ events: 151, event_keys: 151, event_subjects: 151 });
      expect(existsSync(join(dataDir, "province"))).toBe(false);
      expect(existsSync(join(dataDir, ".verifying"))).toBe(false);
    },
  );

  test("shows nothing of what it holds, and only its owner may read the file", () => {
    const bytes = readFileSync(file).toString("latin1");

    expect(bytes).not.toContain("tramqr-province-keys");
    expect(bytes).not.toContain("VV-1");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  test("is of one moment, whatever is uploaded meanwhile", { timeout: SLOW_MS }, async () => {
    const station = await newStation(province);
    const work = { isDone: false };
    const firstStored = station.send(station.events(20));
    const uploading = (async () => {
      await firstStored;
      while (!work.isDone) await station.send(station.events(20));
    })();
    await firstStored;
    const busy = join(folder, "busy.backup");
    const said = await runIn(province, "backup", busy);
    work.isDone = true;
    await uploading;
    expect(said.code).toBe(0);

    const dataDir = newFolder();
    await admin(dataDir, "restore", busy, "--key", key);
    const lines = (await admin(dataDir, "entries", "--ndjson")).out.map(
      (line) => JSON.parse(line) as { station: string; seq: number },
    );

    const seqs = lines.filter((line) => line.station === station.id).map((line) => line.seq);
    expect(seqs.length).toBeGreaterThan(0);
    expect(seqs.length % 20).toBe(0);
    expect(Math.max(...seqs)).toBe(seqs.length);
  });

  test(
    "that is damaged or cut off anywhere is refused, and nothing is made of it",
    { timeout: SLOW_MS },
    async () => {
      const whole = readFileSync(file);
      const bad = join(folder, "bad.backup");
      const dataDir = newFolder();
      const damages = [
        (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
        (bytes: Buffer) => bytes.subarray(0, 60),
        (bytes: Buffer) => withoutLastFrame(bytes),
        (bytes: Buffer) => flipped(bytes, 100),
        (bytes: Buffer) => flipped(bytes, bytes.length - 5),
        (bytes: Buffer) => flipped(bytes, 3),
        () => Buffer.alloc(0),
      ];
      for (const damage of damages) {
        writeFileSync(bad, damage(Buffer.from(whole)));

        const said = await admin(dataDir, "backup", "verify", bad, "--key", key);

        expect(said.code).toBe(1);
        expect(said.err).toMatch(/damaged|cut off|no backup/);
      }
      expect(existsSync(join(dataDir, "province"))).toBe(false);
    },
  );

  test(
    "never replaces a file, a key or a province, and says so",
    { timeout: SLOW_MS },
    async () => {
      const other = join(folder, "other.key");
      const dataDir = newFolder();
      writeFileSync(other, "TRAMQR-RECOVERY-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
      await admin(dataDir, "place", "add", "--name", "Đã có");

      const said = [
        await runIn(province, "backup", file),
        await runIn(province, "backup", "key", key),
        await runIn(province, "backup", join(folder, "no", "such", "folder")),
        await admin(newFolder(), "restore", file, "--key", other),
        await admin(dataDir, "restore", file, "--key", key),
        await admin(newFolder(), "restore", file, "--key", file),
      ];

      expect(said.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(said.map(({ err }) => err)).toEqual([
        expect.stringContaining("is there already"),
        expect.stringContaining("is there already"),
        expect.stringContaining("no such file or folder"),
        expect.stringContaining("another recovery key"),
        expect.stringContaining("There is a province"),
        expect.stringContaining("holds no recovery key"),
      ]);
    },
  );
});

describe("a restore that is killed", () => {
  test("leaves no half province, and works the next time", { timeout: SLOW_MS }, async () => {
    const province = await startTestProvince(engines[0]!);
    const station = await newStation(province);
    for (let batch = 0; batch < 10; batch += 1) await station.send(station.events(200));
    const folder = newFolder();
    const [key, file] = [join(folder, "key"), join(folder, "backup")];
    await runIn(province, "backup", "key", key);
    await runIn(province, "backup", file);
    await province.stop();
    const dataDir = newFolder();
    const cli = join(import.meta.dirname, "../../../src/cli.ts");
    const args = [cli, "admin", "restore", file, "--key", key, "--data", dataDir];

    for (const afterMs of [500, 900, 1_300]) {
      const child = spawn(process.execPath, args, { stdio: "ignore" });
      await sleep(afterMs);
      const isDone = child.exitCode !== null;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      if (isDone) break;
      await gone;
      const pg = join(dataDir, "province", "pg");
      expect(existsSync(pg)).toBe(false);
    }
    const said = await admin(dataDir, "restore", file, "--key", key);

    expect(said.err).toMatch(/^$|There is a province/);
    expect((await admin(dataDir, "entries", "--ndjson")).out).toHaveLength(2_000);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

/** The closing frame is what says that nothing is missing. */
function withoutLastFrame(bytes: Buffer): Buffer {
  let at = 48;
  for (;;) {
    const next = at + 4 + bytes.readUInt32BE(at);
    if (next >= bytes.length) return bytes.subarray(0, at);
    at = next;
  }
}
