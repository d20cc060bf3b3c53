import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { TextChannel } from "#contract/bridge.ts";
import { MAX_FRAME_CHARACTERS } from "#contract/frames.ts";
import { serveScreen } from "#main/bridge-server.ts";
import { createLoopbackGuard } from "#main/loopback-guard.ts";
import type { LoopbackGuard } from "#main/loopback-guard.ts";
import type { Log } from "#main/log.ts";
import { readScreenFiles, screenHeaders } from "#main/screen-files.ts";
import type { ScreenFiles } from "#main/screen-files.ts";
import type { StationHost } from "#main/station-host.ts";

/** Path of the bridge's WebSocket. */
const BRIDGE_PATH = "/bridge";
/** Most screens at once: the guard's, the visitor's, and room for a reload. */
const MAX_SCREENS = 8;
/** Most bytes that wait for a screen to read them. */
const MAX_UNREAD_BYTES = 8 * MAX_FRAME_CHARACTERS;

export type BrowserShellParts = {
  readonly host: StationHost;
  /** Folder of the built screens. */
  readonly rendererDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  /** The wall clock, for tickets. */
  readonly nowMs?: () => number;
};

/** The station's screens on loopback, for a browser of this machine. */
export type BrowserShell = {
  readonly port: number;
  /** Such as `http://127.0.0.1:45111`. */
  readonly origin: string;
  /** The address to open: good once, for a minute. */
  newTicketUrl(): string;
  /** Screens that are attached now. */
  connections(): number;
  close(): Promise<void>;
};

/**
 * Serves the screens on 127.0.0.1 to whoever opens a {@link BrowserShell.newTicketUrl}, and to nobody else. Throws
 * ScreensMissing without built screens, and the system's error when the port is taken.
 */
export async function startBrowserShell(parts: BrowserShellParts): Promise<BrowserShell> {
  const files = await readScreenFiles(parts.rendererDir);
  const server = createServer();
  const port = await listen(server, parts.port);
  const origin = `http://127.0.0.1:${port}`;
  const guard = createLoopbackGuard({ port, nowMs: parts.nowMs ?? Date.now });
  const sockets = serveSockets(server, guard, parts);
  const headers = screenHeaders(`'self' ws://127.0.0.1:${port}`);
  server.on("request", (request, response) => answer({ request, response, guard, files, headers }));
  return {
    port,
    origin,
    newTicketUrl: () => `${origin}/enter?t=${guard.newTicket()}`,
    connections: () => sockets.clients.size,
    close: () => closeAll(server, sockets),
  };
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly guard: LoopbackGuard;
  readonly files: ScreenFiles;
  readonly headers: Readonly<Record<string, string>>;
};

function answer(exchange: Exchange): void {
  const { request, response, guard, files, headers } = exchange;
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  if (path === "/enter") return enter(exchange, new URLSearchParams(query).get("t") ?? "");
  const refusal = guard.refusalOf(request);
  if (refusal !== null) return refuse(response, refusal);
  const file = files.get(path);
  if (file === undefined) return refuse(response, 404);
  response.writeHead(200, { ...headers, "content-type": file.contentType });
  response.end(request.method === "HEAD" ? undefined : file.body);
}

function enter({ request, response, guard }: Exchange, ticket: string): void {
  const refusal = guard.refusalOfEntry(request);
  if (refusal !== null) return refuse(response, refusal);
  if (!guard.redeem(ticket)) return refuse(response, 403);
  response.writeHead(303, {
    location: "/",
    "set-cookie": guard.cookie(),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  });
  response.end();
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(String(status));
}

function serveSockets(
  server: Server,
  guard: LoopbackGuard,
  { host, log }: BrowserShellParts,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    // UTF-8 takes at most three bytes for one UTF-16 unit.
    maxPayload: 3 * MAX_FRAME_CHARACTERS,
    perMessageDeflate: false,
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A peer that resets the connection before it is answered must not end the process.
    socket.on("error", () => socket.destroy());
    if (!guard.mayUpgrade(request, BRIDGE_PATH) || sockets.clients.size >= MAX_SCREENS) {
      log.event("screen", { problem: "upgrade-refused" });
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const screen = serveScreen({ channel: channelOf(webSocket), host, log });
      log.event("screen", { attached: sockets.clients.size });
      webSocket.on("close", () => screen.close());
      webSocket.on("error", (cause) => log.fault("screen", cause));
    });
  });
  return sockets;
}

function channelOf(webSocket: WebSocket): TextChannel {
  return {
    send(frame) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      // A page that hangs reads nothing: better a new connection than memory without end.
      if (webSocket.bufferedAmount > MAX_UNREAD_BYTES) webSocket.terminate();
      else webSocket.send(frame);
    },
    onFrame(listener) {
      webSocket.on("message", (data, isBinary) => {
        if (isBinary || !(data instanceof Buffer)) return;
        listener(data.toString("utf8"));
      });
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    for (const client of sockets.clients) client.terminate();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
