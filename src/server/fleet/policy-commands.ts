import { readFileSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { WireRules } from "#contract/wire.ts";
import { onlyWord } from "#server/admin/flags.ts";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import { listPolicies, publishPolicy, rulesOfVersion } from "#server/fleet/policies.ts";
import type { RulesWithoutVersion } from "#server/fleet/policies.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Commands about the rules that all stations follow. */
export const policyCommands: Readonly<Record<string, Command>> = {
  "policy publish": { flags: {}, run: publishCommand },
  "policy list": { flags: {}, run: listCommand },
  "policy show": { flags: {}, run: showCommand },
  "policy again": { flags: {}, run: againCommand },
};

const policyFile = Compile(Type.Omit(WireRules, ["version"], { additionalProperties: false }));
/** A legal watch list of 10,000 persons has 1.7 MB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** `policy publish FILE`: rules (JSON, without a version) for all stations, under the next version. */
async function publishCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const path = pathFrom(caller, onlyWord(flags, "The file of the policy"));
  const rules = readPolicy(path);
  if (rules.kind === "bad") {
    await caller.io.error(`${path} is no policy: ${rules.where}.`);
    return 1;
  }
  return publish(parts, rules.rules, caller);
}

/** `policy again VERSION`: publishes an earlier policy once more, as the newest; the way back from a mistake. */
async function againCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const earlier = await rulesOfVersion(parts.pool, versionOf(flags));
  if (earlier === null) {
    await caller.io.error("There is no such version.");
    return 1;
  }
  const { version: _, ...rules } = earlier;
  return publish(parts, rules, caller);
}

async function publish(
  parts: AdminParts,
  rules: RulesWithoutVersion,
  { actor, io }: Caller,
): Promise<number> {
  const nowMs = parts.clock.nowMs();
  const version = await inTransaction(parts.pool, async (client) => {
    const published = await publishPolicy(client, rules, { secrets: parts.secrets, actor, nowMs });
    const target = `version ${published}`;
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "policy-published", target }]);
    return published;
  });
  await io.write(JSON.stringify({ version }));
  return 0;
}

/** `policy list`: every version with who published it, whether its signature fits, and how many stations have it. */
async function listCommand(parts: AdminParts, _flags: Flags, { io }: Caller): Promise<number> {
  const policies = await listPolicies(parts.pool, parts.secrets);
  for (const policy of policies) await io.write(JSON.stringify(policy));
  return policies.every((policy) => policy.is_signature_valid !== false) ? 0 : 1;
}

/** `policy show VERSION`: the rules as stations get them. */
async function showCommand(parts: AdminParts, flags: Flags, { io }: Caller): Promise<number> {
  const rules = await rulesOfVersion(parts.pool, versionOf(flags));
  if (rules === null) await io.error("There is no such version.");
  else await io.write(JSON.stringify(rules));
  return rules === null ? 1 : 0;
}

type PolicyFile =
  | { readonly kind: "policy"; readonly rules: RulesWithoutVersion }
  | { readonly kind: "bad"; readonly where: string };

function readPolicy(path: string): PolicyFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new AdminUsage(`${path} cannot be read by the server.`, { cause });
  }
  if (bytes.length > MAX_FILE_BYTES) return { kind: "bad", where: "too large" };
  const value = parseJson(bytes.toString("utf8"));
  if (policyFile.Check(value)) return { kind: "policy", rules: value };
  const [first] = policyFile.Errors(value);
  return { kind: "bad", where: first === undefined ? "not JSON" : first.schemaPath };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function versionOf(flags: Flags): number {
  const version = Number(onlyWord(flags, "The version of the policy"));
  if (!Number.isSafeInteger(version)) throw new AdminUsage("A version is a whole number.");
  return version;
}
