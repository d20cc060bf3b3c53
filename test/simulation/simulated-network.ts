import type { FastifyInstance } from "fastify";
import type { Clock, HttpAnswer, HttpRequest, Network, Random } from "#core/ports.ts";
import { letEverythingHappen } from "../sync/fake-clock.ts";

/** How often each thing goes wrong, 0 to 1; all zero once faults stop. */
export type NetworkFaults = {
  isDown: boolean;
  loseRequest: number;
  loseAnswer: number;
  duplicate: number;
  portal: number;
  serverError: number;
};

export type SimulatedNetwork = Network & {
  readonly faults: NetworkFaults;
  /** Resolves when every promise has settled that needs no virtual time, the real database included. */
  settle(): Promise<void>;
  readonly counts: Record<string, number>;
};

/** A network on virtual time that ends in the real server: signatures, schema and SQL are all real, sockets are not. */
export function createSimulatedNetwork(parts: {
  readonly app: () => FastifyInstance;
  readonly clock: () => Clock;
  readonly random: Random;
}): SimulatedNetwork {
  const work = { open: 0 };
  const counts: Record<string, number> = {};
  const faults: NetworkFaults = {
    isDown: false,
    loseRequest: 0,
    loseAnswer: 0,
    duplicate: 0,
    portal: 0,
    serverError: 0,
  };
  const happens = (name: string, chance: number) => {
    if (parts.random.fraction() >= chance) return false;
    counts[name] = (counts[name] ?? 0) + 1;
    return true;
  };
  const latencyMs = () => Math.round(10 + parts.random.fraction() * 400);
  const serve = async (request: HttpRequest): Promise<HttpAnswer> => {
    work.open += 1;
    try {
      return await inject(parts.app(), request);
    } finally {
      work.open -= 1;
    }
  };
  return {
    faults,
    counts,
    async send(request, signal) {
      await parts.clock().sleep(latencyMs(), signal);
      if (faults.isDown || happens("lose-request", faults.loseRequest))
        throw new Error("no answer");
      if (happens("portal", faults.portal)) return portalAnswer();
      if (happens("server-error", faults.serverError))
        return { status: 503, headers: {}, body: new Uint8Array() };
      const answer = await serve(request);
      if (happens("duplicate", faults.duplicate)) await serve(request);
      await parts.clock().sleep(latencyMs(), signal);
      if (faults.isDown || happens("lose-answer", faults.loseAnswer))
        throw new Error("reset after the commit");
      return answer;
    },
    async settle() {
      do {
        await letEverythingHappen();
        await letEverythingHappen();
      } while (work.open > 0);
      await letEverythingHappen();
    },
  };
}

async function inject(app: FastifyInstance, request: HttpRequest): Promise<HttpAnswer> {
  const { statusCode, headers, rawPayload } = await app.inject({
    method: request.method,
    url: request.path,
    headers: { ...request.headers },
    payload: Buffer.from(request.body),
  });
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status: statusCode,
    headers: Object.fromEntries(lower) as Record<string, string>,
    body: new Uint8Array(rawPayload),
  };
}

function portalAnswer(): HttpAnswer {
  const body = Buffer.from("<html><body>Đăng nhập wifi</body></html>", "utf8");
  return { status: 200, headers: { "content-type": "text/html" }, body: new Uint8Array(body) };
}
