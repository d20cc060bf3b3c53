/** The part of pino-roll 4 that we use; the package brings no types. */
declare module "pino-roll" {
  import type { Writable } from "node:stream";

  export default function openRolling(options: {
    readonly file: string;
    readonly extension: string;
    /** Such as `1m`: the file rotates when it has grown to this. */
    readonly size: string;
    /** Old files that are kept besides the current one. */
    readonly limit: { readonly count: number };
  }): Promise<Writable>;
}
