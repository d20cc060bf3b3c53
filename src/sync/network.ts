import type { HttpAnswer, HttpRequest, Network } from "#core/ports.ts";
import { NetworkFailure, classifyFailure } from "#sync/failure.ts";

/** Limits of one exchange and the clock by which certificate dates are judged. */
export type NetworkOptions = {
  /** UTC milliseconds of the wall clock. */
  readonly nowMs: () => number;
  /** When this program was built; a wall clock before it is certainly wrong. */
  readonly builtAtMs: number;
  /** From the start to the answer's headers: 10 s to connect and 20 s to be answered. */
  readonly answerTimeoutMs?: number;
  /** The whole exchange, the answer's last byte included. */
  readonly totalTimeoutMs?: number;
  readonly maxAnswerBytes?: number;
};

const ANSWER_TIMEOUT_MS = 30_000;
const TOTAL_TIMEOUT_MS = 60_000;
/** The largest answer of the contract, a hello with 10,000 watched persons, is about 1.7 MB. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** A server address that a station must not talk to. */
export type BadUrlReason = "not-a-url" | "not-https" | "has-credentials" | "has-query";
export type ServerUrl =
  | { readonly kind: "ok"; readonly url: URL }
  | { readonly kind: "bad"; readonly reason: BadUrlReason };

/** {@link createNetwork} was given an address that {@link parseServerUrl} refuses. */
export class BadServerUrl extends Error {
  override readonly name = "BadServerUrl";
  readonly reason: BadUrlReason;

  constructor(reason: BadUrlReason) {
    super(`not an address of a provincial server: ${reason}`);
    this.reason = reason;
  }
}

/** An address as a person or a QR gives it. Plain http is for this machine only. */
export function parseServerUrl(text: string): ServerUrl {
  const url = URL.parse(text.trim());
  if (url === null) return { kind: "bad", reason: "not-a-url" };
  const isLocal = url.protocol === "http:" && isLoopback(url.hostname);
  if (url.protocol !== "https:" && !isLocal) return { kind: "bad", reason: "not-https" };
  if (url.username !== "" || url.password !== "") return { kind: "bad", reason: "has-credentials" };
  if (url.search !== "" || url.hash !== "") return { kind: "bad", reason: "has-query" };
  return { kind: "ok", url };
}

/**
 * The real network to one server. Every phase ends by itself: connecting after 10 s (undici's own limit), headers
 * and the whole by {@link NetworkOptions}. Redirects are answers, never followed; certificates are always checked;
 * an answer over the limit is a failure. Rejects only with {@link NetworkFailure}; throws {@link BadServerUrl}.
 */
export function createNetwork(baseUrl: string, options: NetworkOptions): Network {
  const address = parseServerUrl(baseUrl);
  if (address.kind === "bad") throw new BadServerUrl(address.reason);
  const { url } = address;
  return { send: (request, signal) => send(url, options, request, signal) };
}

async function send(
  base: URL,
  options: NetworkOptions,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const deadline = startDeadline(options, signal);
  try {
    const response = await fetch(urlOf(base, request.path), requestInit(request, deadline.signal));
    deadline.headersCame();
    const body = await readCapped(response, options.maxAnswerBytes ?? MAX_ANSWER_BYTES);
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  } catch (cause) {
    throw failureFrom(cause, options, signal, deadline);
  } finally {
    deadline.clear();
  }
}

function requestInit(request: HttpRequest, signal: AbortSignal): RequestInit {
  const init: RequestInit = {
    method: request.method,
    // A proxy that repacks answers would only add a way to blow them up.
    headers: { "accept-encoding": "identity", "user-agent": "tramqr", ...request.headers },
    redirect: "manual",
    cache: "no-store",
    signal,
  };
  return request.method === "GET" ? init : { ...init, body: new Uint8Array(request.body) };
}

type Deadline = {
  readonly signal: AbortSignal;
  hasPassed(): boolean;
  headersCame(): void;
  clear(): void;
};

function startDeadline(options: NetworkOptions, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  let passed = false;
  const pass = () => {
    passed = true;
    controller.abort();
  };
  const stop = () => controller.abort();
  const answer = setTimeout(pass, options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
  const total = setTimeout(pass, options.totalTimeoutMs ?? TOTAL_TIMEOUT_MS);
  outer.addEventListener("abort", stop, { once: true });
  if (outer.aborted) stop();

  return {
    signal: controller.signal,
    hasPassed: () => passed,
    headersCame: () => clearTimeout(answer),
    clear() {
      clearTimeout(answer);
      clearTimeout(total);
      outer.removeEventListener("abort", stop);
    },
  };
}

async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw new NetworkFailure("too-large");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function failureFrom(
  cause: unknown,
  options: NetworkOptions,
  signal: AbortSignal,
  deadline: Deadline,
): NetworkFailure {
  if (deadline.hasPassed()) return new NetworkFailure("timeout", { cause });
  if (signal.aborted) return new NetworkFailure("aborted", { cause });
  const clock = { nowMs: options.nowMs(), builtAtMs: options.builtAtMs };
  return new NetworkFailure(classifyFailure(cause, clock), { cause });
}

/** The base may have a path of its own, for a server behind a reverse proxy. */
function urlOf(base: URL, path: string): URL {
  return new URL(base.origin + base.pathname.replace(/\/+$/, "") + path);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
