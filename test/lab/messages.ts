/**
 * What the guest writes, one JSON object a line, on a serial line of its own. The guest asks and looks; the host has the
 * hands: it plugs, pulls and types. What came of an order the guest sees on its own hardware, so nothing is answered.
 */
export type LabMessage =
  | { readonly kind: "order"; readonly order: Order }
  /** One claim, checked. `detail` says what was measured. */
  | {
      readonly kind: "check";
      readonly name: string;
      readonly isGood: boolean;
      readonly detail: string;
    }
  | { readonly kind: "note"; readonly text: string }
  /** The guest is through, and powers off. */
  | { readonly kind: "end" };

/** What a pair of hands does at the machine. */
export type Order =
  /** Puts the FTDI cable into the USB socket. */
  | { readonly do: "plug" }
  /** Pulls it, in the middle of whatever is on the wire. */
  | { readonly do: "unplug" }
  /** Sends this text and a carriage return over the cable. */
  | { readonly do: "scan"; readonly text: string }
  /** Sends numbered scans without a pause until the cable is pulled. */
  | { readonly do: "flood" }
  /** Types this text (ASCII) and Enter on the USB keyboard, as fast as a scanner. */
  | { readonly do: "type"; readonly text: string };

/** Reads one line of the guest. Throws for anything that is not a message: the line is only ours. */
export function parseMessage(line: string): LabMessage {
  const message = JSON.parse(line) as LabMessage;
  const kinds: readonly string[] = ["order", "check", "note", "end"];
  if (!kinds.includes(message.kind)) throw new Error(`not a message of the lab: ${line}`);
  return message;
}
