/** Time, as everything that must run inside a simulation sees it. */
export type Clock = {
  /** UTC milliseconds of the wall clock: may jump, may be wrong by years. */
  nowMs(): number;
  /** Milliseconds that only ever grow during this boot. */
  monoMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** Chance. Production uses the operating system's; simulations use a seed. */
export type Random = {
  /** Cryptographically strong in production. */
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
};

/** One HTTP exchange with the province. */
export type HttpRequest = {
  readonly method: "GET" | "POST";
  /** Path below the server's base URL, beginning with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** The network. Rejects with an Error when no answer came; any HTTP status is an answer. */
export type Network = {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
};
