import type { Dropped } from "#core/scan.ts";
import type { Driver } from "#drivers/driver.ts";
import type { HotPlug, Newcomer } from "#drivers/hot-plug.ts";
import { watchSleep } from "#drivers/sleep-watch.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import type { DeviceState } from "#drivers/supervise.ts";
import { soundOfLane } from "#main/lane-names.ts";
import type { LaneNames } from "#main/lane-names.ts";
import type { Log } from "#main/log.ts";
import type { Station, StationLane } from "#main/station.ts";
import { systemClock, systemUptimeMs } from "#main/system-ports.ts";

/** A lane and the driver that reads its scanner. */
export type LaneDriver = StationLane & { readonly source: Driver };

export type LaneReading = {
  readonly lanes: readonly LaneDriver[];
  /** Null: no other scanners than those of the lanes. */
  readonly hotPlug: HotPlug | null;
  readonly names: LaneNames;
  readonly station: Station;
  readonly log: Log;
  readonly onState: (lane: string, state: DeviceState["state"]) => void;
};

/** The lane of a scanner that was found: the one it had before, on whatever port it is now. */
export function laneOfNewcomer(newcomer: Newcomer, names: LaneNames): LaneDriver {
  const { name, index } = names.laneOf(newcomer.key);
  return {
    name,
    driver: newcomer.label,
    direction: "auto",
    label: null,
    sound: soundOfLane(index),
    isShown: true,
    source: newcomer.driver,
  };
}

/** Reads every lane, and every scanner that is plugged in later, into the station, until the signal aborts. */
export async function readLanes(reading: LaneReading, signal: AbortSignal): Promise<void> {
  const { station, log, hotPlug, names } = reading;
  const laneOf = new Map(reading.lanes.map((lane) => [lane.source, lane.name]));
  const nameOf = (driver: Driver) => laneOf.get(driver) ?? "";
  async function* joining(plug: HotPlug, until: AbortSignal) {
    for await (const newcomer of plug.watch(until)) {
      if (newcomer.replaces !== null) {
        names.replace(newcomer.replaces, newcomer.key);
        station.board.setScanner(nameOf(newcomer.driver), { driver: newcomer.label });
        continue;
      }
      const lane = laneOfNewcomer(newcomer, names);
      laneOf.set(lane.source, lane.name);
      station.addLane(lane);
      yield lane.source;
    }
  }
  const scans = superviseDrivers(
    reading.lanes.map((lane) => lane.source),
    {
      clock: systemClock,
      signal,
      onState(driver, state) {
        station.board.setScanner(nameOf(driver), state);
        reading.onState(nameOf(driver), state.state);
        log.event("scanner", {
          lane: nameOf(driver),
          state: state.state,
          trouble: state.trouble ?? "",
        });
      },
      onDropped(dropped, driver) {
        station.board.count(nameOf(driver), dropped.reason);
        logDropped(log, dropped);
      },
      onFault: (_driver, cause) => log.fault("scanner", cause),
      ...(hotPlug === null ? {} : { joining: (until) => joining(hotPlug, until) }),
      watchSleep: (until, onAwake) => watchForSleep(until, onAwake, log),
    },
  );
  for await (const { scan, driver } of scans) station.take(scan, nameOf(driver));
}

function watchForSleep(until: AbortSignal, onAwake: () => void, log: Log): void {
  const monoSkipsSleep = process.platform !== "win32";
  const ports = { clock: systemClock, uptimeMs: systemUptimeMs, monoSkipsSleep };
  void watchSleep(ports, until, () => {
    log.event("awake");
    onAwake();
  });
}

/** Some scanners send a status with every trigger: what is no loss is counted, and not a line each. */
function logDropped(log: Log, { reason, byteCount, device }: Dropped): void {
  if (reason === "ignored" || reason === "repeated") return;
  log.event("dropped", { reason, byteCount, device });
}
