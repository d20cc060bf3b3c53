import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import type { EventDraft } from "#core/entry.ts";
import { eventChain } from "#sealing/chain.ts";
import { openEntryBook } from "#storage/entry-book.ts";
import type { EntryBook } from "#storage/entry-book.ts";
import { openDatabase } from "#storage/open-database.ts";
import { v7 as uuidv7 } from "uuid";
import { randomBytes } from "node:crypto";

export const testKey = new Uint8Array(32).fill(7);
export const startMs = Date.UTC(2026, 10, 24, 1, 0, 0);

/** A folder that is gone after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type TestBook = {
  readonly book: EntryBook;
  readonly folder: string;
  /** The connection the book was opened with, for looking behind it. */
  readonly database: Database.Database;
};

export type TestBookOptions = {
  readonly releaseBallast?: () => boolean;
  /** Called with every connection, also those after a disk fault. */
  readonly onOpen?: (database: Database.Database) => void;
};

export function openTestBook(folder = testFolder(), options: TestBookOptions = {}): TestBook {
  const open = () => {
    const opened = openDatabase(folder, testKey);
    options.onOpen?.(opened);
    return opened;
  };
  const database = open();
  const book = openEntryBook({
    database,
    reopen: open,
    owner: { station: "station-1", place: "place-1", gate: "gate-1" },
    chain: eventChain,
    random: { bytes: (count) => new Uint8Array(randomBytes(count)), fraction: Math.random },
    nowMs: () => startMs,
    releaseBallast: options.releaseBallast ?? (() => false),
  });
  return { book, folder, database };
}

let minutes = 0;

/** A made-up entry; `changes` say what matters to the test. */
export function draft(changes: Partial<EventDraft> = {}): EventDraft {
  minutes += 1;
  const wallMs = startMs + minutes * 60_000;
  return {
    eventId: uuidv7({ msecs: wallMs }),
    type: "entry",
    wallMs,
    monoMs: minutes * 60_000,
    bootId: "boot-1",
    offsetMs: null,
    offsetErrorMs: null,
    lane: "lane-1",
    direction: "in",
    directionKnown: "seen",
    documentKind: "cccd",
    flags: [],
    policyVersion: 0,
    details: {},
    sealedBody: new Uint8Array(randomBytes(200)),
    readable: person("person-1"),
    ...changes,
  };
}

export function person(key: string, name = "Nguyễn Văn Thử"): EventDraft["readable"] {
  return {
    personKey: key,
    name,
    foldedName: "nguyen van thu",
    maskedNumber: "079•••••2345",
    birthYear: "1985",
  };
}
