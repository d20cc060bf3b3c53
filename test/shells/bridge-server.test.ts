import { afterEach, describe, expect, test } from "vitest";
import { MAX_FRAME_CHARACTERS, parseFrame } from "#contract/frames.ts";
import { serveScreen } from "#main/bridge-server.ts";
import type { ServedScreen } from "#main/bridge-server.ts";
import { createLog } from "#main/log.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";

/** What the process would have died of, had we not looked. */
const unhandled: unknown[] = [];
const note = (cause: unknown) => unhandled.push(cause);
process.on("unhandledRejection", note);
afterEach(() => {
  if (unhandled.length > 0) throw new Error("unhandled", { cause: unhandled.splice(0) });
});

function serve(change: { readonly undoLast?: () => never } = {}) {
  const station = createScriptedHost();
  const answers: unknown[] = [];
  const lines: string[] = [];
  let receive: (frame: string) => void = () => {};
  const calls = { ...station.host.calls, ...change };
  const served: ServedScreen = serveScreen({
    host: { ...station.host, calls },
    log: createLog((line) => lines.push(line)),
    channel: {
      send: (frame) => void answers.push(JSON.parse(frame)),
      onFrame: (listener) => {
        receive = listener;
      },
    },
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    station,
    served,
    lines,
    answers,
    async tell(frame: string) {
      receive(frame);
      await turn();
      return answers.splice(0);
    },
    async ask(name: string, ...args: unknown[]) {
      receive(JSON.stringify({ t: "q", i: "1", m: name, a: args }));
      await turn();
      return answers.splice(0);
    },
  };
}

describe("the bridge", () => {
  test("answers the calls of the contract", async () => {
    const { ask, station } = serve();

    expect(await ask("hello")).toMatchObject([{ t: "s", i: "1", r: { version: "0.1.0" } }]);
    expect(await ask("setDirection", "lane-1", "out")).toEqual([
      { t: "s", i: "1", r: { kind: "done" } },
    ]);
    expect(station.calls).toEqual([["setDirection", "lane-1", "out"]]);
  });

  test.each([
    "constructor",
    "toString",
    "__proto__",
    "hasOwnProperty",
    "valueOf",
    "subscribe",
    "nope",
    "",
  ])("knows no call %j", async (name) => {
    expect(await serve().ask(name)).toEqual([{ t: "s", i: "1", e: { code: "unknown-call" } }]);
  });

  test.each([
    ["hello", [1]],
    ["undoLast", ["now"]],
    ["setDirection", ["lane-1", "sideways"]],
    ["setDirection", ["lane-1"]],
    ["setDirection", ["x".repeat(65), "in"]],
    ["setDirection", [["lane-1"], "in"]],
    ["recordRepeatAsExit", [-1]],
    ["recordRepeatAsExit", [1.5]],
    ["recordRepeatAsExit", ["1; drop table"]],
    ["recordRepeatAsExit", [null]],
    ["acknowledgeStop", [1, "let-in", "extra"]],
    ["acknowledgeStop", [1, { toString: "let-in" }]],
    ["takeTyped", [[]]],
    ["takeTyped", [{ kind: "scan", bytes: "MDc5", arrival: { endedBy: "terminator", tookMs: 1 } }]],
    ["takeTyped", [[{ kind: "scan", bytes: "MDc5" }]]],
    ["takeTyped", [[{ kind: "scan", bytes: "MDc5", arrival: { endedBy: "silence", tookMs: -1 } }]]],
    [
      "takeTyped",
      [[{ kind: "scan", bytes: "not base64", arrival: { endedBy: "terminator", tookMs: 1 } }]],
    ],
    ["takeTyped", [[{ kind: "scan", bytes: "", arrival: { endedBy: "terminator", tookMs: 1 } }]]],
    [
      "takeTyped",
      [[{ kind: "scan", bytes: "A".repeat(5_468), arrival: { endedBy: "terminator", tookMs: 1 } }]],
    ],
    [
      "takeTyped",
      [
        [
          {
            kind: "scan",
            bytes: "MDc5",
            arrival: { endedBy: "terminator", tookMs: 1 },
            device: "serial:/dev/ttyS0",
          },
        ],
      ],
    ],
    [
      "takeTyped",
      [Array.from({ length: 5 }, () => ({ kind: "dropped", reason: "torn", byteCount: 1 }))],
    ],
    ["takeTyped", [[{ kind: "dropped", reason: "ignored", byteCount: 1 }]]],
    ["takeTyped", [[{ kind: "dropped", reason: "torn", byteCount: -1 }]]],
  ] as const)("acts on no bad arguments: %s(%j)", async (name, args) => {
    const { ask, station } = serve();

    expect(await ask(name, ...args)).toEqual([{ t: "s", i: "1", e: { code: "bad-argument" } }]);
    expect(station.calls).toEqual([]);
    expect(station.typed).toEqual([]);
  });

  test("a fault inside the station crosses as a code: no text, no stack, no SQL", async () => {
    const { ask, lines } = serve({
      undoLast: () => {
        throw new Error("UNIQUE constraint failed: person 079203001234");
      },
    });

    expect(await ask("undoLast")).toEqual([{ t: "s", i: "1", e: { code: "internal" } }]);
    expect(lines.join("")).toContain('"fault":"Error"');
    expect(lines.join("")).not.toContain("079203001234");
  });

  test.each([
    "",
    "{{{",
    "null",
    "[1,2]",
    "7",
    '"text"',
    "{}",
    '{"t":"q"}',
    '{"t":"q","m":"hello"}',
    '{"t":"q","m":7,"a":[]}',
    '{"t":"q","m":"hello","a":{},"i":"1"}',
    '{"t":"q","m":"hello","a":[],"i":5}',
    '{"t":"s"}',
    '{"t":"s","i":{}}',
    '{"t":"x","i":"1"}',
    "[".repeat(100_000),
    `{"t":"q","m":"hello","a":["${"x".repeat(MAX_FRAME_CHARACTERS)}"],"i":"1"}`,
  ])("drops a frame that is no message, and lives: %.40s", async (frame) => {
    const { tell, ask } = serve();

    expect(parseFrame(frame)).toBeNull();
    expect(await tell(frame)).toEqual([]);
    expect(await ask("hello")).toHaveLength(1);
  });

  test("an answer that nobody asked for and a call that wants no answer are harmless", async () => {
    const { tell, station } = serve();

    expect(await tell('{"t":"s","i":"99","r":1}')).toEqual([]);
    expect(await tell('{"t":"q","m":"undoLast","a":[]}')).toEqual([]);
    expect(await tell('{"t":"q","m":"nope","a":[]}')).toEqual([]);
    expect(station.calls).toEqual([["undoLast"]]);
  });

  test("passes verdicts, status and list on as events, until it is closed", async () => {
    const { station, answers, served, ask } = serve();
    station.show({});
    station.setStatus({ insideCount: 3 });
    station.setRecent([]);
    await ask("hello");
    station.show({});
    await new Promise((resolve) => setTimeout(resolve, 5));

    expect(answers).toMatchObject([{ t: "q", m: "verdict", a: [{ number: 2 }] }]);
    served.close();
    station.show({});
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(answers).toHaveLength(1);
    expect(station.screenCount()).toBe(0);
  });
});
