import {
  array,
  assert,
  boolean,
  dictionary,
  double,
  integer,
  json,
  nat,
  oneof,
  option,
  property,
  record,
  string,
  uint8Array,
} from "fast-check";
import { describe, expect, test } from "vitest";
import { generateKeyPair } from "#sealing/keys.ts";
import { compareHeads } from "#server/ingest/compare-heads.ts";
import { correctedTime } from "#server/ingest/corrected-time.ts";
import { canonicalText, knownHeaderText } from "#server/ingest/canonical.ts";
import { judgeLine } from "#server/ingest/judge.ts";
import { splitLines } from "#server/ingest/lines.ts";
import { newProvinceSecrets, publicKeysOf } from "#server/vault/province-keys.ts";
import { seededRandom } from "./support/ports.ts";
import { TestStation, lineOf } from "./support/station.ts";

function aStation(): TestStation {
  const keys = publicKeysOf(newProvinceSecrets(seededRandom("judge")));
  const enrolment = {
    station: "s-test",
    place: "p",
    place_name: "p",
    gate: "g",
    gate_name: "g",
    province_name: "x",
    keys,
    rules: {
      version: 0,
      swallow_ms: 0,
      repeat_window_ms: 0,
      expired_card: "admit" as const,
      capacity: null,
      keep_extras: false,
      watch_list: [],
    },
    server_time_ms: 0,
  };
  const app = {} as TestStation["app"];
  return new TestStation(app, enrolment, generateKeyPair("ed25519"), () => 1_795_485_600_000);
}

function meaningOf(line: Uint8Array): object {
  const parsed = JSON.parse(Buffer.from(line).toString()) as { sealed_body: string };
  return { ...parsed, sealed_body: Buffer.from(parsed.sealed_body, "base64") };
}

