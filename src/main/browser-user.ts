import { constants } from "node:fs";
import { access, chmod, chown, copyFile, mkdir, mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A system user that the browser runs as when we are root: with its sandbox on, and without our rights. */
export type BrowserUser = { readonly name: string; readonly uid: number; readonly gid: number };

/** Our own user when the package was installed with one, else the one that every Linux has. */
const wantedUsers = ["tramqr-screen", "nobody"];

/** The user to run the browser as; null: as ourselves, because we are not root. */
export async function browserUser(isRoot: boolean): Promise<BrowserUser | null> {
  if (!isRoot) return null;
  const users = parsePasswd(await readFile("/etc/passwd", "utf8"));
  return wantedUsers.map((name) => users.get(name)).find((user) => user !== undefined) ?? null;
}

/** Users by name in the text of `/etc/passwd`; lines that are not users are skipped. */
export function parsePasswd(text: string): ReadonlyMap<string, BrowserUser> {
  const users = new Map<string, BrowserUser>();
  for (const line of text.split("\n")) {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    if (name === "" || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) continue;
    users.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return users;
}

/**
 * A folder for the browser's profile that its user, and only he, can use: `wanted`, or a fresh one among the temporary
 * files when another user cannot get there.
 */
export async function profileFolder(wanted: string, user: BrowserUser | null): Promise<string> {
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  if (user === null) return wanted;
  const isReachable = await canBeReached(dirname(wanted));
  const folder = isReachable ? wanted : await mkdtemp(join(tmpdir(), "tramqr-screen-"));
  await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  return folder;
}

/**
 * Lets the browser's user draw on our X server: a copy of our access file that only he can read. Null: there is none to
 * copy, or none needed.
 */
export async function copyXauthority(
  source: string | undefined,
  folder: string,
  user: BrowserUser | null,
): Promise<string | null> {
  if (source === undefined || user === null) return source ?? null;
  const isReadable = await access(source, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable) return null;
  const copy = join(folder, "Xauthority");
  await copyFile(source, copy);
  await chown(copy, user.uid, user.gid);
  await chmod(copy, 0o600);
  return copy;
}

/** Whether everybody may walk through `folder` and all folders above it. */
async function canBeReached(folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const { mode } = await stat(path);
    if ((mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
