import type { Socket } from "node:net";
import { createInterface } from "node:readline";

/** QEMU's machine protocol: one command at a time, each with its answer. */
export type Qmp = {
  /** Resolves with the answer's `return`; rejects with what QEMU says is wrong. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
};

type QmpLine = {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
};

type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** Speaks on a fresh connection, from the greeting on (QEMU's qmp-spec: answers come in the order of commands). */
export async function speakQmp(socket: Socket): Promise<Qmp> {
  const waiting: Waiting[] = [];
  // A connection that breaks off is QEMU's end, which is told elsewhere.
  const lines = createInterface({ input: socket }).on("error", () => {});
  lines.on("line", (line) => {
    const answer = JSON.parse(line) as QmpLine;
    if (answer.error !== undefined) waiting.shift()?.reject(new Error(answer.error.desc));
    else if ("return" in answer) waiting.shift()?.resolve(answer.return);
  });
  const qmp: Qmp = {
    execute: (command, args = {}) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
      }),
  };
  await qmp.execute("qmp_capabilities");
  return qmp;
}
