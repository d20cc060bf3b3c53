import type { StationCalls } from "#contract/bridge.ts";
import type { TypedBurst } from "#contract/typed-burst.ts";
import { MAX_SCAN_BYTES } from "#core/scan.ts";
import type { WedgeBurst } from "#core/wedge-run.ts";
import type { Wedge } from "#drivers/wedge-driver.ts";

/** Hands what a page read from the keyboard on to the wedge's lane; refuses what no lane takes. */
export function typedScansTo(wedge: Pick<Wedge, "pushBurst">): StationCalls["takeTyped"] {
  return (bursts) => {
    const taken = bursts.map((burst) => wedge.pushBurst(burstOf(burst)));
    return taken.every(Boolean) ? { kind: "done" } : { kind: "refused", reason: "not-read" };
  };
}

function burstOf(typed: TypedBurst): WedgeBurst {
  if (typed.kind === "dropped") return typed;
  const bytes = bytesOf(typed.bytes);
  if (bytes.length > MAX_SCAN_BYTES) {
    return { kind: "dropped", reason: "oversize", byteCount: bytes.length };
  }
  const { interference, arrival } = typed;
  if (interference === undefined) return { kind: "scan", bytes, arrival };
  const { kind, explanations } = interference;
  const explained = { kind, explanations: explanations.map(bytesOf) };
  return { kind: "scan", bytes, arrival, interference: explained };
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}
