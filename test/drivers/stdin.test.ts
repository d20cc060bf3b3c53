import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createStdinDriver } from "#drivers/stdin.ts";
import { keepsTheContract, readsScans } from "./contract.ts";
import { startReading } from "./reading.ts";
import { realClock } from "./real-clock.ts";

function openRig() {
  const input = new PassThrough();
  return Promise.resolve({
    driver: createStdinDriver(input, realClock),
    scan: async (payload: string) => void input.write(`${payload}\n`),
    async sendHalf(payload: string) {
      input.write(payload.slice(0, 40));
      await wait(10);
    },
  });
}

/** A process of its own that reads its standard input and prints each scan as JSON. */
function startReader() {
  const script = `
    import { createStdinDriver } from "#drivers/stdin.ts";
    const abort = new AbortController();
    process.on("SIGTERM", () => abort.abort());
    const clock = { nowMs: () => 0, monoMs: () => 0, sleep: () => Promise.resolve() };
    const report = { onOpen: () => console.log("open"), onDropped: () => {} };
    for await (const { bytes } of createStdinDriver(process.stdin, clock).read(abort.signal, report))
      console.log(JSON.stringify(Buffer.from(bytes).toString()));
    console.log("end");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, lines: () => output.trimEnd().split("\n"), exit: once(child, "exit") };
}

describe("standard input", () => {
  keepsTheContract(async () => (await openRig()).driver);
  readsScans(openRig);

  test("ends by itself at end of input; the last line needs no line end", async () => {
    const input = Readable.from([Buffer.from("một\nhai\r\n\nb"), Buffer.from("a")]);
    const driver = createStdinDriver(input, realClock);
    const reading = startReading(driver);

    expect(await reading.end).toBeNull();
    expect(reading.texts()).toEqual(["một", "hai", "ba"]);
    expect(driver.endsByItself).toBe(true);
  });

  test("takes text from a stream that was set to an encoding", async () => {
    const input = new PassThrough().setEncoding("utf8");
    const reading = startReading(createStdinDriver(input, realClock));
    input.end(Buffer.from("Nguyễn\n"));

    expect(await reading.end).toBeNull();
    expect(reading.texts()).toEqual(["Nguyễn"]);
  });

  test("reads no faster than its scans are taken", async () => {
    let made = 0;
    const input = Readable.from(
      (function* lines() {
        for (; made < 10_000; made += 1) yield Buffer.from(`${made} ${"x".repeat(1_000)}\n`);
      })(),
      { highWaterMark: 4 },
    );
    const reading = startReading(createStdinDriver(input, realClock), () => "break");

    await reading.end;

    expect(reading.scans).toHaveLength(1);
    expect(made).toBeLessThan(100);
  });

  test("says that the device is lost when the stream breaks", async () => {
    const input = new PassThrough();
    const reading = startReading(createStdinDriver(input, realClock));
    await reading.opened();
    input.destroy(new Error("EIO: i/o error"));

    expect(await reading.end).toMatchObject({ name: "DeviceLost", trouble: "failed" });
  });

  test("of a real pipe: all 20,000 lines arrive, and the process ends at the end", async () => {
    const reader = startReader();
    const sent = Array.from({ length: 20_000 }, (_, number) => `thẻ ${number}`);

    reader.child.stdin.end(sent.join("\n"));
    const [code] = (await reader.exit) as [number];

    expect(code).toBe(0);
    expect(reader.lines()).toEqual(["open", ...sent.map((text) => JSON.stringify(text)), "end"]);
  });

  test("of a pipe that stays open: a stopped process ends all the same", async () => {
    const reader = startReader();
    reader.child.stdin.write("một\nhai");
    await once(reader.child.stdout, "data");

    reader.child.kill("SIGTERM");
    const [code] = (await reader.exit) as [number];

    expect(code).toBe(0);
    expect(reader.lines()).toEqual(["open", '"một"', "end"]);
  });
});
