import { describe, expect, test } from "vitest";
import { NetworkFailure, classifyFailure, failureOf } from "#sync/failure.ts";

const built = Date.UTC(2026, 0, 1);
const clock = { nowMs: Date.UTC(2026, 10, 24), builtAtMs: built };

function fetchFailed(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}

describe("classifies what fetch throws", () => {
  test.each([
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ECONNREFUSED", "refused"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["ECONNRESET", "reset"],
    ["UND_ERR_SOCKET", "reset"],
    ["CERT_HAS_EXPIRED", "tls-expired"],
    ["CERT_NOT_YET_VALID", "clock-wrong"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls-untrusted"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-wrong-host"],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", "tls-failed"],
    ["HPE_INVALID_CONSTANT", "not-http"],
    ["UND_ERR_HEADERS_OVERFLOW", "too-large"],
    ["SOMETHING_NEW", "failed"],
  ])("%s is %s", (code, kind) => {
    expect(classifyFailure(fetchFailed(code), clock)).toBe(kind);
  });

  test("an expired certificate on a clock before the build accuses the clock", () => {
    const early = { nowMs: built - 1, builtAtMs: built };

    expect(classifyFailure(fetchFailed("CERT_HAS_EXPIRED"), early)).toBe("clock-wrong");
  });

  test("an expired certificate on a clock five years after the build accuses the clock", () => {
    const late = { nowMs: built + 5.1 * 365.25 * 86_400_000, builtAtMs: built };

    expect(classifyFailure(fetchFailed("CERT_HAS_EXPIRED"), late)).toBe("clock-wrong");
  });

  test("finds the code behind several tried addresses", () => {
    const tried = ["ECONNREFUSED", "ECONNREFUSED"].map((code) =>
      Object.assign(new Error(code), { code }),
    );
    const error = new TypeError("fetch failed", { cause: new AggregateError(tried) });

    expect(classifyFailure(error, clock)).toBe("refused");
  });

  test("an error that causes itself ends", () => {
    const error = new Error("round");
    error.cause = error;

    expect(classifyFailure(error, clock)).toBe("failed");
  });
});

test("tells the kind of its own failures, and `failed` for another network's errors", () => {
  expect(failureOf(new NetworkFailure("dns"))).toBe("dns");
  expect(failureOf(new Error("simulated"))).toBe("failed");
});
