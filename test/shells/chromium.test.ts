import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createBackoff } from "#main/backoff.ts";
import { startBrowser } from "#main/browser-process.ts";
import type { BrowserProcess } from "#main/browser-process.ts";
import { browserUser, copyXauthority, parsePasswd, profileFolder } from "#main/browser-user.ts";
import { startBrowserShell } from "#main/browser-shell.ts";
import type { BrowserShell } from "#main/browser-shell.ts";
import { browserArguments, startChromium } from "#main/chromium.ts";
import type { Chromium, ChromiumOptions } from "#main/chromium.ts";
import { findBrowser, hasDisplay } from "#main/find-browser.ts";
import { createLog } from "#main/log.ts";
import { CHROMIUM, quietLog } from "../screens/open-screen.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import type { ScriptedHost } from "../screens/scripted-host.ts";
import { processesWith, procFile } from "./processes.ts";
import { canPressKeys, canShowWindows, openDisplay } from "./x-display.ts";
import type { XDisplay } from "./x-display.ts";

const isRoot = process.getuid?.() === 0;

function options(change: Partial<ChromiumOptions> = {}): ChromiumOptions {
  return {
    executable: CHROMIUM,
    profileDir: "/nowhere",
    mode: "kiosk",
    newUrl: () => "http://127.0.0.1:1/enter?t=x",
    attachedScreens: () => 0,
    isWithoutSandbox: false,
    environment: {},
    log: quietLog,
    ...change,
  };
}

describe("finding a browser", () => {
  const on =
    (...there: readonly string[]) =>
    (path: string) =>
      there.includes(path);

  test("takes the one that is named, or none when it is not there", () => {
    const environment = { TRAMQR_CHROMIUM: "/opt/chromium" };

    expect(findBrowser(environment, "linux", on("/opt/chromium"))).toBe("/opt/chromium");
    expect(findBrowser(environment, "linux", on("/usr/bin/chromium"))).toBeNull();
  });

  test("prefers Debian's Chromium, then Chrome, then Edge", () => {
    const edge = "/usr/bin/microsoft-edge";

    expect(findBrowser({}, "linux", on(edge, "/usr/bin/chromium"))).toBe("/usr/bin/chromium");
    expect(findBrowser({}, "linux", on(edge))).toBe(edge);
    expect(findBrowser({}, "linux", on())).toBeNull();
  });

  test("finds Edge in its place on Windows", () => {
    const environment = { "ProgramFiles(x86)": "C:/Program Files (x86)" };
    const found = findBrowser(environment, "win32", (path) => path.includes("msedge.exe"));

    expect(found).toContain("Program Files (x86)");
    expect(findBrowser({}, "win32", () => true)).toBeNull();
  });

  test("knows that Linux without a display shows no window", () => {
    expect(hasDisplay({}, "linux")).toBe(false);
    expect(hasDisplay({ DISPLAY: ":0" }, "linux")).toBe(true);
    expect(hasDisplay({ WAYLAND_DISPLAY: "wayland-0" }, "linux")).toBe(true);
    expect(hasDisplay({}, "win32")).toBe(true);
  });
});

describe("the browser's command line", () => {
  test("is a locked kiosk with sandbox and without a door for debuggers", () => {
    const args = browserArguments(options(), "/p");

    expect(args).toContain("--kiosk");
    expect(args).toContain("--user-data-dir=/p");
    expect(args.at(-1)).toBe("--app=http://127.0.0.1:1/enter?t=x");
    expect(args.join(" ")).not.toMatch(/--no-sandbox|remote-debugging|disable-web-security/);
  });

  test("is without sandbox only where a test asks for it", () => {
    expect(browserArguments(options({ isWithoutSandbox: true }), "/p")).toContain("--no-sandbox");
  });

  test("begins every launch with a fresh address", () => {
    let ticket = 0;
    const parts = options({ newUrl: () => `http://127.0.0.1:1/enter?t=${(ticket += 1)}` });

    expect(browserArguments(parts, "/p").at(-1)).toMatch(/t=1$/);
    expect(browserArguments(parts, "/p").at(-1)).toMatch(/t=2$/);
  });
});

test("the managed policy lets the screens' own address through and nothing else", () => {
  const policy: unknown = JSON.parse(readFileSync("resources/chromium/policies.json", "utf8"));

  expect(policy).toMatchObject({
    URLBlocklist: ["*"],
    URLAllowlist: ["http://127.0.0.1"],
    AutoplayAllowed: true,
    DeveloperToolsAvailability: 2,
    IncognitoModeAvailability: 1,
    DownloadRestrictions: 3,
    MetricsReportingEnabled: false,
  });
});

