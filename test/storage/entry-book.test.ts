import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { NotSaved } from "#storage/entry-book.ts";
import {
  BOOK_FILE,
  DatabaseTooNew,
  FolderInUse,
  openDatabase,
  WrongKey,
} from "#storage/open-database.ts";
import { draft, openTestBook, person, startMs, testFolder, testKey } from "./test-book.ts";

describe("entry book", () => {
  test("numbers events 1, 2, 3 without a gap and chains them", () => {
    const { book } = openTestBook();

    const seqs = [1, 2, 3].map(() => book.record(draft()).seq);

    expect(seqs).toEqual([1, 2, 3]);
    expect(book.firstBrokenEvent()).toBeNull();
  });

  test("holds everything after it is opened again", () => {
    const { book, folder } = openTestBook();
    const written = book.record(draft());
    book.close();

    const again = openTestBook(folder).book;

    expect(again.head()).toEqual({
      instance: again.head().instance,
      seq: 1,
      hash: written.hash,
    });
    expect(again.pendingCount()).toBe(1);
    expect(again.countInside()).toBe(1);
  });

  test("refuses to change, renumber or forget an event that was not acknowledged", () => {
    const { book, database } = openTestBook();
    book.record(draft());
    const attempts = [
      "UPDATE events SET header_text = '{}'",
      "UPDATE events SET seq = 7",
      "UPDATE events SET sealed_body = NULL",
      "DELETE FROM events",
      `INSERT INTO events (instance, seq, event_id, type, wall_at_ms, header_text, hash)
       VALUES (1, 5, 'x', 'entry', 0, '{}', '')`,
    ];

    for (const sql of attempts)
      expect(() => database.exec(sql)).toThrow(/append-only|erased|never deleted|gap/);
    expect(book.firstBrokenEvent()).toBeNull();
  });

  test("lets a body be erased once the province has the event, and the chain stays checkable", () => {
    const { book, database } = openTestBook();
    const { eventId } = book.record(draft());
    book.record(draft());
    book.acknowledge([eventId], startMs);

    database.exec("UPDATE events SET sealed_body = NULL WHERE acknowledged_at_ms IS NOT NULL");

    expect(book.firstBrokenEvent()).toBeNull();
  });

  test("finds an event that was changed behind its back", () => {
    const { book, database } = openTestBook();
    book.record(draft());
    const { eventId } = book.record(draft());
    database.exec("DROP TRIGGER events_are_append_only");

    database.exec(
      "UPDATE events SET header_text = replace(header_text, 'cccd', 'bhyt') WHERE seq = 2",
    );

    expect(book.firstBrokenEvent()).toBe(eventId);
  });

  test("follows who is inside, also through undo and rebuilding", () => {
    const { book } = openTestBook();
    book.record(draft({ readable: person("an") }));
    book.record(draft({ readable: person("binh") }));
    const exit = book.record(draft({ readable: person("an"), direction: "out" }));
    expect([
      book.personState("an").isInside,
      book.personState("binh").isInside,
      book.countInside(),
    ]).toEqual([false, true, 1]);

    book.record(
      draft({ type: "undo", direction: null, readable: null, details: { target: exit.eventId } }),
    );

    expect([book.personState("an").isInside, book.countInside()]).toEqual([true, 2]);
    book.rebuildPresence();
    expect([
      book.personState("an").isInside,
      book.personState("binh").isInside,
      book.countInside(),
    ]).toEqual([true, true, 2]);
  });

  test("finds people by any word of the folded name, and takes wildcards literally", () => {
    const { book } = openTestBook();
    book.record(draft({ readable: person("an") }));

    const found = ["nguyen", "thu", "van t", "guyen", "%", "_"].map(
      (text) => book.search(text, 10).length,
    );

    expect(found).toEqual([1, 1, 1, 0, 0, 0]);
  });

  test("forgets names after their hours but still knows who is inside", () => {
    const { book } = openTestBook();
    const entry = draft();
    book.record(entry);

    expect(book.forgetReadable(entry.wallMs + 1)).toBe(1);

    expect(book.recent(1)[0]).toMatchObject({ name: null, maskedNumber: null });
    expect(book.personState("person-1").isInside).toBe(true);
  });
});