describe("judging a line", () => {
  test("finds a true event valid, byte for byte as its station hashed it", () => {
    const station = aStation();
    const event = station.event({ details: { reason: "payment" } });

    const judged = judgeLine(Buffer.from(lineOf(event)), "s-test");

    expect(judged.kind).toBe("valid");
    if (judged.kind !== "valid") return;
    expect(judged.event.header).toMatchObject(event.header);
    expect(judged.event.sealedBody).toEqual(Buffer.from(event.sealedBody!));
    expect(judged.event.extra).toBeNull();
  });

  test("never throws, and calls nothing valid whose bytes were changed (2,000 mutations)", () => {
    const station = aStation();
    const line = Buffer.from(lineOf(station.event({ details: { reason: "payment", count: 3 } })));
    const mutation = record({
      at: nat(line.length - 1),
      cut: nat(8),
      insert: uint8Array({ maxLength: 8 }),
    });

    assert(
      property(mutation, ({ at, cut, insert }) => {
        const mutated = Buffer.concat([line.subarray(0, at), insert, line.subarray(at + cut)]);
        const judged = judgeLine(mutated, "s-test");
        if (judged.kind === "quarantined") return;
        // Only what changes neither the JSON's meaning nor the body's bytes, such as a space, leaves an event true.
        expect(meaningOf(mutated)).toEqual(meaningOf(line));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  test("never throws at any JSON (1,000 values)", () => {
    assert(
      property(json(), (text) => {
        expect(judgeLine(Buffer.from(text), "s-test").kind).toBe("quarantined");
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  test("names the event of most torn lines, so that it can be answered", () => {
    const station = aStation();
    const event = station.event();
    const line = Buffer.from(lineOf(event));

    const judged = judgeLine(line.subarray(0, line.length - 10), "s-test");

    expect(judged).toMatchObject({
      kind: "quarantined",
      line: {
        reason: "not-json",
        claim: { eventId: event.header.event_id, instance: station.instance, seq: 1 },
        provenHash: null,
      },
    });
  });

  test("proves an event of a type it does not know", () => {
    const event = aStation().event({ type: "from-the-future" });

    const judged = judgeLine(Buffer.from(lineOf(event)), "s-test");

    expect(judged).toMatchObject({ line: { reason: "unknown-type", provenHash: event.hash } });
  });

  test("splits lines at line feeds alone, whatever else is in them", () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["", []],
      ["\n\n", []],
      ["a", ["a"]],
      ["a\nb\n", ["a", "b"]],
      ["a\r\nb\r\n\r\nc", ["a", "b", "c"]],
      ["a\u2028b\n", ["a\u2028b"]],
    ];

    for (const [text, lines] of cases) {
      const split = splitLines(Buffer.from(text)).map((line) => Buffer.from(line).toString());
      expect(split).toEqual(lines);
    }
  });
});

describe("the canonical text of a known header", () => {
  test("is that of RFC 8785, or left to the general way (2,000 headers)", () => {
    const { header, hash } = aStation().event();
    const text = string({ unit: "binary" });
    const changes = record({
      details: dictionary(
        text,
        oneof(text, double({ noNaN: true, noDefaultInfinity: true }), boolean()),
      ),
      flags: array(text),
      lane: text,
      wall_ms: integer(),
      offset_ms: option(integer()),
    });
    let known = 0;

    assert(
      property(changes, (change) => {
        const changed = { ...header, ...change };
        const mine = knownHeaderText({ ...changed, hash, sealed_body: null });
        if (mine === null) return;
        known += 1;
        expect(mine).toBe(canonicalText(changed));
      }),
      { numRuns: 2_000, seed: 7 },
    );

    expect(known).toBeGreaterThan(1_000);
  });

  test("also proves events whose details have whole numbers for names, or odd ones", () => {
    const odd = { "10": 1, "9": 2, b: "x", a: true, __proto__x: 1, "": 0 };
    const event = aStation().event({ details: odd });

    expect(judgeLine(Buffer.from(lineOf(event)), "s-test").kind).toBe("valid");
  });
});

describe("comparing heads", () => {
  const a = "a".repeat(64);
  const b = "b".repeat(64);
  const genesis = "0".repeat(64);
  test.each([
    // seq, hash, acknowledged | head, contiguous, hash at the station's seq
    [[0, genesis, 0], [0, 0, null], "equal"],
    [[5, a, 0], [0, 0, null], "station-ahead"],
    [[5, a, 5], [5, 5, a], "equal"],
    [[5, a, 3], [3, 3, null], "station-ahead"],
    [[5, a, 4], [3, 3, null], "server-behind"],
    [[5, a, 5], [5, 3, a], "server-behind"],
    [[5, a, 3], [5, 3, a], "equal"],
    [[3, a, 3], [5, 5, a], "server-ahead"],
    [[3, a, 3], [5, 5, null], "server-ahead"],
    [[3, a, 3], [5, 5, b], "fork"],
    [[5, a, 5], [5, 5, b], "fork"],
    [[5, a, 5], [5, 5, null], "equal"],
    [[0, genesis, 0], [5, 5, null], "server-ahead"],
    [[0, a, 0], [0, 0, null], "fork"],
  ] as const)("station %j, server %j: %s", (own, server, expected) => {
    const [seq, hash, acknowledged_upto] = own;
    const [headSeq, contiguousUpto, hashAtStationSeq] = server;

    const comparison = compareHeads(
      { seq, hash, acknowledged_upto },
      { headSeq, contiguousUpto, hashAtStationSeq },
    );

    expect(comparison).toBe(expected);
  });
});

describe("the corrected time", () => {
  test("is a date for every header that the schema allows", () => {
    const millis = integer({ min: -8.64e15, max: 8.64e15 });
    const { header } = aStation().event();
    assert(
      property(millis, option(millis), millis, option(millis), (wall, offset, mono, boot) => {
        const changed = { ...header, wall_ms: wall, offset_ms: offset, mono_ms: mono };
        const boots = new Map(boot === null ? [] : [[header.boot_id, boot]]);

        const corrected = correctedTime(changed, boots);

        expect(Number.isNaN(new Date(corrected).getTime())).toBe(false);
      }),
    );
  });
});
