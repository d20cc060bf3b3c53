import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { recognize } from "#core/recognize.ts";
import type { RecognizeContext } from "#core/recognize.ts";
import { compare } from "./measure.ts";
import type { Measured } from "./measure.ts";

const FIXTURES = "test/fixtures/scans";
const ROUNDS = 300;

/** Bytes → credential over every fixture, against `split` at the bars and a Date.parse of each field. */
export function benchRecognize(): readonly Measured[] {
  const payloads = fixturePayloads();
  const context: RecognizeContext = {
    nowMs: Date.now(),
    keepExtras: false,
    hashOpaque: () => "0",
    checkPersonalCode: () => "unknown-signer",
  };
  const ours = () => {
    for (const bytes of payloads) recognize(bytes, context);
  };
  const decoder = new TextDecoder();
  const baseline = () => {
    for (const bytes of payloads) {
      const fields = decoder.decode(bytes).split("|");
      for (const field of fields) Date.parse(field);
    }
  };
  timeOf(ours);
  timeOf(baseline);
  const calls = payloads.length * ROUNDS;
  return [
    compare({
      name: "recognise a payload (all fixtures)",
      unit: "µs",
      n: calls,
      ours: (timeOf(ours) * 1_000) / calls,
      baseline: (timeOf(baseline) * 1_000) / calls,
      atMost: 15,
    }),
  ];
}

function timeOf(round: () => void): number {
  const started = performance.now();
  for (let count = 0; count < ROUNDS; count += 1) round();
  return performance.now() - started;
}

function fixturePayloads(): readonly Uint8Array[] {
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => payloadsIn(JSON.parse(readFileSync(join(FIXTURES, name), "utf8"))));
}

/** Every `text` anywhere in a fixture file. */
function payloadsIn(value: unknown): readonly Uint8Array[] {
  if (Array.isArray(value)) return value.flatMap(payloadsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "text" && typeof inner === "string"
      ? [new Uint8Array(Buffer.from(inner, "utf8"))]
      : payloadsIn(inner),
  );
}
