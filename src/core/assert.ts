/** Our own promise was broken: a bug, never a fault of a card, a guard or a network. */
export class BugError extends Error {
  override readonly name = "BugError";
}

/** Ends the operation with a {@link BugError} unless `claim` holds. */
export function assert(claim: boolean, promise: string): asserts claim {
  if (!claim) throw new BugError(promise);
}

/** Closes a switch over a union: the compiler refuses a forgotten variant, the process refuses an impossible one. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected variant ${JSON.stringify(value)}`);
}
