// What can be known about the installers without an Electron binary.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const BUILT = [
  "out/main/electron.js",
  "out/preload/preload.cjs",
  "out/renderer/index.html",
  "package.json",
];
/** Bare imports of Electron's main must be packed, so they must stand in `dependencies`. */
const IMPORT = /^import\b.*?\bfrom "([^"./#][^"]*)"|\bimport\("([^"./#][^"]*)"\)/gm;

/** Every fault as a sentence; none when the installers can be made. */
export async function checkDist(root) {
  return [...(await schemaFaults(root)), ...fileFaults(root), ...dependencyFaults(root)];
}

/** electron-builder's own check of its own schema; `changes` are for tests. */
export async function schemaFaults(root, changes = {}) {
  const require = createRequire(join(root, "package.json"));
  const builder = createRequire(require.resolve("electron-builder"));
  const { getConfig, validateConfiguration } = builder("app-builder-lib/out/util/config/config");
  const { DebugLogger } = builder("builder-util");
  try {
    const config = await getConfig(root, null, null);
    await validateConfiguration({ ...config, ...changes }, new DebugLogger(false));
    return [];
  } catch (cause) {
    return [`electron-builder.yml: ${cause.message.split("\n").slice(0, 3).join(" ")}`];
  }
}

function fileFaults(root) {
  return BUILT.filter((path) => !existsSync(join(root, path))).map(
    (path) => `${path} is not built`,
  );
}

function dependencyFaults(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return mainImports(root)
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    )
    .filter(
      (name, index, names) => names.indexOf(name) === index && !(name in manifest.dependencies),
    )
    .map((name) => `${name} is imported by Electron's main but not among the dependencies`);
}

/** Every package that the built main below `root` imports, as it names it, also in what it loads later. */
export function mainImports(root) {
  const folder = join(root, "out/main");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(IMPORT)])
    .map((match) => match[1] ?? match[2])
    .filter((name) => !name.startsWith("node:") && name !== "electron");
  return [...new Set(names)];
}
