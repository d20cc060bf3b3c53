/** Something that the person at the terminal can put right. Said in Vietnamese first, then in English; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly vietnamese: string;
  readonly english: string;
  constructor(vietnamese: string, english: string) {
    super(english);
    this.vietnamese = vietnamese;
    this.english = english;
  }
}
