import { afterAll, describe, expect, test } from "vitest";
import { checkChip } from "#main/chip-check.ts";
import type { ChipFiles } from "#core/chip/read-chip.ts";
import { NotSaved } from "#storage/entry-book.ts";
import { createIssuer, zoneOf } from "../core/chip/issuer.ts";
import { createTestChip } from "../core/chip/test-chip.ts";
import type { TestChipOptions } from "../core/chip/test-chip.ts";
import { startTestStation } from "./test-station.ts";
import type { TestStation } from "./test-station.ts";

const CCCD =
  "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một, Phường Mẫu, Bình Thuận|19042021";
const can = { kind: "can", digits: "012345" } as const;
const mrz = {
  kind: "mrz",
  documentNumber: "085012345",
  birthDate: "850315",
  expiryDate: "250315",
} as const;
const issuer = createIssuer("ECDSA, P-256");
const files = issuer.issue(zoneOf("079085012345", "850315", "250315", "NGUYEN<<VAN<THU"));
const others = issuer.issue(zoneOf("072303012345", "030321", "280321", "NGUYEN<<THI<MAU"));
afterAll(() => issuer.close());

async function lay(
  { station, clock }: TestStation,
  chip: Partial<TestChipOptions> = {},
  countrySigners = [issuer.country],
) {
  const card = createTestChip({ files, password: can, access: "pace", ...chip });
  const parts = { clock, countrySigners };
  return station.takeChip(await checkChip(card.transmit, station.chipOwner(), parts));
}

function lastHeader({ station }: TestStation): unknown {
  return JSON.parse(station.book.nextBatch(20, 1e6, 0).at(-1)?.headerText ?? "null");
}

describe("a chip on the reader", () => {
  test("of the person who just passed is verified, and the entry is marked by an event of its own", async () => {
    const opened = await startTestStation();
    const entry = opened.scan(CCCD);
    await opened.clock.advance(4_000);
    const outcome = await lay(opened);

    expect(outcome.verdict).toMatchObject({
      number: 2,
      kind: "in",
      maskedNumber: "079•••••2345",
      chip: { kind: "checked", standing: "valid", holder: "same" },
    });
    expect(lastHeader(opened)).toMatchObject({
      type: "attachment",
      body_hash: null,
      details: { entry: entry.eventId, format: "chip", standing: "valid", holder: "same" },
    });
    expect(opened.station.book.countInside()).toBe(1);
  });

  test("opens by the printed zone where the access number does not, or there is no PACE", async () => {
    for (const access of ["pace", "bac"] as const) {
      const opened = await startTestStation();
      opened.scan(CCCD);

      expect((await lay(opened, { password: mrz, access })).verdict?.chip).toEqual({
        kind: "checked",
        standing: "valid",
        holder: "same",
      });
    }
  });

  test("without a trust list is compared all the same, and nobody vouches for it", async () => {
    const opened = await startTestStation();
    opened.scan(CCCD);

    expect((await lay(opened, {}, [])).verdict).toMatchObject({
      kind: "in",
      chip: { standing: "unknown-signer", holder: "same" },
    });
  });

  test.each([
    ["a genuine chip of somebody else", others, { standing: "valid", holder: "other" }],
    [
      "somebody else's content under a genuine signature",
      { dg1: others.dg1, sod: files.sod },
      { standing: "invalid", holder: "unknown" },
    ],
  ] as const)("%s is a notice", async (_name, changed: ChipFiles, chip) => {
    const opened = await startTestStation();
    opened.scan(CCCD);

    expect((await lay(opened, { files: changed })).verdict).toMatchObject({
      kind: "notice",
      chip: { kind: "checked", ...chip },
    });
  });

  test("before anybody passed, or a minute later, asks for the card's code and records nothing", async () => {
    const opened = await startTestStation();
    const before = await lay(opened);
    opened.scan(CCCD);
    await opened.clock.advance(60_000);
    const late = await lay(opened);

    expect([before.verdict?.chip, late.verdict?.chip]).toEqual([
      { kind: "alone" },
      { kind: "alone" },
    ]);
    expect([before.eventId, late.eventId]).toEqual([null, null]);
    expect(opened.station.book.pendingCount()).toBe(1);
  });

  test("of another card does not open, and says what to do", async () => {
    const opened = await startTestStation();
    opened.scan(CCCD);
    const outcome = await lay(opened, { password: { kind: "can", digits: "999999" } });

    expect(outcome).toMatchObject({ eventId: null, reason: "chip-unread" });
    expect(outcome.verdict).toMatchObject({
      kind: "unknown",
      chip: { kind: "unread", reason: "wrong-password" },
    });
  });

  test("that cannot be recorded is never shown as checked", async () => {
    const opened = await startTestStation();
    opened.scan(CCCD);
    opened.store.close();
    const card = createTestChip({ files, password: can, access: "pace" });
    const parts = { clock: opened.clock, countrySigners: [issuer.country] };
    const finding = await checkChip(card.transmit, opened.station.chipOwner(), parts);
    const take = () => opened.station.takeChip(finding);

    expect(outcomeOf(take)).not.toContain("checked");
  });
});

/** A closed book is a bug to the station and may throw; whatever it does, it may not say that all is well. */
function outcomeOf(take: () => unknown): string {
  try {
    return JSON.stringify(take());
  } catch (cause) {
    return cause instanceof NotSaved ? "not-saved" : "threw";
  }
}
