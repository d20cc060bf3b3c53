import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v7 as uuidv7 } from "uuid";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { systemRandom } from "#main/system-ports.ts";
import { openDatabase } from "#storage/open-database.ts";
import { benchEnrolment, openBenchStation } from "./bench-station.ts";
import { compare, percentile } from "./measure.ts";
import type { Measured } from "./measure.ts";

const SCANS = 1_500;

/** Last byte of a scan → entry durable and sealed, against a raw 4 KiB overwrite + fdatasync, taken turn by turn. */
export async function benchScanDurable(entries: readonly number[]): Promise<readonly Measured[]> {
  const lines: Measured[] = [];
  const medians: number[] = [];
  for (const count of entries) {
    const { ours, baseline } = await measureBook(count);
    medians.push(percentile(ours, 50) / percentile(baseline, 50));
    for (const [percent, atMost] of [
      [50, 3],
      [99, 6],
    ] as const) {
      lines.push(
        compare({
          name: `scan → durable, book of ${count} entries, p${percent}`,
          unit: "ms",
          n: SCANS,
          ours: percentile(ours, percent),
          baseline: percentile(baseline, percent),
          atMost,
        }),
      );
    }
  }
  const [small, large] = [medians[0] ?? 1, medians.at(-1) ?? 1];
  lines.push(
    compare({
      name: `scan → durable, growth from ${entries[0]} to ${entries.at(-1)} entries (medians as ratios)`,
      unit: "ms",
      n: SCANS,
      ours: large,
      baseline: small,
      atMost: 1.2,
    }),
  );
  return lines;
}

async function measureBook(entries: number): Promise<{ ours: number[]; baseline: number[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  try {
    const first = await openBenchStation(dataDir, benchEnrolment());
    const { key, folder } = first.store;
    first.close();
    fillBook(folder, key, entries);
    return await timeScans(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function timeScans(dataDir: string): Promise<{ ours: number[]; baseline: number[] }> {
  const { station, close } = await openBenchStation(dataDir, benchEnrolment());
  const cards = createDemoCards(systemRandom, () => Date.now());
  const file = openSync(join(dataDir, "baseline"), "w");
  const block = Buffer.alloc(4096, 1);
  writeSync(file, block);
  const ours: number[] = [];
  const baseline: number[] = [];
  for (let scan = 0; scan < SCANS; scan += 1) {
    const bytes = Buffer.from(cards.next(), "utf8");
    const started = performance.now();
    station.take({ bytes, atMs: Date.now(), device: "bench" }, "lane-1");
    ours.push(performance.now() - started);
    const rawStarted = performance.now();
    writeSync(file, block, 0, block.length, 0);
    fdatasyncSync(file);
    baseline.push(performance.now() - rawStarted);
    // Between two people a station has time; a checkpoint every 100 scans is far more often than at a door.
    if (scan % 100 === 99) station.book.checkpoint();
  }
  closeSync(file);
  close();
  return { ours, baseline };
}

/** Rows of old entries in large transactions, straight into the tables: what a book looks like after years. */
function fillBook(folder: string, key: Uint8Array, entries: number): void {
  const db = openDatabase(folder, key);
  const event = db.prepare(
    `INSERT INTO events (number, instance, seq, event_id, type, wall_at_ms, header_text, hash, sealed_body,
       acknowledged_at_ms, person_key, direction, boot_id, mono_ms, has_notice)
     VALUES (?, 1, ?, ?, 'entry', ?, ?, ?, ?, 1, ?, 'in', 'old', 0, 0)`,
  );
  const person = db.prepare(
    "INSERT INTO people (person_key, last_event, is_inside) VALUES (?, ?, 0)",
  );
  const header = JSON.stringify({ filler: "x".repeat(560) });
  const body = systemRandom.bytes(230);
  const startMs = Date.now() - entries * 1_000;
  const insert = db.transaction((from: number, to: number) => {
    for (let seq = from; seq <= to; seq += 1) {
      const atMs = startMs + seq * 1_000;
      const key = Buffer.from(systemRandom.bytes(16)).toString("hex");
      event.run(seq, seq, uuidv7({ msecs: atMs }), atMs, header, "0".repeat(64), body, key);
      if (seq % 5 === 0) person.run(key, seq);
    }
  });
  for (let from = 1; from <= entries; from += 5_000) insert(from, Math.min(entries, from + 4_999));
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}
