import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";
import { STYLE_PATH } from "#server/citizens/page.ts";
import { problemBody, problemCodes, problemStatus } from "#server/http/problems.ts";

/** The parts of our own OpenAPI document that the page shows. */
const Parameter = Type.Object({
  name: Type.String(),
  in: Type.String(),
  description: Type.Optional(Type.String()),
});
const Content = Type.Record(
  Type.String(),
  Type.Object({ schema: Type.Object({ $ref: Type.Optional(Type.String()) }) }),
);
const Operation = Type.Object({
  summary: Type.String(),
  parameters: Type.Optional(Type.Array(Parameter)),
  security: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Array(Type.String())))),
  requestBody: Type.Optional(Type.Object({ content: Content })),
  responses: Type.Record(
    Type.String(),
    Type.Object({ description: Type.String(), content: Content }),
  ),
});
type Operation = Static<typeof Operation>;
const Document = Type.Object({
  info: Type.Object({
    title: Type.String(),
    version: Type.String(),
    description: Type.String(),
  }),
  paths: Type.Record(Type.String(), Type.Record(Type.String(), Operation)),
  components: Type.Object({ schemas: Type.Record(Type.String(), Type.Unknown()) }),
});

/** The interface for people who write programs: one page, no script, nothing from elsewhere. */
export function docsPage(openApi: object): string {
  const document = Value.Parse(Document, JSON.parse(JSON.stringify(openApi)));
  const { info } = document;
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => callPart(method, path, operation)),
  );
  const shapes = Object.entries(document.components.schemas).map(([name, schema]) =>
    schemaPart(name, schema),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} ${info.version}</title>
        <link rel="stylesheet" href="${STYLE_PATH}" />
      </head>
      <body>
        <header>${info.title}</header>
        <main>
          <h1>${info.title} ${info.version}</h1>
          <p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
          <h2>Calls</h2>
          ${calls}
          <h2>Shapes</h2>
          ${shapes}
          <h2>Refusals</h2>
          <p>
            Every error is a problem document (RFC 9457) with a stable code; 429 and 503 carry
            retry-after in seconds.
          </p>
          <ul>
            ${problemCodes.map((code) => html`<li><strong>${problemStatus(code)} ${code}</strong>: ${problemBody(code).title}</li>`)}
          </ul>
        </main>
      </body>
    </html> `.html;
}

function callPart(method: string, path: string, operation: Operation): Html {
  const { summary, parameters = [], security, requestBody, responses } = operation;
  const right = security?.[0]?.["officer"]?.[0] ?? null;
  return html`<section>
    <h3>${method.toUpperCase()} ${path}</h3>
    <p>${summary}</p>
    <ul>
      ${right === null ? null : html`<li>Bearer token of an officer with the right <strong>${right}</strong></li>`}
      ${parameters.map(({ name, in: where, description = "" }) => html`<li>${where} <strong>${name}</strong> ${description}</li>`)}
      ${requestBody === undefined ? null : html`<li>Body: ${contentPart(requestBody.content)}</li>`}
      ${Object.entries(responses).map(([status, answer]) => html`<li>${status}: ${answer.description}, ${contentPart(answer.content)}</li>`)}
    </ul>
  </section>`;
}

function contentPart(content: Static<typeof Content>): readonly Html[] {
  return Object.entries(content).map(([type, { schema }]) => {
    const name = schema.$ref?.split("/").at(-1);
    return name === undefined ? html`${type}` : html`<a href="#${name}">${name}</a> (${type})`;
  });
}

function schemaPart(name: string, schema: unknown): Html {
  return html`<section>
    <h3 id="${name}">${name}</h3>
    <pre tabindex="0">${JSON.stringify(schema, null, 2)}</pre>
  </section>`;
}
