import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { runAdmin } from "#server/admin/run-admin.ts";
import { httpApp } from "./support/http-app.ts";
import { engines, startTestProvince, tempFolder } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { TestStation, enrolRaw, newStation } from "./support/station.ts";
import type { SentEvent } from "./support/station.ts";

/** Fewest deaths of the database that a run has to see. */
const KILLS = 2;
const BATCHES = 12;
const PER_BATCH = 40;

/** What a station does: the same batch again and again until the province answers for it. Returns the tries. */
async function upload(station: TestStation, events: readonly SentEvent[]): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { answers } = await station.send(events);
      const isWhole = answers.length === events.length;
      if (isWhole && answers.every(({ result }) => ["stored", "duplicate"].includes(result))) {
        return attempt;
      }
      throw new Error(`false answer ${JSON.stringify(answers)}`);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : "";
      const isPassing = /^503 |fetch failed|other side closed|terminated/.test(text);
      if (!isPassing) throw cause;
      await sleep(30);
    }
  }
}

describe.each(engines)("a killed $name", (engine) => {
  describe.skipIf(!engine.isHere)("with that engine", () => {
    let province: TestProvince;
    beforeAll(async () => {
      province = await startTestProvince(engine);
    });
    afterAll(() => province.stop());

    test("loses no acknowledged event and stores none twice", { timeout: 90_000 }, async () => {
      const stations = await Promise.all([1, 2, 3, 4].map(() => newStation(province)));
      const acknowledged: string[] = [];
      let retries = 0;
      const work = { isDone: false, kills: 0, sent: 0 };
      const uploads = stations.map(async (station) => {
        // A quick machine goes on until the database was killed under it.
        for (let batch = 0; batch < BATCHES || work.kills < KILLS; batch += 1) {
          const events = station.events(PER_BATCH);
          work.sent += events.length;
          retries += (await upload(station, events)) - 1;
          acknowledged.push(...events.map((event) => event.header.event_id));
        }
      });
      const killing = (async () => {
        while (!work.isDone) {
          await sleep(60 + Math.floor(Math.random() * 120));
          const pid = province.database.pid();
          if (work.isDone) break;
          process.kill(pid, "SIGKILL");
          work.kills += 1;
          while (province.database.pid() === pid) await sleep(10);
        }
      })();

      await Promise.all(uploads);
      work.isDone = true;
      await killing;

      expect(work.kills).toBeGreaterThanOrEqual(KILLS);
      expect(retries).toBeGreaterThan(0);
      await expect
        .poll(
          () =>
            province.pool.query("SELECT 1").then(
              () => "back",
              () => "away",
            ),
          {
            timeout: 20_000,
          },
        )
        .toBe("back");
      const stored = await province.pool.query<{ event_id: string }>(
        "SELECT event_id FROM events ORDER BY event_id",
      );
      expect(stored.rows.map((row) => row.event_id)).toEqual(acknowledged.toSorted());
      expect(acknowledged).toHaveLength(work.sent);
      for (const station of stations) {
        const hello = await station.hello({ acknowledged_upto: station.seq });
        expect(hello.comparison).toBe("equal");
        expect(hello.contiguous_upto).toBe(station.seq);
      }
      const incidents = await province.pool.query("SELECT FROM incidents");
      expect(incidents.rowCount).toBe(0);
      await province.vault.catchUp();
      const unkeyed = await province.pool.query(
        "SELECT FROM events LEFT JOIN event_subjects s USING (local_day, event_id) WHERE s.subject IS NULL",
      );
      expect(unkeyed.rowCount).toBe(0);
    });
  });
});

describe("a killed server", () => {
  test(
    "loses no acknowledged event over six kills of the whole server",
    { timeout: 90_000 },
    async () => {
      const dataDir = tempFolder("crash");
      let server = await startChild(dataDir, 0);
      const { port } = new URL(server.url);
      const code = await server.ask("enrolment-code");
      const keys = generateKeyPair("ed25519");
      const app = httpApp(server.url);
      const answered = await enrolRaw(app, code, keys);
      const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
      const station = new TestStation(app, enrolment, keys, Date.now);
      const acknowledged: string[] = [];

      const work = { isDone: false };
      const uploading = (async () => {
        while (!work.isDone) {
          const events = station.events(PER_BATCH);
          await upload(station, events);
          acknowledged.push(...events.map((event) => event.header.event_id));
        }
      })();
      for (let kill = 0; kill < 6; kill += 1) {
        await sleep(100 + Math.floor(Math.random() * 300));
        server.child.kill("SIGKILL");
        server = await startChild(dataDir, Number(port));
      }
      work.isDone = true;
      await uploading;
      // Killed, not stopped: the command below finds a folder that nobody tidied.
      server.child.kill("SIGKILL");
      await server.ended;

      const lines: string[] = [];
      const io = { write: (line: string) => void lines.push(line), error: () => {} };
      expect(await runAdmin(["entries", "--ndjson", "--data", dataDir], io, {})).toBe(0);
      const entries = lines.map(
        (line) => JSON.parse(line) as { event_id: string; subject: string },
      );
      expect(entries.map((entry) => entry.event_id).toSorted()).toEqual(acknowledged.toSorted());
      expect(entries.every((entry) => entry.subject !== null)).toBe(true);
      expect(acknowledged.length).toBeGreaterThan(PER_BATCH);
      rmSync(dataDir, { recursive: true, force: true });
    },
  );
});

type Child = {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  ask(question: string): Promise<string>;
};

/** The server as a station's program starts it. */
async function startChild(dataDir: string, port: number): Promise<Child> {
  const cli = join(import.meta.dirname, "../../src/cli.ts");
  const args = [cli, "server", "--data", dataDir, "--port", String(port), "--child"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const nextLine = () => new Promise<string>((resolve) => lines.once("line", resolve));
  const first = await Promise.race([nextLine(), ended.then(() => "{}")]);
  const { url } = JSON.parse(first) as { url: string };
  return {
    url,
    child,
    ended,
    async ask(question) {
      const answer = nextLine();
      child.stdin.write(`${question}\n`);
      return (JSON.parse(await answer) as { answer: string }).answer;
    },
  };
}
