import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Metrics } from "#server/operations/metrics.ts";

/** Serves `GET /metrics` on a port of its own, which no station and no citizen can reach. */
export type MetricsServer = { readonly port: number; close(): Promise<void> };

/** Throws what listening throws. */
export async function openMetrics(
  metrics: Metrics,
  address: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.expose().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, address);
  const own = server.address();
  return {
    port: typeof own === "object" && own !== null ? own.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}
