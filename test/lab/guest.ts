/** The lab's program inside the guest: `guest.ts CYCLES [SCENARIO …]`. */
import { openBench } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { tryHid } from "./guest-hid.ts";
import { tryNewcomers } from "./guest-newcomers.ts";
import { trySerial } from "./guest-serial.ts";
import { tryStation } from "./guest-station.ts";
import { tryWedge } from "./guest-wedge.ts";

const [cycles = "1", ...only] = process.argv.slice(2);

const scenarios: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  hid: tryHid,
  newcomers: tryNewcomers,
  serial: (bench) => trySerial(bench, Number(cycles)),
  wedge: tryWedge,
  station: tryStation,
};

const bench = openBench();
bench.note(`Node ${process.version} runs`);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (only.length > 0 && !only.includes(name)) continue;
  bench.note(`--- ${name}`);
  try {
    await scenario(bench);
  } catch (cause) {
    bench.check(`${name} comes to its end`, false, String(cause));
  }
}
bench.end();
// Whatever a scenario that failed has left open must not keep the guest running.
process.exit();
