// The virtual hardware lab: a QEMU guest with Debian's kernel, in which the product's drivers meet the real ones.
//   npm run lab [-- --only hid,newcomers,serial,wedge,station] [--cycles N] [--minutes N]
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    cycles: { type: "string", default: "50" },
    minutes: { type: "string", default: "20" },
  },
});
const [cycles, minutes] = [Number(values.cycles), Number(values.minutes)];
const only = values.only.split(",").filter((name) => name !== "");
if (!(Number.isInteger(cycles) && cycles > 0 && minutes > 0)) {
  console.error("--cycles is a whole number and --minutes a number, both above 0.");
  process.exit(2);
}

/** What the lab runs on, and the Debian package of each. */
const programs = {
  "qemu-system-x86_64": "qemu-system-x86",
  busybox: "busybox-static",
  depmod: "kmod",
  udevadm: "udev",
};
const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/bin"];
const missing = Object.entries(programs)
  .filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))))
  .map(([, name]) => name);

if (process.platform !== "linux" || process.arch !== "x64" || !existsSync("/usr/bin/apt-get")) {
  console.log("SKIPPED: the lab needs Debian or Ubuntu on x64, for its kernel and for QEMU.");
  console.log("0 passed, 0 failed, 1 skipped");
} else if (missing.length > 0) {
  const line = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  console.log(`SKIPPED: the lab needs programs that are not here. As root run: ${line}`);
  console.log("0 passed, 0 failed, 1 skipped");
} else {
  const { runLab } = await import("../test/lab/run-lab.ts");
  process.exitCode = (await runLab({ only, cycles, minutes })) === 0 ? 0 : 1;
}
