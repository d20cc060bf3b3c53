import { describe, expect, test } from "vitest";
import type { HttpAnswer, HttpRequest, Network } from "#core/ports.ts";
import { EnrolmentRequest } from "#contract/wire.ts";
import type { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair, toBase64url } from "#sealing/keys.ts";
import { enrol } from "#sync/enrol.ts";
import { mod11CheckDigit } from "#core/check-digits.ts";
import { parseEnrolmentCode } from "#sync/enrolment-code.ts";
import { NetworkFailure } from "#sync/failure.ts";
import { Value } from "typebox/value";
import { plainAnswer, problem } from "./fake-province.ts";

const body = "1234560123456789012";
const code = body + mod11CheckDigit(body);
const key = toBase64url(new Uint8Array(32).fill(1));

const enrolmentAnswer: EnrolmentAnswer = {
  station: "station-1",
  place: "place-1",
  place_name: "Chợ Thử Nghiệm",
  gate: "gate-1",
  gate_name: "Cửa Bắc",
  province_name: "Tỉnh Thử Nghiệm",
  keys: { sealing_key: key, answer_key: key, personal_code_keys: [], opaque_key: key },
  rules: {
    version: 1,
    swallow_ms: 3_000,
    repeat_window_ms: 120_000,
    expired_card: "admit",
    capacity: null,
    keep_extras: false,
    watch_list: [],
  },
  server_time_ms: 1,
};

function attempt(answer: HttpAnswer | Error, typed = code) {
  const requests: HttpRequest[] = [];
  const network: Network = {
    async send(request) {
      requests.push(request);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const keyPair = generateKeyPair("ed25519");
  const { signal } = new AbortController();
  const result = () => enrol({ network, code: typed, keyPair, appVersion: "0.1.0", signal });
  return { result, requests, keyPair };
}

describe("an enrolment code", () => {
  test("has the check digit of ISO 7064 MOD 11,10 (the standard's own example)", () => {
    expect(mod11CheckDigit("0794")).toBe("5");
  });

  test("may be typed with spaces and dashes of any kind", () => {
    const typed = ` ${code.slice(0, 6)}-${code.slice(6, 10)}\u2013${code.slice(10, 14)}\u00a0${code.slice(14)}\r\n`;

    expect(parseEnrolmentCode(typed)).toEqual({ kind: "code", digits: code });
  });

  test("with any one digit wrong is malformed", () => {
    for (let index = 0; index < code.length; index += 1) {
      for (let digit = 0; digit < 10; digit += 1) {
        if (String(digit) === code[index]) continue;
        const wrong = code.slice(0, index) + String(digit) + code.slice(index + 1);
        expect(parseEnrolmentCode(wrong)).toEqual({ kind: "malformed", reason: "check-digit" });
      }
    }
  });

  test.each([
    ["", "length"],
    [code.slice(1), "length"],
    [`${code}0`, "length"],
    [`${code.slice(0, 19)}x`, "characters"],
    ["https://tramqr.example.invalid/enrol", "characters"],
    ["１２３４５６０１２３４５６７８９０１２３", "characters"],
  ])("%j is malformed: %s", (typed, reason) => {
    expect(parseEnrolmentCode(typed)).toEqual({ kind: "malformed", reason });
  });
});

describe("enrolment", () => {
  test("gives the station its place, rules and keys", async () => {
    const { result, requests, keyPair } = attempt(plainAnswer(201, enrolmentAnswer));

    expect(await result()).toEqual({ kind: "enrolled", answer: enrolmentAnswer });
    const [request] = requests;
    const sent: unknown = JSON.parse(Buffer.from(request?.body ?? []).toString());
    expect(request?.path).toBe("/v1/enrolments");
    expect(Value.Check(EnrolmentRequest, sent)).toBe(true);
    expect(sent).toMatchObject({ code, public_key: toBase64url(keyPair.publicKey) });
  });

  test("asked for again after a lost answer sends the very same request", async () => {
    const { result, requests } = attempt(new NetworkFailure("reset"));

    expect(await result()).toEqual({ kind: "unreachable", failure: "reset" });
    await result();

    expect(requests[1]).toEqual(requests[0]);
  });

  test("with a mistyped code costs no try at the server", async () => {
    const typo = code.slice(0, 19) + String((Number(code[19]) + 1) % 10);
    const { result, requests } = attempt(plainAnswer(201, enrolmentAnswer), typo);

    expect(await result()).toEqual({ kind: "refused", reason: "malformed" });
    expect(requests).toEqual([]);
  });

  test.each([
    ["enrolment-code-used", 409, "used"],
    ["enrolment-code-expired", 410, "expired"],
    ["enrolment-code-locked", 423, "locked"],
    ["enrolment-code-unknown", 404, "unknown"],
    ["enrolment-code-malformed", 400, "malformed"],
  ])("refused as %s", async (problemCode, status, reason) => {
    const { result } = attempt(plainAnswer(status, problem(status, problemCode)));

    expect(await result()).toEqual({ kind: "refused", reason });
  });

  test.each([
    ["a portal's page", plainAnswer(200, "<html>Welcome to the market's Wi-Fi</html>")],
    ["other JSON", plainAnswer(200, { ok: true })],
    ["a station without keys", plainAnswer(200, { ...enrolmentAnswer, keys: {} })],
    ["half an answer", plainAnswer(200, JSON.stringify(enrolmentAnswer).slice(0, 200))],
    ["a redirect", plainAnswer(302, "")],
    ["a page that is not there", plainAnswer(404, "not found")],
    ["somebody else's problem", plainAnswer(403, problem(403, "forbidden"))],
  ])("at a wrong server: %s", async (_name, answer) => {
    expect(await attempt(answer).result()).toEqual({ kind: "refused", reason: "wrong-server" });
  });

  test.each([
    [429, "busy"],
    [500, "server-error"],
    [503, "server-error"],
  ])("can be tried again after %i", async (status, failure) => {
    const { result } = attempt(plainAnswer(status, problem(status, "x")));

    expect(await result()).toEqual({ kind: "unreachable", failure });
  });

  test("can be tried again when the name was not found", async () => {
    const { result } = attempt(new NetworkFailure("dns"));

    expect(await result()).toEqual({ kind: "unreachable", failure: "dns" });
  });
});
