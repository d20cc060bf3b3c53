import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Clock } from "#core/ports.ts";
import type { Scan } from "#core/scan.ts";
import type { Driver, DriverReport } from "#drivers/driver.ts";
import { createFramer } from "#drivers/framing.ts";
import type { Frame } from "#drivers/framing.ts";
import { deviceLost } from "#drivers/trouble.ts";

const DEVICE = "stdin";

/**
 * One payload a line, from a terminal, a pipe or a file. The last line needs no line end. Ends at end of input. Reads no
 * faster than the scans are taken; never destroys the stream, which belongs to the process.
 */
export function createStdinDriver(input: Readable, clock: Clock): Driver {
  return {
    device: DEVICE,
    kind: "stdin",
    endsByItself: true,
    async *read(signal, report) {
      if (signal.aborted) return;
      const framer = createFramer("lines");
      const toScans = (frames: readonly Frame[]) => scansOf(frames, clock, report);
      report.onOpen();
      try {
        for await (const chunk of chunksOf(input, signal)) {
          for (const scan of toScans(framer.push(chunk))) {
            yield scan;
            if (signal.aborted) return;
          }
        }
        if (!signal.aborted) yield* toScans(framer.silence());
      } finally {
        toScans(framer.close());
      }
    },
  };
}

/** Hands on what was dropped and returns the scans. */
function scansOf(frames: readonly Frame[], clock: Clock, report: DriverReport): readonly Scan[] {
  return frames.flatMap((frame) => {
    if (frame.kind === "scan") return [{ bytes: frame.bytes, atMs: clock.nowMs(), device: DEVICE }];
    report.onDropped({ reason: frame.reason, byteCount: frame.byteCount, device: DEVICE });
    return [];
  });
}

async function* chunksOf(input: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    while (!signal.aborted) {
      const chunk: unknown = input.read();
      if (typeof chunk === "string") yield Buffer.from(chunk, "utf8");
      else if (chunk instanceof Uint8Array) yield chunk;
      else if (input.errored) throw input.errored;
      else if (input.readableEnded || input.destroyed) return;
      else await somethingHappens(input, signal);
    }
  } catch (cause) {
    throw deviceLost(DEVICE, cause);
  } finally {
    // Without this a terminal or an open pipe would keep the process alive.
    input.pause();
  }
}

/** Resolves at more data, at the end or at abort; rejects with the stream's error. */
async function somethingHappens(input: Readable, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  try {
    await Promise.race(
      ["readable", "end", "close"].map((event) => once(input, event, { signal: either })),
    );
  } catch (cause) {
    if (!signal.aborted) throw cause;
  } finally {
    settled.abort();
  }
}
