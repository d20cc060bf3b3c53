import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { electronArguments } from "#main/run-electron.ts";
import { parseStartOptions } from "#main/start-options.ts";
import { UsageError } from "#main/usage-error.ts";
import { testFolder } from "../storage/test-book.ts";

/** What the person at the terminal would read, in English. */
function complaint(args: readonly string[], environment: Record<string, string> = {}): string {
  try {
    parseStartOptions(args, environment);
  } catch (cause) {
    if (cause instanceof UsageError) return `${cause.vietnamese}\n${cause.english}`;
    throw cause;
  }
  throw new Error("nothing was refused");
}

function folderWith(settings: string): string {
  const folder = testFolder();
  writeFileSync(join(folder, "tramqr.toml"), settings);
  return folder;
}

describe("start options", () => {
  test("flags win over variables, variables over the file", () => {
    const folder = folderWith('server = "http://file.example"\nport = 1\nserver_port = 2\n');
    const environment = { TRAMQR_PORT: "3", TRAMQR_SERVER_PORT: "4" };

    const options = parseStartOptions(["--data", folder, "--port", "5"], environment);

    expect(options).toMatchObject({ port: 5, serverPort: 4, serverUrl: "http://file.example" });
  });

  test("the station in Electron's own process has the same lanes, from the file and from the flags", () => {
    const folder = folderWith(
      '[[lanes]]\nscanner = "hid"\nname = "cong-a"\ndirection = "in"\nlabel = "Cổng A"\n',
    );
    for (const flags of [[], ["--scanner", "stdin", "--scanner", "demo:2"]]) {
      const options = parseStartOptions(["--data", folder, ...flags], {});
      const passedOn = electronArguments({
        options,
        serverUrl: "http://127.0.0.1:1",
        enrolmentCode: null,
      });

      expect(parseStartOptions(passedOn, {}).lanes).toEqual(options.lanes);
    }
  });

  test("every scanner is a lane, with the direction that the file gives it", () => {
    const folder = folderWith(
      '[[lanes]]\nscanner = "serial:/dev/ttyUSB0"\ndirection = "in"\n[[lanes]]\nscanner = "hid"\n',
    );

    expect(parseStartOptions(["--data", folder], {}).lanes).toEqual([
      {
        name: "lane-1",
        scanner: "serial:/dev/ttyUSB0",
        direction: "in",
        label: null,
        sound: "normal",
      },
      { name: "lane-2", scanner: "hid", direction: "auto", label: null, sound: "low" },
    ]);
    const flags = ["--data", folder, "--scanner", "stdin", "--scanner", "demo:2"];
    expect(parseStartOptions(flags, {}).lanes.map((lane) => lane.scanner)).toEqual([
      "stdin",
      "demo:2",
    ]);
  });

  test("a lane has the name, the label and the sound that the file gives it", () => {
    const named = 'name = "cua-trai"\nlabel = "Cửa trái"\nsound = "high"\n';
    const folder = folderWith(`[[lanes]]\nscanner = "usb:1eab:1a10:A0001"\n${named}`);

    expect(parseStartOptions(["--data", folder], {}).lanes).toEqual([
      {
        name: "cua-trai",
        scanner: "usb:1eab:1a10:A0001",
        direction: "auto",
        label: "Cửa trái",
        sound: "high",
      },
    ]);
  });

  test("an unknown key of a lane is answered with the keys that a lane has", () => {
    const folder = folderWith('[[lanes]]\nscanner = "hid"\ncolour = "red"\n');

    expect(() => parseStartOptions(["--data", folder], {})).toThrow(
      /line 3: lanes\/0\/colour\? \(scanner, direction, name, label, sound\)/,
    );
  });

  test("two lanes of one name are refused, also when one of the names was not given", () => {
    const folder = folderWith(
      '[[lanes]]\nscanner = "hid"\nname = "lane-2"\n[[lanes]]\nscanner = "stdin"\n',
    );

    expect(() => parseStartOptions(["--data", folder], {})).toThrow(/"lane-2"/);
  });

  test("without a scanner named, every one that is found is read", () => {
    expect(parseStartOptions(["--data", testFolder()], {}).findsScanners).toBe(true);
  });

  test.each([
    [["--foo"], /--foo.*Known flags: --data/s],
    [["stray"], /stray/],
    [["--port", "70000"], /--port/],
    [["--shell", "firefox"], /firefox/],
    [["--server", "not a url"], /--server/],
    [["--server", "ftp://x.example"], /--server/],
  ])("%j is refused in both languages with what was expected", (args, words) => {
    const text = complaint(["--data", testFolder(), ...args]);

    expect(text).toMatch(words);
    expect(text.split("\n").length).toBe(2);
  });

  test.each([
    ["an unknown key", "port = 1\nlaness = 3\n", /tramqr\.toml, line 2: laness\?/],
    ["a wrong type", 'headless = "maybe"\n', /tramqr\.toml, line 1: headless/],
    ["a wrong direction", '[[lanes]]\nscanner = "stdin"\ndirection = "up"\n', /line 3/],
    ["broken syntax", "port = 1\nshell = \n", /line 2/],
  ])("a settings file with %s names file, line and what was expected", (_name, settings, words) => {
    expect(complaint(["--data", folderWith(settings)])).toMatch(words);
  });
});
