import { gunzipSync, zstdDecompressSync } from "node:zlib";
import canonicalize from "canonicalize";
import { Value } from "typebox/value";
import type { Clock, HttpAnswer, HttpRequest, Network } from "#core/ports.ts";
import { HelloRequest, SIGNATURE_HEADER, STATION_HEADER, WireEvent } from "#contract/wire.ts";
import type { BatchAnswer, EventAnswer, HelloAnswer, WireRules } from "#contract/wire.ts";
import { eventHash } from "#sealing/chain.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { isRequestSignatureValid, signAnswer } from "#sealing/signature.ts";

/** What travels: the request, and the answer that an honest network would carry. */
export type Passage = { readonly request: HttpRequest; readonly answer: HttpAnswer };

/** A provincial server in memory, and the network to it. Tests set the fields to make both misbehave. */
export type FakeProvince = Network & {
  readonly answerKeys: ReturnType<typeof generateKeyPair>;
  /** Milliseconds that the server's clock is ahead of the station's monotonic clock plus its start. */
  serverMs: () => number;
  latencyMs: number;
  /** Throw to lose the request before the server sees it. */
  before: (request: HttpRequest) => Promise<void>;
  /** Returns what arrives instead of the honest answer; throw to lose it after the server has committed. */
  after: (passage: Passage) => Promise<HttpAnswer>;
  /** Events that make the server answer 500 for their whole batch. */
  readonly poison: Set<string>;
  readonly hello: {
    interval_ms: number;
    spread_hint_ms: number;
    rules: WireRules | null;
    state?: "upload-only" | "wipe";
  };
  /** Everything that the server has safely, by id. */
  readonly stored: Map<string, StoredWireEvent>;
  /** Every taken place in an instance. */
  readonly taken: Set<string>;
  readonly requests: SeenRequest[];
  mostInFlight: number;
  /** The server is restored from a backup that holds what `keeps` says. */
  restore(keeps: (event: StoredWireEvent) => boolean): void;
};

export type StoredWireEvent = WireEvent & { readonly arrivedMs: number };
export type SeenRequest = {
  readonly atMs: number;
  readonly path: string;
  readonly events: readonly string[];
  readonly hello: HelloRequest | null;
};

export function createFakeProvince(clock: Clock, stationKey: Uint8Array): FakeProvince {
  let inFlight = 0;
  const province: FakeProvince = {
    answerKeys: generateKeyPair("ed25519"),
    serverMs: () => clock.nowMs(),
    latencyMs: 20,
    before: async () => {},
    after: async ({ answer }) => answer,
    poison: new Set(),
    hello: { interval_ms: 300_000, spread_hint_ms: 0, rules: null },
    stored: new Map(),
    taken: new Set(),
    requests: [],
    mostInFlight: 0,
    restore(keeps) {
      for (const [id, event] of province.stored) {
        if (keeps(event)) continue;
        province.stored.delete(id);
        province.taken.delete(`${event.instance} ${event.seq}`);
      }
    },
    async send(request, signal) {
      inFlight += 1;
      province.mostInFlight = Math.max(province.mostInFlight, inFlight);
      try {
        return await serve(province, clock, stationKey, request, signal);
      } finally {
        inFlight -= 1;
      }
    },
  };
  return province;
}

async function serve(
  province: FakeProvince,
  clock: Clock,
  stationKey: Uint8Array,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const plain = plainBody(request);
  province.requests.push({
    atMs: clock.monoMs(),
    path: request.path,
    events: request.path === "/v1/batches" ? linesOf(plain).map((line) => line.event_id) : [],
    hello: request.path === "/v1/hello" ? Value.Parse(HelloRequest, JSON.parse(plain)) : null,
  });
  await clock.sleep(province.latencyMs / 2, signal);
  await province.before(request);
  const answer = answerTo(province, clock, stationKey, request, plain);
  await clock.sleep(province.latencyMs / 2, signal);
  return province.after({ request, answer });
}

function answerTo(
  province: FakeProvince,
  clock: Clock,
  stationKey: Uint8Array,
  request: HttpRequest,
  plain: string,
): HttpAnswer {
  const signature = request.headers[SIGNATURE_HEADER] ?? "";
  const station = request.headers[STATION_HEADER] ?? "";
  const { method, path, body } = request;
  if (!isRequestSignatureValid({ method, path, station, body }, signature, stationKey)) {
    return signed(province, signature, 401, problem(401, "bad-signature"));
  }
  if (path === "/v1/hello") {
    const hello = Value.Parse(HelloRequest, JSON.parse(plain));
    return signed(province, signature, 200, helloAnswer(province, hello));
  }
  const lines = linesOf(plain);
  if (lines.some((line) => province.poison.has(line.event_id))) {
    return signed(province, signature, 500, problem(500, "internal"));
  }
  return signed(province, signature, 200, ingest(province, clock, lines));
}

