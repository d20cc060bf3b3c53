import { once } from "node:events";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, connect as connectTcp } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startBrowserShell } from "#main/browser-shell.ts";
import type { BrowserShell } from "#main/browser-shell.ts";
import { createLog } from "#main/log.ts";
import { TICKET_MS } from "#main/loopback-guard.ts";
import { ScreensMissing } from "#main/screen-files.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import type { ScriptedHost } from "../screens/scripted-host.ts";

let shell: BrowserShell;
let station: ScriptedHost;
let folder: string;
let nowMs: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tramqr-shell-"));
  mkdirSync(join(folder, "page/assets"), { recursive: true });
  writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "page/assets/app.js"), "1");
  writeFileSync(join(folder, "page/assets/notes.txt"), "not a part of the screens");
  writeFileSync(join(folder, "secret.html"), "secret");
  station = createScriptedHost();
  nowMs = 1_000_000;
  shell = await startShell();
});
afterEach(async () => {
  await shell.close();
  rmSync(folder, { recursive: true });
});

function startShell(): Promise<BrowserShell> {
  return startBrowserShell({
    host: station.host,
    rendererDir: join(folder, "page"),
    port: 0,
    log: createLog(() => {}),
    nowMs: () => nowMs,
  });
}

type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: shell.port, path, method, headers });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.end();
  });
}

function ticketPath(): string {
  const { pathname, search } = new URL(shell.newTicketUrl());
  return pathname + search;
}

async function enter(): Promise<string> {
  const { headers } = await get(ticketPath());
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

/** Opens the bridge; resolves to the socket, or to the status that refused it. */
function bridge(headers: Record<string, string>, path = "/bridge"): Promise<WebSocket | string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}${path}`, { headers });
    socket.on("open", () => resolve(socket));
    socket.on("error", (cause) => resolve(/\d{3}/.exec(cause.message)?.[0] ?? cause.message));
  });
}

async function openBridge(cookie: string): Promise<WebSocket> {
  const socket = await bridge({ origin: shell.origin, cookie });
  if (typeof socket === "string") throw new Error(`refused: ${socket}`);
  return socket;
}

describe("the door", () => {
  test("opens once per ticket, for a minute, and gives a cookie that no script can read", async () => {
    const path = ticketPath();
    const first = await get(path);

    expect(first.status).toBe(303);
    expect(first.headers.location).toBe("/");
    expect(first.headers["set-cookie"]?.[0]).toMatch(
      new RegExp(
        `^__Host-tramqr-${shell.port}=[\\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Strict$`,
      ),
    );
    expect((await get(path)).status).toBe(403);
  });

  test("does not open for an old ticket, a wrong one or none", async () => {
    const path = ticketPath();
    nowMs += TICKET_MS;

    expect((await get(path)).status).toBe(403);
    expect((await get("/enter?t=wrong")).status).toBe(403);
    expect((await get("/enter")).status).toBe(403);
    expect((await get("/enter?t=__proto__")).status).toBe(403);
  });

  test("forgets the oldest of very many tickets", async () => {
    const path = ticketPath();
    for (let ticket = 0; ticket < 40; ticket += 1) shell.newTicketUrl();

    expect((await get(path)).status).toBe(403);
    expect((await get(ticketPath())).status).toBe(303);
  });

  test("shows the page to whoever has the cookie, and to nobody else", async () => {
    const cookie = await enter();

    expect(await get("/", { cookie })).toMatchObject({
      status: 200,
      body: expect.stringContaining("page"),
    });
    expect((await get("/assets/app.js", { cookie })).headers["content-type"]).toContain(
      "javascript",
    );
    expect((await get("/")).status).toBe(401);
    expect((await get("/", { cookie: cookie.slice(0, -1) })).status).toBe(401);
    expect((await get("/", { cookie: cookie.replace(/\d+=/, "1=") })).status).toBe(401);
    expect((await get("/", { cookie: `a=b; ${cookie}` })).status).toBe(200);
  });

  test("turns DNS rebinding and other names away, also with ticket or cookie", async () => {
    const cookie = await enter();

    for (const name of ["evil.example", "localhost", "127.0.0.2", "[::1]"]) {
      const host = `${name}:${shell.port}`;
      expect((await get("/", { host, cookie })).status, name).toBe(421);
      expect((await get(ticketPath(), { host })).status, name).toBe(421);
    }
    expect((await get("/", { host: "127.0.0.1:1", cookie })).status).toBe(421);
  });

  test.each(["cross-site", "same-site"])("turns a page of another site away: %s", async (site) => {
    const cookie = await enter();
    const headers = { cookie, "sec-fetch-site": site };

    expect((await get("/", headers)).status).toBe(403);
    expect((await get(ticketPath(), { "sec-fetch-site": site })).status).toBe(403);
    expect((await get("/", { cookie, "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await get("/", { cookie, "sec-fetch-site": "none" })).status).toBe(200);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("takes no %s", async (method) => {
    const cookie = await enter();

    expect((await get("/", { cookie }, method)).status).toBe(405);
  });

  test.each([
    "/../secret.html",
    "/%2e%2e/secret.html",
    "/..%2fsecret.html",
    "/assets/../../secret.html",
    "/assets/%00",
    "/%E0%A4%A",
    "/assets/notes.txt",
    "/assets",
    "//evil.example/",
    "/index.html/",
    "/favicon.ico",
  ])("finds nothing at %s", async (path) => {
    const cookie = await enter();

    expect(await get(path, { cookie })).toMatchObject({ status: 404, body: "404" });
    expect((await get("/", { cookie })).status).toBe(200);
  });

  test("sends the headers that lock the page in", async () => {
    const { headers } = await get("/", { cookie: await enter() });

    expect(headers["content-security-policy"]).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; connect-src 'self' ws://127.0.0.1:${shell.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
    expect(headers["permissions-policy"]).toContain("camera=(), microphone=()");
  });

  test("listens on 127.0.0.1 alone", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ address, family }) => family === "IPv4" && address !== "127.0.0.1")
      .map(({ address }) => address);
    for (const address of [...others, "127.0.0.2"]) {
      const socket = connectTcp(shell.port, address);
      const [cause] = await once(socket, "error");
      expect(String(cause)).toContain("ECONNREFUSED");
    }
    expect(shell.origin).toBe(`http://127.0.0.1:${shell.port}`);
  });

  test("a port that is taken is told, not hidden", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const starting = startBrowserShell({
      host: station.host,
      rendererDir: join(folder, "page"),
      port,
      log: createLog(() => {}),
    });

    await expect(starting).rejects.toMatchObject({ code: "EADDRINUSE" });
    other.close();
  });

  test("screens that are not built are told by name", async () => {
    const parts = { host: station.host, port: 0, log: createLog(() => {}) };

    for (const rendererDir of [join(folder, "nothing"), folder]) {
      await expect(startBrowserShell({ ...parts, rendererDir })).rejects.toThrow(ScreensMissing);
    }
  });
});