describe("sealed bodies", () => {
  const day = 24 * 3_600_000;
  const bodiesIn = ({ database }: { readonly database: Database.Database }) =>
    database
      .prepare("SELECT sealed_body IS NOT NULL FROM events ORDER BY number")
      .pluck()
      .all()
      .map(Boolean);

  test("are erased after their days at the province, never before, and the chain stays whole", () => {
    const opened = openTestBook();
    const { book } = opened;
    const ids = [1, 2, 3].map(
      () => book.record(draft({ sealedBody: new Uint8Array([1, 2, 3]) })).eventId,
    );
    book.acknowledge([ids[0] ?? ""], startMs);
    book.acknowledge([ids[1] ?? ""], startMs + day);

    expect(book.eraseSealedBodies(startMs + day, 0, 100)).toBe(0);

    expect(bodiesIn(opened)).toEqual([false, true, true]);
    expect(book.firstBrokenEvent()).toBeNull();
    expect(book.nextBatch(9, 1e6, startMs).map((event) => event.eventId)).toEqual([ids[2]]);
  });

  test("are looked through in pieces, round and round", () => {
    const opened = openTestBook();
    const { book } = opened;
    const ids = Array.from(
      { length: 5 },
      () => book.record(draft({ sealedBody: new Uint8Array([1]) })).eventId,
    );
    book.acknowledge(ids, startMs);
    const erase = (after: number) => book.eraseSealedBodies(startMs + 1, after, 2);

    expect([erase(0), bodiesIn(opened)]).toEqual([2, [false, false, true, true, true]]);
    expect([erase(2), erase(4)]).toEqual([4, 0]);
    expect(bodiesIn(opened)).not.toContain(true);
  });
});

describe("outbox", () => {
  test("hands out the oldest events and forgets them only by id", () => {
    const { book } = openTestBook();
    const ids = [1, 2, 3].map(() => book.record(draft()).eventId);

    expect(book.nextBatch(2, 1e6, startMs).map((event) => event.eventId)).toEqual(ids.slice(0, 2));
    expect(book.acknowledge([ids[1] ?? "", "unknown"], startMs)).toBe(1);
    expect(book.acknowledge([ids[1] ?? ""], startMs)).toBe(0);

    expect(book.pendingCount()).toBe(2);
    expect(book.acknowledgedUpto()).toBe(0);
    expect(book.nextBatch(9, 1e6, startMs).map((event) => event.seq)).toEqual([1, 3]);
  });

  test("keeps a batch within its bytes, but never sends nothing", () => {
    const { book } = openTestBook();
    for (let count = 0; count < 5; count += 1) book.record(draft());

    expect(book.nextBatch(5, 2_500, startMs).length).toBeLessThan(5);
    expect(book.nextBatch(5, 10, startMs)).toHaveLength(1);
  });

  test("sends the rest of an old instance before the new one, never both in one batch", () => {
    const { book } = openTestBook();
    book.record(draft());
    const old = book.head().instance;
    book.startInstance("fork", startMs);
    const { seq } = book.record(draft());

    expect(seq).toBe(1);
    expect(book.nextBatch(9, 1e6, startMs).map((event) => event.instance)).toEqual([old]);
    expect(book.pendingCount()).toBe(2);
  });

  test("lets a poison event rest while the others go on", () => {
    const { book } = openTestBook();
    const poison = book.record(draft()).eventId;
    const good = book.record(draft()).eventId;
    book.setAside(poison, startMs + 60_000);

    expect(book.nextBatch(9, 1e6, startMs).map((event) => event.eventId)).toEqual([good]);
    expect(book.nextBatch(9, 1e6, startMs + 60_001)).toHaveLength(2);
    expect(book.pendingCount()).toBe(2);
  });

  test("sends again what a restored server has lost", () => {
    const { book } = openTestBook();
    const ids = [1, 2, 3].map(() => book.record(draft()).eventId);
    book.acknowledge(ids, startMs);

    expect(book.resendAfter(book.head().instance, 1)).toBe(2);

    expect(book.pendingCount()).toBe(2);
    expect(book.acknowledgedUpto()).toBe(1);
  });
});

