import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { holderOf } from "#drivers/port-holder.ts";
import { createSerialDriver } from "#drivers/serial.ts";
import { startReading } from "./reading.ts";
import { realClock } from "./real-clock.ts";
import { isSerialTestable, openVirtualSerial } from "./virtual-serial.ts";

function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tramqr-proc-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(process.platform !== "linux")("the program that holds a port", () => {
  test("is named by the process that has it open, also behind a link", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "ttyACM0"), "");
    symlinkSync(join(folder, "ttyACM0"), join(folder, "by-id"));
    mkdirSync(join(folder, "7/fd"), { recursive: true });
    mkdirSync(join(folder, "8/fd"), { recursive: true });
    symlinkSync("/dev/null", join(folder, "7/fd/0"));
    symlinkSync(join(folder, "ttyACM0"), join(folder, "8/fd/3"));
    symlinkSync("/usr/sbin/ModemManager", join(folder, "8/exe"));

    expect(await holderOf(join(folder, "by-id"), folder)).toBe("ModemManager");
  });

  test("is not known when nobody may tell, or the port is gone", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "ttyACM0"), "");

    expect(await holderOf(join(folder, "ttyACM0"), folder)).toBeNull();
    expect(await holderOf(join(folder, "ttyACM9"), folder)).toBeNull();
    expect(await holderOf(join(folder, "ttyACM0"), join(folder, "none"))).toBeNull();
  });

  test.skipIf(!isSerialTestable)("is told with the trouble of a busy port", async () => {
    const { path } = await openVirtualSerial();
    const first = startReading(createSerialDriver({ path, baudRate: 9600 }, realClock));
    await first.opened();

    const end = await startReading(createSerialDriver({ path, baudRate: 9600 }, realClock)).end;
    await first.stop();

    expect(end).toMatchObject({
      trouble: "busy",
      holder: expect.stringMatching(/^node|socat/),
    });
  });
});
