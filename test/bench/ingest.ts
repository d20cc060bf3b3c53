import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Value } from "typebox/value";
import {
  BATCH_CONTENT_TYPE,
  BatchAnswer,
  EnrolmentAnswer,
  SIGNATURE_HEADER,
  STATION_HEADER,
} from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { signRequest } from "#sealing/signature.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince } from "#server/province.ts";
import { httpApp } from "../server/support/http-app.ts";
import { TestStation, compress, enrolRaw, lineOf } from "../server/support/station.ts";
import type { SentEvent } from "../server/support/station.ts";
import { compare } from "./measure.ts";
import type { Measured } from "./measure.ts";

const STATIONS = 8;
const BATCH = 200;
const BATCHES = "/v1/batches";
const log = createServerLog(() => {});

/**
 * Many stations at once → the server over HTTP, signatures checked, sealed entries durable, against a bare batched insert
 * of rows of the same size by `pg` over as many connections.
 */
export async function benchIngest(entries: number): Promise<readonly Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  try {
    const { seconds, bytes } = await ingest(dataDir, entries);
    const bareSeconds = await bareInsert(dataDir, entries, bytes);
    return [
      compare({
        name: `ingest ${entries} entries, ${STATIONS} stations`,
        unit: "per second",
        n: entries,
        ours: entries / seconds,
        baseline: entries / bareSeconds,
        atLeast: 0.35,
      }),
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function ingest(dataDir: string, entries: number) {
  const server = await startChild(dataDir);
  const stations: TestStation[] = [];
  for (let index = 0; index < STATIONS; index += 1) stations.push(await enrolled(server));
  // Sealed, chained, compressed and signed before the clock starts: that is the stations' work.
  const perStation = Math.ceil(entries / STATIONS / BATCH);
  const batches = stations.map((station) =>
    Array.from({ length: perStation }, () => station.events(BATCH)),
  );
  const uploads = batches.map((ofOne, index) =>
    ofOne.map((events) => requestOf(stations[index]!, events)),
  );
  const started = performance.now();
  await Promise.all(
    uploads.map(async (ofOne) => {
      for (const upload of ofOne) await requireStored(server.url, upload);
    }),
  );
  const done = perStation * BATCH * STATIONS;
  const seconds = ((performance.now() - started) / 1_000) * (entries / done);
  await server.stop();
  return { seconds, bytes: averageBytes(batches[0]?.[0] ?? []) };
}

type ChildServer = {
  readonly url: string;
  newCode(): Promise<string>;
  stop(): Promise<void>;
};

/** The server as a process of its own, as a station's program starts it. */
async function startChild(dataDir: string): Promise<ChildServer> {
  const cli = join(import.meta.dirname, "../../src/cli.ts");
  const child = spawn(process.execPath, [cli, "server", "--data", dataDir, "--child"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const nextLine = () => new Promise<string>((resolve) => lines.once("line", resolve));
  const { url } = JSON.parse(await nextLine()) as { url: string };
  return {
    url,
    async newCode() {
      const answer = nextLine();
      child.stdin.write("enrolment-code\n");
      return (JSON.parse(await answer) as { answer: string }).answer;
    },
    stop() {
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      child.stdin.end();
      return ended;
    },
  };
}

async function enrolled(server: ChildServer): Promise<TestStation> {
  const keys = generateKeyPair("ed25519");
  const app = httpApp(server.url);
  const answered = await enrolRaw(app, await server.newCode(), keys);
  const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
  return new TestStation(app, enrolment, keys, Date.now);
}

type Request = { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };

function requestOf(station: TestStation, events: readonly SentEvent[]): Request {
  const text = events.map((event) => `${lineOf(event)}\n`).join("");
  const body = compress(Buffer.from(text, "utf8"), "zstd");
  const signed = { method: "POST", path: BATCHES, station: station.id, body };
  return {
    body,
    headers: {
      "content-type": BATCH_CONTENT_TYPE,
      "content-encoding": "zstd",
      [STATION_HEADER]: station.id,
      [SIGNATURE_HEADER]: signRequest(signed, station.keys.privateKey),
    },
  };
}

async function requireStored(url: string, { headers, body }: Request): Promise<void> {
  const response = await fetch(`${url}${BATCHES}`, {
    method: "POST",
    headers,
    body: new Uint8Array(body),
  });
  const { answers } = Value.Parse(BatchAnswer, await response.json());
  if (answers.length !== BATCH || answers.some(({ result }) => result !== "stored")) {
    throw new Error("an event was not stored");
  }
}

function averageBytes(batch: readonly SentEvent[]): { header: number; body: number } {
  const bodies = batch.map((event) => event.sealedBody?.length ?? 0);
  const lines = batch.map((event) => lineOf({ ...event, sealedBody: null }).length);
  const mean = (lengths: readonly number[]) =>
    Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
  return { header: mean(lines), body: mean(bodies) };
}

async function bareInsert(
  dataDir: string,
  entries: number,
  bytes: { readonly header: number; readonly body: number },
): Promise<number> {
  const province = await openProvince({
    dataDir,
    databaseUrl: null,
    provinceName: "Tỉnh đo",
    clock: systemClock,
    random: systemRandom,
    log,
  });
  await province.pool.query(
    "CREATE TABLE bench (id uuid PRIMARY KEY, header text NOT NULL, body bytea NOT NULL)",
  );
  const header = "x".repeat(bytes.header);
  const body = Buffer.from(systemRandom.bytes(bytes.body));
  const batches = Math.ceil(entries / BATCH / STATIONS);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: STATIONS }, async () => {
      for (let batch = 0; batch < batches; batch += 1) {
        const ids = Array.from({ length: BATCH }, () => crypto.randomUUID());
        await province.pool.query(
          "INSERT INTO bench SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING",
          [ids, ids.map(() => header), ids.map(() => body)],
        );
      }
    }),
  );
  const done = batches * BATCH * STATIONS;
  const seconds = ((performance.now() - started) / 1_000) * (entries / done);
  await province.close();
  return seconds;
}