describe("the book on disk", () => {
  test("nothing of a name or number can be read from the files", () => {
    const { book, folder } = openTestBook();
    book.record(draft({ readable: person("an", "Canary Thử Nghiệm") }));
    book.checkpoint();

    const files = [BOOK_FILE, `${BOOK_FILE}-wal`].map((name) => readFileSync(join(folder, name)));

    for (const file of files) {
      expect(file.includes("Canary")).toBe(false);
      expect(file.includes("nguyen van thu")).toBe(false);
      expect(file.includes("SQLite format 3")).toBe(false);
    }
  });

  test("a second station on the same folder is refused", () => {
    const { folder } = openTestBook();

    expect(() => openDatabase(folder, testKey)).toThrow(FolderInUse);
  });

  test("a wrong key is named as such and harms nothing", () => {
    const { book, folder } = openTestBook();
    book.record(draft());
    book.close();

    expect(() => openDatabase(folder, new Uint8Array(32).fill(8))).toThrow(WrongKey);
    expect(openTestBook(folder).book.head().seq).toBe(1);
  });

  test("a newer book is not opened by an older program", () => {
    const { database, book, folder } = openTestBook();
    database.pragma("user_version=99");
    book.close();

    expect(() => openDatabase(folder, testKey)).toThrow(DatabaseTooNew);
  });

  test("50 flipped bits in 50 copies are all noticed, none becomes another entry", () => {
    const { book, folder } = openTestBook();
    for (let count = 0; count < 40; count += 1) book.record(draft());
    book.close();
    const whole = readFileSync(join(folder, BOOK_FILE));
    let noticed = 0;

    for (let flip = 0; flip < 50; flip += 1) {
      const copy = Buffer.from(whole);
      // The first 100 bytes hold the plain page format, which SQLite itself checks or does not use.
      const at = 100 + ((flip * 7919) % (copy.length - 100));
      copy[at] = (copy[at] ?? 0) ^ (1 << (flip % 8));
      const damaged = testFolder();
      writeFileSync(join(damaged, BOOK_FILE), copy);
      try {
        const { book: opened } = openTestBook(damaged);
        if (opened.firstDamage() !== null || opened.firstBrokenEvent() !== null) noticed += 1;
        opened.close();
      } catch {
        noticed += 1;
      }
    }

    expect(noticed).toBe(50);
  });

  test("a full disk refuses the entry, and the ballast lets it in at the second try", () => {
    let released = 0;
    const { book, database } = openTestBook(testFolder(), {
      releaseBallast() {
        released += 1;
        database.pragma("max_page_count=100000");
        return true;
      },
    });
    limitPages(database, 3);

    const seqs = Array.from({ length: 60 }, () => book.record(draft()).seq);

    expect(seqs.at(-1)).toBe(60);
    expect(released).toBe(1);
    expect(book.firstBrokenEvent()).toBeNull();
  });

  test("without ballast a full disk is NotSaved, nothing is half saved, and it goes on when there is room", () => {
    const { book, folder } = openTestBook(testFolder(), { onOpen: (db) => limitPages(db, 2) });
    const big = { details: { filler: "x".repeat(20_000) } };

    expect(() => book.record(draft(big))).toThrow(NotSaved);
    expect(book.head().seq).toBe(0);
    expect(book.countInside()).toBe(0);

    expect(book.record(draft()).seq).toBe(1);
    expect(book.firstBrokenEvent()).toBeNull();
    book.close();
    expect(openTestBook(folder).book.head().seq).toBe(1);
  });

  test("SQLite is new enough", () => {
    const version = new Database(":memory:").prepare("SELECT sqlite_version()").pluck().get();

    expect(String(version).localeCompare("3.51.3", "en", { numeric: true })).toBeGreaterThanOrEqual(
      0,
    );
  });
});

/** Stands for a disk with room for some more pages of 4 KiB. */
function limitPages(database: Database.Database, more: number): void {
  const pages = Number(database.pragma("page_count", { simple: true }));
  database.pragma(`max_page_count=${pages + more}`);
}
