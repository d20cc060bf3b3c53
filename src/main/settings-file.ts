import { existsSync, readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { Value } from "typebox/value";
import { LaneSettings, StationSettings } from "#contract/settings.ts";
import { UsageError } from "#main/usage-error.ts";

/** Reads `tramqr.toml`; empty settings when there is none. Throws {@link UsageError} with file, line and what was expected. */
export function readSettingsFile(path: string): StationSettings {
  if (!existsSync(path)) return {};
  const text = readFileSync(path, "utf8");
  const value = parseToml(path, text);
  if (Value.Check(StationSettings, value)) return value;
  const [first] = Value.Errors(StationSettings, value);
  throw new UsageError(
    `${path}, dòng ${lineOf(text, first)}: ${expectation(first)}`,
    `${path}, line ${lineOf(text, first)}: ${expectation(first)}`,
  );
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

function parseToml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [reason] = cause.message.split("\n");
    throw new UsageError(
      `${path}, dòng ${cause.line}: không đúng cú pháp TOML (${reason})`,
      `${path}, line ${cause.line}: not valid TOML (${reason})`,
    );
  }
}

/** A key that the schema does not know fails against "false": TypeBox's keyword for it is `boolean`. */
function expectation(error: SchemaError | undefined): string {
  if (error === undefined) return "?";
  const path = error.instancePath.slice(1);
  if (error.keyword !== "boolean") return `${path}: ${error.message}`;
  const known = path.startsWith("lanes/") ? LaneSettings : StationSettings;
  return `${path}? (${Object.keys(known.properties).join(", ")})`;
}

/** The first line that sets the key in question; 1 when it cannot be told. */
function lineOf(text: string, error: SchemaError | undefined): number {
  const key = error?.instancePath.split("/").findLast((part) => !/^\d*$/.test(part));
  if (key === undefined) return 1;
  const at = text.split("\n").findIndex((line) =>
    line
      .trimStart()
      .replace(/^[["']+/, "")
      .startsWith(key),
  );
  return at < 0 ? 1 : at + 1;
}