describe("waiting before another start", () => {
  test("doubles up to half a minute, and begins anew after a good while", () => {
    let nowMs = 0;
    const backoff = createBackoff(() => nowMs);
    const waits = Array.from({ length: 9 }, () => {
      const waitMs = backoff.nextMs();
      nowMs += waitMs;
      return waitMs;
    });

    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    nowMs += 30_000;
    expect(backoff.nextMs()).toBe(250);
  });
});

describe("the browser's user", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tramqr-user-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("is read from the system's list, whatever else stands there", () => {
    const users = parsePasswd(
      "root:x:0:0::/root:/bin/sh\n\n# x\nbad:x:y:z\nnobody:x:65534:65533:::\n",
    );

    expect([...users.keys()]).toEqual(["root", "nobody"]);
    expect(users.get("nobody")).toEqual({ name: "nobody", uid: 65_534, gid: 65_533 });
  });

  test("is ourselves when we are not root", async () => {
    expect(await browserUser(false)).toBeNull();
    expect(await profileFolder(join(folder, "screen"), null)).toBe(join(folder, "screen"));
    expect(await copyXauthority("/x", folder, null)).toBe("/x");
  });

  test.runIf(isRoot)(
    "as root gets a profile that is his alone, where he can reach it",
    async () => {
      const user = { name: "nobody", uid: 65_534, gid: 65_534 };
      chmodSync(folder, 0o755);
      const reachable = await profileFolder(join(folder, "screen"), user);
      const hidden = join(folder, "hidden");
      mkdirSync(hidden, { mode: 0o700 });
      const elsewhere = await profileFolder(join(hidden, "screen"), user);

      expect(reachable).toBe(join(folder, "screen"));
      expect(statSync(reachable)).toMatchObject({ uid: 65_534 });
      expect(statSync(reachable).mode & 0o777).toBe(0o700);
      expect(elsewhere).toContain("tramqr-screen-");
      rmSync(elsewhere, { recursive: true });
    },
  );

  test("without an access file that can be read gets none", async () => {
    const user = { name: "nobody", uid: 65_534, gid: 65_534 };

    expect(await copyXauthority(join(folder, "missing"), folder, user)).toBeNull();
    expect(await copyXauthority(undefined, folder, user)).toBeNull();
  });
});

