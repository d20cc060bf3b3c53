import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { Socket, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Value } from "typebox/value";
import { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { runCommand } from "#server/admin/commands.ts";
import { runAdmin } from "#server/admin/run-admin.ts";
import { explain } from "#server/admin/run-and-explain.ts";
import { openPool } from "#server/database/pool.ts";
import { startEmbedded } from "#server/database/embedded.ts";
import { ProvinceInUse } from "#server/folder-lock.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { startServer } from "#server/start-server.ts";
import type { RunningServer } from "#server/start-server.ts";
import { ProvinceKeysLost, WrongProvinceKeys } from "#server/vault/province-keys.ts";
import { pdfPages, zbarCodes } from "../print/zbar.ts";
import { httpApp } from "./support/http-app.ts";
import { engines, startTestProvince, tempFolder } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { TestStation, enrolRaw, madeUpPerson, newStation } from "./support/station.ts";

type Said = { readonly code: number; readonly out: readonly string[]; readonly err: string };
type Entry = Readonly<Record<string, unknown>>;

const ENTRY_KEYS = [
  "event_id",
  "station",
  "instance",
  "seq",
  "place",
  "gate",
  "direction",
  "document_kind",
  "flags",
  "captured_at",
  "corrected_at",
  "subject",
];

const ENVIRONMENT = {};

async function admin(dataDir: string, ...args: string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    write: (line: string) => void out.push(line),
    error: (line: string) => void err.push(line),
  };
  const code = await runAdmin([...args, "--data", dataDir], io, ENVIRONMENT);
  return { code, out, err: err.join("\n") };
}

function entriesOf(said: Said, station: string): readonly Entry[] {
  const lines = said.out.map((line) => JSON.parse(line) as Entry);
  return lines
    .filter((line) => line["station"] === station)
    .toSorted((a, b) => Number(a["seq"]) - Number(b["seq"]));
}

/** Enrols over real HTTP and sends entries. */
async function sendEntries(server: RunningServer, count: number): Promise<readonly string[]> {
  const gate = await server.ensureGate({ place: "Cơ sở", gate: "Cổng" });
  const { code } = await server.issueEnrolmentCode(gate);
  const keys = generateKeyPair("ed25519");
  const app = httpApp(server.url);
  const answered = await enrolRaw(app, code, keys);
  const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
  const station = new TestStation(app, enrolment, keys, Date.now);
  const events = station.events(count);
  await station.send(events);
  return events.map((event) => event.header.event_id).toSorted();
}

function idsOf(said: Said): readonly string[] {
  return said.out.map((line) => String((JSON.parse(line) as Entry)["event_id"])).toSorted();
}

