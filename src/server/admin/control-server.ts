import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import { parseControlRequest } from "#server/admin/control-messages.ts";
import type { ControlReply } from "#server/admin/control-messages.ts";
import { placeControlSocket, removeControlSocket } from "#server/admin/control-socket.ts";
import type { AdminParts } from "#server/admin/context.ts";
import type { ServerLog } from "#server/log.ts";

/** Serves administrators' commands of this machine. */
export type ControlServer = { close(): Promise<void> };

/** The one who asked has gone away. */
class CallerGone extends Error {
  override readonly name = "CallerGone";
}

/** Longest request; a longer one is cut off. */
const MAX_REQUEST_BYTES = 512 * 1024;
const LINE_END = 0x0a;

/** Opens the socket of a folder, whose lock the caller holds; only this user and root may connect. */
export async function openControl(
  folder: string,
  parts: AdminParts,
  log: ServerLog,
): Promise<ControlServer> {
  const path = placeControlSocket(folder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, parts, log).catch((cause: unknown) => {
      if (!(cause instanceof CallerGone)) log.fault("admin", cause);
      socket.destroy();
    });
  });
  await listen(server, path);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      removeControlSocket(folder);
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      if (process.platform !== "win32") chmodSync(path, 0o600);
      resolve();
    });
  });
}

async function serve(socket: Socket, parts: AdminParts, log: ServerLog): Promise<void> {
  // Without a listener a reset would end the process; the next write tells as well.
  socket.on("error", (cause) => log.fault("admin", cause));
  const line = await firstLine(socket);
  const request = line === null ? null : parseControlRequest(line);
  if (request === null) {
    socket.destroy();
    return;
  }
  const io = {
    write: (text: string) => send(socket, ["out", text]),
    error: (text: string) => send(socket, ["err", text]),
  };
  const { args, ...who } = request;
  const code = await runAndExplain(parts, args, { ...who, io });
  log.event("admin", { code });
  await send(socket, ["exit", code]);
  socket.end();
}

/**
 * Null when the caller goes away before the line is whole. Not by readline: its interface passes the socket's errors on
 * to itself, where nobody listens any more once the line was read, and a caller that hung up ended the server.
 */
function firstLine(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      const end = chunk.indexOf(LINE_END);
      bytes += chunk.length;
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      if (bytes > MAX_REQUEST_BYTES) socket.destroy();
      else if (end >= 0) resolve(Buffer.concat(chunks).toString("utf8"));
    });
    socket.once("close", () => resolve(null));
  });
}

/** Waits for a slow reader; throws {@link CallerGone} when there is none. */
function send(socket: Socket, reply: ControlReply): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(new CallerGone("nobody reads"));
    socket.write(`${JSON.stringify(reply)}\n`, (cause) => {
      if (cause === null || cause === undefined) resolve();
      else reject(new CallerGone("nobody reads", { cause }));
    });
  });
}