describe.skipIf(!canShowWindows)("a kept-open browser", () => {
  let display: XDisplay;
  let shell: BrowserShell;
  let station: ScriptedHost;
  let folder: string;
  let chromium: Chromium | null;

  beforeAll(async () => {
    display = await openDisplay();
  });
  afterAll(() => display.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tramqr-kiosk-"));
    chmodSync(folder, 0o711);
    station = createScriptedHost();
    shell = await startBrowserShell({
      host: station.host,
      rendererDir: "out/renderer",
      port: 0,
      log: quietLog,
    });
    chromium = null;
  });
  afterEach(async () => {
    await chromium?.stop();
    await shell.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(change: Partial<ChromiumOptions> = {}): Promise<Chromium> {
    chromium = await startChromium(
      options({
        profileDir: join(folder, "screen"),
        newUrl: () => shell.newTicketUrl(),
        attachedScreens: () => shell.connections(),
        environment: { ...process.env, ...display.environment, TRAMQR_SECRET: "canary" },
        extraFlags: ["--disable-gpu"],
        timing: { startGraceMs: 15_000, deadAfterMs: 1_500, lookEveryMs: 200 },
        ...change,
      }),
    );
    return chromium;
  }

  const attached = (count = 1) =>
    vi.waitFor(() => expect(shell.connections()).toBe(count), { timeout: 20_000 });

  const processes = () => processesWith(folder);

  test("shows the screens, and as root runs under another user with its sandbox on", async () => {
    const running = await start();
    await attached();
    const status = procFile(running.pid() ?? 0, "status");
    const renderer = processes().find(({ line }) => line.includes("--type=renderer"));

    expect(/^Uid:\t(\d+)/m.exec(status)?.[1] === "0").toBe(false);
    expect(procFile(renderer?.pid ?? 0, "status")).toMatch(/^Seccomp:\t2$/m);
    expect(procFile(running.pid() ?? 0, "environ")).not.toContain("canary");
  }, 60_000);

  test("comes back when it is killed, and when only its page dies", async () => {
    const running = await start();
    await attached();
    const first = running.pid();
    process.kill(first ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(running.launches()).toBe(2), { timeout: 10_000 });
    await attached();
    // Long enough for the watch to have seen the screen.
    await new Promise((resolve) => setTimeout(resolve, 600));

    const renderer = processes().find(({ line }) => line.includes("--type=renderer"));
    process.kill(renderer?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(running.launches()).toBe(3), { timeout: 20_000 });
    await attached();

    expect(running.pid()).not.toBe(first);
  }, 90_000);

  test("leaves no process when it is stopped, however often", async () => {
    const running = await start();
    await attached();
    expect(processes().length).toBeGreaterThan(3);

    await Promise.all([running.stop(), running.stop()]);
    await running.closed;

    await vi.waitFor(() => expect(processes()).toEqual([]));
    expect(running.launches()).toBe(1);
  }, 60_000);

  /** The browser of a station that was killed: nobody watches it any more. */
  async function startLeftBehind(): Promise<BrowserProcess> {
    const user = await browserUser(isRoot);
    const profileDir = await profileFolder(join(folder, "screen"), user);
    const xauthority = await copyXauthority(display.environment["XAUTHORITY"], profileDir, user);
    const parts = options({
      newUrl: () => shell.newTicketUrl(),
      extraFlags: ["--disable-gpu"],
    });
    return startBrowser({
      executable: CHROMIUM,
      args: browserArguments(parts, profileDir),
      environment: {
        PATH: process.env["PATH"] ?? "",
        HOME: profileDir,
        ...display.environment,
        ...(xauthority === null ? {} : { XAUTHORITY: xauthority }),
      },
      user,
    });
  }

  test("ends the browser of a station that was killed, instead of talking to it", async () => {
    const orphan = await startLeftBehind();
    await attached();
    const second = await start();
    await vi.waitFor(() => expect(processes().some(({ pid }) => pid === orphan.pid)).toBe(false));
    await attached();

    expect(second.pid()).not.toBe(orphan.pid);
    expect((await orphan.exited).signal).toBe("SIGKILL");
    expect(second.launches()).toBe(1);
  }, 60_000);

  test("says why it cannot show a window, and tries again ever more slowly", async () => {
    const lines: string[] = [];
    const running = await start({
      environment: { PATH: process.env["PATH"], DISPLAY: ":987" },
      log: createLog((line) => lines.push(line)),
    });
    await vi.waitFor(() => expect(running.launches()).toBeGreaterThan(1), { timeout: 20_000 });

    expect(lines.join("")).toContain('"problem":"no-display"');
  }, 60_000);

  test("a program that is not there is told and waited for", async () => {
    const lines: string[] = [];
    await start({ executable: "/nowhere/chromium", log: createLog((line) => lines.push(line)) });

    await vi.waitFor(() => expect(lines.join("")).toContain('"problem":"not-startable"'));
  });

  test.runIf(canPressKeys)(
    "no key of a person opens a second page or leaves the kiosk",
    async () => {
      const debug = await start({ extraFlags: ["--disable-gpu", "--remote-debugging-port=0"] });
      await attached();
      const port = await vi.waitFor(() => portOf(folder), { timeout: 10_000 });
      await vi.waitFor(async () => expect(await pagesOf(port)).toHaveLength(1));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await display.press(
        ..."ctrl+n ctrl+t ctrl+shift+n ctrl+w ctrl+o ctrl+p ctrl+s ctrl+u ctrl+h ctrl+j ctrl+l ctrl+f".split(
          " ",
        ),
        ..."F1 F3 F5 F11 F12 ctrl+shift+i ctrl+shift+j alt+Home alt+Left ctrl+r shift+Escape Return".split(
          " ",
        ),
      );
      // Keys without a pause are a scanner's; a person takes breath.
      await new Promise((resolve) => setTimeout(resolve, 500));
      await display.press("F4");

      // F4 is ours: that it arrives shows that the page has the keyboard, so the others were truly pressed.
      await vi.waitFor(() => expect(station.calls).toEqual([["undoLast"]]), { timeout: 5_000 });
      expect(await pagesOf(port)).toHaveLength(1);
      expect(shell.connections()).toBe(1);
      expect(debug.launches()).toBe(1);
    },
    60_000,
  );

  test.runIf(canPressKeys)(
    "a window that a person closes stays closed",
    async () => {
      const running = await start({ mode: "window" });
      await attached();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await display.press("alt+F4");
      await running.closed;

      await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 5_000 });
      expect(running.launches()).toBe(1);
    },
    60_000,
  );
});

/** The port that Chromium chose, from the file it writes. */
function portOf(folder: string): number {
  const [port] = readFileSync(join(folder, "screen/DevToolsActivePort"), "utf8").split("\n");
  return Number(port);
}

async function pagesOf(port: number): Promise<readonly unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
  const targets = (await answer.json()) as { type: string }[];
  return targets.filter(({ type }) => type === "page");
}
