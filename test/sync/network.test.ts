import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { connect, createServer as createTcpServer } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { HttpRequest } from "#core/ports.ts";
import { NetworkFailure } from "#sync/failure.ts";
import type { FailureKind } from "#sync/failure.ts";
import { BadServerUrl, createNetwork, parseServerUrl } from "#sync/network.ts";
import type { NetworkOptions } from "#sync/network.ts";

const request: HttpRequest = {
  method: "POST",
  path: "/v1/hello",
  headers: { "content-type": "application/json", "tramqr-station": "station-1" },
  body: new Uint8Array(Buffer.from('{"a":1}')),
};
const forEver = new AbortController().signal;
const builtAtMs = Date.UTC(2026, 0, 1);

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function serveHttp(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${await listen(server)}`;
}

function network(url: string, options: Partial<NetworkOptions> = {}) {
  return createNetwork(url, { nowMs: () => Date.UTC(2026, 10, 24), builtAtMs, ...options });
}

async function failureFor(
  url: string,
  options: Partial<NetworkOptions> = {},
  signal = forEver,
): Promise<FailureKind> {
  try {
    const answer = await network(url, options).send(request, signal);
    throw new Error(`an answer came: ${answer.status}`);
  } catch (error) {
    if (error instanceof NetworkFailure) return error.kind;
    throw error;
  }
}

describe("an answer", () => {
  test("carries the status, lower-case headers and the exact bytes", async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(418, { "Tramqr-Signature": "abc" });
      response.end(Buffer.from([0, 255, 10]));
    });

    const answer = await network(url).send(request, forEver);

    expect(answer.status).toBe(418);
    expect(answer.headers["tramqr-signature"]).toBe("abc");
    expect([...answer.body]).toEqual([0, 255, 10]);
  });

  test("is to the request as it was given, below the base address's own path", async () => {
    const url = await serveHttp((incoming, response) => {
      incoming.on("data", (chunk: Buffer) => {
        const { "tramqr-station": station, "accept-encoding": encoding } = incoming.headers;
        response.end(JSON.stringify([incoming.url, station, encoding, chunk.toString()]));
      });
    });

    const answer = await network(`${url}/province/`).send(request, forEver);

    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual([
      "/province/v1/hello",
      "station-1",
      "identity",
      '{"a":1}',
    ]);
  });

  test("may be a redirect, which is not followed", async () => {
    let followed = 0;
    const url = await serveHttp((incoming, response) => {
      if (incoming.url === "/portal") followed += 1;
      response.writeHead(302, { location: "/portal" }).end();
    });

    const answer = await network(url).send(request, forEver);

    expect(answer.status).toBe(302);
    expect(followed).toBe(0);
  });

  test("may come to a GET, which has no body", async () => {
    const url = await serveHttp((incoming, response) => response.end(incoming.method));
    const get = { ...request, method: "GET", body: new Uint8Array(0) } as const;

    const answer = await network(url).send(get, forEver);

    expect(Buffer.from(answer.body).toString()).toBe("GET");
  });
});

describe("no answer", () => {
  test("when nobody listens", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    server.close();

    expect(await failureFor(`http://127.0.0.1:${port}`)).toBe("refused");
  });

  test("when the connection is reset at once, or after half an answer", async () => {
    const atOnce = await serveHttp((incoming) => incoming.socket.resetAndDestroy());
    const halfWay = await serveHttp((incoming, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half", () => {
        incoming.socket.resetAndDestroy();
      });
    });

    expect(await failureFor(atOnce)).toBe("reset");
    expect(await failureFor(halfWay)).toBe("reset");
  });

  test("when the connection is closed before the announced end", async () => {
    const url = await serveHttp((incoming, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half", () => {
        incoming.socket.end();
      });
    });

    expect(await failureFor(url)).toBe("reset");
  });

  test("when a black hole takes the request and says nothing", async () => {
    const url = await serveHttp(() => {});
    const started = performance.now();

    expect(await failureFor(url, { answerTimeoutMs: 200 })).toBe("timeout");
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test("when not even the connection comes about", async () => {
    const port = await listenDeaf();

    expect(await failureFor(`http://127.0.0.1:${port}`, { answerTimeoutMs: 300 })).toBe("timeout");
  });

  test("when the answer drips for ever", async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(drip));
    });
    const started = performance.now();

    const limits = { answerTimeoutMs: 200, totalTimeoutMs: 400 };
    expect(await failureFor(url, limits)).toBe("timeout");
    expect(performance.now() - started).toBeGreaterThanOrEqual(350);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("when the answer is larger than the limit, announced or not", async () => {
    let sentBytes = 0;
    const announced = await serveHttp((_, response) => {
      response.writeHead(200, { "content-length": 5_000 }).end(Buffer.alloc(5_000));
    });
    const endless = await serveHttp((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sentBytes += 65_536;
      };
      response.on("drain", more);
      more();
    });

    expect(await failureFor(announced, { maxAnswerBytes: 4_999 })).toBe("too-large");
    expect(await failureFor(endless, { maxAnswerBytes: 1_000_000 })).toBe("too-large");
    expect(sentBytes).toBeLessThan(50_000_000);
  });

  test("when a small packed answer unpacks beyond the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });

    expect(bomb.length).toBeLessThan(50_000);
    expect(await failureFor(url, { maxAnswerBytes: 1_000_000 })).toBe("too-large");
  });

  test("when the packing is announced but false", async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip at all");
    });

    expect(await failureFor(url)).toBe("not-http");
  });

  test("when what answers does not speak HTTP", async () => {
    const port = await listen(createTcpServer((socket) => socket.end("SSH-2.0-nothing\r\n")));

    expect(await failureFor(`http://127.0.0.1:${port}`)).toBe("not-http");
  });

  test("when the headers have no end", async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { filler: "x".repeat(40_000) }).end();
    });

    expect(await failureFor(url)).toBe("too-large");
  });

  test("when the caller gives up, before or during", async () => {
    const url = await serveHttp(() => {});
    const during = new AbortController();
    setTimeout(() => during.abort(), 50);

    expect(await failureFor(url, {}, AbortSignal.abort())).toBe("aborted");
    expect(await failureFor(url, {}, during.signal)).toBe("aborted");
  });
});

