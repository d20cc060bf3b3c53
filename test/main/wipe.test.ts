import { readdirSync } from "node:fs";
import { onTestFinished, describe, expect, test } from "vitest";
import { createLog } from "#main/log.ts";
import { systemRandom } from "#main/system-ports.ts";
import { openStationStore } from "#main/station-store.ts";
import { startStationSync } from "#main/station-sync.ts";
import { readWipeNote } from "#main/wipe-note.ts";
import { createWipe } from "#main/wipe-station.ts";
import { generateKeyPair, toBase64url } from "#sealing/keys.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import { createFakeClock, letEverythingHappen } from "../sync/fake-clock.ts";
import { createFakeProvince, signed } from "../sync/fake-province.ts";
import { testFolder } from "../storage/test-book.ts";
import { startTestStation, testProvince } from "./test-station.ts";

const CCCD =
  "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một, Phường Mẫu, Bình Thuận|19042021";
const MINUTE = 60_000;

/** A station that uploads to a province in memory, and can be told to wipe itself. */
async function startWiping() {
  const clock = createFakeClock();
  const signingKey = generateKeyPair("ed25519");
  const server = createFakeProvince(clock, signingKey.publicKey);
  server.hello.interval_ms = 30_000;
  const made = testProvince();
  const { keys } = made.enrolment;
  const answer_key = toBase64url(server.answerKeys.publicKey);
  const enrolment = { ...made.enrolment, keys: { ...keys, answer_key } };
  const dataDir = testFolder();
  const started = await startTestStation({ dataDir, clock, province: { ...made, enrolment } });
  const { store, station } = started;
  const [syncing, telling] = [new AbortController(), new AbortController()];
  const log = createLog(() => {});
  const signingKeys = {
    current: () => signingKey,
    proposal: () => null,
    heard: () => false,
    notKnown() {},
  };
  const record = { serverUrl: "http://127.0.0.1", answer: enrolment };
  const common = { clock, bootId: "boot-1", version: "0", log, station, enrolment: record };
  const release = async () => {
    syncing.abort();
    await sync.ended;
  };
  const wiping = { ...common, store, network: server, signingKeys, release };
  const wipe = createWipe({ ...wiping, signal: telling.signal });
  const sync = startStationSync({
    ...common,
    settings: store.settings,
    signingKeys,
    network: server,
    random: systemRandom,
    offset: createClockOffset(clock),
    onOrder: (heard) => wipe.onOrder(heard),
    signal: syncing.signal,
  });
  onTestFinished(async () => {
    syncing.abort();
    telling.abort();
    await Promise.all([sync.ended, wipe.done()]);
  });
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await letEverythingHappen();
  };
  const said = () => server.requests.flatMap(({ hello }) => (hello === null ? [] : [hello.state]));
  return { ...started, server, wipe, pass, said, dataDir, poke: () => sync.control.poke() };
}

describe("a station that is wiped", () => {
  test("sends everything first, then forgets it, tells the province, and lets its key go last", async () => {
    const { scan, server, station, store, pass, said } = await startWiping();
    await pass(MINUTE);
    scan(CCCD);
    server.hello.state = "wipe";

    await pass(3 * MINUTE);

    expect(server.stored.size).toBe(1);
    expect(readdirSync(store.folder)).toEqual(["wipe.json"]);
    expect(readWipeNote(store.folder)).toEqual({ step: "told" });
    expect(said().at(-1)).toBe("wiped");
    expect(station.host.calls.hello()).toMatchObject({
      status: { order: "wiped", insideCount: 0 },
      recent: [],
      openStops: [],
    });
    expect(scan(CCCD)).toMatchObject({ reason: "held", eventId: null });
  });

  test("forgets nothing while one event is not answered for, however long that lasts", async () => {
    const { scan, server, wipe, store, pass } = await startWiping();
    await pass(MINUTE);
    const { eventId } = scan(CCCD);
    server.poison.add(eventId ?? "");
    server.hello.state = "wipe";

    await pass(3 * 60 * MINUTE);
    expect(wipe.hasBegun()).toBe(false);
    expect(readdirSync(store.folder)).toContain("book.db");

    server.poison.clear();
    await pass(2 * 60 * MINUTE);
    expect(server.stored.has(eventId ?? "")).toBe(true);
    expect(readWipeNote(store.folder)).toEqual({ step: "told" });
  });

  test("forgets nothing that the province lost again, until it has it back", async () => {
    const { scan, server, wipe, pass } = await startWiping();
    scan(CCCD);
    await pass(MINUTE);
    server.restore(() => false);
    server.before = async ({ path }) => {
      if (path === "/v1/batches") throw new Error("no batches today");
    };
    server.hello.state = "wipe";

    await pass(30 * MINUTE);
    expect(wipe.hasBegun()).toBe(false);

    server.before = async () => {};
    // What never came through rests for an hour at most.
    await pass(90 * MINUTE);
    expect(server.stored.size).toBe(1);
    expect(wipe.hasBegun()).toBe(true);
  });

  test("obeys nobody but the province: not an answer whose signature is another's", async () => {
    const { server, station, wipe, pass } = await startWiping();
    server.after = async ({ request, answer }) => {
      const forged: unknown = JSON.parse(Buffer.from(answer.body).toString("utf8"));
      const stranger = { ...server, answerKeys: generateKeyPair("ed25519") };
      const body = { ...Object(forged), state: "wipe" };
      return signed(stranger, request.headers["tramqr-signature"] ?? "", 200, body);
    };

    await pass(60 * MINUTE);

    expect(station.order()).toBe("active");
    expect(wipe.hasBegun()).toBe(false);
  });

  test("wipes nothing because of a clock, in a pause or out of it", async () => {
    const { server, clock, station, wipe, pass } = await startWiping();
    server.hello.state = "upload-only";
    await pass(2 * MINUTE);
    clock.jumpWall(20 * 365 * 86_400_000);
    await pass(60 * MINUTE);

    expect(station.order()).toBe("upload-only");
    expect(wipe.hasBegun()).toBe(false);
  });

  test("keeps the key and goes on telling, also after a restart, until the province has answered", async () => {
    const { server, store, dataDir, clock, pass } = await startWiping();
    server.after = async ({ request, answer }) => {
      const isLast = Buffer.from(request.body).includes('"wiped"');
      if (isLast) throw new Error("the answer is lost");
      return answer;
    };
    server.hello.state = "wipe";
    await pass(5 * MINUTE);

    expect(readWipeNote(store.folder)).toMatchObject({ step: "tell", station: "station-1" });
    const restarted = await openStationStore({
      dataDir,
      wrapping: plainKeyWrapping,
      clock,
      random: systemRandom,
      onBallastReleased() {},
    });
    expect(readWipeNote(store.folder)).toMatchObject({ step: "tell" });
    expect(restarted.settings.get("enrolment")).toBeNull();
    restarted.close();

    server.after = async ({ answer }) => answer;
    await pass(6 * MINUTE);
    expect(readWipeNote(store.folder)).toEqual({ step: "told" });
  });
});
