/** `npm run bench [-- --json FILE] [-- --full]`: each figure beside its baseline of the same run. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { formatMeasured } from "./measure.ts";
import type { Measured } from "./measure.ts";
import { benchDrain } from "./drain.ts";
import { benchIngest } from "./ingest.ts";
import { benchRecognize } from "./recognize.ts";
import { benchScanDurable } from "./scan-durable.ts";
import { benchScanPainted } from "./scan-painted.ts";
import { benchTrace } from "./trace.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, full: { type: "boolean" }, only: { type: "string" } },
});

const benches: Readonly<Record<string, () => Promise<readonly Measured[]>>> = {
  recognize: async () => benchRecognize(),
  "scan-durable": () =>
    benchScanDurable(values.full === true ? [10_000, 1_000_000] : [10_000, 100_000]),
  "scan-painted": () => benchScanPainted(),
  ingest: () => benchIngest(values.full === true ? 5 : 3, values.full === true ? 100_000 : 16_000),
  trace: () => benchTrace(values.full === true ? [1_000_000, 10_000_000] : [100_000, 1_000_000]),
  drain: () => benchDrain(3, values.full === true ? 100_000 : 5_000),
};

const report: Measured[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (const line of await bench()) {
    report.push(line);
    console.log(formatMeasured(line));
  }
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 2));
process.exitCode = report.every((line) => line.isMet) ? 0 : 1;
