import { describe, expect, test } from "vitest";
import type { HttpAnswer } from "#core/ports.ts";
import { SIGNATURE_HEADER } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { signAnswer } from "#sealing/signature.ts";
import { NetworkFailure } from "#sync/failure.ts";
import { helloRequest } from "#sync/hello.ts";
import { isHelloAnswer } from "#sync/say-hello.ts";
import { exchangeSigned } from "#sync/signed-exchange.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createFakeProvince, plainAnswer, problem, signed } from "./fake-province.ts";
import type { FakeProvince, Passage } from "./fake-province.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { stationKeys } from "./station-under-test.ts";

async function exchangeWith(
  misbehave: (passage: Passage, province: FakeProvince) => HttpAnswer | Promise<HttpAnswer>,
) {
  const clock = createFakeClock();
  const province = createFakeProvince(clock, stationKeys.publicKey);
  province.after = async (passage) => misbehave(passage, province);
  const facts = {
    app_version: "0.1.0",
    boot_id: "boot-1",
    policy_version: 1,
    disk_free_bytes: null,
    scanners: [],
  };
  const hello = helloRequest(createMemoryOutbox(), clock, facts);
  const identity = {
    station: "station-1",
    privateKey: stationKeys.privateKey,
    answerKey: province.answerKeys.publicKey,
  };
  const exchange = exchangeSigned(
    { network: province, clock, identity },
    {
      path: "/v1/hello",
      headers: {},
      body: new Uint8Array(Buffer.from(JSON.stringify(hello))),
      isAnswer: isHelloAnswer,
    },
    new AbortController().signal,
  );
  await clock.advance(1_000);
  return exchange;
}

const signatureOf = ({ request }: Passage) => request.headers[SIGNATURE_HEADER] ?? "";
const text = (answer: HttpAnswer) => Buffer.from(answer.body).toString();

describe("an answer counts", () => {
  test("when it is signed for this request and has the contract's shape", async () => {
    const exchange = await exchangeWith(({ answer }) => answer);

    expect(exchange).toMatchObject({
      kind: "answered",
      answer: { comparison: "equal" },
      roundTrip: { startMonoMs: 1_000, endMonoMs: 1_020 },
    });
  });

  test("with fields that this station does not know yet", async () => {
    const exchange = await exchangeWith((passage, province) =>
      signed(province, signatureOf(passage), 200, {
        ...JSON.parse(text(passage.answer)),
        of_tomorrow: true,
      }),
    );

    expect(exchange.kind).toBe("answered");
  });
});

describe("it is not an answer", () => {
  const other = generateKeyPair("ed25519");

  test.each<[string, string, (passage: Passage, province: FakeProvince) => HttpAnswer]>([
    ["a portal's page", "unsigned", () => plainAnswer(200, "<html>Wi-Fi</html>")],
    ["the right body, unsigned", "unsigned", ({ answer }) => ({ ...answer, headers: {} })],
    [
      "signed by another key",
      "bad-signature",
      (passage) => {
        const { status, body } = passage.answer;
        const forged = { requestSignature: signatureOf(passage), status, body };
        const signature = signAnswer(forged, other.privateKey);
        return { status, body, headers: { [SIGNATURE_HEADER]: signature } };
      },
    ],
    [
      "the answer to another request",
      "bad-signature",
      (passage, province) =>
        signed(province, `${signatureOf(passage)}x`, 200, JSON.parse(text(passage.answer))),
    ],
    ["signed for another status", "bad-signature", ({ answer }) => ({ ...answer, status: 201 })],
    [
      "cut short",
      "bad-signature",
      ({ answer }) => ({ ...answer, body: answer.body.subarray(0, -1) }),
    ],
    ["emptied", "bad-signature", ({ answer }) => ({ ...answer, body: new Uint8Array(0) })],
    [
      "with a signature of nonsense",
      "bad-signature",
      ({ answer }) => ({ ...answer, headers: { [SIGNATURE_HEADER]: "%%%" } }),
    ],
    ["a redirect", "not-final", () => plainAnswer(302, "")],
    [
      "properly signed nonsense",
      "wrong-schema",
      (passage, province) => signed(province, signatureOf(passage), 200, { ok: true }),
    ],
    [
      "a known field of another type",
      "wrong-schema",
      (passage, province) =>
        signed(province, signatureOf(passage), 200, {
          ...JSON.parse(text(passage.answer)),
          contiguous_upto: "100",
        }),
    ],
  ])("%s", async (_name, flaw, misbehave) => {
    expect(await exchangeWith(misbehave)).toMatchObject({ kind: "not-an-answer", flaw });
  });

  test.each([
    ["text", "not json"],
    ["brackets without end", "[".repeat(100_000)],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe])],
  ])("signed, but not JSON: %s", async (_name, content) => {
    const exchange = await exchangeWith((passage, province) => {
      const body = new Uint8Array(Buffer.from(content));
      const answer = { requestSignature: signatureOf(passage), status: 200, body };
      const signature = signAnswer(answer, province.answerKeys.privateKey);
      return { status: 200, body, headers: { [SIGNATURE_HEADER]: signature } };
    });

    expect(exchange).toMatchObject({ kind: "not-an-answer", flaw: "not-json" });
  });
});

describe("a problem", () => {
  test("tells its code and how long to wait", async () => {
    const exchange = await exchangeWith(() =>
      plainAnswer(429, problem(429, "too-many"), { "retry-after": "30" }),
    );

    expect(exchange).toEqual({
      kind: "problem",
      status: 429,
      code: "too-many",
      retryAfterMs: 30_000,
    });
  });

  test("without problem+json has no code", async () => {
    expect(await exchangeWith(() => plainAnswer(403, "<html>"))).toEqual({
      kind: "problem",
      status: 403,
      code: null,
      retryAfterMs: null,
    });
  });
});

test("no answer tells why", async () => {
  const exchange = await exchangeWith(() => {
    throw new NetworkFailure("tls-expired");
  });

  expect(exchange).toEqual({ kind: "no-answer", failure: "tls-expired" });
});
