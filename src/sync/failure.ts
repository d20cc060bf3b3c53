/** Why no answer came, as the status line and the log tell it. */
export type FailureKind =
  | "dns"
  | "refused"
  | "unreachable"
  | "timeout"
  | "reset"
  | "tls-expired"
  | "tls-untrusted"
  | "tls-wrong-host"
  | "tls-failed"
  | "clock-wrong"
  | "too-large"
  | "not-http"
  | "aborted"
  | "failed";

/** No answer came from the province. `kind` is for the status line, `cause` for the log. */
export class NetworkFailure extends Error {
  override readonly name = "NetworkFailure";
  readonly kind: FailureKind;

  constructor(kind: FailureKind, options?: ErrorOptions) {
    super(`no answer: ${kind}`, options);
    this.kind = kind;
  }
}

/** The kind of any error that a {@link NetworkFailure} or another implementation of the port rejects with. */
export function failureOf(error: unknown): FailureKind {
  return error instanceof NetworkFailure ? error.kind : "failed";
}

/** What is known about the wall clock when a certificate's dates are judged. UTC milliseconds. */
export type ClockFacts = { readonly nowMs: number; readonly builtAtMs: number };

const FIVE_YEARS_MS = 5 * 365.25 * 86_400_000;

/** Codes of Node, OpenSSL and undici, by what they mean to the person who must help. */
const kindByCode: Readonly<Record<string, FailureKind>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EAI_NODATA: "dns",
  ECONNREFUSED: "refused",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  CERT_HAS_EXPIRED: "tls-expired",
  CERT_NOT_YET_VALID: "clock-wrong",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls-untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "tls-untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "tls-untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls-untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls-untrusted",
  CERT_UNTRUSTED: "tls-untrusted",
  CERT_REVOKED: "tls-untrusted",
  CERT_REJECTED: "tls-untrusted",
  CERT_SIGNATURE_FAILURE: "tls-untrusted",
  INVALID_CA: "tls-untrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls-wrong-host",
  EPROTO: "tls-failed",
  ERR_TLS_CERT_ALTNAME_FORMAT: "tls-failed",
  UND_ERR_HEADERS_OVERFLOW: "too-large",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "too-large",
  Z_DATA_ERROR: "not-http",
  Z_BUF_ERROR: "not-http",
};

/**
 * The kind of an error of `fetch`, found anywhere along its causes. A certificate "not valid yet", or expired on a
 * clock that is before the program was built or five years after, accuses the clock and not the server.
 */
export function classifyFailure(error: unknown, clock: ClockFacts): FailureKind {
  const kind = causesOf(error)
    .map(kindOfOne)
    .find((found) => found !== null);
  if (kind !== "tls-expired") return kind ?? "failed";
  const isClockAbsurd =
    clock.nowMs < clock.builtAtMs || clock.nowMs > clock.builtAtMs + FIVE_YEARS_MS;
  return isClockAbsurd ? "clock-wrong" : "tls-expired";
}

function kindOfOne(error: Error): FailureKind | null {
  if (error instanceof NetworkFailure) return error.kind;
  if (error.name === "HTTPParserError") return "not-http";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code.startsWith("HPE_") || code.startsWith("ERR__ERROR_")) return "not-http";
  return kindByCode[code] ?? (code.startsWith("ERR_SSL_") ? "tls-failed" : null);
}

const MAX_CAUSES = 16;

/** An error and everything behind it; happy eyeballs put one error per tried address into an AggregateError. */
function causesOf(error: unknown): readonly Error[] {
  const found: Error[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < MAX_CAUSES) {
    const next = queue.shift();
    if (!(next instanceof Error)) continue;
    found.push(next);
    queue.push(next.cause, ...(next instanceof AggregateError ? next.errors : []));
  }
  return found;
}
