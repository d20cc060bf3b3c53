import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventChain } from "#sealing/chain.ts";
import { openEventLog } from "#storage/event-log.ts";
import { openDatabase } from "#storage/open-database.ts";
import { openTestBook, testFolder, testKey } from "../storage/test-book.ts";

const WRITER = "test/faults/book-writer.ts";
const KILLS = Number(process.env["TRAMQR_KILLS"] ?? 100);
const SCANS = Number(process.env["TRAMQR_KILL_SCANS"] ?? 20);

/** What must hold after any death: everything acknowledged is there once, in an unbroken chain without gaps. */
function lostAfterDeath(folder: string, acknowledged: readonly string[]): readonly string[] {
  const { book } = openTestBook(folder);
  expect(book.firstBrokenEvent()).toBeNull();
  expect(book.firstDamage()).toBeNull();
  const inside = book.countInside();
  book.rebuildPresence();
  expect(book.countInside()).toBe(inside);
  book.close();
  const database = openDatabase(folder, testKey);
  const events = [...openEventLog(database, eventChain).all()];
  database.close();
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  const found = new Set(events.map((event) => `${event.seq} ${event.eventId}`));
  return acknowledged.filter((line) => !found.has(line));
}

describe("kill -9", () => {
  test(`at ${KILLS} random moments of one book's life loses no acknowledged entry`, async () => {
    const folder = testFolder();
    const acknowledged: string[] = [];

    for (let kill = 0; kill < KILLS; kill += 1) {
      acknowledged.push(...(await runUntilKilled(folder, 60 + ((kill * 37) % 140))));
      const lost = kill % 10 === 9 ? lostAfterDeath(folder, acknowledged) : [];
      expect(lost).toEqual([]);
    }

    expect(lostAfterDeath(folder, acknowledged)).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    console.log(`kill -9: ${KILLS} kills, ${acknowledged.length} acknowledged, 0 lost`);
  }, 1_800_000);

  test(`at every write of a session of ${SCANS} scans loses no acknowledged entry`, async () => {
    const total = await countWrites();
    let died = 0;
    const dieAt = async (write: number) => {
      const folder = testFolder();
      const run = await traced(folder, ["-e", `inject=pwrite64:signal=SIGKILL:when=${write}`]);
      if (run.wasKilled) died += 1;
      expect(lostAfterDeath(folder, run.output.split("\n").slice(0, -1))).toEqual([]);
      rmSync(folder, { recursive: true, force: true });
    };

    await Promise.all(
      [1, 2].map(async (first) => {
        for (let write = first; write <= total; write += 2) await dieAt(write);
      }),
    );

    expect(died).toBeGreaterThan(total * 0.9);
    console.log(`kill at every write: ${total} writes of ${SCANS} scans, 0 lost`);
  }, 3_600_000);
});

/** Lets the writer run and kills it `afterMs` after its first acknowledgement; returns what it had acknowledged. */
async function runUntilKilled(folder: string, afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, folder, "100000"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  let timer: NodeJS.Timeout | null = null;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs % 40);
  });
  await new Promise((resolve) => child.on("close", resolve));
  if (timer !== null) clearTimeout(timer);
  // The last line may be torn: only what ends in a newline was said.
  return text.split("\n").slice(0, -1);
}

type Traced = { readonly output: string; readonly trace: string; readonly wasKilled: boolean };

/** Runs the writer under strace, which sees (and may sabotage) each of its writes. */
async function traced(folder: string, extra: readonly string[]): Promise<Traced> {
  const writer = [process.execPath, WRITER, folder, String(SCANS), "4"];
  const child = spawn("strace", ["-f", "-qq", "-e", "trace=pwrite64", ...extra, ...writer]);
  const parts = { output: "", trace: "" };
  child.stdout.on("data", (chunk: Buffer) => (parts.output += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (parts.trace += chunk.toString("utf8")));
  const wasKilled = await new Promise<boolean>((resolve) => {
    child.on("close", (code, signal) => resolve(signal === "SIGKILL" || code === 137));
  });
  return { ...parts, wasKilled };
}

async function countWrites(): Promise<number> {
  const { trace } = await traced(testFolder(), []);
  const writes = trace.split("\n").filter((line) => line.includes("pwrite64(")).length;
  expect(writes).toBeGreaterThan(SCANS);
  return writes;
}
