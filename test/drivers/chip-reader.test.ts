import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readChip } from "#core/chip/read-chip.ts";
import type { ChipReading } from "#core/chip/read-chip.ts";
import { watchChipReaders } from "#drivers/chip-reader.ts";
import { connectPcscd, PCSCD_SOCKET } from "#drivers/pcscd.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";
import { createIssuer, zoneOf } from "../core/chip/issuer.ts";
import { createTestChip } from "../core/chip/test-chip.ts";
import { realClock } from "./real-clock.ts";
import { hasVirtualChipReader, startVirtualChipReader } from "./virtual-chip-reader.ts";
import type { VirtualChipReader } from "./virtual-chip-reader.ts";

const password = { kind: "can", digits: "012345" } as const;

describe("a chip reader", () => {
  test("is not missed where there is no service, and is looked for again", async () => {
    const ending = new AbortController();
    const readers: number[] = [];
    let tries = 0;
    await watchChipReaders(
      {
        onCard: () => Promise.resolve(),
        onReaders: (count) => readers.push(count),
        onFault() {},
      },
      {
        clock: { ...realClock, sleep: () => Promise.resolve() },
        signal: ending.signal,
        connect() {
          tries += 1;
          if (tries === 3) ending.abort();
          return connectPcscd("/nowhere/pcscd.comm");
        },
      },
    );

    expect([tries, readers]).toEqual([3, [0]]);
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
      { clock: realClock, signal: ending.signal, connect: () => connectPcscd(PCSCD_SOCKET) },
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
    // A card that is taken away cannot be given back.
    expect(faults.length).toBeLessThanOrEqual(3);
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
      { clock: realClock, signal: ending.signal, connect: () => connectPcscd(PCSCD_SOCKET) },
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
