import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

/** Debian's kernel, unpacked and never installed: the host keeps its own. */
export type Kernel = {
  readonly release: string;
  readonly image: string;
  /** Paths of these modules and of all that they need, in the order in which they must be loaded. */
  modulesFor(names: readonly string[]): readonly string[];
};

/**
 * The kernel that `linux-image-amd64` stands for now, from Debian's archive through apt, kept below `folder` for the next
 * time. Throws with apt's or dpkg's own words when it cannot be had.
 */
export function fetchDebianKernel(folder: string): Kernel {
  const name = kernelPackage();
  const release = name.replace("linux-image-", "");
  const unpacked = join(folder, release);
  if (!existsSync(unpacked)) unpack(name, release, folder, unpacked);
  const modules = join(unpacked, "lib/modules", release);
  const needs = readDependencies(readFileSync(join(modules, "modules.dep"), "utf8"));
  return {
    release,
    image: join(unpacked, "boot", `vmlinuz-${release}`),
    modulesFor: (names) => loadOrder(names, needs).map((path) => join(modules, path)),
  };
}

/** Never a glob: every kernel that was ever released would match. */
function kernelPackage(): string {
  const depends = run("apt-cache", ["depends", "linux-image-amd64"], ".");
  const name = /Depends: (linux-image-\S+-amd64)/.exec(depends)?.[1];
  if (name === undefined) throw new Error("apt knows no linux-image-amd64: run apt-get update");
  return name;
}

/** Half an unpacked kernel is none: it gets its name when it is whole. */
function unpack(name: string, release: string, folder: string, unpacked: string): void {
  const part = `${unpacked}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  run("apt-get", ["download", "-q", name], folder);
  const archive = readdirSync(folder).find(
    (file) => file.startsWith(`${name}_`) && file.endsWith(".deb"),
  );
  if (archive === undefined) throw new Error(`apt-get download left no ${name} package`);
  run("dpkg-deb", ["-x", archive, basename(part)], folder);
  run("depmod", ["-b", basename(part), release], folder);
  rmSync(join(folder, archive));
  renameSync(part, unpacked);
}

/** depmod and its like stand where only root's PATH looks. */
function run(command: string, args: readonly string[], folder: string): string {
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" };
  const child = spawnSync(command, args, { cwd: folder, encoding: "utf8", env });
  if (child.status === 0) return child.stdout;
  const said = child.error?.message ?? child.stderr;
  throw new Error(`${command} ${args.join(" ")}: ${said.trim()}`);
}

/** `modules.dep`: `path: what it needs`, nearest first (depmod.d(5), modules.dep(5)). */
function readDependencies(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split("\n").filter((line) => line.includes(":"));
  return new Map(
    lines.map((line) => {
      const [path = "", needs = ""] = line.split(":");
      return [path, needs.split(" ").filter((need) => need !== "")];
    }),
  );
}

function loadOrder(
  names: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const paths = names.map((name) => {
    const path = [...needs.keys()].find((module) => basename(module) === `${name}.ko`);
    if (path === undefined) throw new Error(`this kernel has no module ${name}`);
    return path;
  });
  const order = paths.flatMap((path) => [...(needs.get(path) ?? []).toReversed(), path]);
  return [...new Set(order)];
}
