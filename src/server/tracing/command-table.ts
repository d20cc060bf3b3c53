import type { Command } from "#server/admin/commands.ts";
import {
  tracePersonCommand,
  tracePersonFlags,
  tracePlaceCommand,
  tracePlaceFlags,
} from "#server/tracing/commands.ts";
import {
  traceCountsCommand,
  traceDrillCommand,
  traceLooksCommand,
  traceNameCommand,
  traceReviewCommand,
} from "#server/tracing/more-commands.ts";
import {
  closeCaseCommand,
  grantRequestCommand,
  listCasesCommand,
  listRequestsCommand,
  refuseRequestCommand,
} from "#server/tracing/request-commands.ts";

/** Commands that ask who was where, when, with whom, and what answers need to know of places. */
export const tracingCommands: Readonly<Record<string, Command>> = {
  "trace person": { flags: tracePersonFlags, run: tracePersonCommand },
  "trace place": { flags: tracePlaceFlags, run: tracePlaceCommand },
  "trace review": {
    flags: { case: "text", from: "text", to: "text", approve: "switch" },
    run: traceReviewCommand,
  },
  "trace name": {
    flags: { case: "text", reason: "text", subject: "text", approve: "switch" },
    run: traceNameCommand,
  },
  "trace looks": {
    flags: { subject: "text", "document-stdin": "switch" },
    run: traceLooksCommand,
  },
  "trace request list": { flags: { all: "switch" }, run: listRequestsCommand },
  "trace request grant": { flags: { note: "text" }, run: grantRequestCommand },
  "trace request refuse": { flags: { note: "text" }, run: refuseRequestCommand },
  "case list": { flags: {}, run: listCasesCommand },
  "case close": { flags: { note: "text" }, run: closeCaseCommand },
  "trace drill": { flags: { persons: "text" }, run: traceDrillCommand },
  "trace counts": { flags: { place: "text", from: "text", to: "text" }, run: traceCountsCommand },
};