/** An answer as the province signs it. */
export function signed(
  province: FakeProvince,
  requestSignature: string,
  status: number,
  value: unknown,
): HttpAnswer {
  const body = new Uint8Array(Buffer.from(JSON.stringify(value)));
  const signature = signAnswer({ requestSignature, status, body }, province.answerKeys.privateKey);
  return { status, headers: { [SIGNATURE_HEADER]: signature }, body };
}

export function problem(status: number, code: string): object {
  return { type: "about:blank", title: code, status, code };
}

/** An unsigned answer, as proxies, portals and broken servers give it. */
export function plainAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, body: new Uint8Array(Buffer.from(text)) };
}

function ingest(province: FakeProvince, clock: Clock, lines: readonly WireEvent[]): BatchAnswer {
  const answers = lines.map((line) => ingestOne(province, clock, line));
  return {
    server_time_ms: Math.round(province.serverMs()),
    contiguous_upto: contiguousUpto(province, lines[0]?.instance ?? ""),
    answers,
  };
}

function ingestOne(province: FakeProvince, clock: Clock, line: WireEvent): EventAnswer {
  const { event_id } = line;
  const { hash, sealed_body: _, ...header } = line;
  const isIntact = hash === eventHash(canonicalize(header) ?? "") && Value.Check(WireEvent, line);
  if (!isIntact) return { event_id, result: "quarantined", reason: "hash" };
  const known = province.stored.get(event_id);
  if (known !== undefined)
    return { event_id, result: known.hash === hash ? "duplicate" : "conflict" };
  const place = `${line.instance} ${line.seq}`;
  if (province.taken.has(place)) return { event_id, result: "fork" };
  province.taken.add(place);
  province.stored.set(event_id, { ...line, arrivedMs: clock.monoMs() });
  return { event_id, result: "stored" };
}

function helloAnswer(province: FakeProvince, hello: HelloRequest): HelloAnswer {
  const own = instanceEvents(province, hello.instance);
  const head = Math.max(0, ...own.map((event) => event.seq));
  const contiguous = contiguousUpto(province, hello.instance);
  const { rules, ...pace } = province.hello;
  return {
    server_time_ms: Math.round(province.serverMs()),
    comparison: compare(own, head, contiguous, hello),
    head_seq: head,
    contiguous_upto: contiguous,
    missing: missingRanges(own, head),
    ...(rules === null ? {} : { rules }),
    ...pace,
  };
}

function compare(
  own: readonly StoredWireEvent[],
  head: number,
  contiguous: number,
  hello: HelloRequest,
): HelloAnswer["comparison"] {
  const same = own.find((event) => event.seq === hello.seq);
  if (same !== undefined && same.hash !== hello.hash) return "fork";
  if (hello.seq < head) return "server-ahead";
  if (hello.seq === head) return "equal";
  return contiguous < hello.acknowledged_upto ? "server-behind" : "station-ahead";
}

function missingRanges(own: readonly StoredWireEvent[], head: number): [number, number][] {
  const present = new Set(own.map((event) => event.seq));
  const ranges: [number, number][] = [];
  for (let seq = 1; seq <= head; seq += 1) {
    if (present.has(seq)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges.slice(0, 100);
}

function contiguousUpto(province: FakeProvince, instance: string): number {
  const present = new Set(instanceEvents(province, instance).map((event) => event.seq));
  let upto = 0;
  while (present.has(upto + 1)) upto += 1;
  return upto;
}

function instanceEvents(province: FakeProvince, instance: string): readonly StoredWireEvent[] {
  return [...province.stored.values()].filter((event) => event.instance === instance);
}

/** The request's body before compression. */
export function plainBody(request: HttpRequest): string {
  const encoding = request.headers["content-encoding"];
  const body = Buffer.from(request.body);
  if (encoding === "zstd") return zstdDecompressSync(body).toString("utf8");
  if (encoding === "gzip") return gunzipSync(body).toString("utf8");
  return body.toString("utf8");
}

export function linesOf(plain: string): readonly WireEvent[] {
  return plain
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as WireEvent);
}
