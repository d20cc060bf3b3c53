import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "#main/log.ts";
import { tellWiped } from "#main/tell-wiped.ts";
import { obedientProvince } from "./obedient-province.ts";
import { readEnrolment, signingKeyOf, writeEnrolment } from "#main/enrolment-record.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { openStationStore } from "#main/station-store.ts";
import type { StationStore } from "#main/station-store.ts";
import { readWipeNote } from "#main/wipe-note.ts";
import { generateKeyPair, secretOfKey, toBase64url } from "#sealing/keys.ts";
import { writeFileDurably } from "#storage/durable-file.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import { testProvince } from "../main/test-station.ts";
import { draft, testFolder } from "../storage/test-book.ts";

const WIPER = "test/faults/wiper.ts";
/** What changes a folder, or makes a change last. */
const CALLS = "unlink,rename,fsync,rmdir";
const EVENTS = 3;
/** Every so-many-th call is one to die at. */
const STRIDE = Number(process.env["TRAMQR_WIPE_STRIDE"] ?? 2);

const answerKey = generateKeyPair("ed25519");

function openStore(dataDir: string): Promise<StationStore> {
  return openStationStore({
    dataDir,
    wrapping: plainKeyWrapping,
    clock: systemClock,
    random: systemRandom,
    onBallastReleased() {},
  });
}

/** An enrolled station whose every event the province has, in a folder of its own. */
async function enrolledFolder(): Promise<{ readonly dataDir: string; readonly key: string }> {
  const dataDir = testFolder();
  const store = await openStore(dataDir);
  const { enrolment } = testProvince();
  const keys = { ...enrolment.keys, answer_key: toBase64url(answerKey.publicKey) };
  signingKeyOf(store.settings, () => generateKeyPair("ed25519"));
  writeEnrolment(store.settings, {
    serverUrl: "http://127.0.0.1",
    answer: { ...enrolment, keys },
  });
  const { station, place, gate } = enrolment;
  const book = store.openBook({ station, place, gate });
  for (let count = 0; count < EVENTS; count += 1) {
    const { eventId } = book.record(draft());
    book.acknowledge([eventId], Date.now());
  }
  writeFileDurably(join(store.folder, "book.key.escrow"), Buffer.from(store.key));
  store.close();
  return { dataDir, key: Buffer.from(store.key).toString("base64") };
}

/** Lets the wiper run to its end. */
async function wipe(dataDir: string): Promise<void> {
  const child = spawn(process.execPath, wiperOf(dataDir), { stdio: "ignore" });
  await new Promise((resolve) => child.on("close", resolve));
}

/** The same under strace, which kills it at its `when`th call; null: never. Returns how many calls it made. */
async function traced(dataDir: string, when: number | null): Promise<number> {
  const inject = when === null ? [] : ["-e", `inject=${CALLS}:signal=SIGKILL:when=${when}`];
  const program = [process.execPath, ...wiperOf(dataDir)];
  const filter = ["-f", "-qq", "-e", `trace=${CALLS}`];
  const child = spawn("strace", [...filter, ...inject, ...program]);
  let trace = "";
  child.stderr.on("data", (chunk: Buffer) => (trace += chunk.toString("utf8")));
  child.stdout.resume();
  await new Promise((resolve) => child.on("close", resolve));
  return trace.split("\n").filter((line) => /(unlink|rename|fsync|rmdir)\(/.test(line)).length;
}

function wiperOf(dataDir: string): readonly string[] {
  const secret = toBase64url(secretOfKey(answerKey.privateKey));
  return [WIPER, dataDir, join(dataDir, "heard"), secret];
}

/** What a start does with a wipe that was decided; the province answers in this process. */
async function restart(dataDir: string): Promise<void> {
  const store = await openStore(dataDir);
  const network = obedientProvince(answerKey, join(dataDir, "heard"));
  const log = createLog(() => {});
  const parts = { network, clock: systemClock, bootId: "boot-2", version: "0", log };
  await tellWiped({ ...parts, folder: store.folder }, new AbortController().signal);
  store.close();
}

/** What of the old station can still be read: its key in any file, its book, its enrolment. */
async function remainders(dataDir: string, key: string): Promise<readonly string[]> {
  const folder = join(dataDir, "station");
  const withKey = readdirSync(folder).filter((name) =>
    readFileSync(join(folder, name), "latin1").includes(key),
  );
  const store = await openStore(dataDir);
  const isEnrolled = readEnrolment(store.settings) !== null;
  store.close();
  return [...withKey, ...(isEnrolled ? ["enrolment"] : [])];
}

async function eventsIn(dataDir: string): Promise<number> {
  const store = await openStore(dataDir);
  const book = store.openBook({ station: "station-1", place: "place-1", gate: "gate-1" });
  const { seq } = book.head();
  store.close();
  return seq;
}

test("kill -9 at the steps of a wipe loses nothing before the decision, and keeps nothing after it", async () => {
  const { dataDir: template, key } = await enrolledFolder();
  const copies = () => {
    const dataDir = testFolder();
    cpSync(template, dataDir, { recursive: true });
    return dataDir;
  };
  const whole = copies();
  const total = await traced(whole, null);
  expect(readWipeNote(join(whole, "station"))).toEqual({ step: "told" });
  const counts = { undecided: 0, decided: 0 };

  const dieAt = async (when: number) => {
    const dataDir = copies();
    await traced(dataDir, when);
    const note = readWipeNote(join(dataDir, "station"));
    if (note === null) {
      counts.undecided += 1;
      expect(await eventsIn(dataDir), `killed at ${when}`).toBe(EVENTS);
      await wipe(dataDir);
    } else {
      counts.decided += 1;
      await restart(dataDir);
    }

    expect(readWipeNote(join(dataDir, "station")), `killed at ${when}`).toEqual({ step: "told" });
    expect(await remainders(dataDir, key), `killed at ${when}`).toEqual([]);
    expect(existsSync(join(dataDir, "heard"))).toBe(true);
    rmSync(dataDir, { recursive: true, force: true });
  };
  await Promise.all(
    [1, 2].map(async (first) => {
      for (let when = first * STRIDE; when <= total; when += 2 * STRIDE) await dieAt(when);
    }),
  );

  expect(counts.undecided).toBeGreaterThan(0);
  expect(counts.decided).toBeGreaterThan(5);
  console.log(
    `kill at steps of a wipe: ${total} steps, ${counts.undecided + counts.decided} deaths, ${counts.decided} after the decision`,
  );
}, 240_000);
