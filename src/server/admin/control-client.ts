import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { assertNever } from "#core/assert.ts";
import type { AdminIo } from "#server/admin/context.ts";
import { parseControlReply } from "#server/admin/control-messages.ts";
import type { ControlRequest } from "#server/admin/control-messages.ts";
import { findControlSocket } from "#server/admin/control-socket.ts";

/** The server stopped, or was killed, before the command was done. */
export class ServerHungUp extends Error {
  override readonly name = "ServerHungUp";
}

/** The connection to the running server of a folder; null when none answers. */
export async function connectToServer(folder: string): Promise<Socket | null> {
  const path = findControlSocket(folder);
  return path === null ? null : connect(path);
}

/** Has the running server do a command. Returns the exit code. Throws {@link ServerHungUp}. */
export async function relayCommand(
  socket: Socket,
  request: ControlRequest,
  io: AdminIo,
): Promise<number> {
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
      const reply = parseControlReply(line);
      if (reply === null) break;
      const code = await pass(reply, io);
      if (code !== null) return code;
    }
  } finally {
    socket.destroy();
  }
  throw new ServerHungUp("The server stopped before the command was done.");
}

async function pass(
  reply: NonNullable<ReturnType<typeof parseControlReply>>,
  io: AdminIo,
): Promise<number | null> {
  switch (reply[0]) {
    case "out":
      await io.write(reply[1]);
      return null;
    case "err":
      await io.error(reply[1]);
      return null;
    case "exit":
      return reply[1];
    default:
      return assertNever(reply);
  }
}

function connect(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      const isNobody = ["ENOENT", "ECONNREFUSED"].includes(cause.code ?? "");
      if (isNobody) resolve(null);
      else reject(cause);
    });
  });
}
