import type { AuditRecord } from "#server/vault/audit.ts";

/** More persons than this need a second officer (design: fixed values). */
export const MOST_PERSONS_ALONE = 50;

/** Who agreed to something that nobody may do alone. */
export type Approval =
  | { readonly kind: "none" }
  /** The local administrator of an embedded server. */
  | { readonly kind: "here" }
  | {
      readonly kind: "granted";
      readonly request: string;
      readonly by: string;
      /** How many persons that officer was told of. */
      readonly persons: number;
    };

/** True when so many persons are agreed to: as many as were spoken of, and as many more as need nobody. */
export function covers(approval: Approval, persons: number): boolean {
  if (approval.kind === "granted") return persons <= approval.persons + MOST_PERSONS_ALONE;
  return approval.kind === "here";
}

/** What the audit trail says of an approval that is used: for what (`target`), which request, and by whom. Nothing of none. */
export function approvalRecords(
  approval: Approval,
  record: Omit<AuditRecord, "action"> & { readonly target: string },
): readonly AuditRecord[] {
  if (approval.kind === "none") return [];
  const granted = approval.kind === "granted" ? `, ${approval.request} by ${approval.by}` : "";
  const target = `${record.target}${granted}`;
  return [{ ...record, action: "second-officer-approved", target }];
}
