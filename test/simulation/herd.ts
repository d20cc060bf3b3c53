import type { Clock, HttpAnswer, HttpRequest, Network, Random } from "#core/ports.ts";
import { SIGNATURE_HEADER } from "#contract/wire.ts";
import type { BatchAnswer, HelloAnswer, HelloRequest } from "#contract/wire.ts";
import { createAdmission } from "#server/http/admission.ts";
import { defaultLimits } from "#server/http/parts.ts";
import { createSpread } from "#server/http/spread.ts";
import { NetworkFailure } from "#sync/failure.ts";
import { linesOf, plainAnswer, plainBody, problem, signed } from "../sync/fake-province.ts";
import type { FakeProvince } from "../sync/fake-province.ts";

/** A server that is away and comes back, and has one pair of hands: what it is asked at once stands in a queue. */
export type HerdServer = Network & {
  /** Nobody is reached from now on. */
  fall(): void;
  /** Reached again, as a program that has just started. */
  rise(): void;
  /** Requests since it rose last; monotonic milliseconds. */
  readonly arrivals: readonly number[];
  /** Requests that there was no room for. */
  readonly sentAway: () => number;
  /** When each event was stored; monotonic milliseconds. */
  readonly stored: ReadonlyMap<string, number>;
  /** Events that came again after they were stored. */
  readonly repeated: () => number;
};

export type HerdServerParts = {
  readonly clock: Clock;
  readonly random: Random;
  /** Whose keys sign the answers. */
  readonly province: FakeProvince;
  readonly stations: number;
  readonly batchMs: number;
};

const LATENCY_MS = 20;
const HELLO_MS = 3;
/** As the server says it (`BUSY_RETRY_S`): from five seconds to ten. */
const BUSY_RETRY_S = 5;

/** The server's own admission and spread, over work that takes so long and no longer. */
export function createHerdServer(parts: HerdServerParts): HerdServer {
  const { clock, random, province } = parts;
  const admission = createAdmission(defaultLimits.maxInFlight);
  const state = { isDown: false, busyUntilMs: 0, sentAway: 0, repeated: 0, arrivals: [0] };
  const stored = new Map<string, number>();
  /** By instance; a station sends its events in their order. */
  const heads = new Map<string, number>();
  let spreadHintMs = freshSpread(parts);

  async function work(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const isHello = request.path === "/v1/hello";
    const startMs = Math.max(clock.monoMs(), state.busyUntilMs);
    state.busyUntilMs = startMs + (isHello ? HELLO_MS : parts.batchMs);
    await clock.sleep(state.busyUntilMs - clock.monoMs(), signal);
    const answer = isHello ? await helloAnswer(request) : store(request);
    return signed(province, request.headers[SIGNATURE_HEADER] ?? "", 200, answer);
  }

  function store(request: HttpRequest): BatchAnswer {
    const lines = linesOf(plainBody(request));
    for (const { event_id: id, instance, seq } of lines) {
      heads.set(instance, Math.max(seq, heads.get(instance) ?? 0));
      if (stored.has(id)) state.repeated += 1;
      else stored.set(id, clock.monoMs());
    }
    return {
      server_time_ms: Math.round(clock.nowMs()),
      contiguous_upto: Math.max(...lines.map((line) => line.seq)),
      answers: lines.map((line) => ({ event_id: line.event_id, result: "stored" })),
    };
  }

  async function helloAnswer(request: HttpRequest): Promise<HelloAnswer> {
    const hello = JSON.parse(plainBody(request)) as HelloRequest;
    const head = heads.get(hello.instance) ?? 0;
    return {
      server_time_ms: Math.round(clock.nowMs()),
      comparison: hello.seq > head ? "station-ahead" : "equal",
      head_seq: head,
      contiguous_upto: head,
      missing: [],
      interval_ms: defaultLimits.helloIntervalMs,
      spread_hint_ms: await spreadHintMs(),
    };
  }

  return {
    arrivals: state.arrivals,
    sentAway: () => state.sentAway,
    stored,
    repeated: () => state.repeated,
    fall() {
      state.isDown = true;
    },
    rise() {
      state.isDown = false;
      state.arrivals.length = 0;
      spreadHintMs = freshSpread(parts);
    },
    async send(request, signal) {
      state.arrivals.push(clock.monoMs());
      await clock.sleep(LATENCY_MS, signal);
      if (state.isDown) throw new NetworkFailure("unreachable");
      const leave = admission.enter();
      if (leave === null) {
        state.sentAway += 1;
        const afterS = BUSY_RETRY_S + Math.floor(random.fraction() * BUSY_RETRY_S);
        const headers = { "retry-after": String(afterS) };
        return plainAnswer(429, problem(429, "too-many-requests"), headers);
      }
      try {
        return await work(request, signal);
      } finally {
        leave();
      }
    },
  };
}

/** The spread of a server that has just started and knows how many stations it has. */
function freshSpread({ stations, clock }: HerdServerParts): () => Promise<number> {
  const counted = { query: async () => ({ rows: [{ count: stations }] }) };
  return createSpread(counted as unknown as Parameters<typeof createSpread>[0], clock);
}
