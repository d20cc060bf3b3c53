import type { Role } from "#server/access/rights.ts";

const everyone: readonly Role[] = [
  "viewer",
  "place-owner",
  "fleet",
  "tracer",
  "approver",
  "auditor",
  "admin",
];

const caseReaders: readonly Role[] = ["tracer", "approver", "auditor"];

const placeReaders: readonly Role[] = everyone.filter((role) => role !== "auditor");

/**
 * Who may enter which officers' endpoint at all: one row per route below /v1/officers/. Written by hand and not taken
 * from the code, so that a right that is given away by mistake is noticed here.
 */
export const matrix: Readonly<Record<string, readonly Role[]>> = {
  "GET /v1/officers/feed": ["admin", "place-owner", "tracer", "viewer"],
  "GET /v1/officers/feedback": ["admin", "place-owner"],
  "POST /v1/officers/feedback/:ticket/close": ["admin"],
  "GET /v1/officers/fleet": ["admin", "fleet"],
  "GET /v1/officers/me": everyone,
  "GET /v1/officers/users": ["admin"],
  "GET /v1/officers/communes": placeReaders,
  "GET /v1/officers/places": placeReaders,
  "GET /v1/officers/places/:place": placeReaders,
  "GET /v1/officers/places/:place/poster/:format": placeReaders,
  "POST /v1/officers/places/:place/approve": ["admin"],
  "POST /v1/officers/places/:place/reject": ["admin"],
  "POST /v1/officers/places/:place/codes": ["admin"],
  "GET /v1/officers/unknown-codes": ["admin"],
  "GET /v1/officers/cases": caseReaders,
  "POST /v1/officers/cases": ["tracer"],
  "GET /v1/officers/cases/:case": caseReaders,
  "POST /v1/officers/cases/:case/close": ["tracer"],
  "GET /v1/officers/cases/:case/traces": caseReaders,
  "POST /v1/officers/cases/:case/traces": ["tracer"],
  "POST /v1/officers/cases/:case/openings": ["tracer"],
  "GET /v1/officers/requests": ["tracer"],
  "GET /v1/officers/requests/:request": ["tracer"],
  "GET /v1/officers/requests/:request/answer": ["tracer"],
  "GET /v1/officers/approvals": ["approver"],
  "POST /v1/officers/approvals/:request/grant": ["approver"],
  "POST /v1/officers/approvals/:request/refuse": ["approver"],
  "POST /v1/officers/looks": ["auditor"],
  "GET /v1/officers/audit": ["auditor"],
  "GET /v1/officers/audit/verify": ["auditor"],
};
