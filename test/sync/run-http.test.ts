import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Clock, HttpAnswer } from "#core/ports.ts";
import { createNetwork } from "#sync/network.ts";
import { createFakeProvince } from "./fake-province.ts";
import type { FakeProvince } from "./fake-province.ts";
import { createStationUnderTest, stationKeys } from "./station-under-test.ts";

const realClock: Clock = {
  nowMs: () => Date.now(),
  monoMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch(() => {});
  },
};

async function answerOverHttp(
  province: FakeProvince,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  const body = new Uint8Array(Buffer.concat(chunks));
  const request = { method: "POST", path: incoming.url ?? "", headers, body } as const;
  const answer: HttpAnswer = await province.send(request, new AbortController().signal);
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

test("over real HTTP an entry is at the province within a second, and the end is orderly", async () => {
  const province = createFakeProvince(realClock, stationKeys.publicKey);
  const server = createServer((incoming, response) => {
    void answerOverHttp(province, incoming, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const network = createNetwork(`http://127.0.0.1:${port}`, { nowMs: Date.now, builtAtMs: 0 });
  const station = createStationUnderTest({ province });
  for (let index = 0; index < 500; index += 1) station.outbox.add();
  const { stop } = station.start({ network, clock: realClock });

  await station.bell.drain(AbortSignal.timeout(5_000));
  expect(province.stored.size).toBe(500);
  const id = station.scan();
  await sleep(1_000);

  expect(station.outbox.acknowledgedIds()).toContain(id);
  expect(station.lastView()?.state).toBe("online");
  await stop();
  expect(station.reports).toEqual([]);
});
