import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Time a ticket may lie unused: long enough for a cold start of the browser on an old disk. */
export const TICKET_MS = 60_000;
/** More open tickets than this are a fault; the oldest are forgotten. */
const MAX_TICKETS = 32;

/** Why a request is turned away: the HTTP status that says so. */
export type Refusal = 401 | 403 | 405 | 421;

/**
 * Who may talk to the loopback server: only the browser that we started. Any program and any web page on this machine
 * can reach the port, so a one-time ticket in the start address buys a cookie, and every request is checked against
 * DNS rebinding and other sites.
 */
export type LoopbackGuard = {
  /** A new one-time ticket, good for {@link TICKET_MS}. */
  newTicket(): string;
  /** Takes the ticket; true at most once per ticket. */
  redeem(ticket: string): boolean;
  /** The `Set-Cookie` value that a redeemed ticket earns. */
  cookie(): string;
  /** Checks of every request that carries no ticket; null: let it in. */
  refusalOf(request: IncomingMessage): Refusal | null;
  /** Checks of the ticket's own request, which cannot have the cookie yet. */
  refusalOfEntry(request: IncomingMessage): Refusal | null;
  /** Whether this may become the bridge's WebSocket. */
  mayUpgrade(request: IncomingMessage, path: string): boolean;
};

export type LoopbackGuardParts = { readonly port: number; readonly nowMs: () => number };

export function createLoopbackGuard({ port, nowMs }: LoopbackGuardParts): LoopbackGuard {
  const host = `127.0.0.1:${port}`;
  const session = randomBytes(32).toString("base64url");
  // Cookies do not tell ports apart: another station on this machine must not overwrite ours.
  const cookieName = `__Host-tramqr-${port}`;
  const tickets = new Map<string, number>();
  const hasCookie = (request: IncomingMessage) =>
    cookiesOf(request).some(([name, value]) => name === cookieName && isEqual(value, session));
  const refusalOfEntry = (request: IncomingMessage): Refusal | null => {
    if (request.headers.host !== host) return 421;
    if (request.method !== "GET" && request.method !== "HEAD") return 405;
    const site = request.headers["sec-fetch-site"];
    return site === undefined || site === "same-origin" || site === "none" ? null : 403;
  };
  return {
    newTicket() {
      const ticket = randomBytes(24).toString("base64url");
      tickets.set(ticket, nowMs() + TICKET_MS);
      for (const oldest of tickets.keys()) {
        if (tickets.size <= MAX_TICKETS) break;
        tickets.delete(oldest);
      }
      return ticket;
    },
    redeem(ticket) {
      const expiresAtMs = tickets.get(ticket);
      tickets.delete(ticket);
      return expiresAtMs !== undefined && nowMs() < expiresAtMs;
    },
    cookie: () => `${cookieName}=${session}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    refusalOfEntry,
    refusalOf(request) {
      return refusalOfEntry(request) ?? (hasCookie(request) ? null : 401);
    },
    mayUpgrade(request, path) {
      const isOurs = request.headers.host === host && request.headers.origin === `http://${host}`;
      return isOurs && request.url === path && hasCookie(request);
    },
  };
}

function cookiesOf(request: IncomingMessage): readonly (readonly [string, string])[] {
  return (request.headers.cookie ?? "").split(/; */).map((pair) => {
    const end = pair.indexOf("=");
    return [pair.slice(0, end), pair.slice(end + 1)] as const;
  });
}

/** Compares in constant time, whatever the lengths. */
function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