describe.each(engines)("administrators' commands on $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    async function run(...args: string[]): Promise<Said> {
      const out: string[] = [];
      const err: string[] = [];
      const io = {
        write: (line: string) => void out.push(line),
        error: (line: string) => void err.push(line),
      };
      const code = await runCommand(province, args, { actor: "local:test", io });
      return { code, out, err: err.join("\n") };
    }

    async function auditActions(caseNumber: string): Promise<readonly string[]> {
      const found = await province.pool.query<{ action: string }>(
        `SELECT record->>'action' AS action FROM audit WHERE record->>'case' = $1 ORDER BY audit_seq`,
        [caseNumber],
      );
      return found.rows.map((row) => row.action);
    }

    test("list every entry, with exactly the promised fields, and nothing else", async () => {
      const station = await newStation(province);
      const captured = Date.UTC(2026, 10, 23, 17, 30);
      const entry = station.event({
        wall_ms: captured,
        offset_ms: 60_000,
        direction: "out",
        flags: ["no-entry-seen"],
      });
      await station.send([entry, station.event({ type: "unread" }, null)]);

      const said = await run("entries", "--ndjson");

      const [line, ...more] = entriesOf(said, station.id);
      expect(more).toEqual([]);
      expect(Object.keys(line!)).toEqual(ENTRY_KEYS);
      expect(line).toEqual({
        event_id: entry.header.event_id,
        station: station.id,
        instance: station.instance,
        seq: 1,
        place: province.place.place,
        gate: province.place.gate,
        direction: "out",
        document_kind: "cccd",
        flags: ["no-entry-seen"],
        captured_at: "2026-11-23T17:30:00.000Z",
        corrected_at: "2026-11-23T17:31:00.000Z",
        subject: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(said.err).toContain("unread 1");
      expect(said.code).toBe(0);
    });

    test("list thousands of entries of many days once each, all keyed", async () => {
      const station = await newStation(province);
      const ids: string[] = [];
      for (let batch = 0; batch < 13; batch += 1) {
        const wall_ms = province.clock.nowMs() - batch * 43_200_000;
        const events = station.events(200, { wall_ms });
        ids.push(...events.map((event) => event.header.event_id));
        await station.send(events);
      }

      const entries = entriesOf(await run("entries", "--ndjson"), station.id);

      expect(entries.map((entry) => String(entry["event_id"])).toSorted()).toEqual(ids.toSorted());
      expect(entries.every((entry) => typeof entry["subject"] === "string")).toBe(true);
    });

    test("open names only for an open case, and audit each one before it is shown", async () => {
      await province.pool.query("TRUNCATE events, event_subjects");
      const station = await newStation(province);
      const people = [madeUpPerson(1), { ...madeUpPerson(2), valid_to: "2027-01-31" }];
      await station.send(people.map((person) => station.event({}, person)));
      const open = ["entries", "--ndjson", "--open", "--case", "VV-12", "--reason", "ổ dịch"];

      const early = await run(...open);
      await run("case", "open", "VV-12", "--basis", "QĐ 12", "--reason", "truy vết");
      const said = await run(...open);

      expect([early.code, early.out]).toEqual([1, []]);
      expect(early.err).toContain("no case VV-12");
      const entries = entriesOf(said, station.id);
      expect(Object.keys(entries[0]!)).toEqual([
        ...ENTRY_KEYS,
        "name",
        "document",
        "birth_date",
        "valid_to",
      ]);
      expect(
        entries.map(({ name, document, birth_date, valid_to }) => [
          name,
          document,
          birth_date,
          valid_to,
        ]),
      ).toEqual(people.map((one) => [one.name, one.document, one.birth_date, one.valid_to]));
      expect(await auditActions("VV-12")).toEqual([
        "opening-refused",
        "case-opened",
        "entries-opened",
        "entry-opened",
        "entry-opened",
      ]);
      expect((await run("audit", "verify")).out[0]).toContain('{"sound":true,"first_broken":null,');
    });

    test("open more than fifty persons only with a second officer's approval", async () => {
      await province.pool.query("TRUNCATE events, event_subjects");
      const station = await newStation(province);
      const openAll = ["entries", "--ndjson", "--open", "--case", "VV-51", "--reason", "r"];
      await run("case", "open", "VV-51", "--basis", "b", "--reason", "r");
      const persons = (from: number, to: number) =>
        Array.from({ length: to - from + 1 }, (_, index) =>
          station.event({}, madeUpPerson(from + index)),
        );
      await station.send([...persons(1, 50), ...persons(1, 50)]);

      const fifty = await run(...openAll);
      await station.send(persons(51, 51));
      const refused = await run(...openAll);
      const approved = await run(...openAll, "--approve");

      expect([fifty.code, fifty.out.length]).toEqual([0, 100]);
      expect([refused.code, refused.out]).toEqual([1, []]);
      expect(refused.err).toContain("51 persons need a second officer");
      expect([approved.code, approved.out.length]).toEqual([0, 101]);
      const actions = await auditActions("VV-51");
      expect(actions.filter((action) => action === "entry-opened")).toHaveLength(201);
      expect(actions).toContain("opening-refused");
      expect(actions).toContain("second-officer-approved");
    });

    test("tell how many entries do not open", async () => {
      await province.pool.query("TRUNCATE events, event_subjects");
      const station = await newStation(province);
      await station.send([{ ...station.event(), sealedBody: null }]);
      await run("case", "open", "VV-0", "--basis", "b", "--reason", "r");

      const said = await run("entries", "--ndjson", "--open", "--case", "VV-0", "--reason", "r");

      expect(entriesOf(said, station.id)[0]).toMatchObject({
        subject: null,
        name: null,
        document: null,
        birth_date: null,
        valid_to: null,
      });
      expect(said.err).toContain("1 entries have no body that opens");
    });

    test("register places and gates, issue codes, list and revoke stations", async () => {
      const added = await run("place", "add", "--name", "Xưởng Mẫu", "--type", "xưởng");
      const { place } = JSON.parse(added.out[0]!) as { place: string };
      const gated = await run("gate", "add", "--place", place, "--name", "Cổng sau");
      const { gate } = JSON.parse(gated.out[0]!) as { gate: string };
      const issued = await run("station", "enrol-code", "--place", place, "--gate", gate);
      const code = JSON.parse(issued.out[0]!) as { code: string; expires_at: string };
      const answered = await enrolRaw(province.app, code.code, generateKeyPair("ed25519"));
      const { station } = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));

      const listed = async () =>
        (await run("station", "list")).out
          .map((line) => JSON.parse(line) as Entry)
          .find((line) => line["station"] === station);
      const before = await listed();
      const revoked = await run("station", "revoke", station);

      expect(place).toMatch(/^p-/);
      expect(gate).toMatch(/^g-/);
      expect(Date.parse(code.expires_at) - province.clock.nowMs()).toBe(24 * 3_600_000);
      expect(before).toMatchObject({
        place,
        place_name: "Xưởng Mẫu",
        gate_name: "Cổng sau",
        state: "active",
        last_hello_at: null,
      });
      expect(revoked.out).toEqual([JSON.stringify({ station, state: "revoked" })]);
      expect(await listed()).toMatchObject({ state: "revoked" });
      expect((await run("station", "revoke", "s-none")).code).toBe(1);
    });

    test("print a sheet whose code enrols a station, once there is a gate", async () => {
      const folder = tempFolder("sheet");
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const file = join(folder, "sheet.pdf");
      await run("province", "set", "--public-url", "https://tramqr.example.invalid");
      const added = await run("place", "add", "--name", "Chợ Mẫu");
      const { place } = JSON.parse(added.out[0]!) as { place: string };
      const print = () => run("station", "enrol-sheet", "--place", place, "--out", file);
      await expect(print()).rejects.toThrow("has no gates yet");
      await run("gate", "add", "--place", place, "--name", "Cổng chính");
      const printed = await print();
      const [page] = pdfPages(readFileSync(file), 100);
      const [code] = zbarCodes(page!).map(String);
      const answered = await enrolRaw(province.app, code ?? "", generateKeyPair("ed25519"));

      expect(printed.out).toEqual([JSON.stringify({ place, gates: 1, file })]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(Value.Parse(EnrolmentAnswer, JSON.parse(answered.body)).place).toBe(place);
    });
  });
});

