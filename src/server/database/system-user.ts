import { chmodSync, readFileSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { tmpdir, userInfo } from "node:os";
import { DatabaseUnavailable } from "#server/database/errors.ts";

/** A user of the operating system under whom PostgreSQL runs. */
export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number };

/** PostgreSQL refuses to run as root; `tramqr` is made by our packages, `nobody` is on every system. */
const CANDIDATES = ["tramqr", "nobody"];

/** Whom PostgreSQL runs as when we are root; null when we are not, and it runs as ourselves. */
export function databaseUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = parsePasswd(readFileSync("/etc/passwd", "utf8"));
  const user = CANDIDATES.map((name) => users.get(name)).find((found) => found !== undefined);
  if (user === undefined) {
    throw new DatabaseUnavailable(
      "PostgreSQL cannot run as root, and there is no user tramqr or nobody: run useradd --system tramqr.",
    );
  }
  return user;
}

/** The name of the operating-system user that this process runs as. */
export function ownUserName(): string {
  return userInfo().username;
}

/**
 * Lets `user` pass through the folders above `path`, as far as they are this process's own: `ownFolder` and what is in
 * it, and folders for temporary files. Throws {@link DatabaseUnavailable} for a folder that is not ours to open.
 */
export function openWayTo(path: string, ownFolder: string, user: SystemUser | null): void {
  if (user === null) return;
  const temporary = realpathSync(tmpdir());
  for (const folder of ancestors(path)) {
    const state = statSync(folder);
    if (canEnter(state, user)) continue;
    const isOurs = isInside(folder, ownFolder) || folder.startsWith(`${temporary}/`);
    if (!isOurs || state.uid !== process.getuid?.()) {
      throw new DatabaseUnavailable(
        `PostgreSQL runs as ${user.name}, who may not enter ${folder}: choose another data folder, such as /var/lib/tramqr, or run chmod o+x ${folder}.`,
      );
    }
    chmodSync(folder, (state.mode & 0o7777) | 0o001);
  }
}

/** The first folder above `path` that `user` cannot enter; null when the way is free. */
export function blockedFolder(path: string, user: SystemUser): string | null {
  return ancestors(path).find((folder) => !canEnter(statSync(folder), user)) ?? null;
}

function canEnter(state: Stats, user: SystemUser): boolean {
  if (state.uid === user.uid) return (state.mode & 0o100) !== 0;
  if (state.gid === user.gid) return (state.mode & 0o010) !== 0;
  return (state.mode & 0o001) !== 0;
}

/** The folders above `path`, outermost first. */
function ancestors(path: string): readonly string[] {
  const folders: string[] = [];
  let folder = dirname(resolve(path));
  while (folder !== dirname(folder)) {
    folders.unshift(folder);
    folder = dirname(folder);
  }
  return folders;
}

function isInside(folder: string, root: string): boolean {
  return folder === resolve(root) || folder.startsWith(`${resolve(root)}/`);
}

function parsePasswd(text: string): ReadonlyMap<string, SystemUser> {
  const users = new Map<string, SystemUser>();
  for (const line of text.split("\n")) {
    const [name = "", , uid, gid] = line.split(":");
    if (gid !== undefined) users.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
