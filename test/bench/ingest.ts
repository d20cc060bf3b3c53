import { Agent, request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
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
import { httpApp } from "../server/support/http-app.ts";
import {
  TestStation,
  compress,
  enrolRaw,
  lineOf,
  madeUpPerson,
} from "../server/support/station.ts";
import type { SentEvent } from "../server/support/station.ts";
import { openBareInsert } from "./bare-insert.ts";
import type { BareInsert, RowBytes } from "./bare-insert.ts";
import { compareRounds } from "./measure.ts";
import type { Measured, Round } from "./measure.ts";
import { startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

const STATIONS = 8;
const BATCH = 200;
const BATCHES = "/v1/batches";
/** Batches of each station before the clock starts: a server runs for months, and this one has just begun. */
const WARM_UP = 5;
/** Everybody once, as on a morning: persons are paired with their own passages, and one who comes 16,000 times is nobody. */
const PERSONS = 100_000;

/**
 * Many stations at once → the server over HTTP, signatures checked, sealed entries durable, against a bare batched insert
 * of rows of the same size by `pg` over as many connections. The median of some rounds, ours and the baseline in turn.
 *
 * What is against us, and stays: the stations of the bench share the machine with the server, whose vault and pairing go on
 * beside; the baseline has neither. What was prepared before the clock starts is the stations' own work.
 */
export async function benchIngest(rounds: number, entries: number): Promise<readonly Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  const measured: Round[] = [];
  let bare: BareInsert | null = null;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const { seconds, bytes } = await ingest(join(dataDir, "server"), entries);
      bare ??= await openBareInsert(join(dataDir, "bare"), bytes);
      await bare.insert(STATIONS * WARM_UP * BATCH, STATIONS);
      const bareSeconds = await bare.insert(entries, STATIONS);
      measured.push({ ours: entries / seconds, baseline: entries / bareSeconds });
    }
  } finally {
    await bare?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
  const name = `ingest ${entries} entries, ${STATIONS} stations, median of ${rounds}`;
  return [
    compareRounds({ name, unit: "per second", n: entries * rounds, atLeast: 0.35 }, measured),
  ];
}

async function ingest(dataDir: string, entries: number) {
  const server = await startServerChild(dataDir);
  const stations: TestStation[] = [];
  for (let index = 0; index < STATIONS; index += 1) stations.push(await enrolled(server));
  const perStation = Math.ceil(entries / STATIONS / BATCH);
  const uploads = stations.map((station) => uploadsOf(station, WARM_UP + perStation));
  const agent = new Agent({ keepAlive: true, maxSockets: STATIONS });
  const sendAll = (from: number, to: number) =>
    Promise.all(
      uploads.map(async (ofOne) => {
        for (const upload of ofOne.slice(from, to)) await requireStored(server.url, agent, upload);
      }),
    );
  await sendAll(0, WARM_UP);
  const started = performance.now();
  await sendAll(WARM_UP, WARM_UP + perStation);
  const done = perStation * BATCH * STATIONS;
  const seconds = ((performance.now() - started) / 1_000) * (entries / done);
  agent.destroy();
  await server.stop();
  return { seconds, bytes: averageBytes(stations[0]?.events(BATCH) ?? []) };
}

async function enrolled(server: ServerChild): Promise<TestStation> {
  const keys = generateKeyPair("ed25519");
  const app = httpApp(server.url);
  const answered = await enrolRaw(app, await server.newCode(), keys);
  const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
  return new TestStation(app, enrolment, keys, Date.now);
}

type Upload = { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };

/** Sealed, chained, compressed and signed batches. */
function uploadsOf(station: TestStation, count: number): readonly Upload[] {
  return Array.from({ length: count }, () => {
    const events = Array.from({ length: BATCH }, () =>
      station.event({}, madeUpPerson(Math.floor(Math.random() * PERSONS))),
    );
    return uploadOf(station, events);
  });
}

function uploadOf(station: TestStation, events: readonly SentEvent[]): Upload {
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

async function requireStored(url: string, agent: Agent, upload: Upload): Promise<void> {
  const text = await post(`${url}${BATCHES}`, agent, upload);
  const { answers } = JSON.parse(text) as BatchAnswer;
  if (answers.length !== BATCH || answers.some(({ result }) => result !== "stored")) {
    throw new Error("an event was not stored");
  }
}

/** Node's own client, which takes a fifth of `fetch`'s time from the machine that the server runs on. */
function post(url: string, agent: Agent, { headers, body }: Upload): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(body.length) };
    const sending = request(url, { method: "POST", agent, headers: { ...headers, ...length } });
    sending.once("error", reject);
    sending.once("response", (response) => {
      buffer(response).then((bytes) => resolve(bytes.toString("utf8")), reject);
    });
    sending.end(body);
  });
}

function averageBytes(batch: readonly SentEvent[]): RowBytes {
  const bodies = batch.map((event) => event.sealedBody?.length ?? 0);
  const lines = batch.map((event) => lineOf({ ...event, sealedBody: null }).length);
  const mean = (lengths: readonly number[]) =>
    Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
  return { header: mean(lines), body: mean(bodies) };
}
