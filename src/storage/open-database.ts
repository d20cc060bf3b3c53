import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { makePrivateFolder } from "#storage/durable-file.ts";
import { migrations } from "#storage/migrations/index.ts";

/** File name of the entry book in a station's folder. */
export const BOOK_FILE = "book.db";

/** SQLite before 3.51.3 can corrupt a database in WAL mode ("WAL-reset" fault). */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** Another program, or a second station, has the same folder open. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/** The folder cannot be written: permissions, read-only file system, or no such disk. */
export class FolderNotWritable extends Error {
  override readonly name = "FolderNotWritable";
}

/** The key does not open this book. Never read as "corrupt, delete". */
export class WrongKey extends Error {
  override readonly name = "WrongKey";
}

/** The book was written by a newer program. */
export class DatabaseTooNew extends Error {
  override readonly name = "DatabaseTooNew";
}

/** The SQLite library is older than the first one without the WAL-reset fault. */
export class SqliteTooOld extends Error {
  override readonly name = "SqliteTooOld";
}

/** True when the folder already holds a book. */
export function hasBook(folder: string): boolean {
  return existsSync(join(folder, BOOK_FILE));
}

/**
 * Opens the encrypted book of a folder for this process alone, and brings its schema up to date. Throws
 * {@link FolderNotWritable}, {@link FolderInUse}, {@link WrongKey}, {@link DatabaseTooNew}, {@link SqliteTooOld}.
 */
export function openDatabase(folder: string, key: Uint8Array): Database.Database {
  requireWritable(folder);
  const db = new Database(join(folder, BOOK_FILE), { timeout: 0 });
  try {
    configure(db, key);
    migrate(db);
    return db;
  } catch (cause) {
    db.close();
    throw named(cause, folder);
  }
}

/** Creates the folder if it is missing. Throws {@link FolderNotWritable}. */
export function requireWritable(folder: string): void {
  try {
    makePrivateFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new FolderNotWritable(`cannot write in ${folder}`, { cause });
  }
}

function configure(db: Database.Database, key: Uint8Array): void {
  // Page encryption with authentication: a flipped bit is an error, not another name. AEGIS-256 because it is the fastest
  // of the authenticated ciphers that the library offers, by a tenth of the whole scan path.
  db.pragma("cipher='aegis'");
  db.pragma(`key="raw:${Buffer.from(key).toString("hex")}"`);
  // Exclusive before WAL: the second opener gets SQLITE_BUSY, and there is no shared-memory file.
  db.pragma("locking_mode=EXCLUSIVE");
  db.pragma("auto_vacuum=INCREMENTAL");
  db.pragma("journal_mode=WAL");
  // NORMAL loses acknowledged scans in one power cut of five; FULL in none (docs/decisions/0004-durability.md).
  db.pragma("synchronous=FULL");
  db.pragma("secure_delete=ON");
  db.pragma("temp_store=MEMORY");
  db.pragma("trusted_schema=OFF");
  db.pragma("cell_size_check=ON");
  db.pragma("mmap_size=0");
  db.pragma("foreign_keys=ON");
  // Checkpoints run between scans (EntryBook.checkpoint); this is only the limit if there is never a pause.
  db.pragma("wal_autocheckpoint=4000");
  requireSqlite(db);
}

function migrate(db: Database.Database): void {
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new DatabaseTooNew(`book version ${version}, this program knows ${migrations.length}`);
  }
  for (let next = version; next < migrations.length; next += 1) {
    const apply = db.transaction(() => {
      db.exec(migrations[next] ?? "");
      db.pragma(`user_version=${next + 1}`);
    });
    apply.immediate();
  }
}

function requireSqlite(db: Database.Database): void {
  const version = String(db.prepare("SELECT sqlite_version()").pluck().get());
  const parts = version.split(".").map(Number);
  for (const [index, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part > oldest) return;
    if (part < oldest) throw new SqliteTooOld(`SQLite ${version}`);
  }
}

function named(cause: unknown, folder: string): unknown {
  const code = sqliteCode(cause);
  if (code === "SQLITE_BUSY")
    return new FolderInUse(`${folder} is open in another program`, { cause });
  if (code === "SQLITE_NOTADB")
    return new WrongKey(`the key does not open ${BOOK_FILE} in ${folder}`, { cause });
  if (code === "SQLITE_READONLY" || code === "SQLITE_CANTOPEN") {
    return new FolderNotWritable(`cannot write in ${folder}`, { cause });
  }
  return cause;
}

/** SQLite's own name of a fault, such as `SQLITE_FULL`; empty when it is none. */
export function sqliteCode(cause: unknown): string {
  return cause instanceof Database.SqliteError ? cause.code : "";
}
