import { createConnection } from "node:net";
import {
  constants,
  createZstdCompress,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BATCH_CONTENT_TYPE, SIGNATURE_HEADER, STATION_HEADER } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { signRequest } from "#sealing/signature.ts";
import { engines, startTestProvince } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { compress, lineOf, newStation, problemOf } from "./support/station.ts";
import type { Answered, TestStation } from "./support/station.ts";

const NDJSON = { "content-type": BATCH_CONTENT_TYPE };
const GZIP = { ...NDJSON, "content-encoding": "gzip" };

function code(answered: Answered): string {
  expect(answered.headers["content-type"]).toMatch(/^application\/problem\+json/);
  return `${answered.status} ${problemOf(answered).code}`;
}

describe("the server's door", () => {
  let province: TestProvince;
  let station: TestStation;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    station = await newStation(province);
  });
  afterAll(() => province.stop());

  async function unsigned(headers: Readonly<Record<string, string>>): Promise<string> {
    const response = await province.app.inject({
      method: "POST",
      url: "/v1/batches",
      headers: { ...NDJSON, ...headers },
      payload: `${lineOf(station.event())}\n`,
    });
    return code({ status: response.statusCode, headers: response.headers, body: response.body });
  }

  test("refuses what is not signed, badly signed or signed by a stranger", async () => {
    const stranger = generateKeyPair("ed25519");
    const body = Buffer.from(`${lineOf(station.event())}\n`);
    const request = { method: "POST", path: "/v1/batches", station: station.id, body };
    const good = signRequest(request, station.keys.privateKey);
    const named = { [STATION_HEADER]: station.id };

    expect(await unsigned({})).toBe("401 signature-missing");
    expect(await unsigned(named)).toBe("401 signature-missing");
    expect(await unsigned({ ...named, [SIGNATURE_HEADER]: "x" })).toBe("401 signature-missing");
    expect(await unsigned({ ...named, [SIGNATURE_HEADER]: good })).toBe("401 signature-invalid");
    const foreign = signRequest(request, stranger.privateKey);
    expect(await unsigned({ ...named, [SIGNATURE_HEADER]: foreign })).toBe("401 signature-invalid");
    const nobody = { [STATION_HEADER]: "s-nobody", [SIGNATURE_HEADER]: good };
    expect(await unsigned(nobody)).toBe("401 station-unknown");
  });

  test("refuses bytes that were changed after they were signed", async () => {
    const lines = Buffer.from(`${lineOf(station.event())}\n`);
    const changed = Buffer.from(lines);
    changed[10] = 0x20;

    const answered = await station.post("/v1/batches", changed, NDJSON, lines);

    expect(code(answered)).toBe("401 signature-invalid");
  });

  test("refuses a signature that was made for another call", async () => {
    const lines = Buffer.from(`${lineOf(station.event())}\n`);
    const request = { method: "POST", path: "/v1/hello", station: station.id, body: lines };
    const signature = signRequest(request, station.keys.privateKey);

    const refused = await unsigned({ [STATION_HEADER]: station.id, [SIGNATURE_HEADER]: signature });

    expect(refused).toBe("401 signature-invalid");
  });

  test("a request that is played again changes nothing and is answered duplicate", async () => {
    const sender = await newStation(province);
    const line = lineOf(sender.event());

    const first = await sender.sendLines([line]);
    const again = await sender.sendLines([line]);

    expect(first.body).toContain('"stored"');
    expect(again.body).toContain('"duplicate"');
  });

  test("refuses torn, false and unknown compression", async () => {
    const bytes = Buffer.from(`${lineOf(station.event())}\n`);
    const gzip = gzipSync(bytes);
    const zstd = zstdCompressSync(bytes);
    const ZSTD = { ...NDJSON, "content-encoding": "zstd" };
    const post = async (body: Uint8Array, headers: Readonly<Record<string, string>>) =>
      code(await station.post("/v1/batches", body, headers));

    expect(await post(gzip.subarray(0, gzip.length - 5), GZIP)).toBe("400 body-unreadable");
    expect(await post(zstd.subarray(0, zstd.length - 5), ZSTD)).toBe("400 body-unreadable");
    expect(await post(bytes, GZIP)).toBe("400 body-unreadable");
    expect(await post(bytes, ZSTD)).toBe("400 body-unreadable");
    expect(await post(new Uint8Array(0), GZIP)).toBe("400 body-unreadable");
    const brotli = { ...NDJSON, "content-encoding": "br" };
    expect(await post(bytes, brotli)).toBe("415 encoding-unsupported");
  });

  test("gives up a compression bomb at the limit, in little memory", async () => {
    const zeros = Buffer.alloc(200 * 1024 * 1024);
    const bombs = [
      { body: gzipSync(zeros), encoding: "gzip" },
      { body: zstdCompressSync(zeros), encoding: "zstd" },
    ];
    const before = process.memoryUsage().rss;

    for (const { body, encoding } of bombs) {
      const headers = { ...NDJSON, "content-encoding": encoding };
      expect(code(await station.post("/v1/batches", body, headers))).toBe("413 batch-too-large");
    }

    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test("gives no memory to a frame that asks for a large window", async () => {
    const bytes = Buffer.from(`${lineOf(station.event())}\n`);
    const params = {
      [constants.ZSTD_c_windowLog]: 27,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    };
    const chunks: Buffer[] = [];
    // A stream does not know its length, so the frame keeps the window that was asked for.
    const frame = await new Promise<Buffer>((resolve, reject) => {
      const compressor = createZstdCompress({ params });
      compressor.on("data", (chunk: Buffer) => chunks.push(chunk));
      compressor.on("end", () => resolve(Buffer.concat(chunks)));
      compressor.on("error", reject);
      compressor.write(bytes);
      compressor.flush(() => compressor.end());
    });
    const headers = { ...NDJSON, "content-encoding": "zstd" };

    expect(zstdDecompressSync(frame).equals(bytes)).toBe(true);
    expect(code(await station.post("/v1/batches", frame, headers))).toBe("400 body-unreadable");
  });

  test("refuses too many events and too many bytes with 413, so that the station halves", async () => {
    const sender = await newStation(province);
    const lines = sender.events(201).map(lineOf);
    const fat = `{"x":"${"y".repeat(330_000)}"}`;

    expect(code(await sender.sendLines(lines))).toBe("413 batch-too-large");
    expect(code(await sender.sendLines([fat], "gzip"))).toBe("413 batch-too-large");
    expect(code(await sender.sendLines([fat], "identity"))).toBe("413 request-too-large");
    expect(await sender.results(sender.events(1))).toEqual(["stored"]);
  });

  test("takes a full batch of 256 KiB", async () => {
    const sender = await newStation(province);
    const events = sender.events(200, { details: { note: "a".repeat(450) } });
    const bytes = events.map(lineOf).join("\n").length;
    expect(bytes).toBeGreaterThan(200 * 1024);

    const answer = await sender.send(events, "identity");

    expect(answer.answers.every(({ result }) => result === "stored")).toBe(true);
  });

  test("refuses other content types and empty batches", async () => {
    const bytes = Buffer.from(`${lineOf(station.event())}\n`);

    const asJson = await station.post("/v1/batches", bytes, { "content-type": "application/json" });
    const asText = await station.post("/v1/hello", bytes, { "content-type": "text/plain" });
    const empty = await station.sendLines([], "identity");

    expect([code(asJson), code(asText), code(empty)]).toEqual([
      "415 media-type-unsupported",
      "415 media-type-unsupported",
      "400 request-invalid",
    ]);
  });

  test("answers unknown addresses and methods with a problem", async () => {
    for (const [method, url] of [
      ["GET", "/"],
      ["GET", "/v1/batches"],
      ["DELETE", "/v1/hello"],
      ["GET", "/../../etc/passwd"],
      ["GET", "/%00"],
    ] as const) {
      const response = await province.app.inject({ method, url });
      expect(response.statusCode).toBeGreaterThanOrEqual(400);
      expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
    }
  });

  test("sends away what it has no room for, signed, with a time to come back", async () => {
    const busy = province.anotherApp({ maxInFlight: 0 });
    const sender = await newStation(province);
    sender.app = busy;

    const answered = await sender.sayHello();

    expect(code(answered)).toBe("429 too-many-requests");
    expect(Number(answered.headers["retry-after"])).toBeGreaterThan(0);
    expect((await busy.inject("/healthz")).statusCode).toBe(200);
  });

  test("gives back the room of every request, however it ends", async () => {
    const narrow = province.anotherApp({ maxInFlight: 1 });
    await narrow.listen({ host: "127.0.0.1", port: 0 });
    const port = portOf(narrow);
    for (let index = 0; index < 5; index += 1) {
      const socket = createConnection(port, "127.0.0.1");
      socket.write("POST /v1/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc");
      await sleep(30);
      socket.destroy();
      await sleep(30);
    }

    const response = await fetch(`http://127.0.0.1:${port}/v1/hello`, { method: "POST" });

    expect(response.status).toBe(401);
  });

  test("answers bytes that are no HTTP with a problem and hangs up", async () => {
    const app = province.anotherApp();
    await app.listen({ host: "127.0.0.1", port: 0 });
    const port = portOf(app);

    const said = await new Promise<string>((resolve) => {
      let text = "";
      const socket = createConnection(port, "127.0.0.1", () =>
        socket.write("\x16\x03\x01 hi\r\n\r\n"),
      );
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("close", () => resolve(text));
    });

    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said).toContain('"code":"request-invalid"');
  });

  test("finishes what is under way before it closes, and says 503 to the rest", async () => {
    const app = province.anotherApp();
    const sender = await newStation(province);
    sender.app = app;
    await app.listen({ host: "127.0.0.1", port: 0 });
    const events = sender.events(100);
    const before = await province.pool.connect();
    await sender.send(events.slice(0, 1));
    // Holds the stream's row, so that the next batch waits inside the server.
    await before.query("BEGIN");
    await before.query("SELECT FROM instances WHERE station = $1 FOR UPDATE", [sender.id]);

    const underWay = sender.send(events.slice(1));
    await sleep(100);
    const closing = app.close();
    await sleep(100);
    await before.query("COMMIT");
    before.release();

    expect((await underWay).answers).toHaveLength(99);
    await closing;
  });

  test("tells who and whether it is", async () => {
    expect((await province.app.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect((await province.app.inject("/readyz")).json()).toEqual({ status: "ready" });
    expect((await province.app.inject("/version")).json()).toEqual({
      name: "tramqr",
      version: "test",
      protocol: "v1",
    });
  });

  test("describes itself as OpenAPI 3.1 with the schemas of the contract", async () => {
    const document = (await province.app.inject("/openapi.json")).json<{
      openapi: string;
      paths: Record<string, { post?: { responses: object; requestBody: object } }>;
      components: { schemas: Record<string, { properties?: object; allOf?: unknown[] }> };
    }>();

    expect(document.openapi).toBe("3.1.0");
    for (const path of ["/v1/enrolments", "/v1/hello", "/v1/batches"]) {
      expect(document.paths[path]?.post?.requestBody).toBeDefined();
    }
    const references = JSON.stringify(document.paths).match(/#\/components\/schemas\/\w+/g) ?? [];
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty(reference.split("/").at(-1)!);
    }
    expect(document.components.schemas["HelloRequest"]?.properties).toHaveProperty("boot_id");
    expect(document.components.schemas["WireEvent"]?.allOf).toHaveLength(2);
  });

  test("logs no header, body, id or signature of what it refuses", async () => {
    const canary = "CANARY-079085001234-NGUYEN";
    const sender = await newStation(province);
    const before = province.logged().length;

    await unsigned({ [STATION_HEADER]: canary, [SIGNATURE_HEADER]: "x".repeat(86) });
    const answers = [
      await sender.sendLines([`{"${canary}"`, `{"lane":"${canary}"}`, `"${canary}`]),
      await sender.sendLines([
        lineOf(sender.event({ lane: `${canary}\u0000`, details: { canary } })),
      ]),
      await sender.sayHello({ boot_id: `${canary}\u0000` }),
      await sender.post("/v1/hello", Buffer.from(`{"${canary}`), {
        "content-type": "application/json",
      }),
      await sender.post("/v1/batches", compress(Buffer.from(canary), "identity"), GZIP),
    ];
    await province.app.inject(`/${canary}?name=${canary}`);
    await province.app.inject({ method: "POST", url: `/v1/enrolments`, payload: canary });

    expect(province.logged().slice(before)).not.toContain(canary);
    expect(answers.map(({ body }) => body).join("")).not.toContain(canary);
    expect(province.logged().length).toBeGreaterThan(before);
  });
});

function portOf(app: FastifyInstance): number {
  const [address] = app.addresses();
  if (typeof address !== "object") throw new Error("not listening");
  return address.port;
}
