import { join } from "node:path";
import type Database from "better-sqlite3";
import type { BookOwner } from "#core/entry.ts";
import type { Clock, Random } from "#core/ports.ts";
import { finishForgetting } from "#main/wipe-note.ts";
import { eventChain } from "#sealing/chain.ts";
import { openBallast } from "#storage/ballast.ts";
import type { Ballast } from "#storage/ballast.ts";
import { openEntryBook } from "#storage/entry-book.ts";
import type { EntryBook } from "#storage/entry-book.ts";
import { bookKey } from "#storage/key-files.ts";
import type { KeyWrapping } from "#storage/key-files.ts";
import { FolderInUse, hasBook, openDatabase, requireWritable } from "#storage/open-database.ts";
import { openSettingsTable } from "#storage/settings-table.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** Everything that the station keeps on disk: `DIR/station`. */
export type StationStore = {
  readonly folder: string;
  readonly settings: SettingsTable;
  readonly ballast: Ballast;
  /** Key of the book, for the escrow copy and for deriving this station's own hash keys. */
  readonly key: Uint8Array;
  openBook(owner: BookOwner): EntryBook;
  close(): void;
};

export type StoreOptions = {
  readonly dataDir: string;
  readonly wrapping: KeyWrapping;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when the disk was full and the ballast has been given up. */
  readonly onBallastReleased: () => void;
};

/** Space that a full disk can still be given: some 20,000 entries. */
const BALLAST_BYTES = 64 * 1024 * 1024;

/** A predecessor that is just ending gets this long before its folder counts as in use. */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 100;

async function openWhenFree(
  folder: string,
  key: Uint8Array,
  clock: Clock,
): Promise<Database.Database> {
  const never = new AbortController().signal;
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    try {
      return openDatabase(folder, key);
    } catch (cause) {
      if (!(cause instanceof FolderInUse) || waitedMs >= PATIENCE_MS) throw cause;
    }
    await clock.sleep(LOOK_EVERY_MS, never);
  }
}

/**
 * Opens (or makes) the station's folder for this process alone, after a wipe that was interrupted is done. Throws FolderNotWritable, FolderInUse, WrongKey,
 * KeyLost, KeyWrappedElsewhere or DatabaseTooNew.
 */
export async function openStationStore(options: StoreOptions): Promise<StationStore> {
  const folder = join(options.dataDir, "station");
  finishForgetting(folder);
  requireWritable(folder);
  const key = await bookKey(folder, hasBook(folder), options.wrapping, options.random);
  const database = await openWhenFree(folder, key, options.clock);
  const ballast = openBallast(folder, BALLAST_BYTES);
  const releaseBallast = () => {
    const released = ballast.release();
    if (released) options.onBallastReleased();
    return released;
  };
  const reopen = (): Database.Database => openDatabase(folder, key);
  let book: EntryBook | null = null;
  return {
    folder,
    key,
    ballast,
    settings: openSettingsTable(database),
    openBook(owner) {
      const parts = {
        chain: eventChain,
        random: options.random,
        nowMs: () => options.clock.nowMs(),
      };
      book = openEntryBook({ ...parts, database, reopen, owner, releaseBallast });
      return book;
    },
    close() {
      if (book === null) database.close();
      else book.close();
    },
  };
}
