import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { Value } from "typebox/value";
import type { EventHeader } from "#core/entry.ts";
import { localDay } from "#core/dates.ts";
import {
  BATCH_CONTENT_TYPE,
  BatchAnswer,
  EnrolmentAnswer,
  HelloAnswer,
  Problem,
  SIGNATURE_HEADER,
  STATION_HEADER,
} from "#contract/wire.ts";
import type { HelloRequest, PersonalBody } from "#contract/wire.ts";
import { GENESIS_HASH, bodyHash, eventHash, headerText } from "#sealing/chain.ts";
import { fromBase64url, generateKeyPair, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { createSealer } from "#sealing/sealed-body.ts";
import type { Sealer } from "#sealing/sealed-body.ts";
import { isAnswerSignatureValid, signRequest } from "#sealing/signature.ts";
import type { TestProvince } from "./province.ts";

/** An event as it will be sent. */
export type SentEvent = {
  readonly header: EventHeader;
  readonly hash: string;
  readonly sealedBody: Uint8Array | null;
};

export type Encoding = "zstd" | "gzip" | "identity";

/** A whole answer whose signature was checked, if it had to have one. */
export type Answered = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

/** A station that keeps the protocol, so that tests can break it in one place at a time. */
export class TestStation {
  readonly id: string;
  readonly keys: KeyPair;
  readonly enrolment: EnrolmentAnswer;
  readonly clockNow: () => number;
  app: FastifyInstance;
  instance = uuid();
  seq = 0;
  head = GENESIS_HASH;
  bootId = "boot-1";
  private readonly sealer: Sealer;

  constructor(app: FastifyInstance, enrolment: EnrolmentAnswer, keys: KeyPair, now: () => number) {
    this.app = app;
    this.id = enrolment.station;
    this.keys = keys;
    this.enrolment = enrolment;
    this.clockNow = now;
    this.sealer = createSealer(fromBase64url(enrolment.keys.sealing_key), () =>
      generateKeyPair("x25519"),
    );
  }

  /** The next event of the chain. */
  event(
    change: Partial<EventHeader> = {},
    person: PersonalBody | null = madeUpPerson(1),
  ): SentEvent {
    const wallMs = change.wall_ms ?? this.clockNow();
    const eventId = change.event_id ?? uuid(wallMs);
    const sealedBody =
      person === null ? null : this.sealer.seal(person, eventId, localDay(Math.min(wallMs, 4e12)));
    this.seq += 1;
    const header: EventHeader = {
      event_id: eventId,
      station: this.id,
      instance: this.instance,
      seq: this.seq,
      boot_id: this.bootId,
      mono_ms: 1_000,
      wall_ms: wallMs,
      offset_ms: 0,
      offset_error_ms: 5,
      type: "entry",
      place: this.enrolment.place,
      gate: this.enrolment.gate,
      lane: "lane-1",
      direction: "in",
      direction_known: "seen",
      document_kind: "cccd",
      flags: [],
      policy_version: 0,
      details: {},
      body_hash: sealedBody === null ? null : bodyHash(sealedBody),
      prev_hash: this.head,
      ...change,
    };
    const hash = eventHash(headerText(header));
    this.head = hash;
    this.seq = header.seq;
    return { header, hash, sealedBody };
  }

  events(count: number, change: Partial<EventHeader> = {}): readonly SentEvent[] {
    return Array.from({ length: count }, () => this.event(change));
  }

  startInstance(): void {
    this.instance = uuid();
    this.seq = 0;
    this.head = GENESIS_HASH;
  }

  async send(events: readonly SentEvent[], encoding: Encoding = "zstd"): Promise<BatchAnswer> {
    const answered = await this.sendLines(events.map(lineOf), encoding);
    if (answered.status !== 200) throw new Error(`${answered.status} ${answered.body}`);
    return Value.Parse(BatchAnswer, JSON.parse(answered.body));
  }

  /** Results in the order of the events. */
  async results(events: readonly SentEvent[]): Promise<readonly string[]> {
    return (await this.send(events)).answers.map((answer) => answer.result);
  }

  sendLines(lines: readonly string[], encoding: Encoding = "zstd"): Promise<Answered> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "utf8");
    return this.post("/v1/batches", compress(bytes, encoding), {
      "content-type": BATCH_CONTENT_TYPE,
      "content-encoding": encoding,
    });
  }

  async hello(change: Partial<HelloRequest> = {}): Promise<HelloAnswer> {
    const answered = await this.sayHello(change);
    if (answered.status !== 200) throw new Error(`${answered.status} ${answered.body}`);
    return Value.Parse(HelloAnswer, JSON.parse(answered.body));
  }

  sayHello(change: Partial<HelloRequest> = {}): Promise<Answered> {
    const request: HelloRequest = {
      instance: this.instance,
      seq: this.seq,
      hash: this.head,
      acknowledged_upto: 0,
      pending: 0,
      oldest_pending_ms: null,
      app_version: "0.1.0",
      boot_id: this.bootId,
      wall_ms: this.clockNow(),
      policy_version: 0,
      disk_free_bytes: 1_000_000,
      scanners: [],
      ...change,
    };
    const body = Buffer.from(JSON.stringify(request));
    return this.post("/v1/hello", body, { "content-type": "application/json" });
  }

  /** Sends signed bytes and refuses an answer whose signature is not the province's for this very request. */
  async post(
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signedBody: Uint8Array = body,
  ): Promise<Answered> {
    const signed = { method: "POST", path, station: this.id, body: signedBody };
    const signature = signRequest(signed, this.keys.privateKey);
    const response = await this.app.inject({
      method: "POST",
      url: path,
      headers: { ...headers, [STATION_HEADER]: this.id, [SIGNATURE_HEADER]: signature },
      payload: Buffer.from(body),
    });
    const answer = {
      requestSignature: signature,
      status: response.statusCode,
      body: response.rawPayload,
    };
    const answerSignature = String(response.headers[SIGNATURE_HEADER]);
    const answerKey = fromBase64url(this.enrolment.keys.answer_key);
    if (!isAnswerSignatureValid(answer, answerSignature, answerKey)) {
      throw new Error("the answer is not signed by the province for this request");
    }
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }
}

