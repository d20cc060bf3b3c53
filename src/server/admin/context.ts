import { resolve } from "node:path";
import type { Clock, Random } from "#core/ports.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";
import type { Vault } from "#server/vault/vault.ts";

/** What administrators' commands work on. */
export type AdminParts = {
  readonly pool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * The database is the one that the server brings along: its local administrator may stand for a second officer. On the
   * province's own database nobody does.
   */
  readonly isEmbedded: boolean;
};

/** Where a command's lines go. A promise is waited for, so that a slow reader slows the command. */
export type AdminIo = {
  write(line: string): void | Promise<void>;
  error(line: string): void | Promise<void>;
};

/** Who asked. */
export type AdminCaller = {
  readonly actor: string;
  /** The folder in which the command was typed: paths are from there. Default: this process's own. */
  readonly folder?: string;
  /** What was typed or scanned for `--document-stdin`: personal, so it never stands among the arguments. */
  readonly input?: string | null;
};

/** Who asked, and where the answer goes. */
export type Caller = AdminCaller & { readonly io: AdminIo };

/** A path as it was typed, from the folder it was typed in. */
export function pathFrom({ folder }: AdminCaller, path: string): string {
  return resolve(folder ?? process.cwd(), path);
}

/** The command was not understood, or does not fit what is there. Exit code 2. */
export class AdminUsage extends Error {
  override readonly name = "AdminUsage";
}