describe("the server of a data folder", () => {
  const folders: string[] = [];
  const servers: RunningServer[] = [];
  let logged = "";
  const log = createServerLog((line) => (logged += line));

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    logged = "";
  });

  function newFolder(): string {
    const folder = tempFolder("admin");
    folders.push(folder);
    return folder;
  }

  async function start(dataDir: string, databaseUrl: string | null = null): Promise<RunningServer> {
    const server = await startServer({
      dataDir,
      port: 0,
      databaseUrl,
      provinceName: "Tỉnh Mẫu",
      log,
      clock: systemClock,
      random: systemRandom,
    });
    servers.push(server);
    return server;
  }

  async function stop(server: RunningServer): Promise<void> {
    servers.splice(servers.indexOf(server), 1);
    await server.stop();
  }

  test("is not kept from stopping by a connection that says nothing", async () => {
    const server = await start(newFolder());
    const silent = connect(server.port, "127.0.0.1");
    await once(silent, "connect");
    const startedMs = performance.now();
    await stop(server);
    silent.destroy();

    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });

  test("answers commands while it runs and lends its database to them while it is stopped", async () => {
    const dataDir = newFolder();
    const server = await start(dataDir);
    const ids = await sendEntries(server, 30);

    const running = await admin(dataDir, "entries", "--ndjson");
    await stop(server);
    const stopped = await admin(dataDir, "entries", "--ndjson");
    const again = await start(dataDir);
    const runningAgain = await admin(dataDir, "entries", "--ndjson");

    for (const said of [running, stopped, runningAgain]) {
      expect(said.code).toBe(0);
      expect(idsOf(said)).toEqual(ids);
      expect(said.out.every((line) => !line.includes('"subject":null'))).toBe(true);
    }
    expect(again.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("ensures the same gate again, and issues codes for it", async () => {
    const server = await start(newFolder());

    const first = await server.ensureGate({ place: "Cơ sở", gate: "Cổng" });
    const second = await server.ensureGate({ place: "Cơ sở", gate: "Cổng" });
    const other = await server.ensureGate({ place: "Cơ sở", gate: "Cổng 2" });

    expect(second).toEqual(first);
    expect(other).toEqual({ place: first.place, gate: expect.not.stringContaining(first.gate) });
    expect((await server.issueEnrolmentCode(first)).code).toMatch(/^\d{20}$/);
  });

  test("takes commands only from its own user", async () => {
    const dataDir = newFolder();
    await start(dataDir);

    const folder = join(dataDir, "province", "control");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "admin.sock")).mode & 0o777).toBe(0o600);
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(join(folder, "admin.sock"), () => socket.write("no request\n"));
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("close", () => resolve(text));
    });
    expect(answer).toBe("");
    expect((await admin(dataDir, "station", "list")).code).toBe(0);
  });

  test("a caller who hangs up in the middle of an answer does not end the server", async () => {
    const dataDir = newFolder();
    const server = await start(dataDir);
    const path = join(dataDir, "province", "control", "admin.sock");

    for (let count = 0; count < 3; count += 1) {
      const request = JSON.stringify({ args: ["commune", "list"], actor: "local:test" });
      const socket = new Socket();
      // What was sent and is never read makes the system answer the server with a reset.
      socket.pause();
      socket.connect(path, () => socket.write(`${request}\n`));
      await sleep(500);
      socket.destroy();
    }

    expect((await admin(dataDir, "commune", "list")).out).toHaveLength(96);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("refuses a second server over the same folder, and leaves the first alone", async () => {
    const dataDir = newFolder();
    const server = await start(dataDir);

    await expect(start(dataDir)).rejects.toThrow(ProvinceInUse);

    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("a path too long for a socket changes nothing for commands", async () => {
    const dataDir = join(newFolder(), "a".repeat(70), "b".repeat(50));
    mkdirSync(dataDir, { recursive: true });
    const server = await start(dataDir);

    const said = await admin(dataDir, "place", "add", "--name", "Xa");

    expect(said.code).toBe(0);
    await stop(server);
    expect(existsSync(join(dataDir, "province", "control.path"))).toBe(false);
  });

  test("works on a PostgreSQL of the province's own, named by an URL", async () => {
    const engine = engines[1]!;
    const own = await startEmbedded({
      folder: join(newFolder(), "own"),
      dataDir: folders[0]!,
      log,
      ...(engine.isHere && engine.binaries !== null ? { binaries: engine.binaries } : {}),
    });
    onTestFinished(() => own.stop());
    const { connection } = own;
    if (connection.kind !== "local") throw new Error("not local");
    const url = `postgresql:///tramqr?user=tramqr&host=${encodeURIComponent(connection.host)}`;
    const dataDir = newFolder();
    const server = await start(dataDir, url);
    const ids = await sendEntries(server, 5);

    expect(idsOf(await admin(dataDir, "entries", "--ndjson"))).toEqual(ids);
    expect(existsSync(join(dataDir, "province", "pg"))).toBe(false);
    await stop(server);
    await expect(start(newFolder(), url)).rejects.toThrow(ProvinceKeysLost);
  });

  test("says which right is missing in a database of the province's own", async () => {
    const own = await startEmbedded({
      folder: join(newFolder(), "own"),
      dataDir: folders[0]!,
      log,
    });
    onTestFinished(() => own.stop());
    const pool = await openPool(own.connection, 1, log);
    await pool.query("CREATE ROLE weak");
    await pool.query("ALTER ROLE tramqr IN DATABASE tramqr SET role = 'weak'");
    await pool.end();
    const { connection } = own;
    if (connection.kind !== "local") throw new Error("not local");
    const url = `postgresql:///tramqr?user=tramqr&host=${encodeURIComponent(connection.host)}`;

    const failed = await start(newFolder(), url).then(
      () => null,
      (cause: unknown) => explain(cause),
    );

    expect(failed?.code).toBe(1);
    expect(failed?.text).toMatch(/may not create tables/);
  });

  test("never mixes the keys of one province with the database of another", async () => {
    const [one, two] = [newFolder(), newFolder()];
    await stop(await start(one));
    await stop(await start(two));
    const [keysOne, keysTwo] = [one, two].map((dataDir) => join(dataDir, "province", "keys"));
    rmSync(keysTwo!, { recursive: true });

    await expect(start(two)).rejects.toThrow(ProvinceKeysLost);
    cpSync(keysOne!, keysTwo!, { recursive: true });
    await expect(start(two)).rejects.toThrow(WrongProvinceKeys);
  });

  test("says what is wrong with a command, asks nobody, and starts nothing for it", async () => {
    const dataDir = join(newFolder(), "none");

    const said = [
      await admin(dataDir, "entries"),
      await admin(dataDir, "bogus"),
      await admin(dataDir, "place", "add", "--colour", "red"),
      await admin(dataDir, "entries", "--ndjson"),
    ];

    expect(said.map(({ code }) => code)).toEqual([1, 2, 2, 1]);
    expect(said[2]!.err).toContain("--colour");
    expect(said[3]!.err).toContain("There is no province in");
    expect(said.flatMap(({ out }) => out)).toEqual([]);
    expect(existsSync(dataDir)).toBe(false);
  });

  test("tells who opened what, but writes no name to its log", async () => {
    const dataDir = newFolder();
    const server = await start(dataDir);
    await sendEntries(server, 3);
    await admin(dataDir, "case", "open", "VV-1", "--basis", "b", "--reason", "r");

    const command = [
      "entries",
      "--ndjson",
      "--open",
      "--case",
      "VV-1",
      "--reason",
      "CANARY-REASON",
    ];
    const said = await admin(dataDir, ...command);

    expect(said.out[0]).toContain("Nguyễn Văn Mẫu 1");
    expect(logged).not.toContain("Nguyễn");
    expect(logged).not.toContain(madeUpPerson(1).document);
    expect(logged).not.toContain("CANARY");
    expect(logged.length).toBeGreaterThan(0);
  });
});
