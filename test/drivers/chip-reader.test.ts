import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readChip } from "#core/chip/read-chip.ts";
import type { ChipReading } from "#core/chip/read-chip.ts";
import { loadPcsc, watchChipReaders } from "#drivers/chip-reader.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";
import { createIssuer, zoneOf } from "../core/chip/issuer.ts";
import { createTestChip } from "../core/chip/test-chip.ts";
import { realClock } from "./real-clock.ts";
import { hasVirtualChipReader, startVirtualChipReader } from "./virtual-chip-reader.ts";
import type { VirtualChipReader } from "./virtual-chip-reader.ts";

const password = { kind: "can", digits: "012345" } as const;

describe("a chip reader", () => {
  test("that no library serves is no reader, and says so once", async () => {
    const [faults, readers]: [unknown[], number[]] = [[], []];
    await watchChipReaders(
      {
        onCard: () => Promise.resolve(),
        onReaders: (count) => readers.push(count),
        onFault: (cause) => faults.push(cause),
      },
      {
        clock: realClock,
        signal: new AbortController().signal,
        load: () => Promise.reject(new Error("libpcsclite.so.1: cannot open shared object file")),
      },
    );

    expect([faults.length, readers]).toEqual([1, [0]]);
  });
});

describe.skipIf(!hasVirtualChipReader)("a chip reader at the system's PC/SC service", () => {
  let reader: VirtualChipReader;
  const issuer = createIssuer("ECDSA, P-256");
  const files = issuer.issue(zoneOf("079085012345", "850315", "450315", "NGUYEN<<VAN<THU"));

  beforeAll(async () => {
    reader = await startVirtualChipReader();
  });
  afterAll(async () => {
    issuer.close();
    await reader.close();
  });

  test("reads each card once as often as it is laid on, and ends when it is told to", async () => {
    const ending = new AbortController();
    const [readings, readers]: [ChipReading[], number[]] = [[], []];
    const faults: unknown[] = [];
    const watching = watchChipReaders(
      {
        async onCard(transmit) {
          readings.push(await readChip(transmit, password, chipCrypto));
        },
        onReaders: (count) => readers.push(count),
        onFault: (cause) => faults.push(cause),
      },
      { clock: realClock, signal: ending.signal, load: loadPcsc },
    );
    await vi.waitFor(() => expect(Math.max(...readers)).toBeGreaterThan(0), { timeout: 5_000 });
    for (const count of [1, 2, 3]) {
      const chip = createTestChip({ files, password, access: "pace" });
      const takeAway = await reader.layOn(chip.transmit);
      await vi.waitFor(() => expect(readings).toHaveLength(count), { timeout: 8_000 });
      takeAway();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    ending.abort();
    await watching;

    expect(readings).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "read", files, access: "pace" })),
    );
    expect(readers.at(-1)).toBe(0);
    expect(faults).toEqual([]);
  }, 40_000);

  test("a card that leaves in the middle is torn, and the next one is read", async () => {
    const ending = new AbortController();
    const kinds: string[] = [];
    const watching = watchChipReaders(
      {
        async onCard(transmit) {
          const reading = await readChip(transmit, password, chipCrypto);
          kinds.push(reading.kind === "failed" ? reading.reason : reading.kind);
        },
        onReaders() {},
        onFault: () => kinds.push("fault"),
      },
      { clock: realClock, signal: ending.signal, load: loadPcsc },
    );
    const chip = createTestChip({ files, password, access: "pace" });
    let commands = 0;
    const takeAway = await reader.layOn((command) => {
      commands += 1;
      if (commands < 6) return chip.transmit(command);
      setTimeout(() => takeAway(), 0);
      return new Promise(() => {});
    });
    await vi.waitFor(() => expect(kinds.length).toBeGreaterThan(0), { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const again = createTestChip({ files, password, access: "pace" });
    const takeAgain = await reader.layOn(again.transmit);
    await vi.waitFor(() => expect(kinds).toContain("read"), { timeout: 10_000 });
    takeAgain();
    ending.abort();
    await watching;

    expect(["torn", "fault"]).toContain(kinds[0]);
  }, 40_000);
});