export function lineOf(event: SentEvent): string {
  const body = event.sealedBody === null ? null : Buffer.from(event.sealedBody).toString("base64");
  return JSON.stringify({ ...event.header, hash: event.hash, sealed_body: body });
}

/** An event with changed header fields and the hash that belongs to them. */
export function rehashed(event: SentEvent, change: Partial<EventHeader>): SentEvent {
  const header = { ...event.header, ...change };
  return { ...event, header, hash: eventHash(headerText(header)) };
}

export function madeUpPerson(number: number): PersonalBody {
  const document = `079085${String(number).padStart(6, "0")}`;
  return {
    identity: `cccd:${document}`,
    document,
    name: `Nguyễn Văn Mẫu ${number}`,
    birth_date: "1985-03-15",
    sex: "male",
    valid_to: null,
  };
}

/** A UUIDv7 of this millisecond. */
export function uuid(ms: number = Date.now()): string {
  const time = Math.max(0, Math.trunc(ms) % 2 ** 48)
    .toString(16)
    .padStart(12, "0");
  const random = randomBytes(10).toString("hex");
  const hex = `${time}7${random.slice(1, 4)}8${random.slice(5, 8)}${random.slice(8, 20)}`;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

export async function enrolRaw(
  app: FastifyInstance,
  code: string,
  keys: KeyPair,
): Promise<Answered> {
  const request = { code, public_key: toBase64url(keys.publicKey), app_version: "0.1.0" };
  const response = await app.inject({
    method: "POST",
    url: "/v1/enrolments",
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(request),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

/** A new station, enrolled at the province's test gate. */
export async function newStation(province: TestProvince): Promise<TestStation> {
  const keys = generateKeyPair("ed25519");
  const answered = await enrolRaw(province.app, await province.newCode(), keys);
  const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
  return new TestStation(province.app, enrolment, keys, () => province.clock.nowMs());
}

export function problemOf(answered: Answered): Problem {
  return Value.Parse(Problem, JSON.parse(answered.body));
}

export function compress(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case "zstd":
      return zstdCompressSync(bytes);
    case "gzip":
      return gzipSync(bytes);
    case "identity":
      return bytes;
  }
}
