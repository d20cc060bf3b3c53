import { expect, test } from "vitest";
import type { WedgeBurst } from "#core/wedge-run.ts";
import { typedScansTo } from "#main/typed-scans.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const arrival = { endedBy: "terminator", tookMs: 96 } as const;
const scan = { kind: "scan", bytes: base64("079202000123"), arrival } as const;

function taker(room: number) {
  const bursts: WedgeBurst[] = [];
  const pushBurst = (burst: WedgeBurst) => bursts.length < room && bursts.push(burst) > 0;
  return { bursts, take: typedScansTo({ pushBurst }) };
}

test("what a page typed arrives as bytes, with what the input method hid", () => {
  const { bursts, take } = taker(9);
  const kind = "input-method" as const;
  const rewritten = {
    ...scan,
    interference: { kind, explanations: ["aa", "a6"].map(base64) },
  };
  const torn = { kind: "dropped", reason: "torn", byteCount: 3 } as const;

  expect(take([scan, rewritten, torn])).toEqual({ kind: "done" });
  const bytes = new TextEncoder().encode("079202000123");
  const explanations = ["aa", "a6"].map((text) => new TextEncoder().encode(text));
  expect(bursts).toEqual([
    { kind: "scan", bytes, arrival },
    { kind: "scan", bytes, arrival, interference: { kind, explanations } },
    torn,
  ]);
});

test("a page is told when not all of it was taken", () => {
  const refused = { kind: "refused", reason: "not-read" };

  expect(taker(0).take([scan])).toEqual(refused);
  expect(taker(1).take([scan, scan])).toEqual(refused);
  expect(taker(2).take([scan, scan])).toEqual({ kind: "done" });
});

test("bytes beyond the longest scan are none", () => {
  const { bursts, take } = taker(1);
  take([{ ...scan, bytes: base64("7".repeat(4_098)) }]);

  expect(bursts).toEqual([{ kind: "dropped", reason: "oversize", byteCount: 4_098 }]);
});
