import { sql as entryBook } from "#storage/migrations/0001-entry-book.ts";

/** Position in the list is the schema's version, from 1. A released migration is never edited. */
export const migrations: readonly string[] = [entryBook];