const fixture = (name: string) => readFileSync(`test/fixtures/tls/${name}.pem`, "utf8");

async function serveTls(certificate: string, maxVersion?: "TLSv1.1"): Promise<string> {
  const old = { minVersion: "TLSv1", maxVersion, ciphers: "DEFAULT:@SECLEVEL=0" } as const;
  const server = createTlsServer(
    {
      cert: fixture(certificate),
      key: fixture("server-key"),
      ...(maxVersion === undefined ? {} : old),
    },
    (_, response) => response.end("safe"),
  );
  server.on("tlsClientError", () => {});
  onTestFinished(() => server.closeAllConnections());
  return `https://localhost:${await listen(server)}`;
}

describe("over TLS", () => {
  const trusted = getCACertificates("default");

  beforeAll(() => setDefaultCACertificates([...trusted, fixture("ca")]));
  afterAll(() => setDefaultCACertificates(trusted));

  test("a valid certificate of a trusted authority is answered", async () => {
    const answer = await network(await serveTls("valid")).send(request, forEver);

    expect(Buffer.from(answer.body).toString()).toBe("safe");
  });

  test.each([
    ["expired", "tls-expired"],
    ["not-yet-valid", "clock-wrong"],
    ["wrong-host", "tls-wrong-host"],
  ])("a certificate that is %s is refused as %s", async (certificate, kind) => {
    expect(await failureFor(await serveTls(certificate))).toBe(kind);
  });

  test("an expired certificate seen by an absurd clock is the clock's fault", async () => {
    const url = await serveTls("expired");

    expect(await failureFor(url, { nowMs: () => Date.UTC(2010, 0, 1) })).toBe("clock-wrong");
  });

  test("a certificate of an unknown authority is refused", async () => {
    setDefaultCACertificates(trusted);
    onTestFinished(() => setDefaultCACertificates([...trusted, fixture("ca")]));

    expect(await failureFor(await serveTls("valid"))).toBe("tls-untrusted");
  });

  test("a server that speaks only TLS 1.1 is refused", async () => {
    expect(await failureFor(await serveTls("valid", "TLSv1.1"))).toBe("tls-failed");
  });

  test("a server that speaks no TLS gets not one byte of the request", async () => {
    const received: Buffer[] = [];
    const server = createTcpServer((socket) => {
      socket.on("data", (chunk) => received.push(chunk)).end("HTTP/1.1 200 OK\r\n\r\n");
    });
    const port = await listen(server);

    expect(["tls-failed", "reset"]).toContain(await failureFor(`https://127.0.0.1:${port}`));
    expect(Buffer.concat(received).includes("tramqr-station")).toBe(false);
  });
});

describe("a server address", () => {
  test.each([
    "https://tramqr.example.invalid",
    " https://tramqr.example.invalid:8443/province/ ",
    "http://localhost:8080",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
  ])("%s is good", (text) => {
    expect(parseServerUrl(text).kind).toBe("ok");
  });

  test.each([
    ["tramqr.example.invalid", "not-a-url"],
    ["", "not-a-url"],
    ["http://tramqr.example.invalid", "not-https"],
    ["http://127.0.0.1.example.invalid", "not-https"],
    ["http://localhost.example.invalid", "not-https"],
    ["http://192.168.1.10", "not-https"],
    ["ftp://localhost/", "not-https"],
    ["https://user:secret@tramqr.example.invalid", "has-credentials"],
    ["https://tramqr.example.invalid/?key=1", "has-query"],
    ["https://tramqr.example.invalid/#top", "has-query"],
  ])("%s is refused as %s", (text, reason) => {
    expect(parseServerUrl(text)).toEqual({ kind: "bad", reason });
    expect(() => network(text)).toThrow(BadServerUrl);
  });
});

/** A port whose queue of connections is full, so that the kernel answers no new one: a black hole on loopback. */
async function listenDeaf(): Promise<number> {
  const script = `const s = require("node:net").createServer(() => {});
    s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  child.kill("SIGSTOP");
  const port = Number(line.toString());
  for (let index = 0; index < 4; index += 1) {
    const filler = connect(port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => {
      filler.destroy();
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}
