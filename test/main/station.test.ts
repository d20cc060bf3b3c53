import { createHmac } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { testCodeNames, testCodePayload } from "#core/scanner-test-codes.ts";
import { NotSaved } from "#storage/entry-book.ts";
import { openBody } from "#sealing/sealed-body.ts";
import { createCertificateMaker, vaccinationOf } from "../sealing/made-certificate.ts";
import { startTestStation, testProvince } from "./test-station.ts";

const CCCD =
  "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một, Phường Mẫu, Bình Thuận|19042021";
const OTHER = "072303011829||Nguyễn Thị Mẫu|21032003|Nữ|Thôn Mẫu Ổn, An Mẫu, Thái Bình|14082021";
const BHYT_EXPIRED =
  "DN401AA31900000|4cc3aa205669e1bb8774204de1baab75|04/09/1985|1|437479207068e1baa76e206de1bb816d204de1baab75202d20434e2074e1bb956e6720437479205468e1bbad|01 - 043|01/07/2017|31/12/2017|21/07/2017|01059710000215|-|4|01/07/2022|1f2fa22c47f0babc-7102|$";

const minute = 60_000;

function refuse(): never {
  throw new NotSaved("no space left");
}

describe("a station", () => {
  test("lets in a person with a chip card, and the entry is in the book, sealed to the province", async () => {
    const { scan, station, province } = await startTestStation();

    const outcome = scan(CCCD);

    expect(outcome.verdict).toMatchObject({
      kind: "in",
      recorded: true,
      maskedNumber: "079•••••2345",
      direction: "in",
    });
    const [event] = station.book.nextBatch(10, 1e6, 0);
    expect(event?.eventId).toBe(outcome.eventId);
    const body = openBody(
      event?.sealedBody ?? new Uint8Array(),
      event?.eventId ?? "",
      province.sealing,
    );
    expect(body).toMatchObject({
      identity: "cccd:079085012345",
      name: "Nguyễn Văn Thử",
      birth_date: "1985-03-15",
      document: "079085012345",
    });
  });

  test("toggles by presence, swallows a card held too long, and says when it was read already", async () => {
    const { scan, clock, verdicts } = await startTestStation();
    scan(CCCD);
    await clock.advance(1_000);
    const swallowed = scan(CCCD);
    await clock.advance(40_000);
    const repeat = scan(CCCD);
    await clock.advance(5 * minute);
    const exit = scan(CCCD);

    expect(swallowed).toMatchObject({ verdict: null, eventId: null });
    expect(repeat).toMatchObject({ eventId: null, reason: "repeat" });
    expect(repeat.verdict).toMatchObject({
      kind: "notice",
      recorded: false,
      earlierDirection: "in",
    });
    expect(exit.verdict).toMatchObject({ kind: "out", recorded: true });
    expect(verdicts.map((view) => view.number)).toEqual([1, 2, 3]);
  });

  test("a repeat becomes an exit when the guard says so, once, and only while it is fresh", async () => {
    const { scan, clock, station, outcomes } = await startTestStation();
    scan(CCCD);
    await clock.advance(40_000);
    const shown = scan(CCCD).verdict?.number ?? -1;
    const { calls } = station.host;

    expect(calls.recordRepeatAsExit(shown)).toEqual({ kind: "done" });
    expect(outcomes.at(-1)?.verdict).toMatchObject({ kind: "out", recorded: true });
    expect(calls.recordRepeatAsExit(shown)).toEqual({ kind: "refused", reason: "too-late" });
    expect(station.book.countInside()).toBe(0);
  });

  test("takes back the newest entry by a new event, within two minutes", async () => {
    const { scan, clock, station } = await startTestStation();
    const { calls } = station.host;
    expect(calls.undoLast()).toEqual({ kind: "refused", reason: "nothing-to-undo" });
    scan(CCCD);

    expect(calls.undoLast()).toEqual({ kind: "done" });

    expect(station.book.countInside()).toBe(0);
    expect(calls.hello().recent[0]).toMatchObject({ undone: true });
    expect(station.book.pendingCount()).toBe(2);
    scan(OTHER);
    await clock.advance(2 * minute + 1);
    expect(calls.undoLast()).toEqual({ kind: "refused", reason: "too-late" });
  });

  test("an expired card comes in, recorded and said", async () => {
    const { scan } = await startTestStation({ direction: "in" });

    expect(scan(BHYT_EXPIRED).verdict).toMatchObject({
      kind: "notice",
      reason: "expired",
      recorded: true,
      validTo: "2017-12-31",
    });
  });

  test("a health certificate is laid beside the person who passed last, and changes no entry", async () => {
    const maker = createCertificateMaker(0);
    const { scan, clock, station } = await startTestStation({ signers: [maker.signer] });
    const papers = maker.made(vaccinationOf("NGUYEN", "VAN THU", "1985-03-15"));
    const others = maker.made(vaccinationOf("TRAN", "THI MAU", "1985-03-15"));
    const alone = scan(papers);
    const entry = scan(CCCD);
    await clock.advance(10_000);
    const good = scan(papers);
    await clock.advance(10_000);
    const wrong = scan(others);

    expect(alone.verdict).toMatchObject({ kind: "unknown", reason: "health-certificate" });
    expect(good).toMatchObject({ documentKind: null, direction: null });
    expect(good.verdict).toMatchObject({
      kind: "in",
      reason: null,
      maskedNumber: "079•••••2345",
      certificate: { standing: "valid", holder: "same", about: "vaccination", dose: 2 },
    });
    expect(wrong.verdict).toMatchObject({
      kind: "notice",
      reason: "certificate-other-person",
      certificate: { holder: "other" },
    });
    expect(station.book.countInside()).toBe(1);
    const headers = station.book.nextBatch(10, 1e6, 0).map((event) => JSON.parse(event.headerText));
    expect(headers.map(({ type }: { type: string }) => type)).toEqual([
      "unread",
      "entry",
      "attachment",
      "attachment",
    ]);
    expect(headers[2]).toMatchObject({
      body_hash: null,
      details: {
        entry: entry.eventId,
        format: "hc1",
        standing: "valid",
        holder: "same",
        signer_out_of_date: true,
      },
    });
  });

  test("what is nobody's card leaves an event that is no entry, and no content", async () => {
    const { scan, station } = await startTestStation();
    const payment =
      "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F";

    const outcome = scan(payment);

    expect(outcome.verdict).toMatchObject({ kind: "unknown", reason: "payment", recorded: false });
    const [event] = station.book.nextBatch(10, 1e6, 0);
    expect(JSON.parse(event?.headerText ?? "")).toMatchObject({
      type: "unread",
      details: { reason: "payment" },
    });
    expect(event?.headerText).not.toContain("A000000727");
    expect(event?.sealedBody).toBeNull();
  });

  test("a code of the test sheet is about the scanner: shown, counted for its lane, never recorded", async () => {
    const { scan, clock, station, outcomes } = await startTestStation();
    const [keys, letters, length] = testCodeNames.map(testCodePayload) as [string, string, string];

    const wrong = scan(letters.replaceAll(/[^ -~]/g, ""));
    const shown = [keys, keys, letters, length].map((code) => scan(code).verdict);
    await clock.advance(11 * minute);
    const later = scan(keys);

    expect(wrong).toMatchObject({ reason: "scanner-test", eventId: null, durableMs: null });
    expect(wrong.verdict).toMatchObject({
      kind: "unknown",
      recorded: false,
      scannerTest: { code: "letters", findings: [{ kind: "letters-lost" }], passed: 0, total: 3 },
    });
    expect(shown.map((view) => [view?.kind, view?.scannerTest?.passed])).toEqual([
      ["notice", 1],
      ["notice", 1],
      ["notice", 2],
      ["notice", 3],
    ]);
    expect(later.verdict?.scannerTest?.passed).toBe(1);
    expect(station.book.nextBatch(10, 1e6, 0)).toEqual([]);
    expect(station.book.countInside()).toBe(0);
    expect(outcomes).toHaveLength(6);
    expect(scan(CCCD).verdict).toMatchObject({ kind: "in", number: 7 });
  });

  test("an unknown code is an entry without its text", async () => {
    const { scan, station, province } = await startTestStation();

    expect(scan("MA-NHAN-VIEN-00417").verdict).toMatchObject({
      kind: "notice",
      reason: "opaque-code",
      recorded: true,
    });
    const [event] = station.book.nextBatch(10, 1e6, 0);
    const body = openBody(
      event?.sealedBody ?? new Uint8Array(),
      event?.eventId ?? "",
      province.sealing,
    );
    expect(body.identity).toMatch(/^opaque:[0-9a-f]+$/);
    expect(JSON.stringify(body)).not.toContain("NHAN");
  });

  test("stops a watched person without saying why, and records the attempt", async () => {
    const hash = createHmac("sha256", Buffer.alloc(32, 5))
      .update("cccd:079085012345")
      .digest("hex");
    const province = testProvince({ watch_list: [{ identity_hash: hash, case_number: "07" }] });
    const { scan, station } = await startTestStation({ province });

    expect(scan(CCCD).verdict).toMatchObject({ kind: "stop", caseNumber: "07", recorded: true });
    expect(scan(OTHER).verdict).toMatchObject({ kind: "in" });
    expect(station.book.countInside()).toBe(1);
  });

  test("keeps a stop until somebody says what was done, through a reload of the page and a restart", async () => {
    const hash = createHmac("sha256", Buffer.alloc(32, 5))
      .update("cccd:079085012345")
      .digest("hex");
    const province = testProvince({ watch_list: [{ identity_hash: hash, case_number: "07" }] });
    const first = await startTestStation({ province });
    first.scan(OTHER);
    const stop = first.scan(CCCD).verdict;
    expect(first.station.host.calls.hello().openStops).toEqual([stop]);
    first.station.close();
    first.store.close();
    const dataDir = first.store.folder.replace(/[/\\]station$/, "");

    const again = await startTestStation({ dataDir, province });
    const { calls } = again.station.host;
    expect(calls.hello().openStops).toEqual([stop]);
    expect(again.scan(BHYT_EXPIRED).verdict?.number).toBeGreaterThan(stop?.number ?? Infinity);
    const eventsBefore = again.station.book.pendingCount();
    expect(calls.acknowledgeStop(stop?.number ?? -1, "turned-away")).toEqual({ kind: "done" });
    expect(calls.acknowledgeStop(stop?.number ?? -1, "turned-away")).toEqual({ kind: "done" });

    expect(calls.hello().openStops).toEqual([]);
    expect(again.station.book.pendingCount()).toBe(eventsBefore + 1);
  });

  test("ticks softly for a code that is held too long, and counts it", async () => {
    const { scan, station, ticks } = await startTestStation();

    for (const text of [CCCD, CCCD, CCCD, OTHER]) scan(text);

    expect(ticks).toEqual(["lane-1", "lane-1"]);
    const [scanner] = station.board.now().scanners;
    expect(scanner?.counts).toMatchObject({ scans: 4, repeated: 2 });
  });

  test("gives a scanner that is plugged in later a lane of its own, with a direction that lasts", async () => {
    const { station, clock } = await startTestStation();
    const { calls } = station.host;
    station.addLane({
      name: "lane-2",
      driver: "Maker (1eab:1a10)",
      direction: "auto",
      label: null,
      sound: "low",
      isShown: true,
    });

    expect(calls.setDirection("lane-2", "out")).toEqual({ kind: "done" });
    const scan = { bytes: Buffer.from(CCCD), atMs: clock.nowMs(), device: "usb" };
    expect(station.take(scan, "lane-2").verdict).toMatchObject({ kind: "out", lane: "lane-2" });
    expect(calls.hello().status.scanners).toMatchObject([
      { lane: "lane-1" },
      { lane: "lane-2", direction: "out", sound: "low", counts: { scans: 1 } },
    ]);
  });

  test("is quiet about a lost scanner once the guard knows, until it is lost again", async () => {
    const { station } = await startTestStation();
    const lost = { state: "lost", sinceMs: 1, trouble: "unplugged", holder: null } as const;
    const silenced = () => station.board.now().scanners[0]?.isSilenced;
    station.board.setScanner("lane-1", lost);
    expect(silenced()).toBe(false);

    expect(station.host.calls.silenceAlarm()).toEqual({ kind: "done" });
    expect(silenced()).toBe(true);
    station.board.setScanner("lane-1", { state: "alive", sinceMs: 2, trouble: null });
    station.board.setScanner("lane-1", { ...lost, sinceMs: 3 });

    expect(silenced()).toBe(false);
    expect(station.board.now().scanners[0]?.counts.lost).toBe(2);
  });

  test("remembers presence, rules of repeat and the lane's direction after a restart", async () => {
    const first = await startTestStation();
    first.scan(CCCD);
    first.station.host.calls.setDirection("lane-1", "out");
    first.station.close();
    first.store.close();
    const dataDir = first.store.folder.replace(/[/\\]station$/, "");

    const again = await startTestStation({ dataDir, province: first.province });

    expect(again.station.book.countInside()).toBe(1);
    expect(again.station.host.calls.hello().status.scanners[0]).toMatchObject({ direction: "out" });
    await again.clock.advance(3 * minute);
    expect(again.scan(CCCD).verdict).toMatchObject({ kind: "out" });
  });

  test("a wall clock set back by hours makes neither a repeat nor a swallowed scan", async () => {
    const { scan, clock } = await startTestStation({ direction: "in" });
    scan(CCCD);
    clock.jumpWall(-6 * 3_600_000);
    await clock.advance(10 * minute);

    expect(scan(CCCD).verdict).toMatchObject({
      kind: "notice",
      reason: "already-inside",
      recorded: true,
    });
  });

  test("when the disk refuses, nobody is shown green, and paper is asked for", async () => {
    const { scan, station, logLines } = await startTestStation();
    scan(CCCD);
    vi.spyOn(station.book, "record").mockImplementationOnce(refuse);
    vi.spyOn(station.book, "personState").mockImplementationOnce(refuse);

    const outcomes = [scan(OTHER), scan(OTHER.replace("Mẫu", "Thử")), scan(BHYT_EXPIRED)];

    const reasons = outcomes.map((outcome) => outcome.verdict?.reason);
    expect(reasons).toEqual(["not-saved", "not-saved", "expired"]);
    expect(outcomes[0]).toMatchObject({
      eventId: null,
      verdict: { kind: "unknown", recorded: false },
    });
    expect(logLines.filter((line) => line.includes("not-saved"))).not.toHaveLength(0);
  });

  test("logs no name, no number and no payload", async () => {
    const { scan, logLines } = await startTestStation();
    for (const text of [CCCD, OTHER, BHYT_EXPIRED, "MA-NHAN-VIEN-00417", "???", "\u0000\u0001"])
      scan(text);

    const log = logLines.join("\n");

    expect(logLines.length).toBe(6);
    expect(log).not.toMatch(/Nguy|Thử|079085|072303|NHAN|01059710000215/);
  });
});
