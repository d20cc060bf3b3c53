import { describe, expect, test } from "vitest";
import { createBaudMemory } from "#main/baud-memory.ts";
import { startTestStation } from "./test-station.ts";

describe("the speeds that were found", () => {
  test("are kept in the station's book, one by port, and what is no speed is none", async () => {
    const { store } = await startTestStation();
    const before = createBaudMemory(store.settings);
    before.keep("/dev/ttyUSB0", 57_600);
    before.keep("COM3", 115_200);
    store.settings.set("baud:COM4", "fast");

    const after = createBaudMemory(store.settings);

    expect(["/dev/ttyUSB0", "COM3", "COM4", "COM5"].map((path) => after.known(path))).toEqual([
      57_600,
      115_200,
      null,
      null,
    ]);
  });
});
