import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EventHeader } from "#contract/wire.ts";
import { Value } from "typebox/value";
import { eventHash, headerText } from "#sealing/chain.ts";
import { fromBase64url, keyPairFromSecret } from "#sealing/keys.ts";
import { openBody } from "#sealing/sealed-body.ts";
import { isAnswerSignatureValid, isRequestSignatureValid } from "#sealing/signature.ts";
import { problemCodes } from "#server/http/problems.ts";
import { judgeLine } from "#server/ingest/judge.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/formats/wire.md"), "utf8");

/** The fenced blocks of the page, in order. */
const blocks = [...page.matchAll(/```\w*\n([\s\S]*?)\n```/g)].map((match) => match[1] ?? "");
const [
  message = "",
  signature = "",
  answer = "",
  answerSignature = "",
  header = "",
  hash,
  line = "",
] = blocks;
const keys = [...page.matchAll(/`([A-Za-z0-9_-]{43})`/g)].map((match) => match[1] ?? "");

test("the page's event is the one that the program hashes, sends and finds true", () => {
  const parsed = Value.Parse(EventHeader, JSON.parse(header));

  expect(headerText(parsed)).toBe(header);
  expect(eventHash(header)).toBe(hash);
  expect(line.startsWith(header.slice(0, -1))).toBe(true);
  expect(judgeLine(Buffer.from(line), parsed.station).kind).toBe("valid");
});

test("the page's sealed body opens with the made-up province's key", () => {
  const { event_id: id, sealed_body: sealed } = JSON.parse(line) as Record<string, string>;
  const recipient = keyPairFromSecret("x25519", new Uint8Array(32).fill(1));

  const body = openBody(Buffer.from(sealed!, "base64"), id!, recipient);

  expect(body.name).toBe("Nguyễn Văn Mẫu");
});

test("the page's signatures are valid", () => {
  const [method = "", path = "", station = ""] = message.split("\n").slice(1);
  const body = Buffer.from(`${line}\n`);
  const request = { method, path, station, body };
  const signed = { requestSignature: signature, status: 200, body: Buffer.from(answer) };

  expect(isRequestSignatureValid(request, signature, fromBase64url(keys[0]!))).toBe(true);
  expect(isAnswerSignatureValid(signed, answerSignature, fromBase64url(keys[1]!))).toBe(true);
});

test("the page lists every problem code", () => {
  const refusals = page.slice(page.indexOf("## Refusals"));

  for (const code of problemCodes) expect(refusals).toContain(`\`${code}\``);
});
