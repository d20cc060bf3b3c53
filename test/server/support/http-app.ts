import type { TestStation } from "./station.ts";

/** The part of Fastify's `inject` that a test station uses, over real HTTP. */
export function httpApp(url: string): TestStation["app"] {
  const inject = async (request: {
    url: string;
    method: "POST";
    headers: Record<string, string>;
    payload: string | Buffer;
  }) => {
    const { payload } = request;
    const response = await fetch(`${url}${request.url}`, {
      method: request.method,
      headers: request.headers,
      body: typeof payload === "string" ? payload : new Uint8Array(payload),
    });
    const rawPayload = Buffer.from(await response.arrayBuffer());
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      rawPayload,
      body: rawPayload.toString("utf8"),
    };
  };
  return { inject } as unknown as TestStation["app"];
}
