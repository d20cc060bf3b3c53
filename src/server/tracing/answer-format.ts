import type { FastifyReply, FastifyRequest } from "fastify";
import { JSON_CONTENT_TYPE, sendJson } from "#server/http/json.ts";
import { jsonOf, linesOf, reportFormats, xlsxOf } from "#server/tracing/report.ts";
import type { Report, ReportFormat } from "#server/tracing/report.ts";

const contentTypes = {
  json: JSON_CONTENT_TYPE,
  ndjson: "application/x-ndjson",
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const satisfies Readonly<Record<ReportFormat, string>>;

/** The content types of answers. */
export const answerTypes: readonly string[] = Object.values(contentTypes);

/** `?format=`, else the first known type of `Accept`, else JSON. Null for a format that is not known. */
export function formatFor(request: FastifyRequest<{ Querystring: unknown }>): ReportFormat | null {
  const { query } = request;
  const named = typeof query === "object" && query !== null && "format" in query;
  if (named) return reportFormats.find((format) => format === query.format) ?? null;
  const accepted = (request.headers.accept ?? "")
    .split(",")
    .map((type) => type.split(";")[0]?.trim().toLowerCase());
  const known = accepted.map((type) => reportFormats.find((one) => contentTypes[one] === type));
  return known.find((format) => format !== undefined) ?? "json";
}

/** Sends an answer with its watermark; everything but JSON as a file that is named after the trace. */
export async function sendReport(
  reply: FastifyReply,
  { report, warnings }: { readonly report: Report; readonly warnings: readonly string[] },
  format: ReportFormat,
): Promise<FastifyReply> {
  if (format === "json") return sendJson(reply, { ...jsonOf(report), warnings });
  const file = `trace-${report.stamp.traceId}.${format}`;
  const type = contentTypes[format];
  reply
    .code(200)
    .header("content-disposition", `attachment; filename="${file}"`)
    .type(format === "csv" ? `${type}; charset=utf-8` : type);
  if (format === "xlsx") return reply.send(await xlsxOf(report));
  return reply.send((await linesOf(report, format)).map((line) => `${line}\n`).join(""));
}
