import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOCKET_FOLDER_PREFIX } from "#server/database/leftover.ts";
import { ownUserName } from "#server/database/system-user.ts";
import type { SystemUser } from "#server/database/system-user.ts";

/** How a database is reached: over a unix socket or loopback, or as a connection URL says. */
export type Connection =
  | {
      readonly kind: "local";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      readonly password: string | null;
    }
  | { readonly kind: "url"; readonly url: string };

/** Name of the database and of its role in the PostgreSQL that we bring along. */
export const DATABASE_NAME = "tramqr";

/** Who may reach an embedded PostgreSQL, and how. */
export type Access = {
  readonly connection: Connection & { readonly kind: "local" };
  /** For `initdb`. */
  readonly initArgs: readonly string[];
  /** For `postgres`. */
  readonly settings: Readonly<Record<string, string>>;
  /** A folder of ours to remove afterwards; null when it stays. */
  readonly temporaryFolder: string | null;
};

/** Longest path of a unix socket that PostgreSQL takes (sockaddr_un holds 108 bytes with the closing zero). */
const MAX_SOCKET_PATH_BYTES = 107;
/** With unix sockets the port is only part of the socket's name. */
const SOCKET_PORT = 5432;

/**
 * Access for this process's user alone: a unix socket with `peer` authentication; on Windows loopback with a random
 * password that is kept in the folder. Writes the two files of rules below `folder`.
 */
export async function openAccess(folder: string, user: SystemUser | null): Promise<Access> {
  return process.platform === "win32" ? loopbackAccess(folder) : socketAccess(folder, user);
}

function socketAccess(folder: string, user: SystemUser | null): Access {
  const wished = join(folder, "socket");
  const isShort =
    Buffer.byteLength(join(wished, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH_BYTES;
  const socketFolder = isShort ? wished : temporarySocketFolder();
  mkdirSync(socketFolder, { recursive: true });
  chmodSync(socketFolder, 0o700);
  if (user !== null) chownSync(socketFolder, user.uid, user.gid);
  const rules = writeRules(folder, {
    hba: "local all all peer map=tramqr\n",
    ident: `tramqr "${ownUserName()}" ${DATABASE_NAME}\n`,
  });
  return {
    connection: {
      kind: "local",
      host: socketFolder,
      port: SOCKET_PORT,
      user: DATABASE_NAME,
      database: DATABASE_NAME,
      password: null,
    },
    initArgs: ["--auth-local=peer", "--auth-host=reject"],
    settings: {
      ...rules,
      listen_addresses: "",
      unix_socket_directories: socketFolder,
      unix_socket_permissions: "0700",
      port: String(SOCKET_PORT),
    },
    temporaryFolder: isShort ? null : socketFolder,
  };
}

/** TMPDIR itself may be long. */
function temporarySocketFolder(): string {
  const base = Buffer.byteLength(tmpdir()) > 60 ? "/tmp" : tmpdir();
  return mkdtempSync(join(base, SOCKET_FOLDER_PREFIX));
}

async function loopbackAccess(folder: string): Promise<Access> {
  const passwordFile = join(folder, "database.password");
  if (!existsSync(passwordFile)) {
    writeFileSync(passwordFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  }
  const port = await freePort();
  const rules = writeRules(folder, {
    hba: "host all all 127.0.0.1/32 scram-sha-256\n",
    ident: "",
  });
  return {
    connection: {
      kind: "local",
      host: "127.0.0.1",
      port,
      user: DATABASE_NAME,
      database: DATABASE_NAME,
      password: readFileSync(passwordFile, "utf8").trim(),
    },
    initArgs: ["--auth=scram-sha-256", `--pwfile=${passwordFile}`],
    settings: { ...rules, listen_addresses: "127.0.0.1", port: String(port) },
    temporaryFolder: null,
  };
}

/** Outside the data folder, where PostgreSQL's user could put a link in their place. */
function writeRules(
  folder: string,
  rules: { readonly hba: string; readonly ident: string },
): Readonly<Record<string, string>> {
  const hbaFile = join(folder, "pg_hba.conf");
  const identFile = join(folder, "pg_ident.conf");
  for (const [path, text] of [
    [hbaFile, rules.hba],
    [identFile, rules.ident],
  ] as const) {
    writeFileSync(path, text);
    chmodSync(path, 0o644);
  }
  return { hba_file: hbaFile, ident_file: identFile };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
