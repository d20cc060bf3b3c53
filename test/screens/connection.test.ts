import { afterAll, describe, expect, test, vi } from "vitest";
import type { HelloScreen, ScreenEvents, TextChannel } from "#contract/bridge.ts";
import { serveScreen } from "#main/bridge-server.ts";
import { keepConnected } from "#renderer/connection.ts";
import type { Connection, ConnectorEvents } from "#renderer/connection.ts";
import { quietLog } from "./open-screen.ts";
import { createScriptedHost } from "./scripted-host.ts";

// Before the imports: the message library keeps the timers that it finds when it is loaded.
vi.hoisted(() => vi.useFakeTimers());
afterAll(() => vi.useRealTimers());

/** Two ends of one wire that can be cut without either end being told. */
function wire() {
  const toStation = new Set<(frame: string) => void>();
  const toPage = new Set<(frame: string) => void>();
  const state = { isCut: false };
  const end = (
    mine: Set<(frame: string) => void>,
    other: Set<(frame: string) => void>,
  ): TextChannel => ({
    send(frame) {
      if (state.isCut) return;
      for (const listener of other) listener(frame);
    },
    onFrame: (listener) => void mine.add(listener),
  });
  return { state, station: end(toStation, toPage), page: end(toPage, toStation) };
}

function connect() {
  const station = createScriptedHost();
  const line = wire();
  const heard = { hellos: [] as HelloScreen[], downs: 0, drops: 0, verdicts: 0 };
  serveScreen({ channel: line.station, host: station.host, log: quietLog });
  const events: ScreenEvents = {
    verdict: () => void (heard.verdicts += 1),
    status: () => {},
    recent: () => {},
    swallowed: () => {},
  };
  let told: ConnectorEvents | undefined;
  const connection: Connection = keepConnected({
    connector: {
      start(to) {
        told = to;
        to.opened(line.page);
      },
      drop: () => void (heard.drops += 1),
    },
    events,
    onHello: (hello) => heard.hellos.push(hello),
    onDown: () => void (heard.downs += 1),
  });
  return { station, line, heard, connection, closed: () => told?.closed() };
}

describe("the page's connection", () => {
  test("says hello at once, and again every ten seconds", async () => {
    const { heard } = connect();
    await vi.advanceTimersByTimeAsync(0);
    expect(heard.hellos).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(30_000);

    expect(heard.hellos).toHaveLength(4);
    expect(heard.downs).toBe(0);
  });

  test("notices a station that hangs without closing anything, and one that wakes up", async () => {
    const { heard, line } = connect();
    await vi.advanceTimersByTimeAsync(0);
    line.state.isCut = true;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(heard).toMatchObject({ downs: 1, drops: 1 });

    line.state.isCut = false;
    await vi.advanceTimersByTimeAsync(2_000);

    expect(heard.hellos).toHaveLength(2);
  });

  test("a refused call rejects with its code instead of answering undefined", async () => {
    const { connection } = connect();
    const answer = connection.calls()?.setDirection("x".repeat(65), "in");

    await expect(answer).rejects.toEqual({ code: "bad-argument" });
  });

  test("a call over a connection that closes is rejected, and nothing is heard any more", async () => {
    const { connection, line, station, heard, closed } = connect();
    await vi.advanceTimersByTimeAsync(0);
    line.state.isCut = true;
    const answer = connection.calls()?.undoLast();
    const fate = answer?.catch((cause: unknown) => String(cause));
    await vi.advanceTimersByTimeAsync(0);
    closed();

    expect(await fate).toContain("closed");
    expect(connection.calls()).toBeNull();
    station.show({});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heard).toMatchObject({ verdicts: 0, downs: 1 });
  });
});