describe("the bridge's socket", () => {
  test("carries calls and events for the page that came through the door", async () => {
    const socket = await openBridge(await enter());
    socket.send(JSON.stringify({ t: "q", i: "1", m: "hello", a: [] }));
    const [hello] = await once(socket, "message");
    station.show({});
    const [verdict] = await once(socket, "message");

    expect(JSON.parse(String(hello))).toMatchObject({
      i: "1",
      r: { status: { insideCount: 128 } },
    });
    expect(JSON.parse(String(verdict))).toMatchObject({ m: "verdict", a: [{ kind: "in" }] });
    expect(shell.connections()).toBe(1);
    socket.close();
    await vi.waitFor(() => expect(station.screenCount()).toBe(0));
  });

  test("does not open without cookie, for another origin or host, or elsewhere", async () => {
    const cookie = await enter();
    const { origin } = shell;

    expect(await bridge({ origin })).toBe("403");
    expect(await bridge({ cookie })).toBe("403");
    expect(await bridge({ cookie, origin: "https://evil.example" })).toBe("403");
    expect(await bridge({ cookie, origin: `http://localhost:${shell.port}` })).toBe("403");
    expect(await bridge({ cookie, origin: "null" })).toBe("403");
    expect(await bridge({ cookie, origin, host: `evil.example:${shell.port}` })).toBe("403");
    expect(await bridge({ cookie, origin }, "/")).toBe("403");
    expect(await bridge({ cookie, origin }, "/bridge?x")).toBe("403");
    expect(station.screenCount()).toBe(0);
  });

  test("closes on a frame that is too long, and the station lives", async () => {
    const cookie = await enter();
    const socket = await openBridge(cookie);
    socket.send("x".repeat(1_048_576));
    const [code] = await once(socket, "close");

    expect(code).toBe(1009);
    expect((await get("/", { cookie })).status).toBe(200);
  });

  test("hears no binary frames and survives garbage", async () => {
    const socket = await openBridge(await enter());
    socket.send(Buffer.from('{"t":"q","i":"0","m":"undoLast","a":[]}'));
    socket.send("[".repeat(100_000));
    socket.send('{"t":"q","i":"1","m":"hello","a":[]}');
    const [answer] = await once(socket, "message");

    expect(JSON.parse(String(answer))).toMatchObject({ i: "1" });
    expect(station.calls).toEqual([]);
    socket.terminate();
  });

  test("serves a handful of screens, not any number", async () => {
    const cookie = await enter();
    for (let screen = 0; screen < 8; screen += 1) await openBridge(cookie);

    expect(await bridge({ cookie, origin: shell.origin })).toBe("403");
    expect(shell.connections()).toBe(8);
  });

  test("a peer that resets in the middle of the handshake ends nothing", async () => {
    const socket = connectTcp(shell.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `GET /bridge HTTP/1.1\r\nHost: 127.0.0.1:${shell.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect((await get("/", { cookie: await enter() })).status).toBe(200);
  });

  test("close ends every connection at once", async () => {
    const socket = await openBridge(await enter());
    const closed = once(socket, "close");
    await shell.close();
    await closed;

    expect(station.screenCount()).toBe(0);
    shell = await startShell();
  });
});
