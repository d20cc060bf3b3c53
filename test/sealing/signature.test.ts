import { expect, test } from "vitest";
import { eventHash, headerText } from "#sealing/chain.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import {
  isAnswerSignatureValid,
  isRequestSignatureValid,
  signAnswer,
  signRequest,
} from "#sealing/signature.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const request = { method: "POST", path: "/v1/batches", station: "s-1", body: bytes("body") };

test("a request's signature holds for exactly that request", () => {
  const station = generateKeyPair("ed25519");
  const signature = signRequest(request, station.privateKey);

  expect(isRequestSignatureValid(request, signature, station.publicKey)).toBe(true);
  for (const change of [
    { method: "GET" },
    { path: "/v1/hello" },
    { station: "s-2" },
    { body: bytes("bodY") },
  ]) {
    expect(isRequestSignatureValid({ ...request, ...change }, signature, station.publicKey)).toBe(
      false,
    );
  }
  expect(isRequestSignatureValid(request, signature, generateKeyPair("ed25519").publicKey)).toBe(
    false,
  );
  expect(isRequestSignatureValid(request, "not base64 !", station.publicKey)).toBe(false);
});

test("an answer is bound to its question", () => {
  const province = generateKeyPair("ed25519");
  const answer = { requestSignature: "question-1", status: 200, body: bytes("{}") };
  const signature = signAnswer(answer, province.privateKey);

  expect(isAnswerSignatureValid(answer, signature, province.publicKey)).toBe(true);
  for (const change of [
    { requestSignature: "question-2" },
    { status: 201 },
    { body: bytes("{ }") },
  ]) {
    expect(isAnswerSignatureValid({ ...answer, ...change }, signature, province.publicKey)).toBe(
      false,
    );
  }
});

test("the hash of an event does not depend on the order of its fields, but on every one of them", () => {
  const header = {
    event_id: "e",
    station: "s",
    instance: "i",
    seq: 1,
    boot_id: "b",
    mono_ms: 1,
    wall_ms: 2,
    offset_ms: null,
    offset_error_ms: null,
    type: "entry",
    place: "p",
    gate: "g",
    lane: "l",
    direction: "in",
    direction_known: "seen",
    document_kind: "cccd",
    flags: ["expired"],
    policy_version: 0,
    details: { a: 1 },
    body_hash: null,
    prev_hash: "0",
  };
  const shuffled = Object.fromEntries(Object.entries(header).toReversed()) as typeof header;
  const hash = eventHash(headerText(header));

  expect(eventHash(headerText(shuffled))).toBe(hash);
  for (const key of Object.keys(header)) {
    expect(eventHash(headerText({ ...header, [key]: "changed" }))).not.toBe(hash);
  }
});
