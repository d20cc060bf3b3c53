import { expect, test } from "vitest";
import type { HttpAnswer } from "#core/ports.ts";
import { SIGNATURE_HEADER } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { signAnswer } from "#sealing/signature.ts";
import { NetworkFailure } from "#sync/failure.ts";
import type { FailureKind } from "#sync/failure.ts";
import { plainAnswer, problem, signed } from "./fake-province.ts";
import type { FakeProvince, Passage } from "./fake-province.ts";
import { createSeededRandom } from "./seeded-random.ts";
import { createStationUnderTest } from "./station-under-test.ts";

const HOSTILE_ANSWERS = 1_000;
const strangerKeys = generateKeyPair("ed25519");

type Hostility = {
  readonly passage: Passage;
  readonly province: FakeProvince;
  /** Valid answers to other requests, signature and all. */
  readonly past: readonly HttpAnswer[];
  readonly below: (limit: number) => number;
};

type Mutation = (hostility: Hostility) => HttpAnswer;

const signatureOf = ({ request }: Passage) => request.headers[SIGNATURE_HEADER] ?? "";

function withBody(answer: HttpAnswer, change: (body: Buffer) => Uint8Array): HttpAnswer {
  return { ...answer, body: new Uint8Array(change(Buffer.from(answer.body))) };
}

function resigned({ passage, province }: Hostility, value: unknown): HttpAnswer {
  return signed(province, signatureOf(passage), 200, value);
}

function lost(kind: FailureKind): never {
  throw new NetworkFailure(kind);
}

const failures: readonly FailureKind[] = ["dns", "refused", "timeout", "reset", "tls-expired"];
const retryAfters = ["0", "1", "-1", "1000000000", "soon", "Tue, 24 Nov 2099 05:00:00 GMT", ""];

/** Every way in which an answer may be anything but the province's word on this request. */
const mutations: Readonly<Record<string, Mutation>> = {
  truncated: ({ passage, below }) =>
    withBody(passage.answer, (body) => body.subarray(0, below(body.length))),
  prolonged: ({ passage }) =>
    withBody(passage.answer, (body) => Buffer.concat([body, Buffer.from(" ")])),
  "bit flipped": ({ passage, below }) =>
    withBody(passage.answer, (body) => {
      const at = below(body.length);
      body[at] = (body[at] ?? 0) ^ (1 << below(8));
      return body;
    }),
  "signature flipped": ({ passage, below }) => {
    const honest = passage.answer.headers[SIGNATURE_HEADER] ?? "";
    const at = below(honest.length - 1);
    const other = honest[at] === "A" ? "B" : "A";
    const signature = honest.slice(0, at) + other + honest.slice(at + 1);
    return { ...passage.answer, headers: { [SIGNATURE_HEADER]: signature } };
  },
  unsigned: ({ passage }) => ({ ...passage.answer, headers: {} }),
  "signed by a stranger": ({ passage }) => {
    const { status, body } = passage.answer;
    const answer = { requestSignature: signatureOf(passage), status, body };
    const signature = signAnswer(answer, strangerKeys.privateKey);
    return { status, body, headers: { [SIGNATURE_HEADER]: signature } };
  },
  replayed: ({ past, below, passage }) =>
    past[below(past.length)] ?? { ...passage.answer, headers: {} },
  "another status": ({ passage }) => ({ ...passage.answer, status: 201 }),
  "portal page": () => plainAnswer(200, "<html><body>Wi-Fi của chợ</body></html>"),
  "portal redirect": () => plainAnswer(302, "", { location: "http://portal.example.invalid/" }),
  "echo of the request": ({ passage }) =>
    plainAnswer(200, Buffer.from(passage.request.body).toString()),
  empty: () => plainAnswer(200, ""),
  "no content": () => plainAnswer(204, ""),
  huge: () => plainAnswer(200, "x".repeat(300_000)),
  "bomb header": ({ passage }) => ({
    ...passage.answer,
    headers: { "content-encoding": "gzip", "content-length": "1073741824" },
  }),
  "signed, wrong schema": (hostility) => resigned(hostility, { answers: "all of them" }),
  "signed, wrong result": (hostility) => {
    const honest = JSON.parse(Buffer.from(hostility.passage.answer.body).toString()) as object;
    const answers = [{ event_id: "all", result: "stored" }];
    return resigned(hostility, { ...honest, answers, comparison: "as you like" });
  },
  "signed, not JSON": ({ passage, province }) => {
    const body = new Uint8Array(Buffer.from("stored"));
    const answer = { requestSignature: signatureOf(passage), status: 200, body };
    const signature = signAnswer(answer, province.answerKeys.privateKey);
    return { status: 200, body, headers: { [SIGNATURE_HEADER]: signature } };
  },
  "4xx": ({ below }) => plainAnswer(400 + below(52), below(2) === 0 ? "no" : problem(400, "no")),
  "5xx": ({ below }) =>
    plainAnswer(500 + below(12), "", { "retry-after": retryAfters[below(7)] ?? "" }),
  "4xx with the answer": ({ passage }) => ({ ...passage.answer, status: 400 }),
  lost: ({ below }) => lost(failures[below(failures.length)] ?? "failed"),
};

test(`${HOSTILE_ANSWERS} hostile answers mark nothing as sent and move no instance, rule or clock`, async () => {
  const station = createStationUnderTest({ seed: 7 });
  const random = createSeededRandom(20_261_124);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const names = Object.keys(mutations);
  const seen = new Map<string, number>();
  const history: Passage[] = [];
  for (let index = 0; index < 300; index += 1) station.outbox.add();
  const offsetOf = () => station.offset.current()?.offsetMs ?? 0;

  station.province.serverMs = () => station.clock.nowMs() + 5_000;
  station.province.after = async (passage) => {
    // Honest hellos between keep the uploads coming; an honest word on a batch never arrives.
    if (passage.request.path === "/v1/hello" && below(4) > 0) return passage.answer;
    const name = names[below(names.length)] ?? "";
    seen.set(name, (seen.get(name) ?? 0) + 1);
    // Ed25519 signs the same bytes alike: the answer to the very same request is no hostile one.
    const others = history.filter((other) => signatureOf(other) !== signatureOf(passage));
    const past = others.map((other) => other.answer);
    history.push(passage);
    const { province } = station;
    return mutations[name]?.({ passage, province, past, below }) ?? lost("failed");
  };
  station.start();
  const countSeen = () => [...seen.values()].reduce((sum, count) => sum + count, 0);
  while (countSeen() < HOSTILE_ANSWERS) {
    station.bell.retryNow();
    await station.clock.advance(30_000);
    expect(station.outbox.acknowledgedIds()).toEqual([]);
  }

  expect(seen.size).toBe(names.length);
  expect(station.outbox.instanceReasons()).toEqual([]);
  expect(station.rules).toEqual([]);
  expect(offsetOf()).toBeCloseTo(5_000, 0);
  expect(station.reports.filter((report) => report.kind === "step-failed")).toEqual([]);

  station.province.after = async ({ answer }) => answer;
  await station.clock.advance(4 * 3_600_000);
  expect(station.outbox.pendingCount()).toBe(0);
  expect(station.outbox.events().every((event) => station.province.stored.has(event.eventId))).toBe(
    true,
  );
});
